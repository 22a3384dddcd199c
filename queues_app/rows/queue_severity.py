"""How much a queue needs somebody, and the reason in words, as far as its counts can tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

from queues_app import formats
from queues_app.cloudflare import Metrics, Queue
from queues_app.operations.queues import Reading
from queues_app.operations.trends import Trend
from queues_app.rows.queue_growth import Growth, growth_of
from queues_app.rows.queue_words import due_of, good_of, has_nobody

# Younger than this, the oldest message says that all before it were taken.
KEEPS_UP_S: Final = 60
# Older, and beyond the queue's own delay, it waits for somebody, however long retention still keeps it.
WAITS_LONG_S: Final = 60 * 60


# When nothing is lost, in an order by what is lost first.
NEVER: Final = datetime.max.replace(tzinfo=UTC)
NO_TRENDS: Final[Mapping[str, Trend]] = {}


class Severity(IntEnum):
    """In the order of the page. What is above UNCOUNTED needs attention; of that nothing is known as yet."""

    LOSING = 0
    STUCK = 1
    WATCHED = 2
    GROWING = 3
    PAUSED = 4
    UNKNOWN = 5
    UNCOUNTED = 6
    CALM = 7

    @property
    def icon(self) -> str:
        names = {Severity.WATCHED: "eye", Severity.GROWING: "stuck", Severity.UNCOUNTED: "unknown"}
        return names.get(self, self.name.lower())

    @property
    def tone(self) -> str:
        if self == Severity.LOSING:
            return "is-loss"
        return "is-price" if self <= Severity.PAUSED else "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A queue with its reading and what follows from both. `loses_at` is set when that is within a day."""

    queue: Queue
    reading: Reading | None
    fed_by: int  # queues whose consumers send here what they could not process
    severity: Severity
    reason: str
    loses_at: datetime | None
    growth: Growth | None
    # Empty, running, nothing to say about it.
    is_quiet: bool
    hint: float | None = None  # about how many wait, where nobody counted
    watch: str = ""  # what the reader's own watches say while they fire

    @property
    def needs_attention(self) -> bool:
        return self.severity < Severity.UNCOUNTED

    @property
    def loses_first(self) -> datetime:
        """For an order by it."""
        return self.loses_at or NEVER

    @property
    def first_reason(self) -> str:
        """Why it is as grave as it is."""
        return self.watch if self.severity == Severity.WATCHED else self.reason


def fed_by(queues: Iterable[Queue]) -> dict[str, int]:
    """Queue name → how many queues name it as their dead-letter queue."""
    found: dict[str, int] = {}
    for queue in queues:
        for target in {consumer.dead_letter_queue for consumer in queue.consumers}:
            if target:
                found[target] = found.get(target, 0) + 1
    return found


def lifted(judged: Sequence[Judged], firing: Mapping[str, str]) -> list[Judged]:
    """The same as a reader sees them some of whose watches fire. `firing`: queue id → what these say."""
    return [_lifted(one, firing[one.queue.id]) if one.queue.id in firing else one for one in judged]


def _lifted(one: Judged, watch: str) -> Judged:
    return replace(one, severity=min(one.severity, Severity.WATCHED), watch=watch, is_quiet=False)


def judge(
    queue: Queue,
    reading: Reading | None,
    *,
    fed: int,
    now: datetime,
    trend: Trend | None = None,
    hint: float | None = None,
) -> Judged:
    """What is known of one queue. `fed` is its number in `fed_by`; `hint` is about how many wait."""
    good, _ = good_of(reading)
    loses_at, is_urgent = due_of(queue, good, now)
    metrics = reading.metrics if reading else None
    growth = None
    if reading and metrics:
        growth = growth_of(trend, metrics.backlog_count, reading.read_at, is_fed=fed > 0)
    if is_urgent:
        severity, reason = Severity.LOSING, _loses(queue, loses_at, now, is_read=metrics is not None)
    elif loses_at is not None:
        # Before the pause, which does not stop retention: a paused queue loses sooner or later what waits in it.
        severity, reason = Severity.STUCK, _loses(queue, loses_at, now, is_read=metrics is not None)
    elif queue.delivery_paused:
        severity, reason = Severity.PAUSED, _paused(metrics)
    else:
        severity, reason = _judged(queue, reading, fed, growth)
        if severity == Severity.UNCOUNTED and hint:
            reason = f"{reason}; about {formats.number(round(hint))} by Cloudflare's analytics"
    is_read = metrics is not None or (reading is not None and reading.is_late)
    is_empty = is_read and good is not None and good.backlog_count == 0
    return Judged(
        queue=queue,
        reading=reading,
        fed_by=fed,
        severity=severity,
        reason=reason,
        loses_at=loses_at,
        growth=growth,
        is_quiet=is_empty and severity == Severity.CALM,
        hint=hint,
    )


