"""Files of messages: JSONL, exported JSONL and CSV. Total: any bytes give messages and flaws, or one FileError."""

import binascii
import csv
import io
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from queues_app.cloudflare import Message
from queues_app.operations import drafts, send_again
from queues_app.operations.drafts import ContentType, Draft, Flaw, Patience
from queues_app.operations.masks import CONTENT_TYPE

MAX_FILE_BYTES: Final = 10_000_000
MAX_LINES: Final = 10_000
# A field that is too large for a message is said to be, and the rows after it are read; the csv module would stop.
csv.field_size_limit(MAX_FILE_BYTES)


# What may pass for reading the packed bodies of a file, which take far longer than others: each is unpacked.
_MOST_SECONDS: Final = 5.0
_BYTES: Final = ("bytes", "v8")
NOT_READ: Final = "Its body is bytes, and this file has more of those than can be read at once. Send it in parts."


class FileFormat(StrEnum):
    """What the lines of a file are."""

    VALUES = "values"
    EXPORT = "export"
    CSV = "csv"


class FileError(ValueError):
    """Nothing of this file can be read. The message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HowToRead:
    """What a person chose for a file. `content_type` and `delay_seconds` are for lines without their own."""

    file_format: FileFormat
    column: str = "body"
    content_type: ContentType = "text"
    delay_seconds: int | None = None


class _Exported(msgspec.Struct):
    """A line of an export. The body is kept as it was written."""

    body: msgspec.Raw
    content_type: str | None = None
    delay_seconds: int | None = None
    body_encoding: str | None = None


def read(data: bytes, how: HowToRead) -> list[Draft | Flaw]:
    """The messages of a file in their order, with the number of the line that each starts on.

    Raises FileError.
    """
    text = _text(data)
    found: list[Draft | Flaw] = []
    for each in _csv(text, how) if how.file_format == FileFormat.CSV else _jsonl(text, how):
        found.append(each)
        if len(found) > MAX_LINES:
            raise FileError(f"The file has more than {MAX_LINES:,} messages. Send it in parts.")
    if not found:
        raise FileError("The file has no message in it.")
    return found


def _text(data: bytes) -> str:
    if len(data) > MAX_FILE_BYTES:
        raise FileError(f"The file is larger than {MAX_FILE_BYTES // 1_000_000} MB. Send it in parts.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise FileError(f"The file is not UTF-8: line {line:,}, byte {column:,} cannot be read.") from None


def _jsonl(text: str, how: HowToRead) -> Iterator[Draft | Flaw]:
    patience, packed = Patience(), _Packed(_MOST_SECONDS)
    # One line after the other: as a list, the line ends of a file of nothing else would take 170 MB.
    for number, raw in enumerate(io.StringIO(text, newline="\n"), start=1):
        line = raw.strip(" \t\r\n")
        if not line:
            continue
        if how.file_format == FileFormat.EXPORT:
            yield _exported(number, line, how, patience, packed)
        else:
            yield drafts.value(line=number, text=line, delay_seconds=how.delay_seconds, patience=patience)


@dataclass(slots=True)
class _Packed:
    """Bodies of an export that stand in it as base64: they go as sending again would send them, as text or JSON."""

    seconds: float

    def read(self, number: int, body: str, declared: str | None) -> tuple[str, ContentType] | Flaw:
        """The body as it can go. Raises ValueError for what is no base64."""
        if self.seconds <= 0:
            return Flaw(line=number, sentence=NOT_READ)
        began = time.perf_counter()
        try:
            # Other bodies are in base64 only where they were nothing of their type; then they go as they stood.
            data = b64decode(body, validate=True)
            stood = body if declared in _BYTES else data.decode()
            message = Message(id="", body=stood, metadata={CONTENT_TYPE: declared} if declared else {})
            copy = send_again.copy_of(number - 1, message, message)
        finally:
            self.seconds -= time.perf_counter() - began
        return Flaw(line=number, sentence=copy.lost) if copy.going is None else (copy.going, copy.content_type)


def _exported(number: int, line: str, how: HowToRead, patience: Patience, packed: _Packed) -> Draft | Flaw:
    try:
        exported = msgspec.json.decode(line, type=_Exported)
        is_string = bytes(exported.body).startswith(b'"')
        body = msgspec.json.decode(exported.body, type=str) if is_string else bytes(exported.body).decode()
    except (ValueError, RecursionError):
        checked = drafts.value(line=number, text=line, patience=patience)
        if isinstance(checked, Flaw) and checked.caret:
            return checked
        return Flaw(
            line=number, sentence='It is no exported message: an object with "body", "content_type", "delay_seconds".'
        )
    content_type = _content_type(exported.content_type or ("text" if is_string else "json"))
    if exported.body_encoding == "base64" and is_string:
        try:
            read = packed.read(number, body, exported.content_type)
        except (binascii.Error, ValueError):
            return _unsendable(number)
        if isinstance(read, Flaw):
            return read
        body, content_type = read
    elif content_type is None or exported.body_encoding:
        return _unsendable(number)
    delay = how.delay_seconds if exported.delay_seconds is None else exported.delay_seconds
    return drafts.draft(line=number, body=body, content_type=content_type, delay_seconds=delay, patience=patience)


def _csv(text: str, how: HowToRead) -> Iterator[Draft | Flaw]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = next(reader, [])
    except csv.Error as error:
        raise FileError(f"The first line is no CSV: {error}.") from None
    if how.column not in head:
        raise FileError("The first line names no such column for the bodies. Write its name as it stands in the file.")
    started = reader.line_num + 1
    patience = Patience()
    try:
        for fields in reader:
            if fields:
                yield _csv_row(started, head, fields, how, patience)
            started = reader.line_num + 1
    except csv.Error as error:
        yield Flaw(line=started, sentence=f"It is no CSV: {error}. Nothing after it could be read.")


def _csv_row(number: int, head: list[str], fields: list[str], how: HowToRead, patience: Patience) -> Draft | Flaw:
    if len(fields) != len(head):
        return Flaw(line=number, sentence=f"It has {len(fields):,} fields; the first line names {len(head):,}.")
    row: dict[str, Any] = dict(zip(head, fields, strict=True))
    content_type = _content_type(row.get("content_type") or how.content_type)
    if content_type is None:
        return _unsendable(number)
    delay, written = how.delay_seconds, (row.get("delay_seconds") or "").strip()
    if written:
        if not (written.isascii() and written.isdigit() and len(written) <= 6):
            return Flaw(line=number, sentence="Its delay_seconds is no whole number from 0 to 86,400.")
        delay = int(written)
    return drafts.draft(
        line=number, body=row[how.column], content_type=content_type, delay_seconds=delay, patience=patience
    )


def _content_type(word: str) -> ContentType | None:
    if word == "text":
        return "text"
    return "json" if word == "json" else None


def _unsendable(number: int) -> Flaw:
    return Flaw(line=number, sentence="Its content type is not text or json; over HTTP no other can be sent.")
