"""Structured bytes: MessagePack, CBOR, and Protobuf as far as it can be read without its schema.

None of them has a mark of its own, so by itself only what looks like an object is believed.
"""

import io
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cbor2
import msgspec

from queues_app.bodies.building import Branch, Leaf, tree_of
from queues_app.bodies.decoders import values
from queues_app.bodies.decoders.base import Decoded, Decoder, TooLargeError, UndecodableError, refuse_large
from queues_app.bodies.exact_json import TooManyValuesError
from queues_app.bodies.results import Limits
from queues_app.bodies.segments import is_textual
from queues_app.bodies.tree_lines import amount_of

_MOST_DEPTH = 200
# Tags whose own reading could cost more than their bytes: a regular expression, a mail, a power of two, a fraction.
_TAGS_KEPT = (5, 30, 35, 36, 260, 261)
_SELF_DESCRIBED_CBOR = b"\xd9\xd9\xf7"


def decoded_tree(value: object, describe: Callable[[object], Leaf | Branch], limits: Limits, *notes: str) -> Decoded:
    """The tree of a value that a library read.

    Raises TooLargeError where it holds more than a reading may.
    """
    try:
        tree = tree_of(value, describe, most_values=max(limits.max_values, 1))
    except TooManyValuesError as error:
        raise TooLargeError(f"more than {limits.max_values:,} values, so it was stopped") from error
    return Decoded(amount_of(tree.nodes[0]), tree=tree, notes=notes)


# MessagePack


class _Extension(NamedTuple):
    code: int
    data: bytes


def _msgpack(data: bytes, limits: Limits) -> Decoded:
    refuse_large(data, limits)

    def extension(code: int, inside: memoryview) -> _Extension:
        return _Extension(code, bytes(inside))

    try:
        value = msgspec.msgpack.Decoder(ext_hook=extension).decode(data)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise UndecodableError(_said(error)) from error
    return decoded_tree(value, _describe_msgpack, limits)


def _describe_msgpack(value: object) -> Leaf | Branch:
    if isinstance(value, _Extension):
        return values.octets(value.data, f"extension {value.code}")
    return values.describe(value)


def _is_msgpack_object(data: bytes) -> bool:
    """A map that is not empty and begins with a string as its key."""
    if len(data) < 4:
        return False
    head = data[0]
    key = data[1] if 0x81 <= head <= 0x8F else data[3] if head == 0xDE else None
    return key is not None and (0xA1 <= key <= 0xBF or key == 0xD9)


# CBOR


