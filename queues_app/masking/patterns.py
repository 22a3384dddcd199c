"""What is found in text by its form: built-in patterns by name, and words with a star.

Every expression is bounded: nothing a body holds makes one of them slow. All that is found gives way to one constant,
so that two masked values cannot be told apart, not even by their length.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from queues_app import stars

MASK: Final = "••••"

# The constant's sign is in none of these: what is masked is not found again.
_AT = re.compile(r"(?:@|%40)(?=([^\W_][\w-]{0,62}(?:\.[\w-]{1,63}){1,8}))")
_NO_LOCAL: Final = frozenset(" \t\r\n@\"'<>(),;:[]\\•%=&")
_LONGEST_LOCAL: Final = 64
# A look back stands behind the first sign, so that the engine goes from one such sign to the next.
_DIGIT_GROUPS = re.compile(r"\d(?<![\w.]\d)(?:[ -]?\d){12,40}(?!\w)")
_IBAN = re.compile(r"[A-Z](?<![A-Za-z0-9][A-Z])[A-Z]\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_PHONE = re.compile(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)")
# How tokens look, of which each begins where a word does: else every sign of a long word would be tried as a beginning.
_TOKEN_FORMS: Final = (
    r"ey[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+){0,3}",
    *(rf"{mark}_[A-Za-z0-9_]{{10,}}+" for mark in ("sk", "pk", "rk", "whsec")),
    r"sk-[A-Za-z0-9_-]{16,}+",
    r"gh[pousr]_[A-Za-z0-9]{20,}+",
    r"github_pat_[A-Za-z0-9_]{20,}+",
    r"glpat-[A-Za-z0-9_-]{16,}+",
    r"xox[abposr]-[A-Za-z0-9-]{10,}+",
    r"AKIA[A-Z0-9]{16}",
    r"ASIA[A-Z0-9]{16}",
    r"AIza[A-Za-z0-9_-]{30,}+",
    r"cfut_[A-Za-z0-9]{16,}+",
    r"npm_[A-Za-z0-9]{20,}+",
    *(
        rf"{word}[ \t]{{1,4}}+[A-Za-z0-9._~+/=-]{{8,}}+"
        for word in ("Bearer", "bearer", "BEARER", "Basic", "basic", "BASIC", "Token", "token", "TOKEN")
    ),
)


def _at_words(*forms: str) -> re.Pattern[str]:
    """Any of these at the start of a word. Each has its first sign first, by which the engine goes on."""
    return re.compile("|".join(rf"{form[0]}(?<![A-Za-z0-9_-]{form[0]}){form[1:]}" for form in forms))


_TOKEN = _at_words(*_TOKEN_FORMS)
_MOST_CARD_DIGITS: Final = 19
_FEWEST_CARD_DIGITS: Final = 13
_CARD_STARTS: Final = frozenset({2, 3, 4, 5, 6})

# What is longer is closed unsearched: a small message can unpack to megabytes.
LONGEST: Final = 262_144
# A mask may uncover what was no word before; what goes on uncovering is closed.
MOST_PASSES: Final = 4
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


def _cards(text: str) -> Iterator[Span]:
    """Numbers of 13 to 19 digits with a sound check digit, also in groups, and beside other numbers."""
    return (match.span() for match in _DIGIT_GROUPS.finditer(text) if _has_card(re.split(r"[ -]", match[0])))


def _has_card(groups: list[str]) -> bool:
    """Whether some groups that follow each other make a card's number."""
    digits = [int(digit) for digit in "".join(groups)]
    # Sums up to each place, of the digits as they are and doubled: so no run of groups is added up by itself.
    sums: tuple[list[int], list[int]] = ([0], [0])
    for place, digit in enumerate(digits):
        doubled = digit * 2 - 9 if digit > 4 else digit * 2
        sums[place % 2].append(sums[place % 2][-1] + digit)
        sums[1 - place % 2].append(sums[1 - place % 2][-1] + doubled)
    edges = list(accumulate(map(len, groups), initial=0))
    for number, start in enumerate(edges[:-1]):
        if digits[start] not in _CARD_STARTS:
            continue
        for end in edges[number + 1 :]:
            if end - start > _MOST_CARD_DIGITS:
                break
            of = sums[(end - 1) % 2]
            if end - start >= _FEWEST_CARD_DIGITS and (of[end] - of[start]) % 10 == 0:
                return True
    return False


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
_JWT_START = _at_words(r"ey[A-Za-z0-9_-]{8,}+\.")
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
    "token": Pattern(_may_be_token, _spans(_TOKEN)),
}
"""Those built in, by the names that people choose."""


def words(pattern: str) -> Pattern:
    """The words that fit `pattern` in any case, where a star stands for any signs of a word."""
    breaks = "".join(sign for sign in _BREAKS if sign not in pattern)
    word = re.compile(f"[^{re.escape(breaks)}]+")
    parts = pattern.casefold().split("*")
    sign = max(parts, key=len)

    def find(text: str) -> Iterator[Span]:
        return (match.span() for match in word.finditer(text) if stars.fits(parts, match[0].casefold()))

    return Pattern(lambda text: sign in text.casefold(), find)


def replaced(text: str, patterns: Iterable[Pattern]) -> str:
    """The text with the constant for all that is found, until nothing more is; where that is too much, only it."""
    finders = [pattern.find for pattern in patterns if pattern.may(text)]
    if finders and len(text) > LONGEST:
        return MASK
    for _ in range(MOST_PASSES if finders else 0):
        spans = sorted(span for find in finders for span in find(text) if text[span[0] : span[1]] != MASK)
        if not spans:
            return text
        out, at = [], 0
        for start, end in spans:
            if start >= at:
                out += [text[at:start], MASK]
            elif end <= at:
                continue
            at = max(at, end)
        text = "".join(out) + text[at:]
    return MASK if finders else text
