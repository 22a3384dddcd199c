"""The small marks: they draw what the figures say, and escape what they are given."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.templatetags import queuescope as marks


@dataclass(frozen=True)
class Piece:
    kind: str
    text: str


def blocks(svg: str, cls: str) -> int:
    """How many segments the path of this class draws."""
    return svg.partition(f'class="{cls}" d="')[2].partition('"')[0].count("z")


def test_an_icon_without_a_label_is_decoration() -> None:
    assert 'aria-hidden="true"' in marks.icon("eye")
    assert 'aria-label="losing"' in marks.icon("losing", label="losing")


@pytest.mark.parametrize(("used", "limit"), [(0, 3), (2, 5), (4, 5), (12, 12)])
def test_pips_draw_one_segment_per_attempt(used: int, limit: int) -> None:
    svg = marks.pips(used, limit)
    assert blocks(svg, "used") == used
    assert blocks(svg, "left") == limit - used


def test_the_last_attempt_left_looks_different() -> None:
    assert 'class="pips last"' in marks.pips(4, 5)
    assert 'class="pips spent"' in marks.pips(5, 5)
    assert 'class="pips"' in marks.pips(3, 5)


def test_many_attempts_become_one_bar() -> None:
    svg = marks.pips(23, 100)
    assert blocks(svg, "used") == blocks(svg, "left") == 1


@pytest.mark.parametrize(("used", "limit"), [(None, 5), (2, None), (1, 0)])
def test_unknown_attempts_draw_nothing(used: int | None, limit: int | None) -> None:
    assert marks.pips(used, limit) == ""


@given(used=st.integers(), limit=st.integers(), wide=st.booleans())
def test_no_numbers_break_the_pips(used: int, limit: int, wide: bool) -> None:
    svg = marks.pips(used, limit, wide)
    assert svg == "" or svg.count("<path") == 2
    assert "-" not in svg.partition('d="')[2].replace("h-", "").partition("/>")[0]


@given(left=st.floats(allow_nan=False), total=st.floats(allow_nan=False))
def test_a_ring_is_never_more_than_full(left: float, total: float) -> None:
    share = int(marks.ring(left, total).partition('dasharray="')[2].partition(" ")[0])
    assert 0 <= share <= 100


def test_a_meter_is_empty_for_the_unknown_and_never_more_than_full() -> None:
    assert 'width="0.0%"' in marks.meter(None)
    assert 'width="100.0%"' in marks.meter(7.0)


def test_a_badge_speaks_by_word_and_shape() -> None:
    html = marks.badge("refused")
    assert "refused</span>" in html
    assert "#nobody" in html


@given(st.text())
def test_no_text_leaves_a_segment_unescaped(text: str) -> None:
    html = marks.segments([Piece("text", text), Piece("control", text)])
    assert html.count("<") == 2
    assert html.count('<span class="ctl">') == 1


def test_a_control_character_is_shown_by_its_name() -> None:
    assert marks.segments([Piece("control", "U+202E")]) == '<span class="ctl">U+202E</span>'


def test_the_theme_goes_round() -> None:
    assert [marks.next_theme(theme) for theme in ("auto", "light", "dark")] == ["light", "dark", "auto"]
