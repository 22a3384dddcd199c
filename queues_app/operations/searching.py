"""Find in a kept batch: its messages as documents, filtered, ordered and grouped. Nothing is asked of anybody."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from typing import Final

import msgspec

from queues_app import bodies, finding
from queues_app.cloudflare import Message
from queues_app.finding import MISSING, MOST_DEPTH, Document, Missing, Path, Plain, Query, Shapes, SharedValue
from queues_app.operations import decoding
from queues_app.operations.masks import CONTENT_TYPE, size_of, type_of

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
# What the quick reader refuses is read node by node. A hundred bodies of nothing but brackets would take minutes.
_MOST_BRACKETS: Final = 5_000
# So does a hundred bodies of small values in v8, MessagePack or CBOR: each value costs some microseconds.
_LIMITS: Final = bodies.Limits(max_values=10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address asks for. `by`: a column of `finding.COLUMNS` or a path; empty: as they came."""

    query: Query
    by: str | Path = ""
    descending: bool = False
    columns: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The places of the messages that match, in their order, and what can be said of the whole batch."""

    documents: tuple[Document, ...]
    positions: tuple[int, ...]
    shapes: Shapes
    shared: tuple[SharedValue, ...]


def find(messages: Sequence[Message], wanted: Wanted, *, max_retries: int | None, now: datetime) -> Found:
    """The messages of a batch that the filter means, at `now`."""
    documents = documents_of(messages, now=now)
    shapes = finding.group(documents)
    documents = tuple(
        replace(document, shape=number) for document, number in zip(documents, shapes.numbers, strict=True)
    )
    order: Sequence[int] = range(len(documents))
    if wanted.by:
        order = finding.ordered(documents, wanted.by, descending=wanted.descending)
    return Found(
        documents=documents,
        positions=tuple(place for place in order if finding.matches(wanted.query, documents[place])),
        shapes=shapes,
        shared=finding.shared_by_stuck(documents, max_retries),
    )


def documents_of(messages: Sequence[Message], *, now: datetime) -> tuple[Document, ...]:
    """The messages as a filter sees them. A body is decoded when something asks for it, once."""
    now_ms = round(now.timestamp() * 1000)
    return tuple(_document(message, now_ms) for message in messages)


def value_of(message: Message) -> tuple[str, Plain | Missing]:
    """The decoded text of a body, and its value where it has a structure that is walked at all.

    What nests too deep for the quick reader, or has more brackets than the exact one is given, is text only.
    """
    declared = bodies.declared_type(type_of(message))
    # A sample is a hundred bodies: what is plainly JSON is read the quick way, the rest as on its page.
    text = _base64(message.body) if declared == "bytes" else message.body
    if text.lstrip()[:1] in ("{", "[") or not message.body_is_string:
        try:
            return text, _shallow(_decode(text))
        except RecursionError:
            return text, MISSING
        except (msgspec.MsgspecError, ArithmeticError, ValueError):
            # It refuses some sound JSON; the other way reads all of it.
            pass
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        return text, MISSING
    reading = decoding.read(message, limits=_LIMITS)
    value = MISSING if reading.tree is None else _shallow(reading.value())
    return (message.body if reading.text is None else reading.text), value


def _document(message: Message, now_ms: int) -> Document:
    declared = bodies.declared_type(message.metadata.get(CONTENT_TYPE))
    sent = message.timestamp_ms
    return Document(
        id=message.id,
        attempts=message.attempts,
        age_s=None if sent is None else (now_ms - sent) // 1000,
        sent_ms=sent,
        size=size_of(message),
        content_type=None if declared == "unknown" else declared,
        metadata=message.metadata,
        read=cache(partial(value_of, message)),
    )


def _base64(body: str) -> str:
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _shallow(value: object) -> Plain | Missing:
    """The value; MISSING for one that nests deeper than anything here walks."""
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return value  # type: ignore[return-value] # made of JSON's kinds alone by both readers
    return MISSING