def _cbor(data: bytes, limits: Limits) -> Decoded:
    refuse_large(data, limits)
    stream = io.BytesIO(data)

    def kept(tag: int) -> Callable[[Any, bool], cbor2.CBORTag]:
        def keep(value: Any, _immutable: bool) -> cbor2.CBORTag:
            return cbor2.CBORTag(tag, value)

        return keep

    try:
        decoder = cbor2.CBORDecoder(
            stream, max_depth=_MOST_DEPTH, read_size=1, semantic_decoders={tag: kept(tag) for tag in _TAGS_KEPT}
        )
        value = decoder.decode()
    except (cbor2.CBORError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise UndecodableError(_said(error)) from error
    rest = len(data) - stream.tell()
    if rest:
        raise UndecodableError(f"{rest:,} more bytes stand behind the value")
    return decoded_tree(value, _describe_cbor, limits)


def _describe_cbor(value: object) -> Leaf | Branch:
    if isinstance(value, cbor2.CBORTag):
        return Branch("array", ((None, value.value),), f"tag {value.tag}")
    if isinstance(value, cbor2.CBORSimpleValue):
        return Leaf("literal", f"simple({value.value})")
    if value is cbor2.undefined:
        return Leaf("literal", "undefined")
    return values.describe(value)


def _is_cbor_object(data: bytes) -> bool:
    """What says itself that it is CBOR, or a map that is not empty and begins with a string as its key."""
    if data.startswith(_SELF_DESCRIBED_CBOR):
        return True
    if len(data) < 4:
        return False
    head = data[0]
    key = data[1] if 0xA1 <= head <= 0xB7 or head == 0xBF else data[2] if head == 0xB8 else None
    return key is not None and (0x61 <= key <= 0x77 or key == 0x78)


# Protobuf

_MOST_FIELD = 2**29 - 1
_LIKELY_FIELD = 2_000
_SHORTEST_WORD = 4
_MOST_LOOKED_AT = Limits().max_value_bytes


class _Field(NamedTuple):
    """One field on the wire: its number, and the value as a leaf or as the fields of a nested message."""

    number: int
    value: "Leaf | tuple[_Field, ...]"


def _protobuf(data: bytes, limits: Limits) -> Decoded:
    refuse_large(data, limits)
    fields = _message(data, 0)
    return decoded_tree(
        fields, _describe_protobuf, limits, "Protobuf without its schema: names are unknown, nested messages a guess."
    )


def _describe_protobuf(value: object) -> Leaf | Branch:
    if isinstance(value, Leaf):
        return value
    if isinstance(value, tuple):
        return Branch("object", ((str(field.number), field.value) for field in value), "message")
    raise TypeError


def _is_likely_protobuf(data: bytes) -> bool:
    """It reads to its end, has several fields with small numbers, and some word among them."""
    if len(data) > _MOST_LOOKED_AT:
        return False
    try:
        fields = _message(data, 0)
    except UndecodableError:
        return False
    words = [field for field in fields if isinstance(field.value, Leaf) and field.value.type == "text"]
    return (
        len(fields) > 1
        and all(field.number <= _LIKELY_FIELD for field in fields)
        and any(isinstance(field.value, Leaf) and len(field.value.text) >= _SHORTEST_WORD for field in words)
    )


def _message(data: bytes, depth: int) -> tuple[_Field, ...]:
    if depth > 40:
        raise UndecodableError("nested more than 40 deep")
    return tuple(_fields(data, depth))


def _fields(data: bytes, depth: int) -> Iterator[_Field]:
    at = 0
    while at < len(data):
        start = at
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if not 1 <= number <= _MOST_FIELD:
            raise UndecodableError(f"byte {start + 1:,}: there is no field {number:,}")
        if wire == 0:
            value, at = _varint(data, at)
            yield _Field(number, Leaf("number", str(value), "varint"))
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            part, at = _take(data, at, size), at + size
            yield _Field(number, _fixed(part))
        elif wire == 2:
            size, at = _varint(data, at)
            part, at = _take(data, at, size), at + size
            yield _Field(number, _delimited(part, depth))
        else:
            raise UndecodableError(f"byte {start + 1:,}: wire type {wire} is not read")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(data):
            raise UndecodableError("it ends in the middle of a number")
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise UndecodableError(f"byte {at + 1:,}: a number of more than 64 bits")


def _take(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise UndecodableError(f"byte {at + 1:,}: {size:,} bytes are promised, {len(data) - at:,} are there")
    return data[at : at + size]


def _fixed(part: bytes) -> Leaf:
    """Whole or floating, nobody can tell: the whole number, and the other reading as its type."""
    bits, form, word = (32, "<f", "float") if len(part) == 4 else (64, "<d", "double")
    floating = struct.unpack(form, part)[0]
    return Leaf("number", str(int.from_bytes(part, "little")), f"fixed{bits}, as {word} {floating:.7g}")


def _delimited(part: bytes, depth: int) -> "Leaf | tuple[_Field, ...]":
    try:
        text = part.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and part and is_textual(text) and text.isprintable():
        return Leaf("string", text, "text")
    try:
        inner = _message(part, depth + 1)
    except UndecodableError:
        inner = ()
    if inner:
        return inner
    return Leaf("string", text, "text") if text is not None and is_textual(text) else values.octets(part)


def _said(error: BaseException) -> str:
    """What a library says, in one short line; it may repeat bytes of the body, so not all of it."""
    return (str(error).splitlines() or [""])[0][:120] or "it is not of this kind"


MSGPACK = Decoder("MessagePack", "MessagePack", _is_msgpack_object, _msgpack)
CBOR = Decoder("CBOR", "CBOR", _is_cbor_object, _cbor)
PROTOBUF = Decoder("Protobuf", "Protobuf (no schema)", _is_likely_protobuf, _protobuf)
