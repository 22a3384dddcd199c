"""Compressed bytes. Nothing is unpacked beyond its bound: a bomb is stopped while it grows."""

import re
import zlib
from collections.abc import Callable

import brotli
import zstandard

from queues_app.bodies.decoders.base import Decoded, Decoder, TooLargeError, UndecodableError
from queues_app.bodies.results import Limits
from queues_app.bodies.wording import size_text

_GZIP_MARK = b"\x1f\x8b\x08"
_ZSTD_MARK = b"\x28\xb5\x2f\xfd"
_GZIP_BITS = 16 + zlib.MAX_WBITS
# The window that a frame may ask for: more than Cloudflare's largest message needs, less than hurts.
_MOST_WINDOW = 8 * 1024 * 1024
_ZLIB_HEAD = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_PIECE = 65_536
# The library of Zstandard sets no bound to what one call gives; what so few bytes stand for is 2 MB at most.
_FED = 64
# A gzip file may be several, one behind the other; each costs a copy of the rest.
_MOST_MEMBERS = 1_000


def _bounded(unpack: Callable[[bytes, int], bytes]) -> Callable[[bytes, Limits], Decoded]:
    def decode(data: bytes, limits: Limits) -> Decoded:
        most = max(limits.max_unpacked_bytes, 0)
        out = unpack(data, most)
        return Decoded(size_text(len(out)), data=out)

    return decode


def _too_much(data: bytes, most: int) -> TooLargeError:
    return TooLargeError(f"{size_text(len(data))} unpack to more than {size_text(most)}, so it was stopped")


def _ends_early(most_so_far: int) -> UndecodableError:
    return UndecodableError(f"it ends in the middle, after {size_text(most_so_far)} unpacked")


def _by_zlib(bits: int) -> Callable[[bytes, int], bytes]:
    def unpack(data: bytes, most: int) -> bytes:
        out, rest, members = bytearray(), data, 0
        while rest:
            members += 1
            if members > _MOST_MEMBERS:
                raise UndecodableError(f"it is more than {_MOST_MEMBERS:,} files, one behind the other")
            part = zlib.decompressobj(bits)
            try:
                out += part.decompress(rest, most - len(out) + 1)
            except zlib.error as error:
                raise UndecodableError(f"damaged: {error}") from error
            if len(out) > most:
                raise _too_much(data, most)
            if not part.eof:
                raise _ends_early(len(out))
            rest = part.unused_data
            if bits != _GZIP_BITS or not rest.startswith(b"\x1f\x8b"):
                break
        return bytes(out)

    return unpack


def _by_zstd(data: bytes, most: int) -> bytes:
    out, at = bytearray(), 0
    # A Zstandard file too may be several frames.
    while not at or data.startswith(_ZSTD_MARK, at):
        frame = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW).decompressobj()
        try:
            while not frame.eof and at < len(data):
                out += frame.decompress(data[at : at + _FED])
                at += _FED
                if len(out) > most:
                    raise _too_much(data, most)
        except (zstandard.ZstdError, MemoryError) as error:
            raise UndecodableError(f"damaged: {error}") from error
        if not frame.eof:
            raise _ends_early(len(out))
        at = min(at, len(data)) - len(frame.unused_data)
    return bytes(out)


def _by_brotli(data: bytes, most: int) -> bytes:
    part, out, given = brotli.Decompressor(), bytearray(), data
    try:
        while not part.is_finished():
            more = part.process(given, output_buffer_limit=_PIECE)
            out += more
            if len(out) > most:
                raise _too_much(data, most)
            if not more and not given:
                raise _ends_early(len(out))
            given = b""
    except brotli.error as error:
        raise UndecodableError("it is not brotli, or damaged") from error
    return bytes(out)


def is_packed(data: bytes) -> bool:
    """Whether this begins with the mark of gzip or Zstandard."""
    return data.startswith((_GZIP_MARK, _ZSTD_MARK))


def beginning(data: bytes, most: int) -> bytes:
    """About the first `most` bytes of what marked data unpack to, of a beginning of them; empty where it is damaged."""
    try:
        if data.startswith(_GZIP_MARK):
            return zlib.decompressobj(_GZIP_BITS).decompress(data, most)
        if data.startswith(_ZSTD_MARK):
            with zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW).stream_reader(data) as reader:
                return reader.read(most)
    except (zlib.error, zstandard.ZstdError, MemoryError):
        pass
    return b""


GZIP = Decoder(
    "gzip",
    "gzip",
    lambda data: data.startswith(_GZIP_MARK),
    _bounded(_by_zlib(_GZIP_BITS)),
)
ZLIB = Decoder(
    "zlib",
    "zlib (deflate)",
    lambda data: _ZLIB_HEAD.match(data) is not None and len(data) > 6,
    _bounded(_by_zlib(zlib.MAX_WBITS)),
)
ZSTD = Decoder("zstd", "Zstandard", lambda data: data.startswith(_ZSTD_MARK), _bounded(_by_zstd))
# It has no mark of its own, and a short text of any kind may be read as some: only by hand.
BROTLI = Decoder("brotli", "Brotli", lambda data: False, _bounded(_by_brotli))
