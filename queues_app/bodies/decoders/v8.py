"""Values serialised by V8, as Workers send them: read by the library v8serialize, never executed.

Cloudflare says that a pull consumer cannot read these; the bytes are all there all the same.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from v8serialize import TagReader, V8SerializeError
from v8serialize.constants import JSRegExpFlag, SerializationTag
from v8serialize.decode import DecodeContext, DefaultDecodeContext, ReadableTagStream, TagReaderRegistry
from v8serialize.extensions import NodeJsArrayBufferViewHostObjectHandler
from v8serialize.jstypes import (
    JSArray,
    JSArrayBuffer,
    JSBigInt,
    JSDataView,
    JSError,
    JSHole,
    JSMap,
    JSObject,
    JSPrimitiveObject,
    JSRegExp,
    JSSet,
    JSTypedArray,
    JSUndefined,
)

from queues_app.bodies.building import Branch, Leaf
from queues_app.bodies.decoders import values
from queues_app.bodies.decoders.base import Decoded, Decoder, UndecodableError, refuse_large
from queues_app.bodies.decoders.structured import decoded_tree
from queues_app.bodies.results import Limits

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_ITEMS = 1_000  # of a typed array; its bytes say the rest
_MARK = 0xFF
# What writers in use send; older ones had another layout.
_VERSIONS = range(9, 16)


class _Moment:
    """A JavaScript Date: milliseconds since 1970, which may be none at all."""

    def __init__(self, ms: float) -> None:
        self.ms = ms


def _read_date(reader: TagReader, tag: SerializationTag, ctx: DecodeContext) -> _Moment:
    """Python's own date has fewer years, and none that is invalid."""
    moment = _Moment(ctx.stream.read_double())
    ctx.stream.objects.record_reference(moment)
    return moment


def _read_double(reader: TagReader, tag: SerializationTag, ctx: DecodeContext) -> float:
    """Python's whole number would lose the sign of a zero."""
    return ctx.stream.read_double()


_own = TagReaderRegistry()
_own.register(SerializationTag.kDate, _read_date)
_own.register(SerializationTag.kDouble, _read_double)
_steps = (
    TagReader(
        tag_readers=_own,
        js_primitive_objects=True,
        host_object_deserializer=NodeJsArrayBufferViewHostObjectHandler(),
    ),
)


def is_v8(data: bytes) -> bool:
    """Whether this begins as V8 begins: its mark and a version."""
    return len(data) > 2 and data[0] == _MARK and data[1] in _VERSIONS


def _v8(data: bytes, limits: Limits) -> Decoded:
    refuse_large(data, limits)
    if len(data) < 2 or data[0] != _MARK:
        raise UndecodableError("byte 1 is not 0xff, with which V8's format starts" if data else "it is empty")
    try:
        value, rest = _first_value(data)
    except RecursionError as error:
        raise UndecodableError("nested too deep to be read") from error
    except V8SerializeError as error:
        raise UndecodableError(_said(error)) from error
    except (ValueError, TypeError, LookupError, ArithmeticError, AssertionError, AttributeError, MemoryError) as error:
        # The library checks most of what hostile bytes can hold, not all.
        raise UndecodableError("its parts do not fit together") from error
    decoded = decoded_tree(value, _describe, limits)
    notes = (f"Bytes behind the value were left out: {rest:,}.",) if rest else ()
    return Decoded(f"format {data[1]}, {decoded.detail}", tree=decoded.tree, notes=notes)


def _first_value(data: bytes) -> tuple[object, int]:
    """The value, and how many bytes stand behind it. Raises what the library raises."""
    stream = ReadableTagStream(data)
    stream.read_header()
    value = DefaultDecodeContext(stream=stream, decode_steps=_steps).decode_object()
    return value, len(data) - stream.pos


def _said(error: V8SerializeError) -> str:
    """The reason and the place, without the bytes that the library repeats."""
    position = getattr(error, "position", None)
    reason = str(error).split(": position=")[0].split("\n")[0][:120]
    return reason if position is None else f"byte {position + 1:,}: {reason}"


def _describe(value: object) -> Leaf | Branch:
    return _scalar(value) or _container(value) or values.describe(value)


