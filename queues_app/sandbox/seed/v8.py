"""A small writer of V8's structured-clone format, for the bodies that a Worker sends as v8.

Version 15, as Workers write it: the header 0xFF 0x0F, then one value. Only what the demo needs: plain
objects, arrays, strings, numbers, BigInts, dates, booleans and null. The tags are those of V8's
value-serializer.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime

type V8Value = object
"""None, bool, int, float, str, datetime, or a sequence or mapping of these."""

_INT32 = range(-(2**31), 2**31)


def serialise(value: V8Value) -> bytes:
    out = bytearray(b"\xff\x0f")
    _write(out, value)
    return bytes(out)


def _write(out: bytearray, value: V8Value) -> None:
    if value is None:
        out += b"0"
    elif isinstance(value, bool):
        out += b"T" if value else b"F"
    elif isinstance(value, int):
        out += _integer(value)
    elif isinstance(value, float):
        out += b"N" + struct.pack("<d", value)
    elif isinstance(value, datetime):
        out += b"D" + struct.pack("<d", value.timestamp() * 1000)
    elif isinstance(value, str):
        _string(out, value)
    else:
        _container(out, value)


def _container(out: bytearray, value: V8Value) -> None:
    if isinstance(value, Mapping):
        out += b"o"
        for name, item in value.items():
            _string(out, str(name))
            _write(out, item)
        out += b"{" + _varint(len(value))
    elif isinstance(value, Sequence):
        out += b"A" + _varint(len(value))
        for item in value:
            _write(out, item)
        out += b"$" + _varint(0) + _varint(len(value))
    else:
        message = f"the sandbox writes no {type(value).__name__} as v8"
        raise TypeError(message)


def _integer(value: int) -> bytes:
    if value in _INT32:
        return b"I" + _varint((value << 1) ^ (value >> 31))
    # Beyond 32 bits a JavaScript number is a double; beyond 53 bits only a BigInt is exact.
    if abs(value) < 2**53:
        return b"N" + struct.pack("<d", float(value))
    size = (abs(value).bit_length() + 63) // 64 * 8
    return b"Z" + _varint(size << 1 | (value < 0)) + abs(value).to_bytes(size, "little")


def _string(out: bytearray, text: str) -> None:
    """One byte a character where Latin-1 suffices, else UTF-16, which V8 pads to an even offset."""
    if all(ord(character) < 256 for character in text):
        data = text.encode("latin-1")
        out += b'"' + _varint(len(data)) + data
        return
    data = text.encode("utf-16-le", "surrogatepass")
    length = _varint(len(data))
    if (len(out) + 1 + len(length)) % 2:
        out += b"\0"
    out += b"c" + length + data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
