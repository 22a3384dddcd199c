"""Foreign text, made fit to be shown: short, one line, without control characters."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 500  # characters of a message kept
_HIDDEN = "[secret]"
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,400})", re.IGNORECASE)
# Control, format (bidi overrides, zero width), surrogate, private and unassigned characters.
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str, *, hide: Iterable[str] = (), longest: int = LONGEST) -> str:
    """Cut, put on one line and rid of what cannot be seen. `hide` names secrets an upstream may echo."""
    for secret in hide:
        text = text.replace(secret, _HIDDEN)
    # Cut before the slow part; twice the length leaves room for what is dropped.
    visible = (" " if unicodedata.category(sign) in _UNWANTED else sign for sign in text[: longest * 2])
    line = " ".join("".join(visible).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def html_title(body: bytes, *, hide: Iterable[str] = ()) -> str | None:
    """The title of an HTML page, or None when this is none."""
    start = body[:8192].decode("utf-8", "replace")
    if "<html" not in start.lower() and "<!doctype html" not in start.lower() and "<title" not in start.lower():
        return None
    found = _TITLE.search(start)
    return clean(found.group(1), hide=hide, longest=120) if found else ""


def web_address(text: str | None) -> str | None:
    """A link that is safe to show as a link, or None."""
    return text if text and re.fullmatch(r"https?://[!-~]{1,500}", text) else None
