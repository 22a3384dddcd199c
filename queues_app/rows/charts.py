"""Charts of a queue as their template gets them: geometry, sentence and table. Primitives only."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from queues_app import formats
from queues_app.charts import (
    AVERAGED,
    COUNTED,
    NO_ROWS,
    UNKNOWN,
    Average,
    Blank,
    Drawing,
    Kind,
    Point,
    Row,
    Series,
    Span,
    Unit,
    apart_of,
    draw,
    filling,
    gaps_of,
    rows_of,
    sentence_of,
    step_of,
    thinned,
    totals_of,
    whole_of,
)
from queues_app.cloudflare import QueuePoint
from queues_app.forms.ranges import LASTS, USUAL, WORDS, Chosen, Problem, typed
from queues_app.operations.analytics import Known
from queues_app.operations.charting import Count

# How far apart samples usually are by their age: 1 min for a day, 10 min for a month, then 1 h.
_USUAL: Final = (
    (timedelta(days=1, hours=1), timedelta(minutes=1)),
    (timedelta(days=31), timedelta(minutes=10)),
    (timedelta.max, timedelta(hours=1)),
)
_GAP: Final = 2.5  # times what is usual
_HIGHEST: Final = "The highest of each {step}, and the first and the last value."
_NUMBER: Final = "The number of each {step} that is over."
_AVERAGED: Final = "The average of each {step}, by Cloudflare."
_FILLED: Final = " Where nothing was counted here, Cloudflare's average of each {step}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart. `now` is what the read-out says while nobody points at anything: the last value that is known.

    `blank` is what is said in a time that nothing is told of, `is_by_events` where perhaps nothing happened.
    """

    key: str
    title: str
    sentence: str
    now: str
    each: str
    note: str
    blank: str
    is_by_events: bool
    drawing: Drawing
    names: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]  # a name, and how its line is drawn
    is_joined: bool  # of two sources, which its table names
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What the time can be changed to: links, and the two fields with what they hold."""

    links: tuple[tuple[str, str, bool], ...]  # word, address, chosen
    url: str  # without a query: where the form goes
    query: str
    since: str
    until: str
    since_ms: int
    until_ms: int
    problem: str
    is_since_wrong: bool
    is_until_wrong: bool
    was: str  # the preset that a time between two moments is chosen from
    back: tuple[str, str] | None  # word and address of the preset that a time of one's own was chosen from
    said: str
    zone: str
    is_moving: bool  # whether it ends now, so that it goes on by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What all charts of a page have in common. `usual`: how far apart samples are at most, where none is missing."""

    span: Span
    step: timedelta
    usual: timedelta
    widest: timedelta
    zone: tzinfo


def axis_of(span: Span, *, zone: tzinfo, now: datetime) -> Axis:
    """The axis, and how far apart two samples are before the time between them counts as a gap."""
    step = step_of(span)
    usual = next(apart for age, apart in _USUAL if now - span.since <= age)
    return Axis(span=span, step=step, usual=usual, widest=_GAP * max(step, usual), zone=zone)


def range_of(chosen: Chosen, problem: Problem | None, *, url: str, zone: tzinfo, now: datetime) -> Range:
    """The row of controls over the charts; what was typed and cannot be shown stays in its fields."""
    span = chosen.span
    was = chosen.last or chosen.was or USUAL
    return Range(
        links=tuple((WORDS[last], _preset_url(url, last), last == chosen.last) for last in LASTS),
        url=url,
        query=chosen.query,
        since=problem.since if problem else typed(span.since, zone),
        until=problem.until if problem else typed(span.until, zone),
        since_ms=formats.epoch_ms(span.since),
        until_ms=formats.epoch_ms(span.until),
        problem=problem.sentence if problem else "",
        is_since_wrong=problem is not None and "since" in problem.fields,
        is_until_wrong=problem is not None and "until" in problem.fields,
        was=was,
        back=None if chosen.last else (WORDS[was], _preset_url(url, was)),
        said=f"{formats.moment(span.since, zone, now=now)[:-3]} to {formats.moment(span.until, zone, now=now)[:-3]}",
        zone=str(zone),
        is_moving=bool(chosen.last),
    )


def _preset_url(url: str, last: str) -> str:
    return f"{url}{'' if last == USUAL else f'?last={last}'}"


def sample_charts(samples: Sequence[Count], axis: Axis, known: Known | None = None) -> tuple[Chart, ...]:
    """Backlog, bytes and the oldest message, by the counts that were kept here; those that tell something first.

    Where these leave gaps in a backlog, Cloudflare's averages fill them, as far as they are known. The step is as long
    as the counts are apart by now, and never longer than age makes it: what is missing beside that is a gap.
    """
    apart = min(apart_of([sample.at for sample in samples]), axis.usual)
    axis = replace(axis, step=step_of(axis.span, apart))
    age = _series(samples, axis, _age)
    oldest = line_chart(
        "oldest", "Oldest message", "the age of the oldest message", Unit.SECONDS, (age,), axis, note=_HIGHEST
    )
    return telling_first((*backlog_charts(samples, axis, known), oldest))


def backlog_charts(samples: Sequence[Count], axis: Axis, known: Known | None) -> tuple[Chart, ...]:
    """The two that have two sources."""
    return tuple(
        _joined(key, title, unit, _series(samples, axis, own), known, told, axis)
        for key, title, unit, own, told in (
            ("backlog", "Backlog, messages", Unit.COUNT, _messages, _average_messages),
            ("bytes", "Backlog, bytes", Unit.BYTES, _bytes, _average_bytes),
        )
    )


def telling_first(charts: Iterable[Chart]) -> tuple[Chart, ...]:
    """A chart that knows nothing says so below the others."""
    return tuple(sorted(charts, key=lambda chart: not chart.drawing.values))


