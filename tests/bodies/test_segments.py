"""Characters nobody can see are named, everything else stays as it is."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.bodies import Badge, Segment, show
from queues_app.bodies.segments import fold, has_markup, is_textual, remarks
from tests.bodies.helpers import any_text, hostile_text, rejoined

_PLENTY = 1_000_000


@given(st.one_of(any_text, hostile_text))
def test_segments_joined_again_are_the_text(text: str) -> None:
    shown = show(text, _PLENTY, _PLENTY)
    assert rejoined(shown.segments) == text
    assert shown.rest == 0


@given(hostile_text, st.integers(-2, 40), st.integers(-2, 12))
def test_bounds_hold_and_what_is_shown_is_the_beginning(text: str, characters: int, segments: int) -> None:
    shown = show(text, characters, segments)
    beginning = rejoined(shown.segments)
    assert text.startswith(beginning)
    assert len(beginning) <= max(characters, 0)
    assert len(shown.segments) <= max(segments, 0)
    assert shown.rest == len(text) - len(beginning)


@given(hostile_text)
def test_no_segment_holds_what_utf8_cannot_carry(text: str) -> None:
    for segment in show(text, _PLENTY, _PLENTY).segments:
        segment.text.encode("utf-8")


def test_every_control_and_every_surrogate_is_named() -> None:
    kept = {"\t", "\n"}
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in kept:
            assert show(character, 9, 9).segments[0].kind == "control", hex(code)


@pytest.mark.parametrize("code", [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_every_bidi_control_is_named_by_its_code_point(code: int) -> None:
    shown = show(f"a{chr(code)}b", 9, 9)
    assert shown.segments == (("text", "a"), ("control", f"U+{code:04X}"), ("text", "b"))


def test_well_known_controls_have_their_names() -> None:
    names = [segment.text for segment in show("\x00\x1b\x7f\r", 9, 9).segments]
    assert names == ["NUL", "ESC", "DEL", "CR"]


def test_a_windows_line_end_is_no_control() -> None:
    assert show("a\r\nb", 9, 9).segments == (Segment("text", "a\r\nb"),)


def test_a_joiner_inside_an_emoji_stays_and_one_inside_a_word_is_named() -> None:
    family = "👩\u200d👩\u200d👧"
    assert show(family, 9, 9).segments == (Segment("text", family),)
    assert Segment("control", "U+200D") in show("pass\u200dword", 99, 9).segments


def test_folding_keeps_control_characters_that_python_takes_for_blanks() -> None:
    assert fold(" a\r\n\t b\x1cc\u2028d ") == "a b\x1cc\u2028d"


@pytest.mark.parametrize("text", ["<script>", "</p>", "<!doctype html>", "<?xml", "x JavaScript:alert(1)"])
def test_markup_is_noticed(text: str) -> None:
    assert has_markup(text)


@pytest.mark.parametrize("text", ["1 < 2", "a <- b", "script", "<3"])
def test_a_mere_less_than_is_no_markup(text: str) -> None:
    assert not has_markup(text)


def test_remarks_count_what_is_not_what_it_seems() -> None:
    assert remarks("<b>\u202e\x00\x1b") == (
        Badge("markup", "markup, inert"),
        Badge("control", "1 bidi control, 1 NUL, 1 other control"),
    )
    assert remarks("plain") == ()


def test_text_may_hold_a_few_controls_but_small_binary_numbers_are_no_text() -> None:
    assert is_textual("a line with one NUL\x00")
    assert not is_textual("\x00\x00\x00\x01")
