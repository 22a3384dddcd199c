"""Write the next stretch of the audit's chain into an archive, on the record."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import zstandard
from django.db import IntegrityError

from queues_app import audit, chain
from queues_app.expected import ExpectedError
from queues_app.models import Action, AuditArchive, AuditHead, AuditLink
from queues_app.operations import archives, notes, verifying
from queues_app.operations.archives import Beginning, Reading, Writer
from queues_app.operations.notes import NoteChangedError
from queues_app.operations.people import CONSOLE
from queues_app.operations.verdicts import Verdict, chunks

_LEVEL: Final = 10


class NothingToArchiveError(ExpectedError):
    """All that is bound, or was bound before the day that was named, is in an archive."""

    sentence = "Nothing new to archive."
    reason = "audit-nothing-to-archive"
    is_refusal = True


class NotArchivedError(ExpectedError):
    """The file could not be written whole. What is in the database stays as it was."""

    reason = "audit-not-archived"

    def __init__(self, why: object) -> None:
        super().__init__(f"The archive could not be written: {why}. Nothing was archived.")


def archive(*, directory: Path, until: datetime | None, now: datetime) -> tuple[AuditArchive, Verdict]:
    """Archive all links that are in no archive yet, or those bound before `until`.

    Gives its note and what was found of the links in it. The file has its name only when it is whole, was read back
    and verified.

    Raises NothingToArchiveError, NotArchivedError, NoteChangedError, AuditUnavailableError, VaultError.
    """
    beginning = _beginning()
    last = AuditHead.objects.values_list("position", flat=True).first() or 0
    if until is not None:
        last = min(last, verifying.position_at(until) - 1)
    if beginning is None or last < beginning.first:
        raise NothingToArchiveError
    note = AuditArchive(first=beginning.first, last=last, name=_name(beginning.first, last), made_at=now)
    parameters = {"first": note.first, "last": note.last, "file": note.name}
    with audit.record(caller=CONSOLE, action=Action.ARCHIVE, parameters=parameters) as record:
        try:
            with _written(directory, beginning, note) as (temporary, reading):
                # The note first: of two runs at once, the second one stops there and leaves the first one's file alone.
                audit.carry_out(record, lambda: _keep(note, temporary, directory), str(note))
        except OSError as error:
            raise NotArchivedError(error.strerror or error) from error
        except audit.AuditNotClosedError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise NotArchivedError("another run archived the same at the same time") from error
            raise
    return note, reading.verdict


def again(*, directory: Path) -> Iterator[AuditArchive]:
    """Write the archives anew that are not in the directory, of links that were not pruned: line by line as they were.

    Raises NotArchivedError, NoteChangedError, AuditUnavailableError, VaultError.
    """
    mark = notes.pruned()
    for note in AuditArchive.objects.filter(first__gt=mark.position if mark else 0):
        if (directory / note.name).exists():
            continue
        if not chain.is_row_signed(note):
            raise NoteChangedError(f"the note of {note.name}")
        before = notes.link_signature(note.first - 1, mark)
        beginning = Beginning(first=note.first, before=before, began_at=notes.began_at(mark))
        parameters = {"first": note.first, "last": note.last, "file": note.name, "again": True}
        with audit.record(caller=CONSOLE, action=Action.ARCHIVE, parameters=parameters) as record:
            try:
                with _written(directory, beginning, note) as (temporary, _):
                    _name_it(temporary, directory / note.name)
            except OSError as error:
                raise NotArchivedError(error.strerror or error) from error
            record.ok(remark=f"{note}, written again")
        yield note


def _beginning() -> Beginning | None:
    """Where the next archive begins; None where nothing is bound."""
    mark, newest = notes.pruned(), notes.newest_archive()
    if not AuditLink.objects.exists():
        return None
    reached = max(mark.position if mark else 0, newest.last if newest else 0)
    before = newest.link_signature if newest and newest.last == reached else notes.link_signature(reached, mark)
    return Beginning(first=reached + 1, before=before, began_at=notes.began_at(mark))


def _name(first: int, last: int) -> str:
    return f"queuescope-audit-{first:012}-{last:012}{archives.SUFFIX}"


@contextmanager
def _written(directory: Path, beginning: Beginning, note: AuditArchive) -> Iterator[tuple[Path, Reading]]:
    """The whole file under another name, read back. Raises OSError, NotArchivedError."""
    # Made with rights for its owner alone.
    descriptor, name = tempfile.mkstemp(prefix=f".{note.name}.", dir=directory)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write_lines(file, beginning, note)
            file.flush()
            os.fsync(file.fileno())
        reading = archives.read(temporary)
        if reading.note is None or reading.note.signature != note.signature:
            raise NotArchivedError("what was read back is not what was written")
        yield temporary, reading
    finally:
        temporary.unlink(missing_ok=True)


def _keep(note: AuditArchive, temporary: Path, directory: Path) -> None:
    note.save(force_insert=True)
    _name_it(temporary, directory / note.name)


def _name_it(temporary: Path, path: Path) -> None:
    """Raises NotArchivedError: what is there may be of a database that was restored to before, and is evidence."""
    if path.exists():
        raise NotArchivedError(f"{path.name} is there already")
    temporary.replace(path)
    # The new name is on the disk, too.
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_lines(file: BinaryIO, beginning: Beginning, note: AuditArchive) -> None:
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with packer.stream_writer(file, closefd=False) as packed:
        writer = Writer(packed)
        writer.begin(beginning)
        for chunk in chunks(note.first, note.last):
            for link, entry in chunk:
                writer.add(link, entry)
                note.link_signature = link.signature
        if not note.signature:
            note.sha256 = writer.sha256
            note.signature = chain.sign_row(note)
        elif note.sha256 != writer.sha256:
            raise NotArchivedError(f"what {note.name} held is not as it was then")
        writer.end(note)
