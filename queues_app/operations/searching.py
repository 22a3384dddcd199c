"""Find in a kept batch: its messages as documents, filtered, ordered and grouped. Nothing is asked of anybody."""

import base64
import binascii
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from typing import Final

import msgspec

from queues_app import bodies, finding
from queues_app.cloudflare import Message
from queues_app.finding import MISSING, Body, Document, Missing, Path, Plain, Query, Shapes, SharedValue, shallow
from queues_app.operations import decoding
from queues_app.operations.masks import CONTENT_TYPE, size_of, type_of

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
# What the quick reader refuses is read node by node. A hundred bodies of nothing but brackets would take minutes.
_MOST_BRACKETS: Final = 5_000
# So does a hundred bodies of small values, packed or in v8, MessagePack or CBOR: each value costs some microseconds.
_MOST_VALUES: Final = 10_000
_LIMITS: Final = bodies.Limits(
    max_json_chars=131_072,
    max_json_values=_MOST_VALUES,
    max_unpacked_bytes=1_048_576,
    max_values=_MOST_VALUES,
    max_seconds=0.5,
)
# What all bodies of a batch may cost that are read as on their page, in time and in text that is held.
_MOST_SECONDS: Final = 1.5
_MOST_CHARACTERS: Final = 16_777_216
# Where a path into a token may begin: its other parts are about the token.
_CLAIMS: Final = ("claims",)


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
    # Bodies that were too large to look into, or came after too many that are slow to read.
    unread: int


@dataclass(slots=True)
class _Budget:
    """What is left for the bodies of one batch that no quick reader takes."""

    seconds: float
    characters: int

    @property
    def is_over(self) -> bool:
        return self.seconds <= 0 or self.characters <= 0

    def read(self, message: Message) -> bodies.Reading:
        began = time.perf_counter()
        reading = decoding.read(message, limits=_LIMITS)
        self.seconds -= time.perf_counter() - began
        self.characters -= len(reading.text or "")
        return reading


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
        unread=sum(not document.is_whole for document in documents),
    )


def documents_of(messages: Sequence[Message], *, now: datetime) -> tuple[Document, ...]:
    """The messages as a filter sees them. A body is decoded when something asks for it, once."""
    now_ms, budget = round(now.timestamp() * 1000), _Budget(_MOST_SECONDS, _MOST_CHARACTERS)
    return tuple(_document(message, now_ms, budget) for message in messages)


def body_of(message: Message) -> Body:
    """The decoded text of a body, and its value where it has a structure that is walked at all."""
    return _body_of(message, _Budget(_MOST_SECONDS, _MOST_CHARACTERS))


def _body_of(message: Message, budget: _Budget) -> Body:
    """What nests too deep for the quick reader, or has more brackets than the exact one is given, is text only."""
    declared = bodies.declared_type(type_of(message))
    # A sample is a hundred bodies: what is plainly JSON is read the quick way, the rest as on its page.
    text = _base64(message.body) if declared == "bytes" else message.body
    if text.lstrip()[:1] in ("{", "[") or not message.body_is_string:
        try:
            return _walked(text, shallow(_decode(text)))
        except RecursionError:
            return Body(text, MISSING, is_whole=False)
        except (msgspec.MsgspecError, ArithmeticError, ValueError):
            # It refuses some sound JSON; the other way reads all of it.
            pass
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        return Body(text, MISSING, is_whole=False)
    if budget.is_over:
        return Body(text or message.body, MISSING, is_whole=False)
    reading = budget.read(message)
    if reading.tree is None:
        return Body(message.body if reading.text is None else reading.text, MISSING, is_whole=not reading.is_stopped)
    # Words are looked for in what the page shows: in a structure that was not written as JSON, in its keys and values.
    text = reading.text if reading.kind == "json" and reading.text is not None else _text_of(reading.tree, reading.text)
    is_token = any(step.name == "JWT" and step.ok for step in reading.steps)
    return _walked(text, shallow(reading.value()))._replace(inside=_CLAIMS if is_token else ())


def _walked(text: str, value: Plain | Missing) -> Body:
    return Body(text, value, is_whole=not isinstance(value, Missing))


def _text_of(tree: bodies.Tree, text: str | None) -> str:
    """A tree as text, a line for each key and each value; with the text that it was read from, where there is one."""
    lines = [] if text is None else [text]
    for node in tree.nodes:
        if node.key:
            lines.append(node.key)
        if node.text:
            lines.append(node.text)
    return "\n".join(lines)


def _document(message: Message, now_ms: int, budget: _Budget) -> Document:
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
        read=cache(partial(_body_of, message, budget)),
    )


def _base64(body: str) -> str:
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
