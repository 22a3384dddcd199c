"""Charts of a queue as their template gets them: geometry, sentence, table and marks. Primitives only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.charts import (
    NO_ROWS,
    UNKNOWN,
    Blank,
    Drawing,
    Kind,
    Point,
    Row,
    Series,
    Span,
    Unit,
    draw,
    rows_of,
    sentence_of,
    step_of,
    thinned,
    totals_of,
    whole_of,
)
from queues_app.forms.ranges import LASTS, USUAL, WORDS, Chosen, typed
from queues_app.models import Action, AuditEntry, Outcome
from queues_app.operations.charting import MOST_ACTS, Acts, Count
from queues_app.rows import audit

# How far apart samples usually are by their age: 1 min for a day, 10 min for a month, then 1 h.
_USUAL: Final = (
    (timedelta(days=1, hours=1), timedelta(minutes=1)),
    (timedelta(days=31), timedelta(minutes=10)),
    (timedelta.max, timedelta(hours=1)),
)
_GAP: Final = 2.5  # times what is usual
_HIGHEST: Final = "The highest of each {step}, and the first and the last value."
_NUMBER: Final = "The number of each {step} that is over."
_REMOVES: Final = (Action.ACK, Action.DELETE, Action.EMPTY, Action.CONSUMER_REMOVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An act of ours: its place on the axis in percent, and in words. Without `url` its receipt is not theirs."""

    x: float
    when: str
    what: str
    who: str
    remark: str
    icon: str
    tone: str
    kind: str  # "loss" or "price", as the line is drawn
    receipt: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart. `now` is what the read-out says while nobody points at anything: the last value that is known.

    `blank` is what is said in a time that nothing is told of, `is_by_events` where perhaps nothing happened.
    """

    key: str
    title: str
    sentence: str
    now: str
    note: str
    blank: str
    is_by_events: bool
    drawing: Drawing
    names: tuple[str, ...]
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
    said: str
    zone: str
    is_moving: bool  # whether it ends now, so that it goes on by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What all charts of a page have in common."""

    span: Span
    step: timedelta
    widest: timedelta
    zone: tzinfo


def axis_of(span: Span, *, zone: tzinfo, now: datetime) -> Axis:
    """The axis, and how far apart two samples are before the time between them counts as a gap."""
    step = step_of(span)
    usual = next(apart for age, apart in _USUAL if now - span.since <= age)
    return Axis(span=span, step=step, widest=_GAP * max(step, usual), zone=zone)


def range_of(chosen: Chosen, problem: str, *, url: str, zone: tzinfo, now: datetime) -> Range:
    """The row of controls over the charts."""
    span = chosen.span
    return Range(
        links=tuple(
            (WORDS[last], f"{url}{'' if last == USUAL else f'?last={last}'}", last == chosen.last) for last in LASTS
        ),
        url=url,
        query=chosen.query,
        since=typed(span.since, zone),
        until=typed(span.until, zone),
        since_ms=formats.epoch_ms(span.since),
        until_ms=formats.epoch_ms(span.until),
        problem=problem,
        said=f"{formats.moment(span.since, zone, now=now)[:-3]} to {formats.moment(span.until, zone, now=now)[:-3]}",
        zone=str(zone),
        is_moving=bool(chosen.last),
    )


def sample_charts(samples: Sequence[Count], axis: Axis) -> tuple[Chart, ...]:
    """Backlog, bytes and the oldest message, by the counts that were kept here."""
    return tuple(
        line_chart(key, title, what, unit, (_series(samples, axis, value),), axis, note=_HIGHEST)
        for key, title, what, unit, value in (
            ("backlog", "Backlog, messages", "the backlog", Unit.COUNT, _messages),
            ("bytes", "Backlog, bytes", "the backlog", Unit.BYTES, _bytes),
            ("oldest", "Oldest message", "the age of the oldest message", Unit.SECONDS, _age),
        )
    )


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
) -> Chart:
    """A chart of what is at a moment; its sentence is about the first series that tells anything.

    `note` says what a value is of the step that it is put into.
    """
    told = next((one for one in series if one.known), series[0])
    sentence = sentence_of(told, axis.span, what=what, unit=unit, widest=axis.widest, zone=axis.zone, blank=blank)
    return _chart(key, title, sentence, note, Kind.LINE, unit, series, axis, blank)


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
) -> Chart:
    rows = rows_of(series, axis.span, unit=unit, widest=axis.widest, zone=axis.zone, blank=blank, whole=whole)
    known = series[0].known if len(series) == 1 else ()
    return Chart(
        key=key,
        title=title,
        sentence=sentence,
        now=_told(known[-1], unit, axis) if known else "",
        note=note.format(step=formats.duration(round(axis.step.total_seconds()))),
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
        ),
        names=tuple(one.name for one in series),
        rows=rows,
    )


def marks_of(acts: Acts, axis: Axis, *, now: datetime) -> tuple[Mark, ...]:
    """The acts, newest first."""
    return tuple(_mark(entry, axis, now, has_page=entry.pk not in acts.open_to_all) for entry in acts.entries)


def more_marks(acts: Acts) -> str:
    """What is said where there are more acts than are shown."""
    return f"These are the newest {MOST_ACTS} or fewer; the audit log has all." if acts.is_more else ""


def _mark(entry: AuditEntry, axis: Axis, now: datetime, *, has_page: bool) -> Mark:
    icon, tone = audit.look_of(entry.action)
    count = "" if entry.message_count is None else formats.plural(entry.message_count, "message")
    outcome = "" if entry.word == Outcome.OK else entry.word
    return Mark(
        x=round(axis.span.share(entry.at) * 100, 2),
        when=formats.moment(entry.at, axis.zone, now=now),
        what=entry.get_action_display(),
        who=entry.user_name,
        remark=", ".join(part for part in (count, outcome) if part),
        icon=icon,
        tone=tone,
        kind="loss" if entry.action in _REMOVES else "price",
        receipt=entry.receipt,
        url=reverse("audit_entry", args=[entry.pk]) if has_page else "",
    )


def _series(
    samples: Sequence[Count], axis: Axis, value: Callable[[Count], float | None], name: str = "samples"
) -> Series:
    points = (Point(sample.at, value(sample)) for sample in samples)
    return Series(name=name, points=thinned(points, axis.step))


def _told(point: Point, unit: Unit, axis: Axis) -> str:
    return f"{unit.text(point.value or 0)} at {formats.moment(point.at, axis.zone, now=axis.span.until)}"


def _messages(sample: Count) -> float | None:
    return sample.messages


def _bytes(sample: Count) -> float | None:
    return sample.bytes


def _age(sample: Count) -> float | None:
    """Seconds; 0 where nothing waited, unknown where Cloudflare named no time though something did."""
    if sample.oldest_at is None:
        return 0 if sample.messages == 0 else None
    return max(0.0, (sample.at - sample.oldest_at).total_seconds())
