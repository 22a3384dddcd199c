"""Messages before they are sent: what of a text can go over HTTP, and if it cannot, why and where."""

from contextlib import suppress
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
_MOST_BODY_BYTES: Final = MAX_MESSAGE_BYTES - OVERHEAD_BYTES
# A byte of a string is written as six characters at most. What is longer is too large whatever it says.
_MOST_ESCAPED: Final = 6 * _MOST_BODY_BYTES + 2
# Characters of a line that are shown on each side of what is wrong with it.
_AROUND: Final = 40
# To say where a text is no JSON takes a microsecond or two for each character, and a file has ten million.
_MOST_EXPLAINED: Final = 1_000_000


@dataclass(slots=True)
class Patience:
    """For how many characters of a file it is still said where they are no JSON; the rest is refused in general."""

    left: int = _MOST_EXPLAINED

    def spend(self, text: str) -> bool:
        """Whether this text may still be explained."""
        self.left -= len(text)
        return self.left >= 0


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


def draft(
    *,
    line: int,
    body: str,
    content_type: ContentType,
    delay_seconds: int | None = None,
    patience: Patience | None = None,
) -> Draft | Flaw:
    """A message, or what is wrong with it. Total: any text gives one or the other."""
    if delay_seconds is not None and not 0 <= delay_seconds <= MAX_DELAY_S:
        return Flaw(line=line, sentence="The delay is not between 0 s and 24 h (86,400 s).")
    try:
        body.encode()
    except UnicodeEncodeError:
        return Flaw(line=line, sentence="It holds half of a surrogate pair, which cannot be written as UTF-8.")
    made = Draft(line=line, body=body, content_type=content_type, delay_seconds=delay_seconds)
    if made.size > MAX_MESSAGE_BYTES:
        size = formats.number(made.size - OVERHEAD_BYTES)
        return Flaw(line=line, sentence=f"It has {size} bytes; a message can have {_MOST_BODY_BYTES:,}.")
    return _checked_json(made, patience or Patience()) if content_type == "json" else made


def value(*, line: int, text: str, delay_seconds: int | None = None, patience: Patience | None = None) -> Draft | Flaw:
    """A message from a JSON value: an object or a list goes as JSON, a string as text."""
    body = text.strip(" \t\n\r")
    if not body.startswith('"'):
        return draft(line=line, body=body, content_type="json", delay_seconds=delay_seconds, patience=patience)
    if len(body) > _MOST_ESCAPED:
        return Flaw(line=line, sentence=f"It is far larger than a message can be ({_MOST_BODY_BYTES:,} bytes).")
    try:
        root = bodies.parse_json(body).nodes[0]
    except bodies.NotJsonError as error:
        return _not_json(line, body, error)
    return draft(line=line, body=root.text, content_type="text", delay_seconds=delay_seconds)


def split(*, text: str, delay_seconds: int | None = None) -> list[Draft | Flaw]:
    """The items of a JSON list as messages, each as it was written."""
    try:
        items = msgspec.json.decode(bodies.utf8(text), type=list[msgspec.Raw])
    except RecursionError:
        return [Flaw(line=1, sentence=_NOT_CARRIED)]
    except ValueError:
        return [_no_list(text)]
    if not items:
        return [Flaw(line=1, sentence="This list is empty: there is nothing to send.")]
    patience = Patience()
    return [
        value(line=number, text=bytes(item).decode(), delay_seconds=delay_seconds, patience=patience)
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


_NOT_CARRIED: Final = "It is nested too deep to be sent as JSON, or has an escape that is half of a surrogate pair."
_NOT_EXPLAINED: Final = "It cannot be sent as JSON. It is not said where: too much before it could not be either."
_KINDS: Final = {"string": "a string", "number": "a number", "literal": "true, false or null"}


def _checked_json(made: Draft, patience: Patience) -> Draft | Flaw:
    # Most are good, and this tells it without building a tree of each of ten thousand.
    is_container = made.body.lstrip(" \t\n\r").startswith(("{", "["))
    with suppress(ValueError, RecursionError):
        made.outgoing()
        if is_container:
            return made
    if not patience.spend(made.body):
        return Flaw(line=made.line, sentence=_NOT_EXPLAINED, as_text=True)
    try:
        root = bodies.parse_json(made.body).nodes[0]
    except bodies.NotJsonError as error:
        return _not_json(made.line, made.body, error)
    if not is_container:
        return Flaw(
            line=made.line,
            sentence=f"This is {_KINDS[root.kind]}. Over HTTP Cloudflare takes only an object or a list as JSON.",
            as_text=True,
        )
    return Flaw(line=made.line, sentence=_NOT_CARRIED, as_text=True)


def _no_list(text: str) -> Flaw:
    try:
        root = bodies.parse_json(text).nodes[0]
    except bodies.NotJsonError as error:
        return _not_json(1, text, error)
    if root.kind != "array":
        return Flaw(line=1, sentence="This is no list, so it cannot be split into messages.")
    return Flaw(line=1, sentence=_NOT_CARRIED)


def _not_json(line: int, text: str, error: bodies.NotJsonError) -> Flaw:
    lines = text.split("\n")
    at = error.column - 1
    start = max(0, at - _AROUND)
    shown = lines[error.line - 1][start : at + _AROUND]
    # One sign for one, so that the caret stands under what is meant.
    shown = "".join(sign if sign.isprintable() else "·" for sign in shown)
    # The line of a file has a number of its own, which "line 1" would contradict.
    where = error.sentence if len(lines) > 1 else error.sentence.removeprefix("line 1, ")
    return Flaw(
        line=line,
        sentence=f"This is not JSON: {where}.",
        excerpt=shown,
        caret=" " * (at - start) + "^",
        as_text=True,
    )
