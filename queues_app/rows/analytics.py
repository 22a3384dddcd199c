"""Charts of what Cloudflare's own analytics say of a queue, on the axis of the others, or why there are none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from queues_app import formats
from queues_app.charts import NO_ROWS, NO_VALUE, Point, Series, Unit
from queues_app.cloudflare import QueueHistory, QueuePoint, Subscription
from queues_app.operations.analytics import Analytics, Feeding
from queues_app.rows.charts import Axis, Chart, count_chart, line_chart
from queues_app.rows.queue_words import Shown, plain, shown

MOST_POINTS: Final = 300
_AVERAGE: Final = "The average of each {step}."
# Event subscriptions, and events of each, that are named; beyond, they are counted.
MOST_FEEDS: Final = 50
MOST_EVENTS: Final = 6
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsPart:
    """`problem` is why there are no charts, `remarks` what they lack. `feeds` is None where it is not known."""

    problem: str
    needs: str
    remarks: tuple[str, ...]
    charts: tuple[Chart, ...]
    feeds: tuple[Feed, ...] | None
    more_feeds: str
    read_at: str


def analytics_part(found: Analytics, feeding: Feeding, axis: Axis, *, now: datetime) -> AnalyticsPart:
    """What could be read of both."""
    history, subscriptions = found.history, feeding.subscriptions
    more = len(subscriptions or ()) - MOST_FEEDS
    return AnalyticsPart(
        problem=found.problem if history is None else "",
        needs=NEEDS if found.is_refused else LIMITED if found.reason in _LIMITED_BY else "",
        remarks=_remarks(history) if history else (),
        charts=_charts(history, axis, read_at=found.read_at) if history else (),
        feeds=None if subscriptions is None else tuple(_feed(one) for one in subscriptions[:MOST_FEEDS]),
        more_feeds=f"and {more:,} more" if more > 0 else "",
        read_at=formats.moment_or_clock(found.read_at, axis.zone, now=now),
    )


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
        operations = (
            of("written", lambda point: point.written),
            of("read", lambda point: point.read),
            of("deleted", lambda point: point.deleted),
        )
        ends = (of("dead-lettered", lambda point: point.dead_lettered), of("failed", lambda point: point.failed))
        lag = (of("lag", lambda point: None if point.lag_ms is None else point.lag_ms / 1000),)
        retries, what = (of("retries", lambda point: point.retries),), "the average of retries"
        made += (
            count_chart("operations", "In, out and deleted", "operations", operations, axis, read_at=read_at),
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
    if "backlog" not in history.missing:
        waiting = of("waiting", lambda point: point.messages)
        delayed = () if "delayed" in history.missing else (of("delayed", lambda point: point.delayed),)
        size = (of("bytes", lambda point: point.bytes),)
        what = "the average backlog"
        made += (
            line_chart(
                "waiting",
                "Backlog by Cloudflare",
                what,
                Unit.COUNT,
                (waiting, *delayed),
                axis,
                note=_AVERAGE,
                blank=NO_ROWS,
            ),
            line_chart("size", "Bytes by Cloudflare", what, Unit.BYTES, size, axis, note=_AVERAGE, blank=NO_ROWS),
        )
    return tuple(made)


def _feed(one: Subscription) -> Feed:
    events, more = list(one.events[:MOST_EVENTS]), len(one.events) - MOST_EVENTS
    return Feed(
        name=shown(one.name or formats.UNKNOWN),
        source=plain(" ".join(part for part in (one.source_type, one.source_name) if part) or formats.UNKNOWN),
        events=formats.listed([*map(plain, events), *([f"{more:,} more"] if more > 0 else [])]) or "no events named",
        state=formats.UNKNOWN if one.enabled is None else "on" if one.enabled else "off",
    )
