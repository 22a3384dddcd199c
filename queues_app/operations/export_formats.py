"""Kept messages as a file: JSONL, CSV, or a ZIP of the bodies. Pure: messages in, bytes out.

All of it stands in memory, which is bounded: a batch has a hundred messages at most, and the client caps an answer.

A body is taken as its content type says and no further: JSON verbatim, with every digit as it was written; text as it
stood; everything else as bytes. What is no JSON though declared so, or no base64, is the bytes of the body as it stood.
"""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec

from queues_app import formats
from queues_app.bodies import NotJsonError, declared_type, parse_json, strict_base64, utf8
from queues_app.cloudflare import Message
from queues_app.operations import spreadsheets
from queues_app.operations.masks import CONTENT_TYPE, MaskedMessage, type_of

COLUMNS: Final = (
    "id",
    "sent",
    "sent_ms",
    "attempts",
    "content_type",
    "size",
    "body_encoding",
    "body",
    "metadata",
)
# The earliest time that a ZIP can say; ours would only say when the file was made.
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_NAME_LENGTH: Final = 12


class Format(StrEnum):
    """What the file is."""

    JSONL = "jsonl"
    CSV = "csv"
    ZIP = "zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A body on its way out. `text` is None for what is no text; then the data go as base64."""

    kind: Literal["json", "text", "bytes"]
    text: str | None = field(repr=False)
    data: bytes = field(repr=False)


def written(chosen: Sequence[tuple[int, Message]], form: Format) -> bytes:
    """The file for these messages, each with its position in the batch."""
    if form is Format.ZIP:
        return _zipped(chosen)
    messages = (message for _, message in chosen)
    return _lines(messages) if form is Format.JSONL else _table(messages)


def carried(message: Message) -> Carried:
    """The body as its content type says; what is nothing of the kind goes as the bytes of what stood there."""
    declared = _known(type_of(message))
    if declared == "json" or (declared is None and not message.body_is_string):
        return _json(message.body) or _bytes_as_json(message.body) or _as_it_stood(message.body)
    if declared in ("bytes", "v8"):
        return _decoded(message.body) or _as_it_stood(message.body)
    return _text(message.body) or _as_it_stood(message.body)


def content_type(message: Message) -> str | None:
    """What the message was declared as, None when that is nothing Cloudflare has."""
    return _known(message.metadata.get(CONTENT_TYPE))


def _known(content_type: str | None) -> str | None:
    declared = declared_type(content_type)
    return None if declared == "unknown" else declared


def _lines(messages: Iterable[Message]) -> bytes:
    return "".join(f"{_line(message)}\n" for message in messages).encode()


def _line(message: Message) -> str:
    body = carried(message)
    facts = {**_facts(message), "size": len(body.data), "metadata": message.metadata}
    if body.text is None:
        facts |= {"body_encoding": "base64", "body": b64encode(body.data).decode()}
        return dumped(facts)
    # Between the values of a JSON text a line end is a space; within a string none can stand.
    value = body.text.translate({10: " ", 13: " "}) if body.kind == "json" else dumped(body.text)
    return f'{dumped(facts)[:-1]}, "body": {value}}}'


def _table(messages: Iterable[Message]) -> bytes:
    return spreadsheets.plain_row(COLUMNS) + spreadsheets.rows(_row(message) for message in messages)


def _row(message: Message) -> list[object]:
    body = carried(message)
    cells = {
        **_facts(message),
        "size": len(body.data),
        "body_encoding": "base64" if body.text is None else "",
        "body": b64encode(body.data).decode() if body.text is None else body.text,
        "metadata": dumped(message.metadata),
    }
    return [cells[column] for column in COLUMNS]


def _zipped(chosen: Iterable[tuple[int, Message]]) -> bytes:
    file = io.BytesIO()
    manifest = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for position, message in chosen:
            body = carried(message)
            name = _name(position, message, body)
            archive.writestr(_entry(name), body.data)
            manifest.append(
                {"file": name, **_facts(message), "size": len(body.data), "metadata": message.metadata},
            )
        lines = "".join(f"{dumped(line)}\n" for line in manifest)
        archive.writestr(_entry("manifest.jsonl"), lines.encode())
    return file.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _name(position: int, message: Message, body: Carried) -> str:
    """Unique by the position; of the id only what every file system takes as a plain letter or digit."""
    plain = "".join(sign for sign in message.id if sign.isascii() and sign.isalnum())[:_NAME_LENGTH]
    ending = {"json": "json", "text": "txt", "bytes": "bin"}[body.kind]
    return f"{position + 1:03}{'-' if plain else ''}{plain}.{ending}"


def _facts(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "sent": _rfc3339(formats.from_ms(message.timestamp_ms)),
        "sent_ms": message.timestamp_ms,
        "attempts": message.attempts,
        "content_type": content_type(message),
        # Only where it is so: what was masked cannot be put back from this file.
        **({"masked": len(message.places)} if isinstance(message, MaskedMessage) else {}),
    }


def _rfc3339(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(text: str) -> Carried | None:
    try:
        parse_json(text)
        # The reader of the file is no more lenient than this one.
        msgspec.json.decode(text, type=msgspec.Raw)
        data = text.encode()
    except (NotJsonError, ValueError, RecursionError):
        return None
    return Carried(kind="json", text=text, data=data)


def _bytes_as_json(body: str) -> Carried | None:
    """JSON that came as base64, as the documentation has it."""
    decoded = _decoded(body)
    if decoded is None:
        return None
    try:
        return _json(decoded.data.decode())
    except UnicodeDecodeError:
        return None


def _text(body: str) -> Carried | None:
    try:
        return Carried(kind="text", text=body, data=body.encode())
    except UnicodeEncodeError:
        return None


def _decoded(body: str) -> Carried | None:
    if strict_base64.trouble(body):
        return None
    return Carried(kind="bytes", text=None, data=strict_base64.decode(body))


def _as_it_stood(body: str) -> Carried:
    return Carried(kind="bytes", text=None, data=utf8(body))


def dumped(value: object) -> str:
    """JSON in its own letters; escaped where these cannot be written as UTF-8."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def each(messages: Sequence[Message], positions: Sequence[int]) -> Iterator[tuple[int, Message]]:
    """The messages at these positions, in the order of the batch, each once."""
    return ((position, messages[position]) for position in sorted(set(positions)))
