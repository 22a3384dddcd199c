"""Invitations: a link that makes one person, once, within its time. The word in it is shown once and never kept."""

import hashlib
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from queues_app import audit
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Action, Invitation, User
from queues_app.operations import people
from queues_app.signin import LocalSignInOffError

LASTS: Final = timedelta(hours=72)


class InvitationGoneError(ExpectedError):
    """Used, withdrawn, too old, or never there: which of them is nobody's business who has no good link."""

    sentence = "This invitation is over, or it was used already. Ask whoever sent it for a new one."
    reason = "invitation-gone"
    http_status = HTTPStatus.GONE
    is_refusal = True


class NameTakenError(ExpectedError):
    """Somebody has this name, in whatever case."""

    sentence = "Somebody has this name already. Choose another one."
    reason = "name-taken"
    is_refusal = True


def invite(*, caller: Caller, role: str, full_name: str = "") -> str:
    """Make an invitation; the word of its link, which is not kept.

    Raises NotAllowedError, LocalSignInOffError, AuditUnavailableError.
    """
    parameters = {"person": full_name or "not named", "role": role}
    people.require(caller, Action.INVITE, parameters)
    word = secrets.token_urlsafe(32)
    now = timezone.now()
    with audit.record(caller=caller, action=Action.INVITE, parameters=parameters) as record:
        if not settings.LOCAL_SIGN_IN:
            raise LocalSignInOffError
        Invitation.objects.create(
            word_hash=_hash(word),
            role=role,
            full_name=full_name,
            invited_by=caller.user_name,
            created_at=now,
            expires_at=now + LASTS,
        )
        record.ok()
    return word


def withdraw(*, caller: Caller, invitation: Invitation) -> None:
    """The link opens nothing any more.

    Raises NotAllowedError, InvitationGoneError, AuditUnavailableError.
    """
    parameters = {"person": invitation.full_name or "not named", "role": invitation.role}
    people.require(caller, Action.WITHDRAW, parameters)
    with audit.record(caller=caller, action=Action.WITHDRAW, parameters=parameters) as record:
        deleted, _ = Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).delete()
        if not deleted:
            raise InvitationGoneError
        record.ok()


@sensitive_variables("word")
def find(word: str) -> Invitation:
    """The open invitation of this word.

    Raises InvitationGoneError.
    """
    found = Invitation.objects.open(timezone.now()).filter(word_hash=_hash(word)).first()
    if found is None:
        raise InvitationGoneError
    return found


@sensitive_variables("word", "password")
def join(*, caller: Caller, word: str, name: str, password: str) -> User:
    """Become a person: name and password were validated. The caller has the name that was chosen, and no user yet.

    Raises InvitationGoneError, NameTakenError, AuditUnavailableError.
    """
    invitation = find(word)
    parameters = {"role": invitation.role, "invited_by": invitation.invited_by}
    with audit.record(caller=caller, action=Action.JOIN, parameters=parameters) as record:
        try:
            with transaction.atomic():
                person = _make(invitation, name, password)
        except IntegrityError as error:
            raise NameTakenError from error
        record.entry.user_id = person.pk
        record.ok()
    return person


@sensitive_variables("password")
def _make(invitation: Invitation, name: str, password: str) -> User:
    # Locked, so that of two who send the same link only one gets in.
    now = timezone.now()
    held = Invitation.objects.select_for_update().open(now).filter(pk=invitation.pk).first()
    if held is None:
        raise InvitationGoneError
    if User.objects.filter(username__iexact=name).exists():
        raise NameTakenError
    person = User(username=name)
    person.first_name, _space, person.last_name = held.full_name.partition(" ")
    person.set_password(password)
    person.save()
    person.groups.add(Group.objects.get(name=held.role))
    held.used_at, held.person = now, person
    held.save(update_fields=["used_at", "person"])
    return person


def _hash(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
