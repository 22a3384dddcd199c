"""One line about a body for the list of messages: only a beginning is decoded.

A hundred bodies of 60 KB have to cost a few milliseconds, so nothing here walks a whole body but
the counting of bytes in a text that is not ASCII.
"""

import msgspec

from queues_app.bodies import strict_base64
from queues_app.bodies.binary import find_text, hex_prefix, recognise
from queues_app.bodies.by_type import read
from queues_app.bodies.decoders.packed import beginning, is_packed
from queues_app.bodies.exact_json import NotJsonError, parse
from queues_app.bodies.guess import (
    BYTE_ORDER_MARK,
    is_plausible,
    is_scalar,
    starts_as_container,
    starts_as_json,
    text_of,
)
from queues_app.bodies.reading import Reading
from queues_app.bodies.results import Badge, Kind, Preview
from queues_app.bodies.segments import MARKUP, UNDECODED, fold, has_markup, is_textual, show
from queues_app.bodies.tree_lines import one_line
from queues_app.bodies.wording import Declared, declared_type, size_text, utf8_size

_LEAST_BYTES = 64
"""A smaller window would see too little to judge by."""

_V8_BYTES = 192
"""Searching bytes for text is the dearest thing here, so it gets a short window."""

_READ_WHOLE = 2_048
"""Bytes of a payload that is no text, up to which it is read whole."""

_UNPACKED = 1_024
"""Bytes that are unpacked of a longer one."""


def preview(body: str, content_type: str | None, is_string: bool = True, limit: int = 512) -> Preview:
    """What the first `limit` characters suggest. `is_string` is false for a body that was bare JSON."""
    limit = max(limit, 0)
    seen = _beginning(body, content_type, is_string, limit)
    if len(body) <= limit or (seen.kind in ("binary", "v8") and seen.size <= _READ_WHOLE):
        reading = read(body, content_type, is_string)
        if reading.kind != seen.kind or reading.tree is not None:
            return _of_reading(reading, limit)
    return seen


def _of_reading(reading: Reading, limit: int) -> Preview:
    """One line of a whole reading."""
    if reading.text is None and reading.tree is None:
        return _binary(reading.declared, reading.data, reading.size)
    text = one_line(reading.tree, limit) if reading.tree is not None and reading.text is None else reading.text or ""
    shown = show(fold(text[: limit * 4]), limit, limit)
    undecoded = [badge for badge in reading.badges if badge.kind == "undecoded"]
    badges = [*undecoded, *([MARKUP] if has_markup(text[:limit]) else [])]
    cut = shown.rest > 0 or len(text) > limit * 4
    note = "" if reading.size else "empty"
    return Preview(reading.kind, shown.segments, reading.size, tuple(badges), cut, note)


def _beginning(body: str, content_type: str | None, is_string: bool, limit: int) -> Preview:
    declared: Declared = declared_type(content_type) if is_string else "text"
    if declared == "text":
        return _text("text" if is_string else "json", body, limit)
    if declared in ("json", "unknown") and _is_json(body, whole=len(body) <= limit):
        return _text("json", body, limit)
    data = strict_base64.decode_prefix(body, max(limit, _LEAST_BYTES))
    if data is None:
        note = {"unknown": "", "json": "neither JSON nor base64"}.get(declared, "not base64")
        return _text("text", body, limit, decoded=declared == "unknown", note=note)
    return _encoded(declared, body, data, limit)


def _encoded(declared: Declared, body: str, data: bytes, limit: int) -> Preview:
    """The same for a body that begins and ends as base64; `data` is its beginning."""
    size = strict_base64.decoded_size(body)
    if declared == "v8":
        return _v8(data, size, limit)
    whole = len(data) == size
    text = text_of(data, whole=whole)
    if declared == "unknown" and not is_plausible(body, data, text):
        return _text("text", body, limit)
    if declared != "json" and is_packed(data):
        return _packed(data, size, limit)
    if text is None or not is_textual(text) or (declared != "json" and recognise(data)):
        return _binary(declared, data, size)
    is_json = (declared == "json" or starts_as_container(text)) and _is_json(text, whole=whole)
    decoded = declared != "json" or is_json
    note = "" if decoded else "base64, then not JSON"
    return _text("json" if is_json else "text", text, limit, size=size, decoded=decoded, note=note)


def _is_json(text: str, *, whole: bool) -> bool:
    """Whether the text is JSON; of a long one, whether it starts as JSON does."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    if not whole:
        return starts_as_json(text) or is_scalar(text)
    try:
        # Several times quicker, but it refuses some sound JSON, so only its yes counts.
        msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        try:
            parse(text)
        except NotJsonError:
            return False
    return True


def _text(
    kind: Kind, text: str, limit: int, *, size: int | None = None, decoded: bool = True, note: str = ""
) -> Preview:
    window = text[:limit]
    shown = show(fold(window), limit, limit)
    badges = [] if decoded else [UNDECODED]
    if has_markup(window):
        badges.append(MARKUP)
    cut = len(window) < len(text) or shown.rest > 0
    if size is None:
        size = utf8_size(text)
    else:
        # What came from bytes may itself be a beginning only.
        cut = cut or size > utf8_size(text)
    return Preview(kind, shown.segments, size, tuple(badges), cut, note if size else "empty")


def _binary(declared: Declared, data: bytes, size: int) -> Preview:
    """Bytes that are no text."""
    name = recognise(data)
    decoded = declared != "json" and bool(name)
    badges = [Badge("recognised", name)] if name else []
    if not decoded:
        badges.insert(0, UNDECODED)
    note = f"{name}: {size_text(size)}" if name else f"base64, then not text: {size_text(size)}"
    return Preview("binary", (), size, tuple(badges), cut=True, note=note, hex=hex_prefix(data))


def _packed(data: bytes, size: int, limit: int) -> Preview:
    """What packed bytes begin with, where that is text."""
    text = text_of(beginning(data, _UNPACKED), whole=False)
    if not text or not is_textual(text):
        return _binary("bytes", data, size)
    shown = show(fold(text[:limit]), limit, limit)
    badges = (MARKUP,) if has_markup(text[:limit]) else ()
    return Preview("json" if starts_as_container(text) else "text", shown.segments, size, badges, cut=True)


def _v8(data: bytes, size: int, limit: int) -> Preview:
    """A value serialised by V8: the text found in its beginning."""
    text = " · ".join(fold(text) for _, _, text in find_text(data[:_V8_BYTES]))
    shown = show(text, limit, limit)
    note = f"V8 value: {size_text(size)}" if size else "empty"
    return Preview("v8", shown.segments, size, (UNDECODED,), size > 0, note, hex_prefix(data))
