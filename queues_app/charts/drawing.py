"""The geometry of a chart, in units of a drawing of 1,000 × 100 that is stretched to its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from queues_app.charts.series import Kind, Point, Series, Span, gaps_of, stretches_of
from queues_app.charts.ticks import Unit, time_ticks, value_ticks

WIDTH: Final = 1000
HEIGHT: Final = 100
_EDGE: Final = 3.0  # percent; a label nearer to an edge is written inwards
_AIR: Final = 0.8  # of a step's width that its bar takes


@dataclass(frozen=True, slots=True)
class ValueTick:
    """`y` in percent from the top."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class TimeTick:
    """`x` in percent. `is_minor` ones have no label on a narrow screen."""

    x: float
    label: str
    anchor: str
    is_day: bool
    is_minor: bool


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Band:
    """A gap, in percent."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Everything that a template draws. A path for each series: its line, its lone points, the area below it."""

    lines: tuple[str, ...]
    dots: tuple[str, ...]
    areas: tuple[str, ...]
    bars: tuple[Bar, ...]
    gaps: tuple[Band, ...]
    values: tuple[ValueTick, ...]
    times: tuple[TimeTick, ...]


def draw(
    series: Sequence[Series],
    span: Span,
    *,
    kind: Kind,
    unit: Unit,
    step: timedelta,
    widest: timedelta,
    zone: tzinfo,
    whole: Span | None = None,
) -> Drawing:
    """Draw the series on one scale from zero. Bars are drawn of one series; `widest` is what is not yet a gap.

    Gaps are looked for in `whole`, where that is not all of the span.
    """
    known = [point.value for one in series for point in one.points if point.value is not None]
    ticks = value_ticks(max(known, default=0), unit)
    top = ticks[-1]
    stretches = [stretches_of(one.points, widest) for one in series] if kind is Kind.LINE else []
    return Drawing(
        lines=tuple(_lines(each, span, top) for each in stretches),
        dots=tuple(_dots(each, span, top) for each in stretches),
        areas=tuple(_areas(each, span, top) for each in stretches),
        bars=tuple(_bars(series, span, top, step)) if kind is Kind.BARS else (),
        gaps=tuple(
            Band(_percent(span, gap.since), round(_percent(span, gap.until) - _percent(span, gap.since), 2))
            for gap in gaps_of(series, whole or span, widest)
        ),
        # Without any value there is no scale.
        values=tuple(ValueTick(_y(value, top), unit.tick(value)) for value in ticks) if known else (),
        times=tuple(
            TimeTick(x := _percent(span, tick.at), tick.label, _anchor(x), tick.is_day, is_minor=place % 2 == 1)
            for place, tick in enumerate(time_ticks(span, zone))
        ),
    )


def _lines(stretches: Sequence[Sequence[Point]], span: Span, top: float) -> str:
    return "".join(f"M{'L'.join(_place(point, span, top) for point in each)}" for each in stretches if len(each) > 1)


def _dots(stretches: Sequence[Sequence[Point]], span: Span, top: float) -> str:
    """A point that stands alone is a line of no length, which round ends make a dot."""
    return "".join(f"M{_place(each[0], span, top)}h0" for each in stretches if len(each) == 1)


def _areas(stretches: Sequence[Sequence[Point]], span: Span, top: float) -> str:
    return "".join(
        f"M{_x(span, each[0].at)} {HEIGHT}L{'L'.join(_place(point, span, top) for point in each)}"
        f"L{_x(span, each[-1].at)} {HEIGHT}z"
        for each in stretches
        if len(each) > 1
    )


def _bars(series: Sequence[Series], span: Span, top: float, step: timedelta) -> list[Bar]:
    made = []
    for point in (point for one in series for point in one.known):
        left, right = _x(span, point.at), _x(span, point.at + step)
        y = _y(point.value or 0, top)
        made.append(Bar(left, y, round((right - left) * _AIR, 1), round(HEIGHT - y, 2)))
    return made


def _place(point: Point, span: Span, top: float) -> str:
    return f"{_x(span, point.at)} {_y(point.value or 0, top)}"


def _x(span: Span, at: datetime) -> float:
    return round(span.share(at) * WIDTH, 1)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - min(1.0, max(0.0, value / top)) * HEIGHT, 2)


def _percent(span: Span, at: datetime) -> float:
    return round(span.share(at) * 100, 2)


def _anchor(x: float) -> str:
    if x < _EDGE:
        return "start"
    return "end" if x > 100 - _EDGE else "middle"
