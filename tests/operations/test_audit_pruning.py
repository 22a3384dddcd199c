"""Old entries of the audit go by one command alone, and what goes by other hands is found."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from queues_app import chain
from queues_app.models import (
    Action,
    AuditedMessage,
    AuditEntry,
    AuditHead,
    AuditLink,
    AuditPruned,
    Outcome,
)
from queues_app.operations import pruning, verdicts, verifying
from tests.support.archiving import archive, bind, found, said, write
from tests.support.audit import behind, run
from tests.support.people import Cast

LONG_AGO = -timedelta(days=100)


@pytest.fixture(autouse=True)
def retention(settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = 90


@pytest.fixture
def entries(cast: Cast, tmp_path: Path) -> list[AuditEntry]:
    """Four that are old and archived, by the links 1 to 4, and two that are young, by 6 and 7; 5 is the archiving's."""
    old = write(cast, 4, bound=False)
    bind(later=LONG_AGO)
    archive(tmp_path)
    return [*old, *write(cast, 2)]


def prune(*options: str) -> str:
    return said("prune_audit", *options)


def left() -> set[int]:
    """The pulls that are there."""
    return set(AuditEntry.objects.filter(action=Action.PULL).values_list("pk", flat=True))


def test_what_is_old_and_archived_goes_with_its_links_and_look_ups(entries: list[AuditEntry], tmp_path: Path) -> None:
    told = prune()

    assert told.startswith("4 entries of ")
    assert told.endswith(" deleted, up to link 4.\n")
    assert left() == {entry.pk for entry in entries[4:]}
    assert AuditLink.objects.order_by("position").values_list("position", flat=True)[0] == 5
    assert set(AuditedMessage.objects.values_list("entry_id", flat=True)) == left()
    assert "Those up to 4 were archived and pruned." in said("verify_audit")
    assert "The chain goes on in the database, with link 5." in said("verify_audit", "--archive", tmp_path)


def test_pruning_is_on_the_record_by_the_console(entries: list[AuditEntry]) -> None:
    told = prune()

    entry = AuditEntry.objects.get(action=Action.PRUNE)
    assert (entry.user_name, entry.outcome, entry.remark) == ("manage.py", Outcome.OK, told.strip())
    assert entry.parameters["days"] == 90


def test_a_dry_run_says_what_would_go_and_deletes_nothing(entries: list[AuditEntry]) -> None:
    told = prune("--dry-run")

    assert "nothing was deleted. It would say: 4 entries of" in told
    assert "up to link 4." in told
    assert left() == {entry.pk for entry in entries}
    assert not AuditPruned.objects.exists()
    assert not AuditEntry.objects.filter(action=Action.PRUNE).exists()


