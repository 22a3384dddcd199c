"""Nothing that a message holds keeps the server at its masks: four times the text takes about four times as long.

A search that starts again and again at the same signs would take sixteen times as long. What is measured is the time of
the processor, and the better of two, so that neighbours on the machine hardly count.
"""

import gzip
import json
import time
from base64 import b64encode
from collections.abc import Callable
from functools import partial

import brotli
import pytest
import zstandard

from queues_app import masking, stars
from queues_app.masking import CLOSED, MASK, TOO_LONG, Kind, Rule, checked, compiled
from queues_app.masking.patterns import LONGEST, MOST_PASSES, PATTERNS, replaced
from tests.masking.test_mask import masked, rules

SMALL = 12_000
LINEAR = 4
SLACK = 2.4
# What costs less than this costs nothing worth a measure.
LEAST_S = 0.002

USUAL = rules(("usual", ""))
EVERYTHING = rules(("usual", ""), *(("pattern", name) for name in PATTERNS), ("word", "*abc*abc*"), ("key", "*a*b*"))
# What each expression begins with, over and over: as words, as one word, and cut off before its end.
PIECES = [
    *("ey", "ey-", "eyJ.", "ey ", "eyaaaaaaaa", "eyaaaaaaaa.", "sk_", "sk_ ", "sk-", "ghp_a", "github_pat_", "xoxb-"),
    *("AKIA", "AIza", "Bearer ", "Bearer\t", "token  ", "xtoken aaaaaaaa", "whsec_", "npm_"),
    *("@", "a@", "@a", "@a.", "a@a", "%40", "%40a.", "a.b", "1", "1 ", "1-", "12 ", "4111 ", "4111-1", "1a "),
    *("11111111111111a ", "2 2 4 "),
    *("A", "AA11", "AA11 ", "DE89 ", "DE", "+", "+1", "+1 ", "+49 123 45678901", "+(", "(", ") "),
    *("a=", "a: ", "a='", 'a="', "password=", "password='", 'password="', "password: "),
    *("password=\n", "password: |\n  "),
    *("password='a'b", "password=\\", "password => ", "a => ", "'", '"', "\\", " ", "\n", "\n ", "=", ":", "=>", "|"),
    *("<", "<a ", "<a name=password ", "<a name=password value=x>", '<a name="', "<a>", ">", "name=password value="),
    *("password,", "a,password\n", "a;b", ",", "a b c ", "ab", "abc", "[password] => x ", "x y:", "-", ".", "_"),
]  # fmt: skip


def seconds(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(2):
        before = time.process_time()
        act()
        taken.append(time.process_time() - before)
    return min(taken)


def grows(of: Callable[[int], Callable[[], object]], size: int = SMALL) -> bool:
    """Whether four times as much takes much more than four times as long; asked twice before it is said."""
    for _ in range(3):
        small, large = seconds(of(size)), seconds(of(size * LINEAR))
        if large <= max(small, LEAST_S / LINEAR) * LINEAR * SLACK:
            return False
    return True


@pytest.mark.parametrize("kind", ["text", "json"])
@pytest.mark.parametrize("part", range(4))
def test_no_text_of_the_same_again_and_again_takes_more_than_its_length(kind: str, part: int) -> None:
    def of(piece: str, size: int) -> Callable[[], object]:
        text = piece * (size // len(piece))
        body = json.dumps({"a": text, "b": [text]}) if kind == "json" else text
        return lambda: masking.mask(body, kind, EVERYTHING)

    assert [piece for piece in PIECES[part::4] if grows(partial(of, piece))] == []


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_looks_at_the_same_signs_again_and_again(name: str) -> None:
    pattern = PATTERNS[name]

    def of(piece: str, size: int) -> Callable[[], object]:
        text = piece * (size // len(piece))
        return lambda: (pattern.may(text), sum(1 for _ in pattern.find(text)))

    assert [piece for piece in PIECES if grows(partial(of, piece))] == []


@pytest.mark.parametrize("rule", ["*a*b*c*", "*a*a*a*a*a*a*b*", "a*b*c", "*abc*abc*ab*c"])
def test_a_key_with_many_stars_is_as_quick_as_any(rule: str) -> None:
    ready = rules(("key", rule))
    assert not grows(lambda size: lambda: ready.masks_key("ab" * (size // 2)))
    assert not grows(lambda size: lambda: masked(json.dumps({"ab" * (size // 2): 1}), ready))


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*a*b*c*", "xaxbxcx", True),
        ("*a*b*c*", "xcxbxax", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("*", "", True),
        ("**x", "x", True),
    ],
)
def test_a_star_stands_for_any_signs(pattern: str, text: str, fits: bool) -> None:
    assert stars.fits(pattern.split("*"), text) == fits


def test_a_message_that_unpacks_to_what_would_stop_a_search_is_closed_unsearched() -> None:
    body = b64encode(gzip.compress(b"ey" * 2_000_000)).decode()
    assert len(body) < 8_000
    found = masking.mask(body, "text", rules(("pattern", "token")))
    assert found is not None
    assert (found.body, found.closed) == (MASK, TOO_LONG)


@pytest.mark.parametrize("pair", [("pattern", "token"), ("usual", ""), ("word", "abc*"), ("key", "password")])
@pytest.mark.parametrize("kind", ["text", "json", "bytes"])
def test_what_is_longer_than_any_pattern_looks_at_is_closed_with_a_sentence(pair: tuple[str, str], kind: str) -> None:
    text = "x " * (LONGEST // 2 + 1)
    body = json.dumps({"a": text}) if kind == "json" else text
    found = masking.mask(b64encode(body.encode()).decode() if kind == "bytes" else body, kind, rules(pair))
    assert found is not None
    assert found.body == MASK
    assert found.closed in (TOO_LONG, CLOSED)


def test_a_path_alone_closes_nothing_for_its_length() -> None:
    body = json.dumps({"a": "x " * (LONGEST // 2 + 1), "b": "hidden"})
    shown = masked(body, compiled(frozenset({checked(Rule(Kind.PATH, "b"))})))
    assert shown == body.replace("hidden", MASK)


def test_what_one_mask_uncovers_is_looked_for_a_few_times_and_then_all_is_masked() -> None:
    ready = rules(("pattern", "phone number"))
    number = "+49 123 45678901"
    assert masked(f"{number} or {number}", ready, "text") == f"{MASK} or {MASK}"
    assert "45678901" not in masked(number * (MOST_PASSES - 1), ready, "text")
    assert masked(number * 1000, ready, "text") == MASK
    assert masked(json.dumps({"a": 1, "n": number * 1000}), ready) == f'{{"a": 1, "n": "{MASK}"}}'


def test_passes_are_counted_and_no_more_are_made() -> None:
    asked = []

    def find(text: str) -> list[tuple[int, int]]:
        asked.append(text)
        return [(0, 1)] if len(asked) < 1_000 else []

    endless = PATTERNS["token"]._replace(may=lambda text: True, find=lambda text: iter(find(text)))
    assert replaced("abcdef" * 100, [endless]) == MASK
    assert len(asked) == MOST_PASSES


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress, brotli.compress])
def test_strings_that_unpack_to_much_are_looked_into_until_that_is_enough(pack: Callable[[bytes], bytes]) -> None:
    def of(size: int) -> Callable[[], object]:
        bombs = [b64encode(pack(b"x" * 1_000_000 + str(number).encode())).decode() for number in range(size)]
        body = json.dumps(bombs)
        return lambda: masking.mask(body, "json", EVERYTHING)

    assert not grows(of, 12)
