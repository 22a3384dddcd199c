"""The bytes of an answer: the envelope, and readers for one value each.

Every field is taken as its raw JSON text and read by itself, so that an oddity costs that field and not the
answer. No reader raises: what is not of the wanted kind is None.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from queues_app.cloudflare.errors import ChainedError, ErrorItem
from queues_app.cloudflare.text import clean, web_address

# What msgspec raises on hostile input: DecodeError and UnicodeDecodeError are ValueErrors; deep nesting
# recurses.
UNREADABLE = (ValueError, RecursionError)

NULL = msgspec.Raw(b"null")
LARGEST = 2**53  # beyond it no count, time or size is believed, and none fits every database
_MOST_ERRORS = 20
MOST_ITEMS = 20_000  # twice the queues an account can have; a batch has 100
_LONGEST_NAME = 200  # characters; Cloudflare's own names and ids have 63 at most
_LONGEST_ID = 8192  # characters of a lease id or ref, which are some hundred long in life

# What may stand before half a surrogate pair, then that half, a stray backslash or the end. It matches from wherever it
# begins, so that a long answer is gone through once.
_HALF = re.compile(
    r"((?:[^\\]++|\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u(?![dD][89a-fA-F]))*+)"
    r"(\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\|\Z)",
    re.DOTALL,
)
_CONTROLS = {code: f"\\u{code:04x}" for code in range(32) if chr(code) not in "\t\n\r"}  # those three may be layout


class Envelope(msgspec.Struct):
    """What every answer is wrapped in; each member may be missing."""

    success: msgspec.Raw = NULL
    errors: msgspec.Raw = NULL
    result: msgspec.Raw = NULL
    result_info: msgspec.Raw = NULL
    data: msgspec.Raw = NULL  # GraphQL's word for the result


class Page(msgspec.Struct):
    """The member result_info of a list."""

    page: msgspec.Raw = NULL
    per_page: msgspec.Raw = NULL
    total_count: msgspec.Raw = NULL
    total_pages: msgspec.Raw = NULL


class _Error(msgspec.Struct):
    code: msgspec.Raw = NULL
    message: msgspec.Raw = NULL
    documentation_url: msgspec.Raw = NULL
    source: msgspec.Raw = NULL
    error_chain: msgspec.Raw = NULL
    extensions: msgspec.Raw = NULL


class _Extensions(msgspec.Struct):
    code: msgspec.Raw = NULL


class _Source(msgspec.Struct):
    pointer: msgspec.Raw = NULL


_envelope = msgspec.json.Decoder(Envelope)
_array = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_string = msgspec.json.Decoder(str)
_number = msgspec.json.Decoder(int | float)


def envelope(body: bytes) -> tuple[Envelope, bool] | None:
    """Read the envelope, and whether the text had to be repaired first. None: this is no JSON object."""
    try:
        body.decode()  # raw values are not checked by the parser, and must not turn out to be no text later
        return _envelope.decode(body), False
    except UNREADABLE:
        pass
    try:
        return _envelope.decode(_repaired(body)), True
    except UNREADABLE:
        return None


def struct[S: msgspec.Struct](decoder: msgspec.json.Decoder[S], raw: msgspec.Raw) -> S | None:
    """An object with known members, all of them raw."""
    try:
        return decoder.decode(raw)
    except UNREADABLE:
        return None


def items(raw: msgspec.Raw) -> list[msgspec.Raw] | None:
    """The items of an array of sane length. null is an empty list: that is how some servers write one."""
    if is_null(raw):
        return []
    try:
        found = _array.decode(raw)
    except UNREADABLE:
        return None
    return found if len(found) <= MOST_ITEMS else None


def members(raw: msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    """The members of an object."""
    try:
        return _object.decode(raw)
    except UNREADABLE:
        return None


def is_null(raw: msgspec.Raw) -> bool:
    """True for null and for what was missing."""
    return bytes(raw) == b"null"


def string(raw: msgspec.Raw) -> str | None:
    """A string, exactly."""
    try:
        return _string.decode(raw)
    except UNREADABLE:
        return None


def name(raw: msgspec.Raw) -> str | None:
    """A string that names something; an empty one names nothing. Cut to what any database column takes."""
    return fit(string(raw) or "") or None


def fit(text: str) -> str:
    """Short, and without NUL, which PostgreSQL does not take; no name Cloudflare gives is either."""
    return text[:_LONGEST_NAME].replace("\0", "\ufffd")


def opaque(raw: msgspec.Raw) -> str | None:
    """A lease id or ref: a string of sane length, not looked into."""
    return handle(string(raw))


def handle(text: str | None) -> str | None:
    """The same of a string that was read already."""
    return text if text and len(text) <= _LONGEST_ID and "\0" not in text else None


def json_text(raw: msgspec.Raw) -> str:
    """The exact JSON text of a value."""
    return bytes(raw).decode("utf-8", "replace")


def label(raw: msgspec.Raw) -> str:
    """A string as it is; any other value as its JSON text."""
    text = string(raw)
    return json_text(raw) if text is None else text


def integer(raw: msgspec.Raw) -> int | None:
    """A whole number, also as 3.0, 3e0 or "3"; None for 3.5, for a negative one and for one beyond 2**53."""
    text = bytes(raw)
    if len(text) > 32:
        return None
    if text.startswith(b'"'):
        digits = string(raw) or ""
        return int(digits) if re.fullmatch(r"[0-9]{1,15}", digits) else None
    try:
        value = _number.decode(raw)
    except UNREADABLE:
        return None
    return int(value) if 0 <= value <= LARGEST and value == int(value) else None


def number(raw: msgspec.Raw) -> float | None:
    """A number that is an average or a share; None for a negative one and for one beyond 2**53."""
    text = bytes(raw)
    if len(text) > 32 or text.startswith(b'"'):
        return None
    try:
        value = _number.decode(raw)
    except UNREADABLE:
        return None
    return float(value) if 0 <= value <= LARGEST else None


def code(raw: msgspec.Raw) -> int | None:
    """An error code; 0 is one."""
    return integer(raw)


def boolean(raw: msgspec.Raw) -> bool | None:
    """true or false, also written as a string."""
    return {b"true": True, b"false": False, b'"true"': True, b'"false"': False}.get(bytes(raw).lower())


def moment(raw: msgspec.Raw) -> datetime | None:
    """An RFC 3339 time in UTC; one without a zone is taken as UTC."""
    text = string(raw)
    if not text or len(text) > 64:
        return None
    try:
        value = datetime.fromisoformat(text)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def moment_ms(raw: msgspec.Raw) -> datetime | None:
    """Milliseconds since 1970; 0 means unknown."""
    value = integer(raw)
    if not value:
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def error_items(raw: msgspec.Raw, hide: tuple[str, ...]) -> tuple[ErrorItem, ...]:
    """Everything the answer's `errors` say, cut and cleaned; items of any shape are kept as text."""
    found = items(raw)
    if found is None:
        return (ErrorItem(None, clean(label(raw), hide=hide)),)
    return tuple(_error(item, hide) for item in found[:_MOST_ERRORS])