def test_without_a_retention_nothing_goes(entries: list[AuditEntry], settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = None

    assert "audit entries are kept for ever" in found("prune_audit")
    assert left() == {entry.pk for entry in entries}


def test_without_an_archive_nothing_goes_and_that_is_on_the_record(cast: Cast) -> None:
    write(cast, 3, bound=False)
    bind(later=LONG_AGO)
    write(cast, 1)

    assert "Links 1 to 3 are old enough and in no archive" in found("prune_audit")
    assert len(left()) == 4
    assert AuditEntry.objects.get(action=Action.PRUNE).outcome == Outcome.REFUSED


def test_what_is_old_and_not_archived_stays_and_is_told(entries: list[AuditEntry], settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = 0

    # All but the last link are old enough now, and four of them are archived.
    assert "up to link 4. 2 links are as old and in no archive yet." in prune()


def test_with_a_directory_nothing_goes_whose_archive_is_not_there_and_sound(
    entries: list[AuditEntry], tmp_path: Path
) -> None:
    (file,) = tmp_path.glob("*.zst")
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    assert f"{file.name} in {tmp_path} is not as it was written" in found("prune_audit", "--archives", tmp_path)
    file.unlink()
    assert f"{file.name} cannot be read in {tmp_path}" in found("prune_audit", "--archives", tmp_path)
    assert left() == {entry.pk for entry in entries}

    file.write_bytes(whole)
    assert "4 entries of" in said("prune_audit", "--archives", tmp_path)


def test_what_is_young_stays(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    archive(tmp_path)

    assert prune() == "Nothing was bound more than 90 days ago, so nothing is deleted.\n"
    assert not AuditEntry.objects.filter(action=Action.PRUNE).exists()


def test_the_last_link_stays(cast: Cast, tmp_path: Path) -> None:
    write(cast, 3, bound=False)
    bind(later=LONG_AGO)
    archive(tmp_path)

    assert "2 entries" in prune()
    bind()
    assert "3 links read, 3 to 5." in said("verify_audit", "--from", "1")
    assert AuditHead.objects.get().position == 5


def test_pruning_goes_on_where_it_was_killed(
    entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    real = pruning._prune_some

    def killed(*asked: object) -> bool:
        if AuditPruned.objects.exists():
            raise KeyboardInterrupt
        return real(*asked)  # type: ignore[arg-type]  # as they came

    with monkeypatch.context() as patch:
        patch.setattr(pruning, "_prune_some", killed)
        with pytest.raises(KeyboardInterrupt):
            prune()

    assert left() == {entry.pk for entry in entries[2:]}
    assert "Those up to 2 were archived and pruned." in said("verify_audit")
    assert "2 entries" in prune()
    assert "Those up to 4" in said("verify_audit")
    assert "with link 5" in said("verify_audit", "--archive", tmp_path)


def test_a_transaction_that_fails_leaves_all_of_it(entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise OSError

    monkeypatch.setattr(pruning, "_delete", fails)
    with pytest.raises(OSError):  # noqa: PT011 - it has no words
        prune()

    assert left() == {entry.pk for entry in entries}
    assert not AuditPruned.objects.exists()


def test_an_entry_that_was_completed_long_after_stays_until_its_own_link_is_old(cast: Cast, tmp_path: Path) -> None:
    opened = AuditEntry.objects.create(at=timezone.now(), action=Action.PULL, user_name="owner")
    bind(later=timedelta(minutes=11))
    write(cast, 1)
    archive(tmp_path)
    opened.completed_at, opened.outcome = timezone.now(), Outcome.OK
    opened.signature = chain.sign_entry(opened)
    opened.save()

    pruning.prune(days=0, now=timezone.now() + timedelta(minutes=12))

    assert AuditPruned.objects.get().position == 1
    assert opened.pk in left()
    bind()
    assert "Those up to" in said("verify_audit")
    assert AuditLink.objects.filter(entry_id=opened.pk).count() == 1


@pytest.mark.parametrize("at", ["between", "within"])
def test_what_is_pruned_while_the_audit_is_verified_is_not_missed(
    entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """Between two stretches, and after one was read whose entries go."""
    monkeypatch.setattr(verifying, "chunks", partial(verdicts.chunks, at_once=2))
    calls = iter([prune])

    def prune_once(*_: object) -> None:
        for call in calls:
            call()

    if at == "between":
        found_then = verifying.verify(progress=prune_once)
    else:
        real = verifying._moved

        def moved(mark: AuditPruned | None) -> AuditPruned | None:
            prune_once()
            return real(mark)

        monkeypatch.setattr(verifying, "_moved", moved)
        found_then = verifying.verify()

    assert found_then.findings == []
    assert AuditPruned.objects.get().position == 4


def test_an_end_that_is_pruned_while_the_audit_is_verified_is_not_missed(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cast, 3, bound=False)
    bind(later=LONG_AGO)
    archive(tmp_path)

    def go_on(*_: object) -> None:
        bind()
        prune()

    assert verifying.verify(progress=go_on).findings == []
    assert AuditPruned.objects.get().position == 3


# By other hands


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


# The door


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
