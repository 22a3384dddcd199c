"""An archive of the audit: a stretch of the chain as a compressed file of JSON lines, signed at its end.

The first line says where it begins, then comes a line for each link with its entry, and the last one is the signed note
that the database keeps too (`AuditArchive`). The file is verified by itself, with the keys alone.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

import zstandard
from django.db import models

from queues_app import chain, vault
from queues_app.models import AuditArchive, AuditEntry, AuditLink
from queues_app.operations.checkpoints import Checkpoint
from queues_app.operations.verdicts import Verdict, Walk, of

SUFFIX: Final = ".jsonl.zst"
_FORMAT: Final = 1
# Of one line: an entry names at most some thousand messages.
_MOST_BYTES: Final = 16 * 1024 * 1024
_MOST_WINDOW: Final = 128 * 1024 * 1024
_MOMENTS: Final = {field.attname for field in AuditEntry._meta.concrete_fields if type(field) is models.DateTimeField}
_NUMBERS: Final = {field.attname for field in AuditEntry._meta.concrete_fields if type(field) is models.UUIDField}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Where an archive begins: after the link with the signature `before`; `began_at` is when the first of all was."""

    first: int
    before: str
    began_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An archive that was read: what was found, and the note at its end where it is signed and about these lines."""

    name: str
    beginning: Beginning | None
    note: AuditArchive | None
    verdict: Verdict


class _UnreadableError(Exception):
    """The file is not what an archive is; told with the place."""


class Writer:
    """Writes the lines of one archive, and knows their sum."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sum = hashlib.sha256()

    def begin(self, beginning: Beginning) -> None:
        self._line(
            {
                "queuescope_audit_archive": _FORMAT,
                "first": beginning.first,
                "before": beginning.before,
                "began_at": beginning.began_at,
            }
        )

    def add(self, link: AuditLink, entry: Mapping[str, Any] | None) -> None:
        self._line(
            {
                "position": link.position,
                "entry_id": link.entry_id,
                "is_open": link.is_open,
                "bound_at": link.bound_at,
                "signature": link.signature,
                "entry": entry,
            }
        )

    @property
    def sha256(self) -> str:
        """Of all lines so far."""
        return self._sum.hexdigest()

    def end(self, note: AuditArchive) -> None:
        """The last line: the note, signed."""
        _, names = chain.ROWS[AuditArchive]
        self._line({"end": {name: getattr(note, name) for name in (*names, "signature")}})

    def _line(self, values: Mapping[str, Any]) -> None:
        line = json.dumps(values, separators=(",", ":"), default=_text).encode() + b"\n"
        self._sum.update(line)
        self._file.write(line)


def read(path: Path, *, against: Checkpoint | None = None) -> Reading:
    """Verify one archive by itself: each entry, each link, the sum and the signature. With the memory of one line.

    Raises KeysUnusableError, OSError.
    """
    verdict = Verdict(first=0, last=0)
    beginning: Beginning | None = None
    note: AuditArchive | None = None
    with _lines(path) as lines:
        try:
            beginning = _beginning(next(lines, b""))
            note = _read_links(lines, beginning, verdict, against)
            if next(lines, b""):
                verdict.add("something stands after its end")
        except _UnreadableError as why:
            verdict.add(f"{why}: the file was changed, or cut off")
    return Reading(name=path.name, beginning=beginning, note=note, verdict=verdict)


def _read_links(
    lines: "_Lines", beginning: Beginning, verdict: Verdict, against: Checkpoint | None
) -> AuditArchive | None:
    walk = Walk(verdict=verdict, position=beginning.first, before=beginning.before, began_at=beginning.began_at)
    verdict.first = beginning.first
    for line in lines:
        values = _values(line, walk)
        if "end" in values:
            note = AuditArchive(**_typed(values["end"], walk))
            return note if _ends(verdict, note, walk, lines.sum_before) else None
        link, entry = _link(values, walk)
        try:
            walk.take(link, entry)
        except (ValueError, TypeError, ArithmeticError) as error:
            # A value that no entry has, where one is signed as it is written.
            raise _no_line(walk) from error
        verdict.last = link.position
        if against is not None and link.position == against.position and link.signature != against.link_signature:
            verdict.add(f"another link stood there on {against.made_at}, as the checkpoint says", link.entry_id)
    raise _UnreadableError(f"it ends after link {walk.position - 1:,}, without the line that signs it")