def _joined(
    key: str,
    title: str,
    unit: Unit,
    own: Series,
    known: Known | None,
    told: Callable[[QueuePoint], float | None],
    axis: Axis,
) -> Chart:
    filled = filling(gaps_of((own,), axis.span, axis.widest), _averages(known, told) if known else ())
    what = "the backlog" if own.known or not filled else "the average backlog"
    note = _HIGHEST
    if known and filled and own.known:
        note += _FILLED.format(step=formats.duration(known.history.step_s))
    elif known and filled:
        note, axis = _AVERAGED, replace(axis, step=timedelta(seconds=known.history.step_s))
    return line_chart(key, title, what, unit, (own,), axis, note=note, filled=filled)


def _averages(known: Known, told: Callable[[QueuePoint], float | None]) -> list[Average]:
    """Each with the time of its bucket, as far as that was over when it was read."""
    step = timedelta(seconds=known.history.step_s)
    return [
        Average(point.at, min(point.at + step, known.read_at), value, point.at)
        for point in known.history.points
        if (value := told(point)) is not None and point.at < known.read_at
    ]


def line_chart(
    key: str,
    title: str,
    what: str,
    unit: Unit,
    series: tuple[Series, ...],
    axis: Axis,
    *,
    note: str,
    blank: Blank = UNKNOWN,
    filled: tuple[Average, ...] = (),
) -> Chart:
    """A chart of what is at a moment; its sentence is about the first series that tells anything.

    `note` says what a value is of the step that it is put into.
    """
    told = next((one for one in series if one.known), series[0])
    sentence = sentence_of(
        told, axis.span, what=what, unit=unit, widest=axis.widest, zone=axis.zone, blank=blank, filled=filled
    )
    return _chart(key, title, sentence, note, Kind.LINE, unit, series, axis, blank, filled=filled)


def count_chart(key: str, title: str, what: str, series: tuple[Series, ...], axis: Axis, *, read_at: datetime) -> Chart:
    """A chart of what was counted in each step: bars of one series, lines of several.

    A step that was not over when it was read is left out of the drawing, the table and the sentence, which says so.
    """
    whole = whole_of(axis.span, axis.step, read_at)
    series = tuple(
        replace(one, points=tuple(point for point in one.points if point.at < whole.until)) for one in series
    )
    sentence = totals_of(
        series,
        whole,
        what=what,
        widest=axis.widest,
        zone=axis.zone,
        blank=NO_ROWS,
        goes_on=whole.until < axis.span.until,
    )
    kind = Kind.BARS if len(series) == 1 else Kind.LINE
    return _chart(key, title, sentence, _NUMBER, kind, Unit.COUNT, series, axis, NO_ROWS, whole)


def _chart(
    key: str,
    title: str,
    sentence: str,
    note: str,
    kind: Kind,
    unit: Unit,
    series: tuple[Series, ...],
    axis: Axis,
    blank: Blank,
    whole: Span | None = None,
    filled: tuple[Average, ...] = (),
) -> Chart:
    rows = rows_of(
        series, axis.span, unit=unit, widest=axis.widest, zone=axis.zone, blank=blank, whole=whole, filled=filled
    )
    step = formats.duration(round(axis.step.total_seconds()))
    names = tuple(one.name for one in series)
    legend = tuple((name, f"s{place}") for place, name in enumerate(names)) if len(names) > 1 else ()
    if filled:
        legend = (*(((COUNTED, "s0"),) if series[0].known else ()), (AVERAGED, "filled"))
    return Chart(
        key=key,
        title=title,
        sentence=sentence,
        now=_last(series, filled, unit, axis),
        each=_each(note, step),
        note=note.format(step=step),
        blank=blank.sign,
        is_by_events=blank is not UNKNOWN,
        drawing=draw(
            series,
            axis.span,
            kind=kind,
            unit=unit,
            step=axis.step,
            widest=axis.widest,
            zone=axis.zone,
            whole=whole,
            filled=filled,
        ),
        names=names,
        legend=legend,
        is_joined=bool(filled),
        rows=rows,
    )


def _series(samples: Sequence[Count], axis: Axis, value: Callable[[Count], float | None]) -> Series:
    points = (Point(sample.at, value(sample)) for sample in samples)
    return Series(name="samples", points=thinned(points, axis.step))


def _last(series: Sequence[Series], filled: Sequence[Average], unit: Unit, axis: Axis) -> str:
    known = series[0].known if len(series) == 1 else ()
    if filled and (not known or filled[-1].since >= known[-1].at):
        begun = formats.moment(filled[-1].begun, axis.zone, now=axis.span.until)
        return f"{unit.text(filled[-1].value)} on average from {begun}"
    if not known:
        return ""
    return f"{unit.text(known[-1].value or 0)} at {formats.moment(known[-1].at, axis.zone, now=axis.span.until)}"


def _each(note: str, step: str) -> str:
    """What a value is of, beside the title: `highest of each 10 min`."""
    return f"{note.removeprefix('The ').split('{step}')[0]}{step}"


def _messages(sample: Count) -> float | None:
    return sample.messages


def _average_messages(point: QueuePoint) -> float | None:
    return point.messages


def _average_bytes(point: QueuePoint) -> float | None:
    return point.bytes


def _bytes(sample: Count) -> float | None:
    return sample.bytes


def _age(sample: Count) -> float | None:
    """Seconds; 0 where nothing waited, unknown where Cloudflare named no time though something did."""
    if sample.oldest_at is None:
        return 0 if sample.messages == 0 else None
    return max(0.0, (sample.at - sample.oldest_at).total_seconds())
