"""Bytes that are no text: what they are by their first bytes, a hex dump, and the text inside."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

from queues_app.bodies.results import Limits, Segment
from queues_app.bodies.segments import show

_BYTES_PER_LINE = 16
_MOST_HEX = 32

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"II*\x00", "TIFF image"),
    (b"MM\x00*", "TIFF image"),
    (b"%PDF-", "PDF document"),
    (b"\x1f\x8b\x08", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"PK\x03\x04", "ZIP archive"),
)
# Containers whose brand stands behind a length.
_BRANDED = (
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "WebP image"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "AVIF image"),
)

# UTF-16LE first (what V8 writes for two-byte strings; Latin, Greek, Cyrillic), then UTF-8, then Latin-1
# with each accented letter between ASCII ones. Each branch fails within a few bytes, so this is linear.
_SEEN = rb"[\x20-\x7e\t\n\r]"
_RUNS = re.compile(
    rb"(?P<wide>(?:[\x20-\x7e\t\n\r\xa0-\xff]\x00|[\x00-\xff]\x04|[\x70-\xff]\x03){4,}+)"
    rb"|(?P<utf8>(?:" + _SEEN + rb"|[\xc3-\xdf][\x80-\xbf]|\xc2[\xa0-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]"
    rb"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}"
    rb"|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}){4,}+)"
    rb"|(?P<latin>" + _SEEN + rb"(?:" + _SEEN + rb"|[\xc0-\xff](?=[\x20-\x7e])){3,}+)"
)
type Encoding = Literal["UTF-8", "UTF-16LE", "Latin-1"]
_ENCODINGS: dict[str, Encoding] = {"wide": "UTF-16LE", "utf8": "UTF-8", "latin": "Latin-1"}


class HexLine(NamedTuple):
    """Sixteen bytes: "00000010", "1f 8b …", and what of them is ASCII, dots for the rest."""

    offset: str
    hex: str
    ascii: str


class Run(NamedTuple):
    """Text found inside other bytes, as by `strings`."""

    offset: int
    encoding: Encoding
    segments: tuple[Segment, ...]
    rest: int
    """Characters left out."""


def recognise(data: bytes) -> str:
    """What the first bytes say this is ("PNG image"), by name only; empty when they say nothing."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    for pattern, name in _BRANDED:
        if pattern.match(data):
            return name
    return ""


def hex_prefix(data: bytes) -> str:
    """The first bytes as "1f 8b 08"."""
    return data[:_MOST_HEX].hex(" ")


def hex_lines(data: bytes, most_bytes: int) -> Iterator[HexLine]:
    """A hex dump of the first bytes, a line at a time."""
    for offset in range(0, min(len(data), max(most_bytes, 0)), _BYTES_PER_LINE):
        part = data[offset : min(offset + _BYTES_PER_LINE, max(most_bytes, 0))]
        seen = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        yield HexLine(f"{offset:08x}", part.hex(" "), seen)


def find_text(data: bytes) -> Iterator[tuple[int, Encoding, str]]:
    """Runs of at least four characters of text: where they start, in which encoding, and the text."""
    for match in _RUNS.finditer(data):
        encoding = _ENCODINGS[match.lastgroup or "utf8"]
        yield match.start(), encoding, match[0].decode(encoding, "replace")


def text_runs(data: bytes, limits: Limits) -> tuple[Run, ...]:
    """The first `max_runs` runs of text, as segments."""
    return tuple(
        Run(offset, encoding, *show(text, limits.max_string, limits.max_segments))
        for offset, encoding, text in islice(find_text(data), max(limits.max_runs, 0))
    )