def _ends(verdict: Verdict, note: AuditArchive, walk: Walk, sha256: str) -> bool:
    """Whether the end is signed and about these lines; said so where it is not."""
    try:
        if not chain.is_row_signed(note):
            verdict.add("the signature at its end is not Queuescope's")
        elif note.sha256 != sha256:
            verdict.add("its lines are not those that were signed at its end")
        elif (note.first, note.last, note.link_signature) != (verdict.first, walk.position - 1, walk.before):
            verdict.add("it does not hold the links that its end names")
        else:
            return True
    except vault.SigningKeyGoneError as gone:
        verdict.add(f"its end cannot be verified: it was signed with a key {of(gone)}")
    return False


class _Lines:
    """The lines of a file, one at a time; `sum_before` is of all lines before the one that was read last."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sum = hashlib.sha256()
        self.sum_before = ""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            line = self._file.readline(_MOST_BYTES)
        except zstandard.ZstdError as error:
            raise _UnreadableError("it cannot be unpacked to its end") from error
        if not line:
            raise StopIteration
        if not line.endswith(b"\n"):
            raise _UnreadableError("a line has no end")
        self.sum_before = self._sum.hexdigest()
        self._sum.update(line)
        return line


@contextmanager
def _lines(path: Path) -> Iterator[_Lines]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW)
    with path.open("rb") as packed, unpacker.stream_reader(packed, read_across_frames=True) as stream:
        yield _Lines(io.BufferedReader(stream, 128 * 1024))


def _beginning(line: bytes) -> Beginning:
    try:
        values = json.loads(line)
        if values["queuescope_audit_archive"] != _FORMAT:
            raise _UnreadableError("it is an archive of another version of Queuescope")
        return Beginning(first=int(values["first"]), before=str(values["before"]), began_at=_moment(values["began_at"]))
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError) as error:
        raise _UnreadableError("it does not begin as an archive does") from error


def _values(line: bytes, walk: Walk) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _no_line(walk) from error
    if not isinstance(values, dict):
        raise _no_line(walk)
    return values


def _link(values: dict[str, Any], walk: Walk) -> tuple[AuditLink, dict[str, Any] | None]:
    try:
        entry = None if values["entry"] is None else _entry(values["entry"])
        link = AuditLink(
            position=int(values["position"]),
            entry_id=int(values["entry_id"]),
            is_open=values["is_open"] is True,
            bound_at=_moment(values["bound_at"]),
            signature=str(values["signature"]),
        )
    except (ValueError, TypeError, KeyError, ArithmeticError, AttributeError) as error:
        raise _no_line(walk) from error
    return link, entry


def _entry(values: dict[str, Any]) -> dict[str, Any]:
    """The columns as the database has them: those that a signature of its version covers are there."""
    version = str(values["signature"]).partition(".")[0]
    for name in chain.COLUMNS.get(version, chain.COLUMNS[chain.VERSION]):
        if values[name] is not None and name in _MOMENTS:
            values[name] = _moment(values[name])
        elif values[name] is not None and name in _NUMBERS:
            values[name] = UUID(values[name])
    return values


def _typed(values: dict[str, Any], walk: Walk) -> dict[str, Any]:
    try:
        _, names = chain.ROWS[AuditArchive]
        note = {name: values[name] for name in (*names, "signature")}
        return note | {
            "first": int(note["first"]),
            "last": int(note["last"]),
            "signature": str(note["signature"]),
            "made_at": _moment(note["made_at"]),
        }
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise _no_line(walk) from error


def _no_line(walk: Walk) -> _UnreadableError:
    return _UnreadableError(f"the line after link {walk.position - 1:,} cannot be read")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(f"{type(value).__name__} is no value of an archive")
