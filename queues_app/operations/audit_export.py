"""Take the audit log out as one file, however large, on the record itself. Nothing is asked of the upstream."""

import time
import uuid
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from django.conf import settings

from dashboard.stopping import stopping_for
from queues_app import audit, formats
from queues_app.access import Permission
from queues_app.audit import Caller, Record, Subject
from queues_app.expected import ExpectedError
from queues_app.models import Action
from queues_app.operations import allowed, audit_files, history
from queues_app.operations.audit_streams import Filter, Place
from queues_app.operations.export_formats import Format

# How often the record is told how far it is.
NOTED_EVERY_S: Final = 2.0


class CutOffError(ExpectedError):
    """Whoever reads the file went away."""

    reason = "cut-off"

    def __init__(self, how_far: str) -> None:
        super().__init__(f"Nobody read on: {how_far}. The file has no end, so it is seen not to be whole.")


class ExportStoppedError(ExpectedError):
    """The process is to stop, and the export would not be done in time."""

    reason = "stopped"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, how_far: str) -> None:
        super().__init__(
            f"Queuescope was told to stop: {how_far}. The file has no end, so it is seen not to be whole. "
            "Ask for it once more."
        )


@dataclass(slots=True)
class Progress:
    """How far it is, in one sentence for whoever waits."""

    form: Format
    entries: int = 0
    size: int = 0
    at: datetime | None = None

    def __str__(self) -> str:
        if self.at is None:
            return "no entry was reached"
        back = f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"{formats.plural(self.entries, 'entry', 'entries')} so far, back to {back}"


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is made while it is read. Whoever does not read all of it closes the pieces."""

    pieces: Generator[bytes]
    progress: Progress


def require(*, caller: Caller) -> None:
    """Raise NotAllowedError, after recording the refused attempt, unless the caller may export the audit log."""
    _require(caller, {})


def begin(
    *,
    caller: Caller,
    chosen: Filter,
    asked: Mapping[str, str],
    form: Format,
    intent: uuid.UUID | None = None,
) -> Export:
    """The file, piece by piece, from the newest entry back. Of what the caller may see; the console sees all.

    The entry that stands for the export is committed when this returns, and the file holds what is older than it. It
    is completed with the last piece; before that it says how far the export is. `asked` is the filter in words.

    Raises NotAllowedError, AlreadySubmittedError, AuditUnavailableError. While it is read: ExportStoppedError,
    AuditUnavailableError, AuditNotClosedError.
    """
    parameters = {"format": form.value, **({"filter": dict(asked)} if asked else {})}
    if caller.user is not None:
        _require(caller, parameters)
    progress = Progress(form)
    pieces = _pieces(caller, chosen, progress, parameters, intent)
    # As far as the entry; from here on, closing it completes the entry.
    next(pieces)
    return Export(pieces, progress)


def _require(caller: Caller, parameters: Mapping[str, object]) -> None:
    allowed.require(
        caller,
        Permission.EXPORT_AUDIT,
        action=Action.AUDIT_EXPORT,
        subject=Subject(),
        parameters=dict(parameters),
    )


def _pieces(
    caller: Caller, chosen: Filter, progress: Progress, parameters: Mapping[str, object], intent: uuid.UUID | None
) -> Generator[bytes]:
    with audit.record(caller=caller, action=Action.AUDIT_EXPORT, parameters=dict(parameters), intent=intent) as record:
        try:
            yield b""
            yield from _file(caller, chosen, record, progress)
        except (GeneratorExit, KeyboardInterrupt):
            record.stopped(CutOffError(str(progress)))
            raise
        record.ok(
            remark=f"{formats.plural(progress.entries, 'entry', 'entries')} as {progress.form.upper()}, "
            f"{progress.size:,} bytes"
        )


def _file(caller: Caller, chosen: Filter, record: Record, progress: Progress) -> Iterator[bytes]:
    form, pace = progress.form, _Pace()
    if first := audit_files.head(form):
        progress.size += len(first)
        yield first
    newest = Place(record.entry.at, record.entry.pk)
    for stretch in history.everything(user=caller.user, chosen=chosen, before=newest):
        if pace.is_over():
            raise ExportStoppedError(str(progress))
        if stretch.entries:
            piece = audit_files.lines(stretch.entries, form)
            progress.entries += len(stretch.entries)
            progress.size += len(piece)
            yield piece
        progress.at = stretch.at
        if pace.is_time_to_note():
            record.note(remark=str(progress))
    last = audit_files.end(progress.entries, form)
    progress.size += len(last)
    yield last


class _Pace:
    """When to say how far it is, and when to end since the process stops."""

    def __init__(self) -> None:
        self._note_at = time.monotonic() + NOTED_EVERY_S

    def is_time_to_note(self) -> bool:
        now = time.monotonic()
        if now < self._note_at:
            return False
        self._note_at = now + NOTED_EVERY_S
        return True

    def is_over(self) -> bool:
        """Half of the time that a stopping worker has, since it was told: the rest is for who reads slowly."""
        told = stopping_for()
        return told is not None and told >= settings.WORKER_TIMEOUT / 2