def _judged(queue: Queue, reading: Reading | None, fed: int, growth: Growth | None) -> tuple[Severity, str]:
    """Of a queue that runs and loses nothing soon."""
    if reading is None:
        return Severity.UNCOUNTED, "Not counted yet"
    if reading.is_late and reading.earlier and reading.earlier_read_at:
        last = replace(reading, metrics=reading.earlier, read_at=reading.earlier_read_at, is_late=False)
        severity, reason = _judged(queue, last, fed, growth)
        return severity, f"{reason}, by the last counts"
    if reading.is_late:
        return Severity.UNCOUNTED, "Not counted yet: no answer so far"
    metrics = reading.metrics
    if metrics is None:
        return Severity.UNKNOWN, f"Not read: {reading.why}" if reading.why else "Not read"
    backlog = metrics.backlog_count
    if backlog is None:
        return Severity.UNKNOWN, "Cloudflare did not tell the count"
    waits_s = (reading.read_at - metrics.oldest_message_at).total_seconds() if metrics.oldest_message_at else None
    if has_nobody(queue):
        return _nobody(backlog, waits_s, fed, growth)
    return _consumed(queue, backlog, waits_s, growth)


def _consumed(queue: Queue, backlog: int, waits_s: float | None, growth: Growth | None) -> tuple[Severity, str]:
    """Somebody consumes; whether they keep up is to be seen."""
    if not backlog:
        return Severity.CALM, "Empty"
    if waits_s is not None and waits_s - (queue.delivery_delay or 0) >= WAITS_LONG_S:
        more = f"; {growth.sentence}" if growth and growth.is_steep else "; its consumer is behind"
        return Severity.STUCK, f"The oldest waits {formats.age(waits_s)}{more}"
    if growth and growth.is_told:
        return _grows(growth)
    if waits_s is None:
        return Severity.UNKNOWN, f"{_wait(backlog)}; Cloudflare did not tell since when"
    if waits_s < KEEPS_UP_S:
        return Severity.CALM, "Consumer keeps up"
    return Severity.CALM, f"The oldest waits {formats.age(waits_s)}"


def _loses(queue: Queue, loses_at: datetime | None, now: datetime, *, is_read: bool) -> str:
    left_s = (loses_at - now).total_seconds() if loses_at else 0
    when = f"in {formats.age(left_s)}" if left_s > 0 else "now"
    source = "" if is_read else ", by the last counts"
    return f"Loses messages {when}{source}{'; paused' if queue.delivery_paused else ''}"


def _paused(metrics: Metrics | None) -> str:
    if metrics is None or metrics.backlog_count is None:
        return "Delivery is paused; counts unknown"
    if not metrics.backlog_count:
        return "Delivery is paused; nothing waits"
    return f"Delivery is paused; {_wait(metrics.backlog_count)}"


def _nobody(backlog: int, waits_s: float | None, fed: int, growth: Growth | None) -> tuple[Severity, str]:
    """A dead-letter queue that nobody consumes is as it should be, while it does not fill and retention is far."""
    if not backlog:
        return Severity.CALM, f"Fed by {formats.plural(fed, 'queue')}; empty" if fed else "Empty; nobody consumes"
    if fed and growth and growth.is_told:
        return _grows(growth)
    if waits_s is None:
        severity = Severity.UNKNOWN if fed else Severity.STUCK
        return severity, f"Nobody consumes; {_wait(backlog)}, Cloudflare did not tell since when"
    if fed:
        return Severity.CALM, f"Fed by {formats.plural(fed, 'queue')}; nobody consumes"
    if growth and growth.is_steep:
        return Severity.STUCK, f"Nobody consumes; {growth.sentence}"
    return Severity.STUCK, f"Nobody consumes; the oldest waits {formats.age(waits_s)}"


def _grows(growth: Growth) -> tuple[Severity, str]:
    if growth.is_fed:
        how = f"fills at {growth.pace}" if growth.pace else growth.sentence
        return Severity.GROWING, f"Dead-letter queue {how}"
    sentence = f"{growth.sentence}; {growth.pace}" if growth.is_faster_now else growth.sentence
    return Severity.GROWING, sentence[0].upper() + sentence[1:]


def _wait(backlog: int) -> str:
    return f"{formats.number(backlog)} {formats.verb(backlog, 'wait')}"
