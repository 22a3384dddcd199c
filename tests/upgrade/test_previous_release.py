"""The database of the release before, after this one's migrations: nothing is lost, and old hosts go on working on it.

What it was is in `previous/`; `record.py` says how it came there.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queues_app.access import ROLES
from queues_app.models import AuditEntry, Batch, Deletion, Lease, Outcome, Sending, User
from queues_app.operations import pruning, verifying
from queues_app.sandbox import Sandbox
from tests.support.archiving import archive, bind, said
from tests.upgrade import driving
from tests.upgrade.driving import Operator
from tests.upgrade.loading import Release

# Newest first, as the days went: what the recorded day left, and for `gone_on` the day after it.
DAYS = pytest.mark.parametrize(("day", "days"), [("left", 1), ("gone_on", 2)])


def at_work(place: str, name: str = "owner") -> Operator:
    browser = Client()
    driving.sign_in(browser, name)
    return Operator(browser, place)


def address(name: str, kept: Batch | Sending, *more: object) -> str:
    return reverse(name, args=[kept.account_id, kept.queue_id, kept.pk, *more])


@DAYS
def test_every_main_page_shows_what_the_old_version_left(
    request: pytest.FixtureRequest, day: str, days: int, previous: Release
) -> None:
    request.getfixturevalue(day)
    batches, sendings = list(Batch.objects.all()), list(Sending.objects.all())
    assert (len(batches), len(sendings), Deletion.objects.count()) == (2 * days, days, days)
    operator = at_work(previous.place)

    operator.look(*(address("sending", sending) for sending in sendings))
    for batch in batches:
        assert batch.queue_name in operator.see(address("batch", batch))
        assert "order" in operator.see(address("batch", batch), q="order")
        assert "&quot;order&quot;" in operator.see(address("message", batch, 3))
    for entry in AuditEntry.objects.exclude(user_name="admin"):
        assert entry.receipt in operator.see(reverse("audit_entry", args=[entry.pk]))
        operator.see(reverse("audit_markdown", args=[entry.pk]))


@DAYS
def test_leases_of_the_old_version_are_settled_by_the_new_one(
    request: pytest.FixtureRequest, day: str, days: int, previous: Release
) -> None:
    sandbox: Sandbox = request.getfixturevalue(day)
    held = Lease.objects.filter(state="held").order_by("pk")
    assert held.count() == 2 * days
    first, last = held[0], held[2 * days - 1]
    operator = at_work(previous.place)

    operator.do("/leases/act/", step="do", verb="return", lease=first.pk)
    operator.do("/leases/act/", step="do", verb="ack", lease=last.pk)

    first.refresh_from_db()
    last.refresh_from_db()
    assert (first.state, last.state) == ("retried", "acked")
    assert sandbox.queue("orders").count("settle") == 2
    message_ids = [message.id for message in sandbox.queue("orders").messages]
    assert first.message_id in message_ids
    assert last.message_id not in message_ids


@DAYS
def test_work_goes_on_where_the_old_version_left_it(
    request: pytest.FixtureRequest, day: str, days: int, previous: Release
) -> None:
    request.getfixturevalue(day)
    operator = at_work(previous.place)

    operator.look(*operator.work())

    assert Batch.objects.count() == 2 * (days + 1)


def test_who_was_signed_in_stays_so_and_the_entry_of_a_killed_process_stays_unknown(
    left: Sandbox, previous: Release
) -> None:
    session = Client()
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_key FROM django_session")
        ((key, *_), *_others) = cursor.fetchall()
    session.cookies["sessionid"] = key
    open_entry = AuditEntry.objects.get(completed_at=None)

    page = Operator(session, previous.place).see(reverse("audit_entry", args=[open_entry.pk]))

    assert open_entry.outcome == Outcome.UNKNOWN
    assert "no end was written; a lease may exist" in page


@DAYS
def test_what_old_hosts_wrote_is_archived_and_pruned(
    request: pytest.FixtureRequest, day: str, days: int, tmp_path: Path
) -> None:
    request.getfixturevalue(day)
    before = AuditEntry.objects.count()
    assert before > 10 * days
    bind(later=timedelta(minutes=11))
    archive(tmp_path)
    bind(later=timedelta(minutes=11))

    pruned = pruning.prune(days=1, now=timezone.now() + timedelta(days=1, minutes=12))

    assert pruned.entries == before
    assert verifying.verify().findings == []
    assert f"{before:,} links read" in said("verify_audit", "--archive", tmp_path)


def test_people_keep_their_roles_and_roles_have_what_they_have_now(left: Sandbox, previous: Release) -> None:
    for name, role in driving.PEOPLE.items():
        person = User.objects.get(username=name)
        assert [group.name for group in person.groups.all()] == [role]
        assert {right.partition(".")[2] for right in person.get_all_permissions()} == set(ROLES[role])
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    assert "viewer" in at_work(previous.place, "admin").see(reverse("people"))


def test_all_migrations_since_can_be_undone_with_what_was_written_meanwhile(copied: None, previous: Release) -> None:
    call_command("migrate", "queues_app", previous.migration, verbosity=0)

    applied = MigrationExecutor(connection).loader.applied_migrations
    assert max(name for app, name in applied if app == "queues_app") == previous.migration
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM queues_app_batch")
        assert cursor.fetchone() == (4,)
