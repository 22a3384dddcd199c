"""What a chart is made of: a span of time, points in it, and the gaps between them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

# Points across a chart, at most: more cannot be told apart, and its table has a row for each.
MOST_POINTS: Final = 144
_STEPS_S: Final = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


class Kind(StrEnum):
    """A line for what is at a moment, bars for what was counted during a step."""

    LINE = "line"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a moment; of bars, at the begin of their step. None is what was asked and not told."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to a later one."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    def share(self, at: datetime) -> float:
        """Where in the span a moment lies, 0 to 1."""
        return min(1.0, max(0.0, (at - self.since) / self.length))


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart, or its bars. `points` are in order of time."""

    name: str
    points: tuple[Point, ...]

    @property
    def known(self) -> tuple[Point, ...]:
        return tuple(point for point in self.points if point.value is not None)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which nothing is known."""

    since: datetime
    until: datetime


def step_of(span: Span, apart: timedelta = timedelta(0)) -> timedelta:
    """The shortest usual step that is not below `apart`, and of which no more than `MOST_POINTS` fit into the span."""
    least_s = max(span.length.total_seconds() / MOST_POINTS, apart.total_seconds())
    return timedelta(seconds=next((step for step in _STEPS_S if step >= least_s), _STEPS_S[-1]))


def apart_of(moments: Sequence[datetime]) -> timedelta:
    """How far apart they usually are; nothing of fewer than three, which may be chance."""
    lengths = sorted(later - earlier for earlier, later in pairwise(moments))
    return lengths[(len(lengths) - 1) // 2] if len(lengths) > 1 else timedelta(0)


def whole_of(span: Span, step: timedelta, read_at: datetime) -> Span:
    """From the first step that begins in the span to the end of the last that was over when it was counted.

    A step that is still running has counted less than it will have: beside the others it would be a fall that did not
    happen. What is counted is told of this time only; an average of what there is needs no such care.
    """
    length_s = step.total_seconds()
    until = min(math.ceil(span.until.timestamp() / length_s), math.floor(read_at.timestamp() / length_s))
    since = math.ceil(span.since.timestamp() / length_s)
    return Span(*(datetime.fromtimestamp(place * length_s, UTC) for place in (since, max(since, until))))


def thinned(points: Iterable[Point], step: timedelta) -> tuple[Point, ...]:
    """One point of each step, and the first and the last that are known.

    Of a step the highest, since a peak is what a person looks for. But how it began and how it ended is told of the
    moments themselves: a step whose highest is past by now would say that it ended high.
    """
    chosen: dict[int, Point] = {}
    first: Point | None = None
    last: Point | None = None
    length_s = step.total_seconds()
    for point in points:
        place = int(point.at.timestamp() // length_s)
        held = chosen.get(place)
        if held is None or held.value is None or (point.value is not None and point.value > held.value):
            chosen[place] = point
        if point.value is not None:
            first, last = first or point, point
    kept = {point.at: point for point in (*chosen.values(), first, last) if point is not None}
    return tuple(kept[at] for at in sorted(kept))


def summed(points: Iterable[Point], step: timedelta, since: datetime) -> tuple[Point, ...]:
    """What was counted in each wider step that begins no earlier than `since`; unknown where a part of it is."""
    length_s = step.total_seconds()
    sums: dict[datetime, float | None] = {}
    for point in points:
        begin = datetime.fromtimestamp(point.at.timestamp() // length_s * length_s, UTC)
        if begin < since:
            continue
        held = sums.get(begin, 0)
        sums[begin] = None if held is None or point.value is None else held + point.value
    return tuple(Point(at, sums[at]) for at in sorted(sums))


def stretches_of(points: Sequence[Point], widest: timedelta) -> tuple[tuple[Point, ...], ...]:
    """The points as far as they belong together: neither an unknown one nor more than `widest` lies between two."""
    found: list[list[Point]] = []
    before: Point | None = None
    for point in points:
        if point.value is not None:
            follows = before is not None and before.value is not None and point.at - before.at <= widest
            if follows:
                found[-1].append(point)
            else:
                found.append([point])
        before = point
    return tuple(tuple(stretch) for stretch in found)


def gaps_of(series: Iterable[Series], span: Span, widest: timedelta) -> tuple[Gap, ...]:
    """The times of which no series tells anything, also before the first point and after the last."""
    known = sorted({point.at for one in series for point in one.known if span.since <= point.at <= span.until})
    edges = [span.since, *known, span.until]
    return tuple(Gap(earlier, later) for earlier, later in pairwise(edges) if later - earlier > widest)
