"""`manage.py demo`: prepare a database for `scripts/demo`. Safe to run again.

Six people, one for each role and a second Operator; each who may use a credential gets one for the sandbox,
and each account the counts of a day.
"""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queues_app.audit import Caller
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.loopback import is_loopback
from queues_app.models import Account, Environment, Kind, QueueSample, User
from queues_app.operations import credentials
from queues_app.sandbox.seed import ACCOUNTS, TOKENS
from queues_app.sandbox.seed.counts import counts_before

# User name → full name and role.
PEOPLE: Final = {
    "ana": ("Ana Reyes", "Operator"),
    "ben": ("Ben Okafor", "Operator"),
    "lea": ("Lea Novak", "Lead"),
    "vera": ("Vera Lind", "Viewer"),
    "ada": ("Ada Moreau", "Admin"),
    "otto": ("Otto Brandt", "Auditor"),
}
WITHOUT_CREDENTIAL: Final = {"otto"}
CREDENTIAL_LABEL: Final = "Sandbox"


class Command(BaseCommand):
    help = "Prepare the demo: tables, static files, six people and a credential for the running sandbox."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password-file", type=Path, required=True, help="holds the password of all six")

    def handle(self, *, password_file: Path, **_: Any) -> None:
        if not is_loopback(urlsplit(settings.CLOUDFLARE_API_BASE_URL).hostname or ""):
            message = "The demo speaks to a sandbox on this machine only: CLOUDFLARE_API_BASE_URL names another."
            raise CommandError(message)
        try:
            password = password_file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            message = f"The password file cannot be read: {error}"
            raise CommandError(message) from error
        if not password:
            message = "The password file is empty."
            raise CommandError(message)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        for name, (full_name, role) in PEOPLE.items():
            person = _person(name, full_name, role, password)
            if name not in WITHOUT_CREDENTIAL:
                _give_credential(person)
            self.stdout.write(f"sign in as: {name:4}  password: {password}  ({role})")
        _remember_counts()
        self.stdout.write(f"sandbox url: {settings.CLOUDFLARE_API_BASE_URL}")
        self.stdout.write(f"sandbox account: {next(iter(ACCOUNTS.values()))}")
        self.stdout.write(f"sandbox token: {TOKENS['full']}")


def _person(name: str, full_name: str, role: str, password: str) -> User:
    first_name, last_name = full_name.split()
    person, is_new = User.objects.get_or_create(
        username=name, defaults={"first_name": first_name, "last_name": last_name}
    )
    # A password that still fits is left alone, or everybody would be signed out by each start.
    if is_new or not person.check_password(password):
        person.set_password(password)
        person.save(update_fields=["password"])
    person.groups.set([Group.objects.get(name=role)])
    return person


def _remember_counts() -> None:
    """As if somebody had read them during the last day, so that lines and charts have something to show at first."""
    now = timezone.now()
    counts = counts_before(round(now.timestamp() * 1000))
    for account in Account.objects.filter(samples=None):
        QueueSample.objects.bulk_create(
            (
                QueueSample(
                    account=account,
                    queue_id=count.queue_id,
                    at=_moment(count.at_ms),
                    messages=count.messages,
                    bytes=count.bytes,
                    oldest_at=_moment(count.oldest_ms) if count.oldest_ms else None,
                )
                for count in counts.get(account.account_id, ())
            ),
            batch_size=1000,
        )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _give_credential(person: User) -> None:
    if person.credentials.filter(label=CREDENTIAL_LABEL).exists():
        return
    caller = Caller(user=person, user_name=person.get_username(), address=None, request_id="")
    try:
        credentials.add(
            caller=caller,
            label=CREDENTIAL_LABEL,
            kind=Kind.TOKEN,
            secret=TOKENS["full"],
            environment=Environment.SANDBOX,
        )
    except (CloudflareError, ExpectedError) as error:
        message = f"The sandbox did not take its own token: {error.sentence}"
        raise CommandError(message) from error
