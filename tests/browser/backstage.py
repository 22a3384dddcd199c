"""Behind the scenes of the stack: a process with the stack's own settings and database.

It prepares the database and the static files, and then does what tests ask of it, one JSON object in a line each
(`stack.Backstage` is the other end). A process, because the test's own has other settings, and because Playwright's
event loop keeps Django's ORM out of the thread that drives the browser.
"""

import json
import sys
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - the applications have to be there first
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from queues_app.forms.teams import OFFERED  # noqa: E402
from queues_app.models import Account, AuditEntry, Batch, QueueSample, User  # noqa: E402
from queues_app.operations import sampling, watch_notices  # noqa: E402
from tests.support.people import make_account  # noqa: E402
from tests.support.teams import make_team, share  # noqa: E402

ENTRY_FIELDS = (
    "id",
    "action",
    "outcome",
    "reason",
    "remark",
    "status",
    "message_count",
    "backlog_count",
    "cf_ray",
    "credential_label",
    "queue_name",
    "parameters",
)


def add_person(name: str, role: str, password: str | None) -> dict[str, Any]:
    """A person, signed in: the session's key saves every test the form. No password, no sign-in by form."""
    user = User.objects.create_user(name, password=password)
    user.groups.set([Group.objects.get(name=role)])
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"session": session.session_key}


def add_account(owner: str, secret: str, account_id: str, name: str, environment: str) -> dict[str, Any]:
    """A checked credential with one account."""
    user = User.objects.get(username=owner)
    label = f"{name} {user.credentials.count() + 1}"
    account = make_account(user, secret=secret, account_id=account_id, name=name, label=label, environment=environment)
    return {"account": account.pk}


def add_share(account: int, team: str, borrower: str, role: str) -> dict[str, Any]:
    """A team of the owner of an account and somebody else, who may do all that this role can be let do."""
    credential = Account.objects.get(pk=account).credential
    made = make_team(team, **{credential.owner.get_username(): "Lead", borrower: role})
    share(credential, made, **{role: OFFERED[role]})
    return {"team": made.pk}


def entries(user: str) -> dict[str, Any]:
    """The person's audit entries, oldest first."""
    found = AuditEntry.objects.filter(user_name=user).order_by("pk").values(*ENTRY_FIELDS)
    return {"entries": list(found)}


def batches(user: str) -> dict[str, Any]:
    """How many batches are kept for the person."""
    return {"count": Batch.objects.filter(owner__username=user).count()}


def add_samples(account: int, queue: str, samples: list[list[int | None]]) -> dict[str, Any]:
    """Counts of a queue as `manage.py watch` would have kept them: seconds ago, messages, bytes, age of the oldest."""
    now = timezone.now()
    QueueSample.objects.bulk_create(
        QueueSample(
            account_id=account,
            queue_id=queue,
            at=(at := now - timedelta(seconds=ago or 0)),
            messages=messages,
            bytes=size,
            oldest_at=None if age is None else at - timedelta(seconds=age),
        )
        for ago, messages, size, age in samples
    )
    return {}


def watch_turn(account: int, ahead: float) -> dict[str, Any]:
    """One turn of `manage.py watch` for an account, so many seconds from now, and what is to be told of it."""

    def clock() -> datetime:
        return timezone.now() + timedelta(seconds=ahead)

    # What was read a moment ago by this process was another time by that clock.
    cache.clear()
    is_ours = sampling.take_turn(account, clock=clock)
    for owner in watch_notices.owners_due(clock()):
        watch_notices.tell_owner(owner, clock=clock)
    return {"is_ours": is_ours}


ACTS = {act.__name__: act for act in (add_person, add_account, add_share, add_samples, watch_turn, entries, batches)}


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    say({"accounts": Account.objects.count()})
    for line in sys.stdin:
        asked = json.loads(line)
        say(ACTS[asked.pop("act")](**asked))


def say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
