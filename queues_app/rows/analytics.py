"""Charts of what Cloudflare's own analytics say of a queue, on the axis of the others, or why there are none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from http import HTTPStatus
from typing import Final

from queues_app import formats
from queues_app.charts import NO_ROWS, NO_VALUE, Point, Series, Unit, summed
from queues_app.cloudflare import QueueHistory, QueuePoint, Subscription
from queues_app.cloudflare.diagnosis import ANALYTICS_RANGE
from queues_app.operations.analytics import Analytics, Feeding, Known
from queues_app.rows.charts import Axis, Chart, count_chart, line_chart, telling_first
from queues_app.rows.failure import NOTHING, Failure
from queues_app.rows.queue_words import Shown, plain, shown

MOST_POINTS: Final = 300
_AVERAGE: Final = "The average of each {step}."
# Event subscriptions, and events of each, that are named; beyond, they are counted.
MOST_FEEDS: Final = 50
MOST_EVENTS: Final = 6
# How many steps three lines over each other may have, and how many buckets one takes.
_MOST_STEPS: Final = 96
_STEPS: Final = (1, 2, 3, 4)
_MISSING: Final = {
    "backlog": "the backlog",
    "delayed": "what is delayed",
    "consumer": "the consumer's concurrency",
    "operations": "operations",
}
NEEDS: Final = (
    "It needs the permission Account Analytics: Read; whoever made it can add that. What is sampled here needs no more."
)
LIMITED: Final = (
    "Cloudflare allows about 300 such questions in five minutes, for all tokens of a user. Only these charts wait; "
    "what is sampled here goes on."
)
_LIMITED_BY: Final = ("analytics-rate-limited", "analytics-throttled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """An event subscription that sends into the queue."""

    name: Shown
    source: str
    events: str
    state: str


@dataclass(frozen=True, slots=True)
class Feeds:
    """The first of them, and how many more there are."""

    named: tuple[Feed, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsPart:
    """`failure` is why there are no charts, `remarks` what they lack; `is_old` where they were read before it.

    `next_try` says when Cloudflare is asked again; empty where that would be in vain.
    """

    failure: Failure | None
    needs: str
    next_try: str
    remarks: tuple[str, ...]
    charts: tuple[Chart, ...]
    is_old: bool
    read_at: str


def analytics_part(found: Analytics, known: Known | None, axis: Axis, *, goes_on: bool, now: datetime) -> AnalyticsPart:
    """What could be read; what was read before where that fails, which says so. `goes_on`: it asks again by itself."""
    is_old = found.history is None and known is not None
    history = found.history or (known.history if known else None)
    read_at = known.read_at if known and is_old else found.read_at
    return AnalyticsPart(
        failure=_failure_of(found) if found.problem else None,
        needs=_needs(found),
        remarks=_remarks(history) if history else (),
        next_try=_next_try(found, axis.zone, now, goes_on=goes_on) if found.problem else "",
        charts=_charts(history, axis, read_at=read_at) if history else (),
        is_old=is_old,
        read_at=formats.moment_or_clock(read_at, axis.zone, now=now),
    )


def feeds_of(feeding: Feeding) -> Feeds | None:
    """None where it could not be read."""
    if feeding.subscriptions is None:
        return None
    more = len(feeding.subscriptions) - MOST_FEEDS
    named = tuple(_feed(one) for one in feeding.subscriptions[:MOST_FEEDS])
    return Feeds(named, f"and {more:,} more" if more > 0 else "")


def _failure_of(found: Analytics) -> Failure:
    """What it usually means is left out where the page says what is needed."""
    failure = Failure(sentence=found.problem, status=HTTPStatus.OK)
    if found.diagnosis is None:
        return failure
    return replace(
        failure,
        asked=found.diagnosis.asked,
        came_back=found.diagnosis.came_back or NOTHING,
        usually_means="" if _needs(found) else found.diagnosis.usually_means,
        cf_ray=found.diagnosis.cf_ray,
    )


def _needs(found: Analytics) -> str:
    return NEEDS if found.is_refused else LIMITED if found.reason in _LIMITED_BY else ""


def _next_try(found: Analytics, zone: tzinfo, now: datetime, *, goes_on: bool) -> str:
    """A time that is beyond what Cloudflare keeps is asked for in vain again."""
    if found.reason == ANALYTICS_RANGE.reason:
        return ""
    at = formats.moment_or_clock(max(now, found.read_at + timedelta(seconds=found.lasts_s)), zone, now=now)
    return f"Next try at {at}." if goes_on else f"Load the page again after {at} for the next try."


def _remarks(history: QueueHistory) -> tuple[str, ...]:
    said = []
    if history.missing:
        left_out = formats.listed([_MISSING.get(name, name) for name in history.missing])
        said.append(f"Cloudflare's answer tells nothing of {left_out}.")
    if history.is_cut:
        said.append("There was more than one answer holds: the oldest values are missing.")
    if not history.points:
        said.append("Cloudflare has no rows of this time. That is not zero: it may not have counted.")
    return tuple(said)


def _charts(history: QueueHistory, axis: Axis, *, read_at: datetime) -> tuple[Chart, ...]:
    step = timedelta(seconds=history.step_s)
    # One bucket without a row is a gap already.
    axis = replace(axis, step=step, widest=1.5 * step)

    def of(name: str, value: Callable[[QueuePoint], float | None]) -> Series:
        points = (Point(point.at, value(point)) for point in history.points)
        return Series(name=name, points=tuple(one for one in points if axis.span.since <= one.at <= axis.span.until))

    made: list[Chart] = []
    if "operations" not in history.missing:
        wide = _wide(axis)
        operations = tuple(
            replace(one, points=summed(one.points, wide.step, axis.span.since))
            for one in (
                of("written", lambda point: point.written),
                of("read", lambda point: point.read),
                of("deleted", lambda point: point.deleted),
            )
        )
        ends = (of("dead-lettered", lambda point: point.dead_lettered), of("failed", lambda point: point.failed))
        lag = (of("lag", lambda point: None if point.lag_ms is None else point.lag_ms / 1000),)
        retries, what = (of("retries", lambda point: point.retries),), "the average of retries"
        made += (
            count_chart("operations", "In, out and deleted", "operations", operations, wide, read_at=read_at),
            count_chart(
                "ends", "Dead-lettered and failed", "what was dead-lettered or failed", ends, axis, read_at=read_at
            ),
            line_chart(
                "retries",
                "Retries of a message",
                "the average of retries",
                Unit.NUMBER,
                retries,
                axis,
                note=_AVERAGE,
                blank=NO_VALUE,
            ),
            line_chart(
                "lag",
                "Lag, from sent to read",
                "the average lag",
                Unit.SECONDS,
                lag,
                axis,
                note=_AVERAGE,
                blank=NO_VALUE,
            ),
        )
    if "consumer" not in history.missing:
        concurrency = (of("concurrency", lambda point: point.concurrency),)
        what = "the average concurrency"
        made.append(
            line_chart(
                "concurrency", "Consumers at once", what, Unit.NUMBER, concurrency, axis, note=_AVERAGE, blank=NO_VALUE
            )
        )
    if "delayed" not in history.missing:
        delayed, what = (of("delayed", lambda point: point.delayed),), "what is delayed"
        made.append(
            line_chart(
                "delayed", "Delayed, by Cloudflare", what, Unit.COUNT, delayed, axis, note=_AVERAGE, blank=NO_ROWS
            )
        )
    return telling_first(made)


def _wide(axis: Axis) -> Axis:
    """As the axis, with steps so wide that three lines over each other can be told apart."""
    number = next((one for one in _STEPS if axis.span.length / (one * axis.step) <= _MOST_STEPS), _STEPS[-1])
    return axis if number == 1 else replace(axis, step=number * axis.step, widest=1.5 * number * axis.step)


def _feed(one: Subscription) -> Feed:
    events, more = list(one.events[:MOST_EVENTS]), len(one.events) - MOST_EVENTS
    return Feed(
        name=shown(one.name or formats.UNKNOWN),
        source=plain(" ".join(part for part in (one.source_type, one.source_name) if part) or formats.UNKNOWN),
        events=formats.listed([*map(plain, events), *([f"{more:,} more"] if more > 0 else [])]) or "no events named",
        state=formats.UNKNOWN if one.enabled is None else "on" if one.enabled else "off",
    )
