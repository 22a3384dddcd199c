"""What goes from the audit by other hands than `manage.py prune_audit` is found, or refused by the database."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from queues_app.models import (
    Action,
    AuditEntry,
    AuditHead,
    AuditPruned,
)
from queues_app.operations import pruning
from tests.support.archiving import LONG_AGO, bind, found, left, prune, said, write
from tests.support.audit import behind, run
from tests.support.people import Cast

pytestmark = pytest.mark.usefixtures("retention")


def move_the_mark(position: int) -> None:
    run("UPDATE queues_app_auditpruned SET position = %s", position)


def forge_the_mark(entries: list[AuditEntry]) -> None:
    move_the_mark(6)
    run("DELETE FROM queues_app_auditedmessage WHERE entry_id = %s", entries[4].pk)
    run("DELETE FROM queues_app_auditentry WHERE id = %s", entries[4].pk)
    run("DELETE FROM queues_app_auditlink WHERE position <= 6")


def take_the_mark(entries: list[AuditEntry]) -> None:
    behind("DELETE FROM queues_app_auditpruned")


def take_an_old_mark(entries: list[AuditEntry]) -> None:
    behind("UPDATE queues_app_auditpruned SET position = 3")


def take_out_above(entries: list[AuditEntry]) -> None:
    behind("DELETE FROM queues_app_auditentry WHERE id = %s", entries[4].pk)


def take_out_above_with_link(entries: list[AuditEntry]) -> None:
    behind("DELETE FROM queues_app_auditentry WHERE id = %s", entries[4].pk)
    behind("DELETE FROM queues_app_auditlink WHERE position = 6")


def put_back_below(entries: list[AuditEntry]) -> None:
    run(
        "INSERT INTO queues_app_auditlink (position, entry_id, is_open, bound_at, signature) "
        "VALUES (2, %s, %s, '2020-01-01 00:00:00+00:00', 'another')",
        entries[1].pk,
        False,
    )


def take_the_note(entries: list[AuditEntry]) -> None:
    behind("DELETE FROM queues_app_auditarchive")


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (forge_the_mark, "the mark of what was pruned was changed"),
        (take_the_mark, "links 1 to 4 are missing from the chain"),
        (take_an_old_mark, "the mark of what was pruned was changed"),
        (take_out_above, "the entry was removed"),
        (take_out_above_with_link, "link 6 is missing from the chain"),
        (put_back_below, "its link stands where the chain was pruned: it was put in"),
        (take_the_note, "the note of the archive of links 1 to 4 was removed: they were pruned"),
    ],
)
def test_what_goes_by_other_hands_after_pruning_is_found(
    entries: list[AuditEntry], tamper: Callable[[list[AuditEntry]], None], sentence: str
) -> None:
    prune()
    assert "Those up to 4" in said("verify_audit")

    tamper(entries)

    assert sentence in found("verify_audit")


def test_a_mark_that_was_signed_before_hides_nothing(
    entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    marks: list[AuditPruned] = []
    real = pruning._move

    def noted(*asked: object) -> None:
        real(*asked)  # type: ignore[arg-type]  # as they came
        marks.append(AuditPruned.objects.get())

    monkeypatch.setattr(pruning, "_move", noted)
    prune()
    behind("DELETE FROM queues_app_auditpruned")
    marks[0].save(force_insert=True)

    assert "links 3 to 4 are missing from the chain" in found("verify_audit")


def test_an_old_head_that_was_put_back_with_an_end_cut_off_is_found(entries: list[AuditEntry], cast: Cast) -> None:
    old = AuditHead.objects.get()
    prune()
    behind("DELETE FROM queues_app_auditlink")
    behind("DELETE FROM queues_app_auditentry")
    behind("DELETE FROM queues_app_auditpending")
    behind(
        "UPDATE queues_app_audithead SET position = 4, link_signature = %s, signature = %s",
        old.link_signature,
        old.signature,
    )

    assert "the head of the chain is from before the last pruning" in found("verify_audit")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM queues_app_auditentry WHERE id = %s", "the entry was removed"),
        ("UPDATE queues_app_auditentry SET remark = 'another' WHERE id = %s", "the entry was changed"),
    ],
)
def test_what_was_removed_or_changed_before_is_not_pruned_over_but_on_request(
    entries: list[AuditEntry], statement: str, sentence: str
) -> None:
    behind(statement, entries[1].pk)

    assert f"{entries[1].receipt}: {sentence}" in found("prune_audit", "--dry-run")
    assert f"{entries[1].receipt}: {sentence}" in found("prune_audit")
    assert len(left()) >= 5
    assert AuditEntry.objects.get(action=Action.PRUNE).reason == "audit-found"
    assert "up to link 4." in prune("--past-findings")


def test_links_that_are_gone_are_not_taken_for_pruned(entries: list[AuditEntry]) -> None:
    behind("DELETE FROM queues_app_auditlink WHERE position < 4")

    assert "links 1 to 3 are missing from the chain" in found("prune_audit")


def test_where_the_chain_is_not_what_the_archive_holds_nothing_goes_but_on_request(
    entries: list[AuditEntry], tmp_path: Path
) -> None:
    (file,) = tmp_path.glob("*.zst")
    behind("DELETE FROM queues_app_auditlink WHERE position = 4")

    assert f"The chain that {file.name} holds is not as Queuescope wrote it" in found("prune_audit")
    assert left() == {entry.pk for entry in entries}
    assert "3 entries" in prune("--past-findings")


def test_a_forged_note_of_an_archive_opens_nothing(cast: Cast) -> None:
    write(cast, 3, bound=False)
    bind(later=LONG_AGO)
    write(cast, 1)
    run(
        "INSERT INTO queues_app_auditarchive (first, last, link_signature, name, sha256, made_at, signature) "
        "SELECT 1, 3, signature, 'a', 'a', '2020-01-01 00:00:00+00:00', 'another' "
        "FROM queues_app_auditlink WHERE position = 3"
    )

    assert "The note of a is not as Queuescope wrote it" in found("prune_audit")
    assert "the note of a was changed" in found("verify_audit")
    assert len(left()) == 4


def test_a_forged_mark_stops_pruning(entries: list[AuditEntry]) -> None:
    prune()
    move_the_mark(5)

    assert "The mark of what was pruned is not as Queuescope wrote it" in found("prune_audit")


def test_an_unsigned_entry_is_not_taken_for_one_of_before_because_the_chain_begins_later(
    entries: list[AuditEntry],
) -> None:
    """What an old version wrote beside this one counts from the very first link, which was pruned."""
    prune()
    put_in = AuditEntry.objects.create(
        at=timezone.now(), completed_at=timezone.now(), action=Action.PEEK, user_name="owner"
    )
    bind()

    assert f"{put_in.receipt}: the entry has no signature" in found("verify_audit")


def test_the_database_lets_only_that_go_which_is_below_the_mark(entries: list[AuditEntry]) -> None:
    now = timezone.now()
    AuditPruned.objects.create(position=2, link_signature="", began_at=now, holds=0, before=now, pruned_at=now)
    for statement in (
        "DELETE FROM queues_app_auditentry WHERE id = %s",
        "DELETE FROM queues_app_auditedmessage WHERE entry_id = %s",
        "DELETE FROM queues_app_auditlink WHERE entry_id = %s",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(statement, entries[2].pk)
    run("DELETE FROM queues_app_auditedmessage WHERE entry_id = %s", entries[1].pk)
    run("DELETE FROM queues_app_auditentry WHERE id = %s", entries[1].pk)
    run("DELETE FROM queues_app_auditlink WHERE entry_id = %s", entries[1].pk)

    assert entries[1].pk not in left()
    assert "the mark of what was pruned was changed" in found("verify_audit")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE queues_app_auditpruned SET position = position - 1",
        "UPDATE queues_app_auditpruned SET signature = ''",
        "DELETE FROM queues_app_auditpruned",
        "UPDATE queues_app_auditarchive SET last = 3",
        "DELETE FROM queues_app_auditarchive",
        "UPDATE queues_app_auditentry SET remark = 'another'",
        "UPDATE queues_app_auditlink SET entry_id = 7",
    ],
)
def test_the_mark_stays_and_moves_forward_only_and_nothing_else_moves(
    entries: list[AuditEntry], statement: str
) -> None:
    prune()

    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement)


def test_there_is_no_second_mark(entries: list[AuditEntry]) -> None:
    prune()

    with pytest.raises(IntegrityError), transaction.atomic():
        run(
            "INSERT INTO queues_app_auditpruned SELECT 2, 9, '', began_at, 0, began_at, began_at, '' "
            "FROM queues_app_auditpruned"
        )


def test_an_unbound_entry_never_goes(entries: list[AuditEntry], cast: Cast) -> None:
    prune()
    (unbound,) = write(cast, 1, bound=False)

    with pytest.raises(IntegrityError), transaction.atomic():
        run("DELETE FROM queues_app_auditentry WHERE id = %s", unbound.pk)
    assert AuditEntry.objects.filter(pk=unbound.pk).exists()
