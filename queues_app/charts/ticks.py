"""Where the axes have their ticks: round values from zero, and round times in the reader's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from queues_app import formats
from queues_app.charts.series import Span

MOST_TIMES: Final = 8
MOST_VALUES: Final = 4  # steps above zero
_MINUTES: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
_DAYS: Final = (1, 2, 7, 14)
_DAY_MINUTES: Final = 24 * 60
_SECONDS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * step for step in (1, 2, 5, 10, 15, 30)),
    *(3600 * step for step in (1, 2, 3, 6, 12)),
)


class Unit(StrEnum):
    """What is measured, and so which values are round and how they are written."""

    COUNT = "count"
    BYTES = "bytes"
    SECONDS = "seconds"
    NUMBER = "number"  # which may have a fraction, as an average has

    def text(self, value: float) -> str:
        if self is Unit.BYTES:
            return formats.size(round(value))
        if self is Unit.SECONDS:
            return f"{_tenths(value)} s" if 0 < value < 10 and value != int(value) else formats.age(value)
        if self is Unit.NUMBER and value != int(value):
            return _tenths(value)
        return f"{round(value):,}"

    def tick(self, value: float) -> str:
        """The same on an axis, whose values are round: `1 h`, not `1 h 0 min`."""
        return formats.duration(round(value)) if self is Unit.SECONDS and value >= 1 else self.text(value)


@dataclass(frozen=True, slots=True)
class Moment:
    """A tick of the time axis: `is_day` begins a day and has its date for a label."""

    at: datetime
    label: str
    is_day: bool


def _tenths(value: float) -> str:
    """`1` and not `1.0`, which would look like another number; and what is not zero is not written as zero."""
    return "below 0.1" if 0 < value < 0.05 else f"{value:,.1f}".removesuffix(".0")


def value_ticks(highest: float, unit: Unit) -> tuple[float, ...]:
    """From zero in equal round steps; the last is not below the highest value. Never zero alone."""
    step = _value_step(max(highest, 0.0) / MOST_VALUES, unit)
    count = max(1, -int(-highest // step))
    return tuple(step * number for number in range(count + 1))


def _value_step(least: float, unit: Unit) -> float:
    if unit is Unit.SECONDS:
        found = next((step for step in _SECONDS if step >= least), None)
        return found if found is not None else formats.DAY_S * _round_up(least / formats.DAY_S, whole=True)
    return _round_up(least, whole=unit is not Unit.NUMBER)


def _round_up(least: float, *, whole: bool) -> float:
    """1, 2 or 5 times a power of ten, not below `least`."""
    scale = 1.0 if whole else 0.1
    while True:
        for step in (1, 2, 5):
            if step * scale >= least:
                return step * scale
        scale *= 10


def time_ticks(span: Span, zone: tzinfo) -> tuple[Moment, ...]:
    """Round times of the zone's own clock, at most `MOST_TIMES` and about; whole days in a long span.

    Where the clock is set back an hour has its ticks twice, and both say which they are; where it is set forward the
    times that no clock showed have none.
    """
    length_min = span.length.total_seconds() / 60
    step = next((one for one in _MINUTES if length_min / one <= MOST_TIMES), None)
    moments = _days(span, zone) if step is None else _times(span, zone, step)
    shown = [_local(at, zone).replace(tzinfo=None) for at in moments]
    return tuple(
        Moment(
            at,
            f"{_label(at, zone, has_days=step is None)}{f' {_local(at, zone):%Z}' if shown.count(here) > 1 else ''}",
            is_day=step is None or _is_midnight(at, zone),
        )
        for at, here in zip(moments, shown, strict=True)
    )


def day_or_time(at: datetime, zone: tzinfo, span: Span) -> str:
    """A moment of the span in a sentence: `14:05`, with its date where the span has several."""
    clock = formats.clock(at, zone)[:5]
    is_one_day = _local(span.since, zone).date() == _local(span.until, zone).date()
    return clock if is_one_day else f"{formats.date(at, zone, now=span.until)} {clock}"


def _times(span: Span, zone: tzinfo, step_min: int) -> list[datetime]:
    found: set[datetime] = set()
    for day in _dates(span, zone):
        for minute in range(0, _DAY_MINUTES, step_min):
            shown = datetime.combine(day, time(*divmod(minute, 60)))
            for fold in (0, 1):
                at = shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)
                if at.astimezone(zone).replace(tzinfo=None) == shown and span.since <= at <= span.until:
                    found.add(at)
    return sorted(found)


def _days(span: Span, zone: tzinfo) -> list[datetime]:
    length = span.length / timedelta(days=1)
    step = next((one for one in _DAYS if length / one <= MOST_TIMES), _DAYS[-1])
    starts = (
        datetime.combine(day, time(), zone).astimezone(UTC) for day in _dates(span, zone) if day.toordinal() % step == 0
    )
    return [at for at in starts if span.since <= at <= span.until]


def _dates(span: Span, zone: tzinfo) -> list[date]:
    first, last = _local(span.since, zone).date(), _local(span.until, zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _label(at: datetime, zone: tzinfo, *, has_days: bool) -> str:
    if has_days or _is_midnight(at, zone):
        local = _local(at, zone)
        return formats.date(local, zone, now=local)
    return formats.clock(at, zone)[:5]


def _is_midnight(at: datetime, zone: tzinfo) -> bool:
    return _local(at, zone).time() == time()


def _local(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone)
