"""Old entries of the audit go by one command alone, and what goes by other hands is found."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from queues_app import chain
from queues_app.models import (
    Action,
    AuditDestination,
    AuditedMessage,
    AuditEntry,
    AuditExplanation,
    AuditHead,
    AuditLink,
    AuditPruned,
    Outcome,
)
from queues_app.operations import pruning, verdicts, verifying
from tests.support.archiving import LONG_AGO, archive, bind, found, left, prune, said, write
from tests.support.people import Cast, signed_in

pytestmark = pytest.mark.usefixtures("retention")


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


def test_the_receipt_of_what_went_says_so_to_who_sees_all(cast: Cast, entries: list[AuditEntry]) -> None:
    places = [reverse(name, args=[entries[0].pk]) for name in ("audit_entry", "audit_markdown")]
    prune()

    day = f"{timezone.now():%Y-%m-%d}"
    for place in places:
        answer = signed_in(cast.auditor).get(place)
        assert answer.status_code == 410
        said_here = answer.content.decode()
        assert f"{entries[0].receipt} is not here any more: what was bound before " in said_here
        assert f"put into an archive and pruned, the last of it on {day} (UTC)" in said_here
        # To others it is what any receipt of somebody else is.
        assert signed_in(cast.owner).get(place).status_code == 404
    assert signed_in(cast.auditor).get(reverse("audit_entry", args=[10**9])).status_code == 404
    assert signed_in(cast.auditor).get(reverse("audit_entry", args=[entries[-1].pk])).status_code == 200


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


def test_what_a_destination_was_not_told_of_stays(entries: list[AuditEntry], settings: Settings) -> None:
    settings.AUDIT_FORWARD = ["log:"]
    away = AuditDestination.objects.create(name="log", position=0)
    assert "Link 1 is old enough and was not forwarded everywhere" in found("prune_audit")
    assert left() == {entry.pk for entry in entries}

    away.position = 3
    away.save()
    assert "up to link 3. 1 link is as old and not forwarded everywhere yet." in prune()


@pytest.mark.parametrize("which", ["explained", "explaining"])
def test_an_explanation_goes_with_either_of_its_entries(entries: list[AuditEntry], which: str) -> None:
    old, young = entries[0].pk, entries[-1].pk
    pair = (old, young) if which == "explained" else (young, old)
    AuditExplanation.objects.create(entry_id=pair[0], explained_in=pair[1])

    prune()

    assert not AuditExplanation.objects.exists()


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
