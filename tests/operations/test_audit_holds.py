"""What a legal hold is about stays, however old it is, and nobody takes it away unnoticed."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from queues_app import chain
from queues_app.models import Action, AuditEntry, AuditHold, AuditLink, Outcome
from queues_app.operations import holds, pruning
from queues_app.operations.holds import AlreadyLiftedError
from tests.support.archiving import LONG_AGO, archive, bind, found, said, write
from tests.support.audit import behind, run
from tests.support.people import Cast
from tests.support.stack import calling

pytestmark = pytest.mark.usefixtures("retention")


@pytest.fixture
def entries(retention: None, cast: Cast, tmp_path: Path) -> list[AuditEntry]:
    """Old and archived: two at orders and two at invoices."""
    old = [*write(cast, 2, bound=False), *write(cast, 2, queue="invoices", bound=False)]
    bind(later=LONG_AGO)
    archive(tmp_path)
    write(cast, 1)
    return old


def hold(cast: Cast, **fields: Any) -> AuditHold:
    made = holds.add(
        caller=calling(cast.auditor),
        intent=uuid.uuid4(),
        **{"reason": "Case 7", "queue": "", "person": "", "since": None, "until": None, **fields},
    )
    bind()
    return made


def left(entries: list[AuditEntry]) -> list[bool]:
    there = set(AuditEntry.objects.values_list("pk", flat=True))
    return [entry.pk in there for entry in entries]


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ({"queue": "orders"}, [True, True, False, False]),
        ({"queue": "inv*"}, [False, False, True, True]),
        ({"queue": "Orders"}, [False, False, False, False]),
        ({"person": "owner"}, [True, True, True, True]),
        ({"person": "owner", "queue": "orders"}, [True, True, False, False]),
        ({"person": "teammate"}, [False, False, False, False]),
        ({"since": timezone.now() - timedelta(days=1)}, [True, True, True, True]),
        ({"until": timezone.now() - timedelta(days=1)}, [False, False, False, False]),
        ({}, [True, True, True, True]),
    ],
)
def test_what_is_held_stays_and_the_rest_goes(
    cast: Cast, entries: list[AuditEntry], fields: dict[str, Any], stays: list[bool]
) -> None:
    hold(cast, **fields)

    told = said("prune_audit")

    assert left(entries) == stays
    assert f"{sum(stays)} entries under a legal hold stayed" in told or not any(stays)
    bind()
    assert "Those up to 4 were archived and pruned." in said("verify_audit")


@pytest.mark.parametrize(
    ("columns", "is_held"),
    [
        ({"credential_owner": "ana"}, True),
        ({"parameters": {"person": "ana", "role": "Viewer → Lead"}}, True),
        ({"user_name": "ben"}, False),
    ],
)
def test_a_person_is_held_with_what_others_did_by_their_credentials_and_about_them(
    columns: dict[str, Any], is_held: bool
) -> None:
    entry = AuditEntry(at=timezone.now(), action=Action.ROLE, **columns)

    assert AuditHold(person="ana").holds(vars(entry)) == is_held


def test_an_entry_whose_queue_has_no_name_is_held_with_every_queue() -> None:
    entry = AuditEntry(at=timezone.now(), action=Action.PEEK, queue_id="a" * 32)

    assert AuditHold(queue="orders").holds(vars(entry))
    assert not AuditHold(queue="orders").holds(vars(AuditEntry(at=timezone.now(), action=Action.SIGN_IN)))


def test_a_held_entry_that_is_removed_after_pruning_is_found(cast: Cast, entries: list[AuditEntry]) -> None:
    hold(cast, queue="orders")
    said("prune_audit")

    behind("DELETE FROM queues_app_auditentry WHERE id = %s", entries[0].pk)
    assert f"{entries[0].receipt}: the entry was removed" in found("verify_audit")

    behind("DELETE FROM queues_app_auditlink WHERE entry_id = %s", entries[0].pk)
    assert "missing from the chain" in found("verify_audit")


def test_held_entries_of_before_signing_and_open_ones_stay_sound(cast: Cast, tmp_path: Path) -> None:
    """Those are bound by all their columns, also the second time and long after the first link."""
    old = AuditEntry.objects.create(
        at=timezone.now(), completed_at=timezone.now(), action=Action.PEEK, user_name="owner"
    )
    opened = AuditEntry.objects.create(at=timezone.now(), action=Action.PULL, user_name="owner")
    bind(later=LONG_AGO)
    bind(later=timedelta(minutes=11))
    archive(tmp_path)
    write(cast, 1)
    hold(cast)

    pruning.prune(days=0, now=timezone.now() + timedelta(minutes=12))

    assert left([old, opened]) == [True, True]
    bind()
    assert "1 of their entries are from before" in said("verify_audit")

    behind("UPDATE queues_app_auditentry SET user_name = 'another' WHERE id = %s", old.pk)
    assert f"{old.receipt}: the entry has no signature" in found("verify_audit")


def test_what_was_held_goes_when_its_new_link_is_old(cast: Cast, entries: list[AuditEntry], tmp_path: Path) -> None:
    made = hold(cast, queue="orders")
    said("prune_audit")
    holds.lift(caller=calling(cast.admin), hold=made)
    write(cast, 1)
    archive(tmp_path)
    write(cast, 1)

    assert "Nothing was bound more than 90 days ago" in said("prune_audit")
    pruning.prune(days=90, now=timezone.now() + timedelta(days=91))

    assert left(entries) == [False] * 4
    bind()
    assert "archived and pruned" in said("verify_audit")


def test_making_and_lifting_are_on_the_record(cast: Cast) -> None:
    made = hold(cast, queue="orders", person="owner")
    holds.lift(caller=calling(cast.admin), hold=made)

    added = AuditEntry.objects.get(action=Action.HOLD_ADD)
    lifted = AuditEntry.objects.get(action=Action.HOLD_LIFT)
    assert (added.user_name, added.outcome, lifted.user_name, lifted.outcome) == (
        "auditor",
        Outcome.OK,
        "admin",
        Outcome.OK,
    )
    assert added.parameters == lifted.parameters
    assert added.parameters == {"hold": 1, "queue": "orders", "held_person": "owner", "reason": "Case 7"}
    bind()
    assert "links read" in said("verify_audit")


def test_a_hold_is_lifted_once(cast: Cast) -> None:
    made = hold(cast)
    holds.lift(caller=calling(cast.admin), hold=made)

    with pytest.raises(AlreadyLiftedError):
        holds.lift(caller=calling(cast.auditor), hold=made)

    assert AuditHold.objects.get().lifted_by == "admin"


# By other hands


def take_out(made: AuditHold) -> None:
    behind("DELETE FROM queues_app_audithold WHERE number = %s", made.number)


def lift_by_hand(made: AuditHold) -> None:
    run("UPDATE queues_app_audithold SET lifted_at = made_at, lifted_by = 'admin'")


def narrow(made: AuditHold) -> None:
    behind("UPDATE queues_app_audithold SET queue = 'another'")


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (take_out, "legal hold 1 was removed"),
        (lift_by_hand, "legal hold 1 was changed"),
        (narrow, "legal hold 1 was changed"),
    ],
)
def test_a_hold_that_was_changed_or_removed_is_found_and_nothing_is_pruned(
    cast: Cast, entries: list[AuditEntry], tamper: Callable[[AuditHold], None], sentence: str
) -> None:
    tamper(hold(cast, queue="orders"))

    assert f"the audit: {sentence}" in found("verify_audit")
    assert f"L{sentence[1:]}, so nothing was deleted." in found("prune_audit")
    assert left(entries) == [True] * 4


def test_a_hold_that_was_removed_is_missed_between_others_and_by_the_next_one(cast: Cast) -> None:
    first = hold(cast)
    hold(cast)
    take_out(first)
    assert "legal hold 1 was removed" in found("verify_audit")

    behind("DELETE FROM queues_app_audithold")
    assert hold(cast).number == 3
    assert "legal holds 1 to 2 were removed" in found("verify_audit")


def test_a_hold_whose_entry_was_pruned_is_missed_all_the_same(cast: Cast, tmp_path: Path) -> None:
    made = hold(cast, queue="no-such-queue")
    archive(tmp_path)
    write(cast, 1)
    pruning.prune(days=0, now=timezone.now() + timedelta(seconds=1))
    assert not AuditEntry.objects.filter(action=Action.HOLD_ADD).exists()

    take_out(made)

    assert "legal hold 1 was removed" in found("verify_audit")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM queues_app_audithold",
        "UPDATE queues_app_audithold SET reason = 'another'",
        "UPDATE queues_app_audithold SET queue = 'another'",
        "UPDATE queues_app_audithold SET lifted_at = NULL",
    ],
)
def test_the_database_refuses_to_change_a_hold(cast: Cast, statement: str) -> None:
    holds.lift(caller=calling(cast.admin), hold=hold(cast))
    hold(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement)


def test_every_column_of_a_signed_row_is_signed() -> None:
    for row, (_, names) in chain.ROWS.items():
        columns = {field.attname for field in row._meta.concrete_fields}
        assert columns - {"signature", "id"} == set(names)


def test_a_held_entry_is_bound_once(cast: Cast, entries: list[AuditEntry]) -> None:
    hold(cast, queue="orders")
    said("prune_audit")
    write(cast, 1)

    assert AuditLink.objects.filter(entry_id=entries[0].pk).count() == 1
