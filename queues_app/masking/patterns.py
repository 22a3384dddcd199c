"""What is found in text by its form: built-in patterns by name, words with a star, and `key: value` of known keys.

Every expression is bounded: nothing a body holds makes one of them slow. All that is found gives way to one constant,
so that two masked values cannot be told apart, not even by their length.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

MASK: Final = "••••"

# The constant's sign is in none of these: what is masked is not found again.
_AT = re.compile(r"(?:@|%40)(?=([^\W_][\w-]{0,62}(?:\.[\w-]{1,63}){1,8}))")
_NO_LOCAL: Final = frozenset(" \t\r\n@\"'<>(),;:[]\\•%=&")
_LONGEST_LOCAL: Final = 64
# A look back stands behind the first sign, so that the engine goes from one such sign to the next.
_DIGIT_GROUPS = re.compile(r"\d(?<![\w.]\d)(?:[ -]?\d){12,40}(?!\w)")
_IBAN = re.compile(r"[A-Z](?<![A-Za-z0-9][A-Z])[A-Z]\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_PHONE = re.compile(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)")
# Each begins with a sign of its own, by which the engine goes from one to the next.
_TOKEN = re.compile(
    r"ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}"
    r"|sk_[A-Za-z0-9_]{10,}|pk_[A-Za-z0-9_]{10,}|rk_[A-Za-z0-9_]{10,}|whsec_[A-Za-z0-9_]{10,}|sk-[A-Za-z0-9_-]{16,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abposr]-[A-Za-z0-9-]{10,}"
    r"|AKIA[A-Z0-9]{16}|ASIA[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|cfut_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{20,}"
    r"|(?:Bearer|bearer|BEARER|Basic|basic|BASIC|Token|token|TOKEN)[ \t]{1,4}[A-Za-z0-9._~+/=-]{8,}"
)
_WORDLY = re.compile(r"[A-Za-z0-9_-]")
_MOST_CARD_DIGITS: Final = 19
_FEWEST_CARD_DIGITS: Final = 13

# A key and what stands after it, in text that is no JSON: what is not plainly one word goes to the end of its line.
_KEYED = re.compile(
    r"(?<![\w.-])([\w.-]{1,64})[\\\"']{0,4}[ \t]{0,3}[:=][ \t]{0,3}"
    r"(?:\"([^\"\\\n]*)\"(?![^\s,;&}\])])|'([^'\\\n]*)'(?![^\s,;&}\])])"
    r"|(?<==)([^\s\"'\\,;&|]+)(?=[\s,;&|]|\Z)|([^\n]+))"
)
# Where words end, unless the sign stands in the pattern itself.
_BREAKS: Final = " \t\r\n\"'`<>,;()[]{}=&|\\:"

type Span = tuple[int, int]
type Finder = Callable[[str], Iterator[Span]]


class Pattern(NamedTuple):
    """`may` is a cheap look whether there can be one in a text; `find` finds where."""

    may: Callable[[str], bool]
    find: Finder


def _spans(expression: re.Pattern[str]) -> Finder:
    return lambda text: (match.span() for match in expression.finditer(text))


def _mails(text: str) -> Iterator[Span]:
    """Goes from one @ to the next: in a text without any, nothing is looked at."""
    for match in _AT.finditer(text):
        start = match.start()
        least = max(0, start - _LONGEST_LOCAL)
        while start > least and text[start - 1] not in _NO_LOCAL:
            start -= 1
        if start < match.start():
            yield start, match.end(1)


def _tokens(text: str) -> Iterator[Span]:
    for match in _TOKEN.finditer(text):
        if not match.start() or not _WORDLY.match(text, match.start() - 1):
            yield match.span()


def _cards(text: str) -> Iterator[Span]:
    """Numbers of 13 to 19 digits with a sound check digit, also in groups, and beside other numbers."""
    for match in _DIGIT_GROUPS.finditer(text):
        groups = re.split(r"[ -]", match[0])
        if any(_is_card("".join(groups[first:last])) for first in range(len(groups)) for last in _ends(groups, first)):
            yield match.span()


def _ends(groups: list[str], first: int) -> range:
    return range(first + 1, min(len(groups), first + _MOST_CARD_DIGITS) + 1)


def _is_card(digits: str) -> bool:
    if not _FEWEST_CARD_DIGITS <= len(digits) <= _MOST_CARD_DIGITS or digits[0] not in "23456":
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        words = match[0].split(" ")
        # A word may follow it that is none of it.
        for last in range(len(words), 0, -1):
            if _is_iban("".join(words[:last])):
                yield match.start(), match.start() + len(" ".join(words[:last]))
                break


def _is_iban(text: str) -> bool:
    if not 15 <= len(text) <= 34 or not text.isascii():
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){12}")
_IBAN_START = re.compile(r"[A-Z]{2}\d\d")
_JWT_START = re.compile(r"ey[A-Za-z0-9_-]{8,}\.")
# What every other token has in it.
_TOKEN_SIGNS: Final = (
    *("sk_", "pk_", "rk_", "whsec_", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox"),
    *("AKIA", "ASIA", "AIza", "cfut_", "npm_"),
    *(f"{word}{blank}" for word in ("earer", "EARER", "asic", "ASIC", "oken", "OKEN") for blank in " \t"),
)
_DIGITS: Final = bytes(sign in b"0123456789" for sign in range(256))


def _may_be_token(text: str) -> bool:
    return any(sign in text for sign in _TOKEN_SIGNS) or _JWT_START.search(text) is not None


def _may_be_card(text: str) -> bool:
    if not text.isascii():
        # Other scripts have digits of their own.
        return _LONG_NUMBER.search(text) is not None
    return b"\1" * _FEWEST_CARD_DIGITS in text.encode().translate(_DIGITS, b" -")


PATTERNS: Final[dict[str, Pattern]] = {
    "e-mail": Pattern(lambda text: "@" in text or "%40" in text, _mails),
    "card number": Pattern(_may_be_card, _cards),
    "IBAN": Pattern(lambda text: _IBAN_START.search(text) is not None, _ibans),
    "phone number": Pattern(lambda text: "+" in text, _spans(_PHONE)),
    "token": Pattern(_may_be_token, _tokens),
}
"""Those built in, by the names that people choose."""


def words(pattern: str) -> Pattern:
    """The words that fit `pattern` in any case, where a star stands for any signs of a word."""
    breaks = "".join(sign for sign in _BREAKS if sign not in pattern)
    word = re.compile(f"[^{re.escape(breaks)}]+")
    first, *others = pattern.casefold().split("*")
    sign = max((first, *others), key=len)

    def find(text: str) -> Iterator[Span]:
        return (match.span() for match in word.finditer(text) if _fits(first, others, match[0].casefold()))

    return Pattern(lambda text: sign in text.casefold(), find)


def _fits(first: str, others: list[str], text: str) -> bool:
    """Each part is looked for once, so that no pattern is slow."""
    if not others:
        return text == first
    *middle, last = others
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def keyed(is_masked: Callable[[str], bool]) -> Pattern:
    """The values of keys in text that is no JSON: `password=…`, `"token": "…"` in a line of a log."""

    def find(text: str) -> Iterator[Span]:
        at = 0
        while match := _KEYED.search(text, at):
            is_found = is_masked(match[1])
            if is_found:
                # Without the quotes around it.
                yield match.span(match.lastindex or 0)
            at = match.end() if is_found else match.end(1)

    return Pattern(lambda text: ":" in text or "=" in text, find)


def replaced(text: str, patterns: Iterable[Pattern]) -> str:
    """The text with the constant for all that is found, until nothing more is."""
    finders = [pattern.find for pattern in patterns if pattern.may(text)]
    while finders:
        spans = sorted(span for find in finders for span in find(text) if text[span[0] : span[1]] != MASK)
        if not spans:
            break
        out, at = [], 0
        for start, end in spans:
            if start >= at:
                out += [text[at:start], MASK]
            elif end <= at:
                continue
            at = max(at, end)
        text = "".join(out) + text[at:]
    return text
