"""How much a queue needs somebody, and the reason in words, as far as one reading can tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from queues_app import formats
from queues_app.cloudflare import Metrics, Queue
from queues_app.operations.queues import Reading
from queues_app.rows.queue_words import good_of, has_nobody, kept_of

# Younger than this, the oldest message says that all before it were taken.
KEEPS_UP_S: Final = 60


class Severity(IntEnum):
    """In the order of the page. What is above CALM needs attention."""

    LOSING = 0
    STUCK = 1
    PAUSED = 2
    UNKNOWN = 3
    CALM = 4

    @property
    def icon(self) -> str:
        return self.name.lower()

    @property
    def tone(self) -> str:
        return {Severity.LOSING: "is-loss", Severity.STUCK: "is-price", Severity.PAUSED: "is-price"}.get(self, "muted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A queue with its reading and what follows from both. `loses_at` is set when that is within a day."""

    queue: Queue
    reading: Reading | None
    fed_by: int  # queues whose consumers send here what they could not process
    severity: Severity
    reason: str
    loses_at: datetime | None
    # Empty, running, nothing to say about it.
    is_quiet: bool

    @property
    def needs_attention(self) -> bool:
        return self.severity < Severity.CALM


def fed_by(queues: Iterable[Queue]) -> dict[str, int]:
    """Queue name → how many queues name it as their dead-letter queue."""
    found: dict[str, int] = {}
    for queue in queues:
        for target in {consumer.dead_letter_queue for consumer in queue.consumers}:
            if target:
                found[target] = found.get(target, 0) + 1
    return found


def judge(queue: Queue, reading: Reading | None, *, fed: int, now: datetime) -> Judged:
    """What is known of one queue. `fed` is its number in `fed_by`."""
    good, _ = good_of(reading)
    loses_at = kept_of(queue, good, now).loses_at
    is_urgent = loses_at is not None and kept_of(queue, good, now).tone == "loss"
    severity, reason = _judged(queue, reading, fed, loses_at, is_urgent=is_urgent, now=now)
    metrics = reading.metrics if reading else None
    is_empty = metrics is not None and metrics.backlog_count == 0
    return Judged(
        queue=queue,
        reading=reading,
        fed_by=fed,
        severity=severity,
        reason=reason,
        loses_at=loses_at,
        is_quiet=is_empty and severity == Severity.CALM,
    )


def _judged(
    queue: Queue, reading: Reading | None, fed: int, loses_at: datetime | None, *, is_urgent: bool, now: datetime
) -> tuple[Severity, str]:
    metrics = reading.metrics if reading else None
    if is_urgent:
        return Severity.LOSING, _loses(queue, loses_at, now, is_read=metrics is not None)
    if queue.delivery_paused:
        return Severity.PAUSED, _paused(metrics)
    if loses_at is not None:
        return Severity.STUCK, _loses(queue, loses_at, now, is_read=metrics is not None)
    if reading is None:
        return Severity.CALM, "Counts not asked for yet"
    if reading.is_late:
        return Severity.CALM, "Counts not answered yet"
    if metrics is None:
        return Severity.UNKNOWN, f"Could not ask: {reading.problem.removeprefix('Not asked: ')}"
    if metrics.backlog_count is None:
        return Severity.UNKNOWN, "Cloudflare did not tell the count"
    if has_nobody(queue):
        return _nobody(metrics.backlog_count, fed)
    return Severity.CALM, _calm(metrics, reading.read_at)


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
    return f"Delivery is paused; {formats.number(metrics.backlog_count)} wait"


def _nobody(backlog: int, fed: int) -> tuple[Severity, str]:
    """A dead-letter queue that nobody consumes is as it should be, until retention comes near."""
    if fed:
        return Severity.CALM, f"Fed by {formats.plural(fed, 'queue')}; nobody consumes"
    if not backlog:
        return Severity.CALM, "Empty; nobody consumes"
    return Severity.STUCK, f"Nobody consumes; {formats.number(backlog)} {'waits' if backlog == 1 else 'wait'}"


def _calm(metrics: Metrics, read_at: datetime) -> str:
    if not metrics.backlog_count:
        return "Empty"
    if metrics.oldest_message_at is None:
        return "Running; the oldest age is not told"
    if (read_at - metrics.oldest_message_at).total_seconds() < KEEPS_UP_S:
        return "Consumer keeps up"
    return f"The oldest waits {formats.age_between(metrics.oldest_message_at, read_at)}"
