"""Messages before they are sent: what of a text can go over HTTP, and if it cannot, why and where."""

from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from queues_app import bodies, cloudflare, formats

type ContentType = Literal["text", "json"]

MAX_DELAY_S: Final = 24 * 60 * 60
MAX_AT_ONCE: Final = 100
# Cloudflare counts about 100 bytes of its own with each message.
OVERHEAD_BYTES: Final = 100
MAX_MESSAGE_BYTES: Final = 128_000
MAX_BATCH_BYTES: Final = 256_000
# Characters of a line that are shown on each side of what is wrong with it.
_AROUND: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that can be sent. `line` is where it came from, from 1; a JSON body is kept as it was written."""

    line: int
    body: str = field(repr=False)
    content_type: ContentType
    delay_seconds: int | None = None

    @property
    def size(self) -> int:
        """Bytes that count against Cloudflare's limits."""
        return len(self.body.encode()) + OVERHEAD_BYTES

    def outgoing(self) -> cloudflare.Outgoing:
        return cloudflare.Outgoing(self.body, self.content_type, self.delay_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Why one line is no message. `excerpt` and `caret` are two lines to be set under each other; may be empty."""

    line: int
    sentence: str
    excerpt: str = field(default="", repr=False)
    caret: str = ""
    # The same text could go as a text message.
    as_text: bool = False


def draft(*, line: int, body: str, content_type: ContentType, delay_seconds: int | None = None) -> Draft | Flaw:
    """A message, or what is wrong with it. Total: any text gives one or the other."""
    if delay_seconds is not None and not 0 <= delay_seconds <= MAX_DELAY_S:
        return Flaw(line=line, sentence="The delay is not between 0 s and 24 h (86,400 s).")
    try:
        body.encode()
    except UnicodeEncodeError:
        return Flaw(line=line, sentence="It holds half of a surrogate pair, which cannot be written as UTF-8.")
    made = Draft(line=line, body=body, content_type=content_type, delay_seconds=delay_seconds)
    if made.size > MAX_MESSAGE_BYTES:
        most = MAX_MESSAGE_BYTES - OVERHEAD_BYTES
        return Flaw(
            line=line,
            sentence=f"It has {formats.number(made.size - OVERHEAD_BYTES)} bytes; a message can have {most:,}.",
        )
    return _checked_json(made) if content_type == "json" else made


def value(*, line: int, text: str, delay_seconds: int | None = None) -> Draft | Flaw:
    """A message from a JSON value: an object or a list goes as JSON, a string as text."""
    try:
        root = bodies.parse_json(text).nodes[0]
    except bodies.NotJsonError as error:
        return _not_json(line, text, error)
    if root.kind == "string":
        return draft(line=line, body=root.text, content_type="text", delay_seconds=delay_seconds)
    return draft(line=line, body=text.strip(" \t\n\r"), content_type="json", delay_seconds=delay_seconds)


def split(*, text: str, delay_seconds: int | None = None) -> list[Draft | Flaw]:
    """The items of a JSON list as messages, each as it was written."""
    try:
        root = bodies.parse_json(text).nodes[0]
        if root.kind != "array":
            return [Flaw(line=1, sentence="This is no list, so it cannot be split into messages.")]
        items = msgspec.json.decode(text, type=list[msgspec.Raw])
    except bodies.NotJsonError as error:
        return [_not_json(1, text, error)]
    except (ValueError, RecursionError):
        return [Flaw(line=1, sentence=_TOO_DEEP)]
    if not items:
        return [Flaw(line=1, sentence="This list is empty: there is nothing to send.")]
    return [
        value(line=number, text=bytes(item).decode(), delay_seconds=delay_seconds)
        for number, item in enumerate(items, start=1)
    ]


def first_batch(drafts: list[Draft]) -> int:
    """How many of the first drafts fit into one call; at least one, if there is one."""
    total = 0
    for count, each in enumerate(drafts[:MAX_AT_ONCE]):
        total += each.size
        if total > MAX_BATCH_BYTES:
            return count
    return min(len(drafts), MAX_AT_ONCE)


_TOO_DEEP: Final = "It is nested too deep to be sent as JSON."
_KINDS: Final = {"string": "a string", "number": "a number", "literal": "true, false or null"}


def _checked_json(made: Draft) -> Draft | Flaw:
    try:
        root = bodies.parse_json(made.body).nodes[0]
    except bodies.NotJsonError as error:
        return _not_json(made.line, made.body, error)
    if root.kind not in ("object", "array"):
        return Flaw(
            line=made.line,
            sentence=f"This is {_KINDS[root.kind]}. Over HTTP Cloudflare takes only an object or a list as JSON.",
            as_text=True,
        )
    try:
        made.outgoing()
    except ValueError:
        return Flaw(line=made.line, sentence=_TOO_DEEP, as_text=True)
    return made


def _not_json(line: int, text: str, error: bodies.NotJsonError) -> Flaw:
    lines = text.split("\n")
    at = error.column - 1
    start = max(0, at - _AROUND)
    shown = lines[error.line - 1][start : at + _AROUND]
    # One sign for one, so that the caret stands under what is meant.
    shown = "".join(sign if sign.isprintable() else "·" for sign in shown)
    return Flaw(
        line=line,
        sentence=f"This is not JSON: {error.sentence}.",
        excerpt=shown,
        caret=" " * (at - start) + "^",
        as_text=True,
    )
