"""A fixed cast. Each test speaks of the same people, so that their names say what they may do."""

import functools
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from queues_app import vault
from queues_app.models import Account, AccountEnvironment, Credential, CredentialStatus, Environment, User

PASSWORD = "correct-horse-battery-staple"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody. Only the owner has credentials unless a test gives more."""

    owner: User  # Operator, owns what the test makes
    teammate: User  # Operator too, with nothing of the owner's
    viewer: User  # Viewer
    auditor: User  # Auditor
    admin: User  # Admin
    stranger: User  # signed in, no role at all


def make_user(name: str, role: str = "") -> User:
    """A person with one role, or none."""
    user = User.objects.create_user(name, password=PASSWORD)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def take_password(user: User) -> None:
    """Let this person sign in where the real settings hold, which do not take the tests' quick hashes."""
    user.password = _kept()
    user.save()


@functools.cache
def _kept() -> str:
    """PASSWORD as a deployment keeps it: what it would hash anew at each first sign-in is not for the tests to pay."""
    hasher = Argon2PasswordHasher()
    return hasher.encode(PASSWORD, hasher.salt())


def make_account(
    owner: User,
    *,
    secret: str,
    account_id: str,
    name: str = "acme-logistics",
    label: str = "main",
    environment: str = Environment.SANDBOX,
) -> Account:
    """A credential that was checked a moment ago, with one account; nothing is asked of the upstream."""
    credential = Credential.objects.create(
        owner=owner,
        label=label,
        sealed_secret=vault.seal(secret.encode()),
        last_four=secret[-4:],
        status=CredentialStatus.ACTIVE,
        is_default=not owner.credentials.exists(),
    )
    mark(account_id, environment)
    return Account.objects.create(credential=credential, account_id=account_id, name=name)


def mark(account_id: str, environment: str) -> None:
    """Mark an account for everybody, as if nobody had been asked."""
    AccountEnvironment.objects.update_or_create(
        account_id=account_id, defaults={"environment": environment, "chosen_by": "admin", "chosen_at": timezone.now()}
    )


def signed_in(user: User) -> Client:
    """A browser of this person's. Django's own `force_login` makes a session first, only to make another for it."""
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)
    return client


@pytest.fixture
def cast(db: None) -> Cast:
    """Made by two statements for all, since nearly every test begins with them."""
    roles = {"owner": "Operator", "teammate": "Operator", "viewer": "Viewer", "auditor": "Auditor", "admin": "Admin"}
    kept = make_password(PASSWORD)
    people = User.objects.bulk_create(User(username=name, password=kept) for name in (*roles, "stranger"))
    made = Cast(**{person.username: person for person in people})
    groups = {group.name: group for group in Group.objects.all()}
    has = User.groups.through
    has.objects.bulk_create(has(user=getattr(made, name), group=groups[role]) for name, role in roles.items())
    return made
