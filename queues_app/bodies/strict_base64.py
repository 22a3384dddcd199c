"""Base64 as Cloudflare writes it: standard alphabet, padded, canonical, nothing else between.

Strict because a lenient decoder finds base64 in any word; canonical so that encoding again gives
the very same body.
"""

import re
from binascii import a2b_base64

_ALPHABET = re.compile(r"[A-Za-z0-9+/]*+")
_LAST = re.compile(r"[A-Za-z0-9+/](?:[A-Za-z0-9+/]{3}|[A-Za-z0-9+/]{2}(?<=[AEIMQUYcgkosw048])=|[AQgw]==)")


def trouble(text: str) -> str:
    """What is wrong with `text` as base64, and where; empty when nothing is."""
    match = _ALPHABET.match(text)
    end = match.end() if match else 0
    padded = text[end:]
    if padded not in ("", "=", "=="):
        shown = ascii(text[end])
        return f"character {end + 1:,} ({shown}) is not in the base64 alphabet"
    if len(text) % 4:
        return f"its length, {len(text):,}, is not a multiple of 4"
    if text and not _LAST.fullmatch(text, len(text) - 4):
        return "its last four characters are no proper end of base64"
    return ""


def decoded_size(text: str) -> int:
    """Bytes that sound base64 stands for, without decoding it."""
    return len(text) // 4 * 3 - text.count("=", -2)


def decode(text: str) -> bytes:
    """The bytes of sound base64 (`trouble` found none)."""
    return a2b_base64(text)


def decode_prefix(text: str, size: int) -> bytes | None:
    """At least the first `size` bytes, or None when the beginning or the end is not base64.

    Looks at the first and last characters only.
    """
    head = text[: max(size + 2, 0) // 3 * 4]
    if len(text) % 4 or (text and not _LAST.fullmatch(text, len(text) - 4)):
        return None
    if len(head) == len(text):
        return None if trouble(text) else a2b_base64(text)
    return a2b_base64(head) if _ALPHABET.fullmatch(head) else None
