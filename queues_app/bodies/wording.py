"""Words the readings share: sizes, and what a content type from outside is called here."""

from typing import Literal

type Declared = Literal["text", "json", "bytes", "v8", "unknown"]

_KNOWN: dict[str, Declared] = {"text": "text", "json": "json", "bytes": "bytes", "v8": "v8"}


def declared_type(content_type: str | None) -> Declared:
    """One of Cloudflare's four content types, or "unknown" for a missing or any other one."""
    return _KNOWN.get((content_type or "").strip().lower(), "unknown")


def size_text(size: int) -> str:
    """A size in bytes for people, in the decimal units of Cloudflare's limits: "412 B", "1.9 kB"."""
    if size < 1_000:
        return f"{size} B"
    if size < 999_950:
        return f"{size / 1_000:.1f} kB"
    return f"{size / 1_000_000:,.1f} MB"


def counted(number: int, noun: str) -> str:
    """`1 character`, `1,200 characters`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def utf8_size(text: str) -> int:
    """Bytes of a text in UTF-8; a lone surrogate counts three."""
    return len(text) if text.isascii() else len(utf8(text))


def utf8(text: str) -> bytes:
    """The bytes of a text; a lone surrogate, which UTF-8 has no bytes for, gets the obvious three."""
    return text.encode("utf-8", "surrogatepass")
