"""An archive of the audit is verified by itself, and nobody changes one unnoticed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from cryptography.fernet import Fernet
from django.utils import timezone
from pytest_django import Settings

from queues_app.models import Action, AuditArchive, AuditEntry, Outcome
from queues_app.operations import archives, archiving
from queues_app.operations.archiving import NotArchivedError, NothingToArchiveError
from tests.support.archiving import Line, archive, bind, found, lines_of, rewrite, said, write
from tests.support.audit import behind
from tests.support.people import Cast


def test_all_that_is_bound_is_archived_and_the_archive_is_sound(cast: Cast, tmp_path: Path) -> None:
    entries = write(cast, 3, bound=False)

    told = said("archive_audit", tmp_path)

    file = tmp_path / "queuescope-audit-000000000001-000000000003.jsonl.zst"
    assert told == f"Links 1 to 3 archived in {file}.\n"
    assert [line["entry"]["remark"] for line in lines_of(file)[1:-1]] == ["", "", ""]
    assert [line["entry_id"] for line in lines_of(file)[1:-1]] == [entry.pk for entry in entries]
    assert file.stat().st_mode & 0o077 == 0
    checked = said("verify_audit", "--archive", file)
    assert f"{file.name}: 3 links read, 1 to 3." in checked
    assert "The chain goes on in the database, with link 4." in checked
    assert "3 links read" in said("verify_audit")


def test_archiving_is_on_the_record_by_the_console(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    file = archive(tmp_path)

    entry = AuditEntry.objects.get(action=Action.ARCHIVE)
    assert (entry.user_name, entry.outcome) == ("manage.py", Outcome.OK)
    assert entry.parameters == {"first": 1, "last": 2, "file": file.name}


def test_the_next_archive_goes_on_where_the_last_one_ended(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    first = archive(tmp_path)
    write(cast, 2)
    second = archive(tmp_path)

    assert second.name == "queuescope-audit-000000000003-000000000005.jsonl.zst"
    assert "The chain goes on in the database, with link 6." in said("verify_audit", "--archive", tmp_path)
    assert "3 links read, 3 to 5." in said("verify_audit", "--archive", second, first)
    assert "2 links read, 1 to 2." in said("verify_audit", "--archive", first)


def test_with_nothing_new_nothing_is_written(db: None, tmp_path: Path) -> None:
    assert said("archive_audit", tmp_path) == "Nothing new to archive.\n"
    assert not list(tmp_path.iterdir())
    assert not AuditEntry.objects.exists()


def test_what_was_bound_before_a_day_is_archived(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    write(cast, 1, bound=False)
    bind(later=timedelta(days=2))
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()

    assert "Links 1 to 2 archived" in said("archive_audit", tmp_path, "--until", tomorrow)
    assert "is no day or moment" in found("archive_audit", tmp_path, "--until", "yesterday")


def test_entries_of_before_signing_and_open_ones_are_archived(cast: Cast, tmp_path: Path) -> None:
    AuditEntry.objects.create(at=timezone.now(), completed_at=timezone.now(), action=Action.PEEK, user_name="owner")
    AuditEntry.objects.create(at=timezone.now(), action=Action.PULL, user_name="owner")
    bind(later=timedelta(minutes=11))

    assert "1 of their entries are from before" in said("verify_audit", "--archive", archive(tmp_path))


def test_what_was_wrong_in_the_chain_stays_wrong_in_the_archive(cast: Cast, tmp_path: Path) -> None:
    entries = write(cast, 3)
    behind("DELETE FROM queues_app_auditentry WHERE id = %s", entries[1].pk)

    assert "1 of what it holds is not as Queuescope wrote it" in said("archive_audit", tmp_path)
    assert f"{entries[1].receipt} in queuescope-audit-" in found("verify_audit", "--archive", tmp_path)


def change_a_column(lines: list[Line]) -> None:
    lines[2]["entry"]["remark"] = "another"


def change_a_moment(lines: list[Line]) -> None:
    lines[2]["entry"]["at"] = "2020-01-01T00:00:00+00:00"


def take_a_line_out(lines: list[Line]) -> None:
    del lines[2]


def take_an_entry_out(lines: list[Line]) -> None:
    lines[2]["entry"] = None


def swap(lines: list[Line]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


def double(lines: list[Line]) -> None:
    lines.insert(2, lines[2])


def cut_off(lines: list[Line]) -> None:
    del lines[2:]


def cut_off_before_the_end(lines: list[Line]) -> None:
    del lines[-2]


def behead(lines: list[Line]) -> None:
    del lines[0]


def begin_later(lines: list[Line]) -> None:
    lines[0] |= {"first": 2, "before": lines[1]["signature"]}
    del lines[1]


def change_the_end(lines: list[Line]) -> None:
    lines[-1]["end"]["made_at"] = "2020-01-01T00:00:00+00:00"


def go_on(lines: list[Line]) -> None:
    lines.append(lines[1])


def nonsense(lines: list[Line]) -> None:
    lines[2] = {"position": "many", "entry": []}


def another_kind(lines: list[Line]) -> None:
    lines[2]["entry"]["client_address"] = "nowhere"


def another_format(lines: list[Line]) -> None:
    lines[0]["queuescope_audit_archive"] = 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_a_column, "{} in {}: the entry was changed after it was completed"),
        (change_a_moment, "{} in {}: the entry was changed after it was completed"),
        (take_a_line_out, "link 2 is missing from the chain"),
        (take_an_entry_out, "{} in {}: the entry was removed"),
        (swap, "missing from the chain"),
        (double, "it, the link or their order was changed"),
        (cut_off, "{1}: it ends after link 1, without the line that signs it: the file was changed, or cut off"),
        (cut_off_before_the_end, "{1}: its lines are not those that were signed at its end"),
        (behead, "{1}: it does not begin as an archive does"),
        (begin_later, "{1}: its lines are not those that were signed at its end"),
        (change_the_end, "{1}: the signature at its end is not Queuescope's"),
        (go_on, "{1}: something stands after its end"),
        (nonsense, "{1}: the line after link 1 cannot be read"),
        (another_kind, "{1}: the line after link 1 cannot be read"),
        (another_format, "{1}: it is an archive of another version of Queuescope"),
    ],
)
def test_a_changed_archive_is_found(
    cast: Cast, tmp_path: Path, change: Callable[[list[Line]], None], sentence: str
) -> None:
    entries = write(cast, 4)
    file = archive(tmp_path)
    rewrite(file, change)

    assert sentence.format(entries[1].receipt, file.name) in found("verify_audit", "--archive", file)


@pytest.mark.parametrize("kept", [0, 10, 200])
def test_a_file_that_was_cut_off_or_is_none_is_found(cast: Cast, tmp_path: Path, kept: int) -> None:
    write(cast, 4)
    file = archive(tmp_path)
    file.write_bytes(file.read_bytes()[:kept])

    assert f"1 found, first at {file.name}." in found("verify_audit", "--archive", file)


def test_a_file_with_a_number_beyond_all_is_found(db: None, tmp_path: Path) -> None:
    line = b'{"queuescope_audit_archive": 1, "first": 1e999, "before": "", "began_at": "2026-11-28T00:00:00Z"}\n'
    file = tmp_path / "made-up.jsonl.zst"
    file.write_bytes(zstandard.compress(line))
    assert "does not begin as an archive does" in found("verify_audit", "--archive", file)


def test_a_directory_without_archives_and_a_file_that_is_not_there_say_so(db: None, tmp_path: Path) -> None:
    assert "There is no archive in" in found("verify_audit", "--archive", tmp_path)
    assert "cannot be read" in found("verify_audit", "--archive", tmp_path / "gone.jsonl.zst")


def test_an_archive_of_another_deployment_is_not_ours(cast: Cast, tmp_path: Path, settings: Settings) -> None:
    keys = settings.CREDENTIAL_KEYS
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    write(cast, 2)
    file = archive(tmp_path)
    settings.CREDENTIAL_KEYS = keys

    assert "its end cannot be verified: it was signed with a key" in found("verify_audit", "--archive", file)


def test_an_archive_that_the_database_did_not_note_is_found(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    file = archive(tmp_path)
    behind("DELETE FROM queues_app_auditarchive")

    assert f"this database has no note of {file.name}" in found("verify_audit", "--archive", file)

    (tmp_path / "another").mkdir()
    said("archive_audit", tmp_path / "another")
    (other,) = (tmp_path / "another").iterdir()
    assert f"{file.name} is not the archive of these links" in found("verify_audit", "--archive", other, file)


def test_a_file_that_is_there_is_not_written_over(cast: Cast, tmp_path: Path) -> None:
    write(cast, 1)
    there = tmp_path / "queuescope-audit-000000000001-000000000001.jsonl.zst"
    there.write_bytes(b"of before a restore")

    assert f"{there.name} is there already. Nothing was archived." in found("archive_audit", tmp_path)
    assert there.read_bytes() == b"of before a restore"
    assert not AuditArchive.objects.exists()


def test_a_missing_archive_between_others_is_found(cast: Cast, tmp_path: Path) -> None:
    files = []
    for _ in range(3):
        write(cast, 1)
        files.append(archive(tmp_path))
    files[1].unlink()

    assert "links 2 to 3 are in none of them" in found("verify_audit", "--archive", tmp_path)


def test_archives_that_do_not_join_are_found(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    archive(tmp_path)
    write(cast, 2)
    behind("UPDATE queues_app_auditarchive SET link_signature = 'another'")

    assert "The note of queuescope-audit-000000000001" in found("archive_audit", tmp_path)
    assert "the note of queuescope-audit-000000000001-000000000002.jsonl.zst was changed" in found("verify_audit")


def test_a_note_that_was_removed_is_found(cast: Cast, tmp_path: Path) -> None:
    for _ in range(2):
        write(cast, 1)
        archive(tmp_path)
    behind("DELETE FROM queues_app_auditarchive WHERE first = 1")

    assert "the note of the archive of links 1 to 1 was removed" in found("verify_audit")


def test_a_database_whose_chain_goes_on_otherwise_is_found(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    file = archive(tmp_path)
    behind("UPDATE queues_app_auditlink SET signature = 'another' WHERE position = 2")

    assert f"does not go on where {file.name} ends" in found("verify_audit", "--archive", file)


def test_an_archive_is_compared_with_a_checkpoint(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    kept = said("audit_checkpoint").strip()
    file = archive(tmp_path)
    assert "2 links read" in said("verify_audit", "--archive", file, "--against", kept)

    write(cast, 2)
    later = said("audit_checkpoint").strip()
    assert "none of them holds link 5" in found("verify_audit", "--archive", file, "--against", later)
    assert "was not made by this deployment" in found(
        "verify_audit", "--archive", file, "--against", kept.replace(" 2 ", " 1 ")
    )


def test_where_no_file_can_be_written_nothing_is_noted(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)

    told = found("archive_audit", tmp_path / "gone")

    assert "The archive could not be written: No such file or directory. Nothing was archived." in told
    assert not AuditArchive.objects.exists()
    assert AuditEntry.objects.get(action=Action.ARCHIVE).outcome == Outcome.FAILED


def test_a_file_that_reads_back_otherwise_is_not_kept(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cast, 2)
    monkeypatch.setattr(archives.Writer, "add", lambda *_: None)

    assert "what was read back is not what was written" in found("archive_audit", tmp_path)
    assert not list(tmp_path.iterdir())
    assert not AuditArchive.objects.exists()


def test_a_second_run_at_the_same_time_leaves_the_first_ones_file(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cast, 2)
    beginning = archiving._beginning()
    file = archive(tmp_path)
    before = file.read_bytes()
    monkeypatch.setattr(archiving, "_beginning", lambda: beginning)

    with pytest.raises(NotArchivedError, match="another run"):
        archiving.archive(directory=tmp_path, until=None, now=timezone.now() + timedelta(seconds=1))

    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_run_that_was_killed_leaves_nothing_that_counts(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cast, 2)
    (tmp_path / ".queuescope-audit-half.jsonl.zst.tmp").write_bytes(b"half")

    file = archive(tmp_path)

    assert "2 links read" in said("verify_audit", "--archive", tmp_path)
    assert AuditArchive.objects.get().name == file.name
    with pytest.raises(NothingToArchiveError):
        archiving.archive(directory=tmp_path, until=timezone.now() - timedelta(days=1), now=timezone.now())


def test_an_archive_that_was_lost_is_written_again_as_it_was(cast: Cast, tmp_path: Path) -> None:
    write(cast, 2)
    first = archive(tmp_path)
    write(cast, 1)
    second = archive(tmp_path)
    lines = lines_of(second)
    second.unlink()

    told = said("archive_audit", tmp_path, "--again")

    assert told == f"{second} written again.\n"
    assert lines_of(second) == lines
    assert "with link 5." in said("verify_audit", "--archive", tmp_path)
    assert AuditEntry.objects.filter(action=Action.ARCHIVE, parameters__again=True).count() == 1
    assert first.exists()
    assert said("archive_audit", tmp_path, "--again") == ""


def test_an_archive_is_not_written_again_otherwise_than_it_was(cast: Cast, tmp_path: Path) -> None:
    entries = write(cast, 2)
    file = archive(tmp_path)
    file.unlink()
    behind("UPDATE queues_app_auditentry SET remark = 'another' WHERE id = %s", entries[0].pk)

    assert f"what {file.name} held is not as it was then" in found("archive_audit", tmp_path, "--again")
    assert not list(tmp_path.iterdir())
