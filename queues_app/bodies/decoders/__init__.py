"""Ways to read on from what a step left: packed bytes, structured bytes, written text. One list, one interface."""

from queues_app.bodies.decoders.base import Decoded, Decoder, UndecodableError
from queues_app.bodies.decoders.packed import BROTLI, GZIP, ZLIB, ZSTD
from queues_app.bodies.decoders.structured import CBOR, MSGPACK, PROTOBUF
from queues_app.bodies.decoders.v8 import V8
from queues_app.bodies.decoders.written import BASE64, FORM, JSON, JWT, NDJSON, UTF16, WINDOWS, XML

# Each in the order in which it is tried.
MARKED: tuple[Decoder[bytes], ...] = (GZIP, ZSTD, V8)
"""Bytes that say themselves what they are, so a failure is worth telling."""
GUESSED: tuple[Decoder[bytes], ...] = (ZLIB, UTF16, MSGPACK, CBOR, PROTOBUF, WINDOWS, BROTLI)
"""Bytes that are no text: a guess that was wrong is not told of."""
WRITTEN: tuple[Decoder[str], ...] = (JSON, NDJSON, JWT, XML, FORM, BASE64)
"""What a text may be."""
OF_BYTES: dict[str, Decoder[bytes]] = {decoder.name: decoder for decoder in (*MARKED, *GUESSED)}
OF_TEXT: dict[str, Decoder[str]] = {decoder.name: decoder for decoder in WRITTEN}
DECODERS: dict[str, str] = {
    **{name: decoder.word for name, decoder in OF_BYTES.items()},
    **{name: decoder.word for name, decoder in OF_TEXT.items()},
}
"""The name of each decoder, and its word for people."""

__all__ = ["DECODERS", "GUESSED", "MARKED", "OF_BYTES", "OF_TEXT", "WRITTEN", "Decoded", "Decoder", "UndecodableError"]