def _error(raw: msgspec.Raw, hide: tuple[str, ...]) -> ErrorItem:
    error = struct(_error_decoder, raw)
    if error is None:
        return ErrorItem(None, clean(label(raw), hide=hide))
    source = struct(_source_decoder, error.source)
    pointer = string(source.pointer) if source else None
    extensions = struct(_extensions_decoder, error.extensions) or _Extensions()
    return ErrorItem(
        code=code(error.code),
        message=_message(error.message, hide),
        documentation_url=web_address(clean(string(error.documentation_url) or "", hide=hide)),
        pointer=clean(pointer, hide=hide, longest=200) if pointer else None,
        chain=tuple(_chain(error.error_chain, hide)),
        kind=clean(string(extensions.code) or "", hide=hide, longest=40),
    )


def _chain(raw: msgspec.Raw, hide: tuple[str, ...]) -> Iterator[ChainedError]:
    for item in (items(raw) or [])[:_MOST_ERRORS]:
        link = struct(_error_decoder, item)
        if link is None:
            yield ChainedError(None, clean(label(item), hide=hide))
        else:
            yield ChainedError(code(link.code), _message(link.message, hide))


def _message(raw: msgspec.Raw, hide: tuple[str, ...]) -> str:
    return "" if is_null(raw) else clean(label(raw), hide=hide)


def _repaired(body: bytes) -> bytes:
    """What is nearly JSON made JSON: no byte order mark, U+FFFD for what is no character, controls escaped."""
    text = body.decode("utf-8-sig", "replace").translate(_CONTROLS)
    return _HALF.sub(lambda found: found[1] + ("\\ufffd" if len(found[2]) > 1 else found[2]), text).encode()


_error_decoder = msgspec.json.Decoder(_Error)
_extensions_decoder = msgspec.json.Decoder(_Extensions)
_source_decoder = msgspec.json.Decoder(_Source)
