"""Text cut into what can be seen and what cannot, the latter by name.

A right-to-left override or a NUL in a body must neither act on the page nor be overlooked. Lone
surrogates are among the named, so that no segment holds a character UTF-8 cannot carry.
"""

import re

from queues_app.bodies.results import Badge, Segment, Shown

# fmt: off
_C0 = (
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
)
# fmt: on
NAMES = {chr(code): name for code, name in enumerate(_C0)} | {"\x7f": "DEL"}
"""Characters that have a better name than their code point."""

_BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_INVISIBLE = (
    r"\xad\u115f\u1160\u180e\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    r"\ufff9-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
# A joiner between two letters that are not ASCII belongs to a script or an emoji; anywhere else it hides.
_STRAY_JOINER = r"(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
_NAMED = re.compile(rf"[{_CONTROL}{_BIDI}{_INVISIBLE}\ud800-\udfff]|\r(?!\n)|{_STRAY_JOINER}")
_NAMED_ASCII = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_BIDI_ONE = re.compile(f"[{_BIDI}]")
_CONTROL_ONE = re.compile(f"[{_CONTROL}]")
_BLANKS = re.compile(r"[ \t\r\n]+")
_MARKUP = re.compile(r"<[A-Za-z!/?]|javascript:", re.IGNORECASE)

MARKUP = Badge("markup", "markup, inert")
UNDECODED = Badge("undecoded", "not decoded")


def name_of(character: str) -> str:
    """The name shown for a character nobody can see."""
    return NAMES.get(character) or f"U+{ord(character):04X}"


def show(text: str, most_characters: int, most_segments: int) -> Shown:
    """The beginning of `text` as segments, and how many characters were left out."""
    if len(text) <= most_characters and most_segments > 0 and text.isascii() and text.isprintable():
        return Shown((Segment("text", text),) if text else (), 0)
    pattern = _NAMED_ASCII if text.isascii() else _NAMED
    end = min(len(text), max(most_characters, 0))
    segments: list[Segment] = []
    at = 0
    for match in pattern.finditer(text, 0, end):
        # Two per turn at most, and one for the tail.
        if len(segments) + 3 > most_segments:
            end = match.start()
            break
        if match.start() > at:
            segments.append(Segment("text", text[at : match.start()]))
        segments.append(Segment("control", name_of(match[0])))
        at = match.end()
    if at < end and len(segments) < most_segments:
        segments.append(Segment("text", text[at:end]))
        at = end
    return Shown(tuple(segments), len(text) - at)


def fold(text: str) -> str:
    """One line: each run of spaces, tabs and line ends is one space, none at the ends."""
    return _BLANKS.sub(" ", text).strip(" ")


def is_textual(text: str) -> bool:
    """Whether this reads as text: at most one control character in ten.

    Valid UTF-8 is not enough: small binary numbers are valid UTF-8 too.
    """
    return len(_CONTROL_ONE.findall(text)) * 10 <= len(text)


def has_markup(text: str) -> bool:
    """Whether a browser could take part of this for markup, had it not been escaped."""
    return _MARKUP.search(text) is not None


def remarks(text: str) -> tuple[Badge, ...]:
    """Badges for a text as a whole: markup, and how many characters are not what they seem."""
    badges = [MARKUP] if has_markup(text) else []
    bidi = 0 if text.isascii() else len(_BIDI_ONE.findall(text))
    nul = text.count("\x00")
    other = len(_CONTROL_ONE.findall(text)) - nul
    counted = ((bidi, "bidi control"), (nul, "NUL"), (other, "other control" if nul or bidi else "control"))
    said = ", ".join(f"{number:,} {what}" for number, what in counted if number)
    if said:
        badges.append(Badge("control", said))
    return tuple(badges)
