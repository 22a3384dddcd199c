"""One row of the list of queues, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from queues_app import formats
from queues_app.cloudflare import Metrics, Queue
from queues_app.models import Account
from queues_app.operations.queues import Reading
from queues_app.operations.trends import Trend
from queues_app.rows.queue_severity import Judged, Severity
from queues_app.rows.queue_words import (
    AtLimit,
    ConsumerWords,
    Kept,
    ListedNames,
    Shown,
    StateWord,
    ago,
    at_limit_of,
    consumer_of,
    good_of,
    kept_of,
    oldest_since,
    problem_of,
    queue_url,
    retry_of,
    shown,
    state_of,
)
from queues_app.rows.search import Pin, pin_of
from queues_app.rows.sparkline import Sparkline, sparkline

_LABELS = {
    Severity.LOSING: "losing",
    Severity.STUCK: "stuck",
    Severity.WATCHED: "your watch fires",
    Severity.GROWING: "growing",
    Severity.PAUSED: "paused",
    Severity.UNKNOWN: "unknown",
    Severity.UNCOUNTED: "not counted yet",
    Severity.CALM: "calm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """Primitives only. A row without `url` has a name that leads nowhere."""

    key: str  # of the element, so that a refresh gives the focus back
    url: str
    name: Shown
    pin: Pin | None
    icon: str
    icon_label: str
    tone: str
    reason: Shown
    watch: str  # what the reader's watches say while they fire
    problem: str  # why the counts could not be read, in a sentence
    is_losing: bool
    state: StateWord
    state_second: str
    backlog: str
    backlog_second: str
    spark: Sparkline | None
    size: str
    oldest: str
    oldest_second: str
    is_unknown: bool  # the counts
    consumer: ConsumerWords
    consumer_second: Shown
    stuck_by_nobody: bool
    at_limit: AtLimit
    limit_second: str
    kept: Kept
    left: str
    as_of: str
    as_of_ago: str
    as_of_ms: int | None
    is_stale: bool


class RowMaker:
    """Makes the rows of one page. `ids`: queue name → id; None where not all names are known."""

    def __init__(
        self,
        account: Account,
        ids: Mapping[str, str] | None,
        readings: Mapping[str, Reading],
        trends: Mapping[str, Trend],
        pinned: frozenset[str],
        *,
        is_stale: bool,
        zone: tzinfo,
        now: datetime,
        sees_all: bool = True,
    ) -> None:
        self._account = account
        self._readings = readings
        self._trends = trends
        self._pinned = pinned
        self._names = ListedNames(ids, sees_all)
        self._is_stale = is_stale
        self._zone = zone
        self._now = now
        self._keys: set[str] = set()

    def row(self, one: Judged) -> QueueRow:
        queue, reading = one.queue, one.reading
        metrics = reading.metrics if reading else None
        good, good_at = good_of(reading)
        consumer = consumer_of(queue)
        at_limit = at_limit_of(queue, self._account, self._names)
        kept = kept_of(queue, metrics, self._now)
        known = metrics is not None
        url = "" if queue.id in self._keys else queue_url(self._account, queue.id)
        self._keys.add(queue.id)
        oldest_at = metrics.oldest_message_at if metrics else None
        problem, retry = "", ""
        if one.severity == Severity.UNKNOWN and not known:
            problem = problem_of(reading, self._zone, self._now)
            retry = retry_of(reading, self._zone, self._now)
        return QueueRow(
            key=f"queue-{queue.id}" if url else "",
            url=url,
            name=shown(queue.name or "without a name"),
            pin=pin_of(self._account, queue.id, is_pinned=queue.id in self._pinned) if url else None,
            icon=one.severity.icon,
            icon_label=_LABELS[one.severity],
            tone=one.severity.tone,
            reason=shown(f"{one.reason}; next try after {retry}" if retry else one.reason),
            problem=problem,
            watch=one.watch,
            is_losing=one.severity == Severity.LOSING,
            state=state_of(queue, is_stale=self._is_stale),
            state_second=_producers(queue),
            backlog=formats.number(metrics.backlog_count if metrics else None),
            backlog_second=_backlog_second(one, good, is_known=known),
            spark=sparkline(self._trends.get(queue.id)),
            size=formats.size(metrics.backlog_bytes if metrics else None),
            oldest=_oldest(metrics is not None and metrics.backlog_count == 0, oldest_at, reading),
            oldest_second=oldest_since(metrics, self._zone, self._now) if known else _was_aged(reading),
            is_unknown=metrics is None or metrics.backlog_count is None,
            consumer=consumer,
            consumer_second=self._consumer_second(one, consumer),
            stuck_by_nobody=consumer.is_nobody and one.needs_attention,
            at_limit=at_limit,
            limit_second=self._limit_second(at_limit),
            kept=kept,
            left=kept.left,
            as_of=formats.moment_or_clock(good_at, self._zone, now=self._now) if good_at else formats.UNKNOWN,
            as_of_ago=ago(good_at, self._now),
            as_of_ms=formats.epoch_ms(good_at) if good_at else None,
            is_stale=self._is_stale or not known,
        )

    def _consumer_second(self, one: Judged, consumer: ConsumerWords) -> Shown:
        if consumer.is_nobody and one.fed_by:
            return shown(f"fed by {formats.plural(one.fed_by, 'queue')}")
        return consumer.second

    def _limit_second(self, goes: AtLimit) -> str:
        """How many stand in the dead-letter queue: its own row says of when."""
        if goes.what == "deleted":
            return "no dead letters"
        if goes.what == "nothing":
            return "no attempts used"
        if goes.what == "unknown":
            return ""
        if goes.missing:
            return goes.missing
        reading = self._readings.get((self._names.ids or {}).get(goes.target, ""))
        metrics = reading.metrics if reading else None
        if metrics is None or metrics.backlog_count is None:
            return formats.UNKNOWN
        return f"{formats.number(metrics.backlog_count)} there"


def _backlog_second(one: Judged, good: Metrics | None, *, is_known: bool) -> str:
    """How it changes; of a count that is not known, what it was."""
    if is_known:
        return one.growth.change if one.growth else ""
    return f"was {formats.number(good.backlog_count)}" if good else ""


def _producers(queue: Queue) -> str:
    return formats.plural(queue.producers_total_count, "producer") if queue.producers_total_count else "no producers"


def _oldest(is_empty: bool, oldest_at: datetime | None, reading: Reading | None) -> str:
    if oldest_at is None or reading is None:
        return "none waits" if is_empty else formats.UNKNOWN
    return formats.age_between(oldest_at, reading.read_at)


def _was_aged(reading: Reading | None) -> str:
    good, good_at = good_of(reading)
    if good is None or good_at is None or good.oldest_message_at is None:
        return ""
    return f"was {formats.age_between(good.oldest_message_at, good_at)}"
