"""Points, gaps and geometry: whatever the samples are, the drawing says neither more nor less."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from queues_app.charts import (
    Kind,
    Point,
    Series,
    Span,
    Unit,
    apart_of,
    draw,
    gaps_of,
    step_of,
    stretches_of,
    thinned,
    whole_of,
)

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = Span(START, START + timedelta(hours=6))
STEP = timedelta(minutes=5)
WIDEST = timedelta(minutes=12)

VALUES = st.none() | st.integers(0, 10**15) | st.floats(0, 1e12)
POINTS = st.lists(st.tuples(st.integers(0, 6 * 3600), VALUES), max_size=60, unique_by=lambda pair: pair[0]).map(
    lambda pairs: tuple(Point(START + timedelta(seconds=second), value) for second, value in sorted(pairs))
)


def at(minutes: float, value: float | None) -> Point:
    return Point(START + timedelta(minutes=minutes), value)


def drawn(*points: Point, kind: Kind = Kind.LINE, unit: Unit = Unit.COUNT):  # type: ignore[no-untyped-def]
    series = (Series(name="messages", points=points),)
    return draw(series, DAY, kind=kind, unit=unit, step=STEP, widest=WIDEST, zone=UTC)


def test_an_unknown_value_breaks_the_line_and_is_not_zero() -> None:
    drawing = drawn(at(0, 10), at(5, None), at(10, 10), at(15, 10))
    assert (drawing.lines, drawing.dots) == (("M27.8 0.0L41.7 0.0",), ("M0.0 0.0h0",))


def test_a_long_silence_breaks_the_line_and_is_drawn_as_a_gap() -> None:
    drawing = drawn(at(0, 1), at(5, 1), at(60, 1), at(65, 1), at(355, 1), at(360, 1))
    assert drawing.lines[0].count("M") == 3
    assert [(band.x, round(band.x + band.width, 1)) for band in drawing.gaps] == [(1.39, 16.7), (18.06, 98.6)]


def test_without_any_point_everything_is_a_gap() -> None:
    drawing = drawn()
    assert (drawing.lines, drawing.values) == (("",), ())
    assert [(band.x, band.width) for band in drawing.gaps] == [(0.0, 100.0)]


def test_a_zero_has_a_bar_and_a_missing_step_is_a_gap() -> None:
    drawing = drawn(at(0, 0), at(5, 4), kind=Kind.BARS)
    assert [(bar.x, bar.height) for bar in drawing.bars] == [(0.0, 0.0), (13.9, 100.0)]
    assert len(drawing.gaps) == 1


@given(POINTS)
def test_every_known_point_is_in_exactly_one_stretch(points: tuple[Point, ...]) -> None:
    stretches = stretches_of(points, WIDEST)
    assert [point for stretch in stretches for point in stretch] == [one for one in points if one.value is not None]


@given(POINTS)
def test_no_stretch_crosses_a_gap(points: tuple[Point, ...]) -> None:
    gaps = gaps_of((Series(name="x", points=points),), DAY, WIDEST)
    for stretch in stretches_of(points, WIDEST):
        assert not [gap for gap in gaps if stretch[0].at < gap.until and gap.since < stretch[-1].at]


@given(POINTS)
def test_thinning_keeps_the_peak_and_invents_nothing(points: tuple[Point, ...]) -> None:
    kept = thinned(points, timedelta(minutes=10))
    assert set(kept) <= set(points)
    assert [point.at for point in kept] == sorted(point.at for point in kept)
    assert max((p.value for p in kept if p.value is not None), default=None) == max(
        (p.value for p in points if p.value is not None), default=None
    )
    # One of each step, beside the first and the last that are known.
    assert len(kept) <= len({point.at.timestamp() // 600 for point in kept}) + 2


@given(POINTS)
def test_thinning_keeps_how_it_began_and_how_it_ended(points: tuple[Point, ...]) -> None:
    whole, kept = Series(name="x", points=points).known, thinned(points, timedelta(minutes=10))
    known = Series(name="x", points=kept).known
    assert (known[:1], known[-1:]) == (whole[:1], whole[-1:])


@given(st.integers(0, 7200), st.integers(1800, 8 * 3600), st.integers(0, 9 * 3600), st.sampled_from([60, 300, 3600]))
def test_what_is_counted_is_told_of_steps_that_are_over(begun: int, length: int, read: int, step: int) -> None:
    span = Span(START + timedelta(seconds=begun), START + timedelta(seconds=begun + length))
    read_at = START + timedelta(seconds=read)
    whole = whole_of(span, timedelta(seconds=step), read_at)
    assert whole.since.timestamp() % step == whole.until.timestamp() % step == 0
    assert timedelta() <= whole.since - span.since < timedelta(seconds=step)
    assert whole.until <= max(read_at, whole.since)
    # No step that was over is left out.
    assert whole.until + timedelta(seconds=step) > min(read_at, span.until)


@given(POINTS, st.sampled_from(Unit), st.sampled_from(Kind))
def test_everything_drawn_is_inside_the_drawing(points: tuple[Point, ...], unit: Unit, kind: Kind) -> None:
    drawing = drawn(*points, kind=kind, unit=unit)
    for path in (*drawing.lines, *drawing.dots, *drawing.areas):
        for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path):
            assert 0 <= float(x) <= 1000
            assert 0 <= float(y) <= 100
    assert all(bar.x >= 0 and bar.x + bar.width <= 1000.1 and 0 <= bar.y <= 100 for bar in drawing.bars)
    assert all(band.x >= 0 and band.x + band.width <= 100.1 for band in drawing.gaps)


@given(st.integers(30, 30 * 24 * 60))
def test_a_span_has_no_more_steps_than_a_table_can_hold(minutes: int) -> None:
    span = Span(START, START + timedelta(minutes=minutes))
    assert 20 <= span.length / step_of(span) <= 144


def test_a_step_is_no_shorter_than_what_its_points_are_apart() -> None:
    day = Span(START, START + timedelta(days=1))
    assert step_of(day) == timedelta(minutes=10)
    assert step_of(day, timedelta(minutes=59)) == timedelta(hours=1)
    hourly = [START + timedelta(hours=hour) for hour in (0, 1, 2, 9, 10)]
    assert apart_of(hourly) == timedelta(hours=1)
    assert apart_of(hourly[:2]) == timedelta(0)
