"""Small real pictures, made by code: a PNG with a colour ramp and a baseline JPEG of grey squares."""

import struct
import zlib

_QUANTUM = 16  # every coefficient is divided by this; only the first of each block is ever set
_DC_CODE_BITS = 4  # twelve categories, all with codes of four bits: their own number


def png(width: int, height: int, tint: int) -> bytes:
    """An RGB ramp; `tint` 0..255 sets its blue."""
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in (x * 255 // width, y * 255 // height, tint))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def jpeg(across: int, down: int, seed: int) -> bytes:
    """`across` × `down` grey squares of 8 × 8 pixels. Each block has one coefficient and an end mark."""
    bits: list[str] = []
    before = 0
    for at in range(across * down):
        level = (at * 37 + seed * 11) % 101 - 50
        difference, before = level - before, level
        size = abs(difference).bit_length()
        bits.append(f"{size:0{_DC_CODE_BITS}b}")
        if size:
            value = difference if difference > 0 else difference + (1 << size) - 1
            bits.append(f"{value:0{size}b}")
        bits.append("0")  # end of block, the only code of the other table
    stream = "".join(bits)
    stream += "1" * (-len(stream) % 8)
    data = int(stream, 2).to_bytes(len(stream) // 8).replace(b"\xff", b"\xff\0")
    return (
        b"\xff\xd8"
        + _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
        + _segment(0xDB, b"\0" + bytes([_QUANTUM]) * 64)
        + _segment(0xC0, struct.pack(">BHHB", 8, down * 8, across * 8, 1) + b"\1\x11\0")
        + _segment(0xC4, b"\0" + bytes([0, 0, 0, 12, *[0] * 12]) + bytes(range(12)))
        + _segment(0xC4, b"\x10" + bytes([1, *[0] * 15]) + b"\0")
        + _segment(0xDA, b"\1\1\0\0\x3f\0")
        + data
        + b"\xff\xd9"
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data
