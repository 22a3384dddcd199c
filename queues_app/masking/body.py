"""Masks over a body as it stands on the wire, whatever it is packed in."""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from queues_app import bodies
from queues_app.bodies import Reading
from queues_app.bodies.decoders import OF_BYTES, UndecodableError
from queues_app.bodies.guess import BYTE_ORDER_MARK
from queues_app.bodies.segments import is_textual
from queues_app.finding import Path
from queues_app.masking.patterns import LONGEST, MASK
from queues_app.masking.rules import Rules
from queues_app.masking.walk import Found, is_container, is_json, json_in, json_text, tree_text

# The place of a body that is closed as a whole, or of a text without structure.
WHOLE: Final = ""
CLOSED: Final = "It could not be read as text or as a structure with names, so nothing of it is shown."
TOO_LONG: Final = "It is longer than any text that is searched for what is masked, so nothing of it is shown."
# Values inside a packed structure that has no names: no rule for a key could hold.
_NAMELESS: Final = frozenset({"Protobuf"})
_WRAPPED: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_MOST_WRAPPINGS: Final = 3
_SHORTEST_WRAPPED: Final = 12
_MOST_UNWRAPPED: Final = 4 * LONGEST
_OF_A_BOMB: Final = LONGEST // 16
# Text is seldom packed to less than a hundredth.
_MOST_GROWTH: Final = 100
# As ids and digests are written; hardly any base64 of a text is.
_HEX: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")
# How begins what is worth reading inside a string: gzip, zstd, zlib, V8, a map of MessagePack or CBOR, also in lists.
_PACKED: Final = re.compile(
    rb"\x1f\x8b|\x28\xb5\x2f\xfd|\x78[\x01\x5e\x9c\xda]|\xff[\x0d-\x0f]"
    rb"|(?:[\x91-\x9f]|\xdc..){0,2}(?:[\x81-\x8f]|\xde..)[\xa1-\xbf\xd9]"
    rb"|(?:\xd9\xd9\xf7)?(?:[\x81-\x97\x9f]|\x98.){0,2}(?:[\xa1-\xb7\xbf]|\xb8.)[\x61-\x78]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A body with its masks.

    places   where something is masked, as paths; "" for a text without structure, and for what is closed
    read_as  what `body` is now, where it is no longer what its content type says: its decoded form stands for it
    closed   why nothing of it is shown; empty where it is masked in parts
    steps    by which it was read, where its decoded form stands for it
    """

    body: str = field(repr=False)
    places: tuple[str, ...]
    read_as: Literal["json", "text"] | None = None
    closed: str = ""
    steps: tuple[str, ...] = ()


@dataclass(slots=True)
class _Work:
    masked: Masked | None
    values: list[str] = field(repr=False)


def mask(body: str, content_type: str | None, rules: Rules, *, is_string: bool = True) -> Masked | None:
    """The body with its masks; None where nothing of it is masked. Never raises."""
    return _worked(body, content_type, rules, is_string=is_string).masked


def mask_reading(reading: Reading, rules: Rules) -> Masked | None:
    """What a person's own way to read a body gave, with its masks; None where nothing of it is masked.

    Where a step failed, the text before it is what is shown.
    """
    shown = reading if reading.text is None else replace(reading, problem="")
    return _of_reading(shown, _Inside(rules), rules.paths).masked


def values(body: str, content_type: str | None, rules: Rules, *, is_string: bool = True) -> tuple[str, ...]:
    """What stood at the places that `mask` names, in their order."""
    return tuple(_worked(body, content_type, rules, is_string=is_string).values)


def mask_text(text: str, rules: Rules) -> str:
    """A text that stands by itself, as a value of the metadata, with its masks."""
    return _Inside(rules).string(text)


@dataclass(slots=True)
class _Purse:
    """Signs that may still be looked at in what the strings of one body stand for: few may unpack to many."""

    left: int = _MOST_UNWRAPPED


@dataclass(slots=True)
class _Inside:
    """Strings that are only a wrapping of something: masked whole where that has anything to mask."""

    rules: Rules
    level: int = 0
    purse: _Purse = field(default_factory=_Purse)

    def string(self, text: str) -> str:
        """A text that may be anything, with its masks."""
        return self.text(text, self.rules.paths)

    def found(self) -> Found:
        """A walk through a structure. At which of its places a string stands is not known to what it wraps."""
        return Found(self.rules, lambda text: self.wrapped(text, self.rules.tails))

    def wrapped(self, text: str, waiting: tuple[Path, ...]) -> str:
        if len(text) < _SHORTEST_WRAPPED or not _WRAPPED.fullmatch(text) or _HEX.fullmatch(text):
            return text
        data = _unwrapped(text)
        if not data:
            return text
        self.purse.left -= len(data)
        plain = _text_of(data)
        others = [plain] if plain is not None else list(_other_texts(data))
        self.purse.left -= sum(map(len, others))
        if self.purse.left < 0:
            return MASK
        is_packed = plain is None and _PACKED.match(data) is not None
        if self.level == _MOST_WRAPPINGS:
            return MASK if others or is_packed else text
        inner = _Inside(self.rules, self.level + 1, self.purse)
        if any(inner.text(other, waiting) != other for other in others):
            return MASK
        if not is_packed:
            return text
        reading = _read(data)
        # What was stopped while it grew has cost most.
        self.purse.left -= _OF_A_BOMB if reading.problem else _length(reading)
        if self.purse.left < 0:
            return MASK
        if reading.tree is None and reading.text is None:
            # Ids and digests are no text either; what says itself that it is packed, and cannot be read, is closed.
            return MASK if reading.problem else text
        return MASK if _of_reading(reading, inner, waiting).masked is not None else text

    def text(self, text: str, waiting: tuple[Path, ...]) -> str:
        json = json_in(text)
        if json is not None:
            masked = json_text(json, self.found(), waiting=waiting)
            return text if masked == json else masked
        masked = self.rules.in_text(text)
        return self.wrapped(text, waiting) if masked == text else masked


def _worked(body: str, content_type: str | None, rules: Rules, *, is_string: bool) -> _Work:
    inside = _Inside(rules)
    if is_container(body) and bodies.Limits().max_json_chars >= len(body) and is_json(body):
        if rules.in_lines and len(body) > LONGEST:
            return _closed(body, TOO_LONG)
        found = inside.found()
        masked = json_text(body, found, waiting=rules.paths)
        if not found.places and masked == body:
            return _Work(None, [])
        return _Work(Masked(body=masked, places=tuple(found.places)), found.values)
    declared = bodies.declared_type(content_type)
    if is_string and declared == "text" and len(body) <= LONGEST and rules.in_text(body) == MASK:
        return _Work(Masked(body=MASK, places=(WHOLE,), read_as="text"), [body])
    return _of_reading(bodies.read(body, content_type, is_string), inside, rules.paths)


def _of_reading(reading: Reading, inside: _Inside, waiting: tuple[Path, ...]) -> _Work:
    rules, found = inside.rules, inside.found()
    names = tuple(step.name for step in reading.steps)
    is_nameless = rules.has_keys or rules.paths
    if (
        reading.problem
        or (reading.tree is None and reading.text is None)
        or any(note.startswith("Stopped after") for note in reading.notes)
        or (is_nameless and _NAMELESS.intersection(names))
    ):
        return _closed(reading.body, CLOSED)
    if rules.in_lines and _length(reading) > LONGEST:
        return _closed(reading.body, TOO_LONG)
    if reading.tree is not None and "XML" in names and _is_closed_xml(reading, rules):
        return _Work(Masked(body=MASK, places=(WHOLE,), read_as="text", steps=names), [reading.text or ""])
    if reading.tree is not None:
        masked = tree_text(reading.tree, found, waiting)
        if found.places:
            return _Work(Masked(body=masked, places=tuple(found.places), read_as="json", steps=names), found.values)
        return _Work(None, [])
    text = reading.text or ""
    masked = inside.text(text, waiting)
    if masked == text:
        return _Work(None, [])
    return _Work(Masked(body=masked, places=(WHOLE,), read_as="text", steps=names), [text])


def _read(data: bytes) -> Reading:
    """By itself; lists are read by themselves as neither MessagePack nor CBOR."""
    body = b64encode(data).decode()
    reading = bodies.read(body, "bytes")
    for name in ("MessagePack", "CBOR"):
        if reading.problem or reading.tree is not None or reading.text is not None:
            break
        named = bodies.read(body, "bytes", plan=bodies.Plan(forced=(name,)))
        reading = reading if named.problem else named
    return reading


def _closed(body: str, why: str) -> _Work:
    return _Work(Masked(body=MASK, places=(WHOLE,), read_as="text", closed=why), [body])


def _is_closed_xml(reading: Reading, rules: Rules) -> bool:
    """Whether its outermost element is masked, which no key names, or what a walk does not see."""
    root = reading.tree.nodes[0].type.strip("<>") if reading.tree is not None else ""
    return rules.masks_key(root) or rules.names_field(reading.text or "")


def _length(reading: Reading) -> int:
    """How many signs there are in which something could be found."""
    if reading.tree is None:
        return len(reading.text or "")
    return sum(len(node.text) + len(node.key or "") for node in reading.tree.nodes)


def _unwrapped(text: str) -> bytes | None:
    """What base64 of either alphabet, with or without its padding, stands for."""
    standard = text.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    if len(standard) % 4 == 1:
        return None
    try:
        return b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _text_of(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() or not any(sign < " " and sign not in "\t\r\n" for sign in text) else None


def _other_texts(data: bytes) -> Iterator[str]:
    """What bytes that are no text may be by hand. A guess too many costs nothing: it has nothing to mask."""
    try:
        limits = bodies.Limits(max_unpacked_bytes=min(len(data) * _MOST_GROWTH, _MOST_UNWRAPPED))
        yield (OF_BYTES["brotli"].decode(data, limits).data or b"").decode()
    except (UndecodableError, UnicodeDecodeError):
        pass
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if is_textual(text):
            yield text.removeprefix(BYTE_ORDER_MARK)
    if OF_BYTES["Windows-1252"].recognises(data):
        yield data.decode("cp1252", "replace")
