"""What a chart shows, in words: a sentence for whoever cannot see it, and every value in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from queues_app import formats
from queues_app.charts.series import Gap, Point, Series, Span, gaps_of
from queues_app.charts.ticks import Unit, day_or_time

NOT_TOLD: Final = "–"


@dataclass(frozen=True, slots=True)
class Blank:
    """What is said of the times that nothing is told of: in the drawing, and behind their number in the sentence."""

    sign: str
    means: str = ""


UNKNOWN: Final = Blank("nothing known")
# Of what is counted by events: where nothing happened there is no row either, and the two look the same.
NO_ROWS: Final = Blank("no rows", " without rows: nothing done, or not told")
NO_VALUE: Final = Blank("no value", " without a value: nothing done, or not told")


@dataclass(frozen=True, slots=True)
class Row:
    """A moment with a value of each series, or a gap: then `gap` says how long, and there are no values.

    `x` is the place of the moment in the drawing, in percent, for whoever points at it.
    """

    x: float
    when: str
    values: tuple[str, ...] = ()
    gap: str = ""


def sentence_of(
    one: Series, span: Span, *, what: str, unit: Unit, widest: timedelta, zone: tzinfo, blank: Blank = UNKNOWN
) -> str:
    """What a line does: `Between 09:00 and 15:00 the backlog grew from 40 to 4,312; 2 gaps.`"""
    known = one.known
    if not known:
        return _nothing(span, what, zone)
    first, last = known[0], known[-1]
    highest = max(known, key=lambda point: point.value or 0)
    gaps = _gaps(gaps_of((one,), span, widest), blank)
    if len(known) == 1:
        return f"At {day_or_time(first.at, zone, span)} {what} was {_text(first, unit)}{gaps}."
    ends = max(first.value or 0, last.value or 0)
    peak = f"; highest {_text(highest, unit)} at {day_or_time(highest.at, zone, span)}"
    return (
        f"Between {day_or_time(first.at, zone, span)} and {day_or_time(last.at, zone, span)} "
        f"{what} {_change(known, unit)}{peak if (highest.value or 0) > ends else ''}{gaps}."
    )


def totals_of(
    series: Sequence[Series],
    whole: Span,
    *,
    what: str,
    widest: timedelta,
    zone: tzinfo,
    blank: Blank = UNKNOWN,
    goes_on: bool = False,
) -> str:
    """What was counted: `Between 09:00 and 15:00: 4,312 written, 12 deleted; 1 gap.`

    `whole` is the time whose steps are over; where the counting `goes_on` after it, the sentence says so.
    """
    later = f"; since {day_or_time(whole.until, zone, whole)} still being counted" if goes_on else ""
    if not any(one.known for one in series):
        return f"{_nothing(whole, what, zone).removesuffix('.')}{later}."
    totals = (
        f"{round(sum(point.value or 0 for point in one.known)):,} {one.name}"
        if one.known
        else f"{formats.UNKNOWN} {one.name}"
        for one in series
    )
    since, until = day_or_time(whole.since, zone, whole), day_or_time(whole.until, zone, whole)
    return f"Between {since} and {until}: {', '.join(totals)}{_gaps(gaps_of(series, whole, widest), blank)}{later}."


def rows_of(
    series: Sequence[Series],
    span: Span,
    *,
    unit: Unit,
    widest: timedelta,
    zone: tzinfo,
    blank: Blank = UNKNOWN,
    whole: Span | None = None,
) -> tuple[Row, ...]:
    """Every value and every gap, oldest first. Gaps are looked for in `whole`, where that is not all of the span."""
    told = [{point.at: point for point in one.points} for one in series]
    moments = {at for points in told for at in points if span.since <= at <= span.until}
    rows = [(at, _row(at, span, zone, values=_values(told, at, unit))) for at in moments]
    gaps = gaps_of(series, whole or span, widest)
    rows += [(gap.since, _row(gap.since, span, zone, gap=_long(gap, blank))) for gap in gaps]
    # A gap comes after the point that it begins at.
    return tuple(row for _, row in sorted(rows, key=lambda each: (each[0], bool(each[1].gap))))


def _row(at: datetime, span: Span, zone: tzinfo, *, values: tuple[str, ...] = (), gap: str = "") -> Row:
    return Row(round(span.share(at) * 100, 2), formats.moment(at, zone, now=span.until), values, gap)


def _values(told: Sequence[Mapping[datetime, Point]], at: datetime, unit: Unit) -> tuple[str, ...]:
    return tuple(_text(points[at], unit) if at in points else NOT_TOLD for points in told)


def _text(point: Point, unit: Unit) -> str:
    return formats.UNKNOWN if point.value is None else unit.text(point.value)


def _change(known: Sequence[Point], unit: Unit) -> str:
    first, last = known[0], known[-1]
    begun, ended = _text(first, unit), _text(last, unit)
    if begun == ended:
        is_level = len({point.value for point in known}) == 1
        return f"stayed at {begun}" if is_level else f"began and ended at {begun}"
    return f"{'grew' if (last.value or 0) > (first.value or 0) else 'fell'} from {begun} to {ended}"


def _nothing(span: Span, what: str, zone: tzinfo) -> str:
    since, until = day_or_time(span.since, zone, span), day_or_time(span.until, zone, span)
    return f"Nothing is known of {what} between {since} and {until}."


def _gaps(gaps: Sequence[Gap], blank: Blank) -> str:
    return f"; {formats.plural(len(gaps), 'gap')}{blank.means}" if gaps else ""


def _long(gap: Gap, blank: Blank) -> str:
    return f"{blank.sign} for {formats.age((gap.until - gap.since).total_seconds())}"
