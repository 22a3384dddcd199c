"""Judgements that a preview and a full reading share, so that they seldom differ."""

import re

from queues_app.bodies.binary import recognise
from queues_app.bodies.segments import is_textual

_SCALAR = re.compile(
    r"[ \t\n\r]*(?:-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)[ \t\n\r]*"
)
_QUOTED = re.compile(r'[ \t\n\r]*[\[{"]')
_CONTAINER = re.compile(r"[ \t\n\r]*[\[{]")
_SHORT_TEXT = 12
_SHORT_BINARY = 24
_MIXED = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9+/]"))
BYTE_ORDER_MARK = "\ufeff"


def is_scalar(text: str) -> bool:
    """Whether this is a JSON number or literal, whole or, for a number, the beginning of one."""
    return _SCALAR.fullmatch(text) is not None


def starts_as_container(text: str) -> bool:
    """Whether this begins as a JSON object or array does, which base64 never can."""
    return _CONTAINER.match(text) is not None


def starts_as_json(text: str) -> bool:
    """The same for strings too."""
    return _QUOTED.match(text) is not None


def text_of(data: bytes, whole: bool = True) -> str | None:
    """The text of bytes in UTF-8, or None. Of a mere beginning, a last character cut in two is left out."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not whole and error.start >= len(data) - 3 and error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8")
        return None


def is_plausible(body: str, data: bytes, text: str | None) -> bool:
    """Whether an undeclared body that *can* be read as base64 is likely to be base64.

    Many a word is (`test`, `deadbeef`); so it has to give text of some length, a known kind of
    file, or to be long and mixed as only base64 is. `data` and `text` may be beginnings.
    """
    if text is not None and is_textual(text):
        return len(body) >= _SHORT_TEXT or starts_as_container(text)
    if recognise(data):
        return True
    head = body[: _SHORT_BINARY * 4]
    return len(body) >= _SHORT_BINARY and all(pattern.search(head) for pattern in _MIXED)