def _scalar(value: object) -> Leaf | None:
    if value is JSUndefined or value is JSHole:
        return Leaf("literal", "undefined" if value is JSUndefined else "hole")
    if isinstance(value, JSBigInt):
        return Leaf("number", values.number(int(value)).text, "BigInt")
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, _Moment):
        return Leaf("string", _date(value.ms), "Date")
    if isinstance(value, JSRegExp):
        flags = "".join(letter for letter, flag in _FLAGS.items() if flag in value.flags)
        return Leaf("string", f"/{value.source}/{flags}", "RegExp")
    if isinstance(value, JSArrayBuffer):
        with value.data as data:
            return values.octets(bytes(data), "ArrayBuffer")
    if isinstance(value, JSPrimitiveObject):
        inner = _describe(value.value)
        if isinstance(inner, Leaf):
            kind = {"string": "String", "number": "Number", "literal": "Boolean"}[inner.kind]
            return Leaf(inner.kind, inner.text, f"{'BigInt' if inner.type else kind} object")
    return None


def _double(value: float) -> Leaf:
    if math.isnan(value) or math.isinf(value) or (value == 0 and math.copysign(1, value) < 0):
        return Leaf("literal", {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "-0"))
    return values.number(int(value) if value.is_integer() and abs(value) <= 2**53 else value)


def _container(value: object) -> Branch | Leaf | None:
    if isinstance(value, JSMap):
        # Its keys are told apart as JavaScript does, so it is read by its pairs.
        pairs = list(value.items())
        if all(isinstance(key, str) for key, _ in pairs):
            return Branch("object", ((str(key), item) for key, item in pairs), "Map")
        return Branch("array", ((None, values.Entry(pair)) for pair in pairs), "Map")
    if isinstance(value, JSSet):
        return Branch("array", ((None, item) for item in value), "Set")
    if isinstance(value, JSArray):
        return _array(value)
    if isinstance(value, JSObject):
        return Branch("object", ((str(key), item) for key, item in value.items()))
    if isinstance(value, JSError):
        return Branch("object", _error(value), str(value.name))
    if isinstance(value, JSDataView | JSTypedArray):
        return _view(value)
    return None


def _array(value: JSArray[object]) -> Branch:
    """Item by item; one with holes or with members besides its items as pairs of place and item."""
    length = len(value.array)
    if value.array.elements_used == length and not value.properties:
        return Branch("array", ((None, item) for item in value.array))
    pairs = ((str(place), item) for place, item in value.array.elements().items())
    members = ((str(key), item) for key, item in value.properties.items())
    return Branch("object", (pair for part in (pairs, members) for pair in part), f"Array of length {length:,}")


def _error(value: JSError) -> Iterator[tuple[str | None, object]]:
    yield "message", value.message
    if value.stack:
        yield "stack", value.stack
    if value.cause is not JSUndefined and value.cause is not None:
        yield "cause", value.cause


def _view(value: JSDataView | JSTypedArray) -> Branch | Leaf:
    name = type(value).__name__.removeprefix("JS")
    with value.get_buffer_as_memoryview() as data:
        raw = bytes(data.cast("B")) if data.format != "B" else bytes(data)
    if isinstance(value, JSDataView):
        return values.octets(raw, name)
    with value.get_buffer() as items:
        shown = list(items[:_MOST_ITEMS])
        rest = len(items) - len(shown)
    more = f", {rest:,} more" if rest else ""
    return Branch("array", ((None, item) for item in shown), f"{name}{more}")


def _date(ms: float) -> str:
    if math.isnan(ms):
        return "Invalid Date"
    try:
        return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return f"{ms:.0f} ms since 1970"


_FLAGS = {
    "d": JSRegExpFlag.HasIndices,
    "g": JSRegExpFlag.Global,
    "i": JSRegExpFlag.IgnoreCase,
    "m": JSRegExpFlag.Multiline,
    "s": JSRegExpFlag.DotAll,
    "u": JSRegExpFlag.Unicode,
    "v": JSRegExpFlag.UnicodeSets,
    "y": JSRegExpFlag.Sticky,
}

V8 = Decoder("v8", "v8 (structured clone)", is_v8, _v8)
