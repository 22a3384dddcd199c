"""A look that brought nothing: which kind of nothing it is, and the evidence for each possible reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from queues_app import formats
from queues_app.cloudflare import Queue
from queues_app.models import Batch, Mode
from queues_app.operations.kept import Held, Holders
from queues_app.operations.known_queues import KnownQueue
from queues_app.operations.queues import Reading
from queues_app.rows.queue_words import good_of, has_nobody, plain

# By tone: known to be so, unknown, ruled out.
_ORDER: Final = ("is-price", "", "is-ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One possible reason: an icon with its tone, what it would be, and what is known of it."""

    icon: str
    tone: str
    title: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """The card in place of the table."""

    title: str
    sentence: str
    reasons: tuple[Reason, ...]
    # Of which queue: for the way to what is held of it.
    account: int
    queue_id: str


def nothing_in(
    batch: Batch,
    *,
    known: KnownQueue | None,
    reading: Reading | None,
    holders: Holders,
    zone: tzinfo,
    now: datetime,
) -> Nothing:
    """Why a kept batch is empty, as far as it is known.

    `known` is None when the queue could not be read, and `reading` when its counts never were. What is known to be so
    comes first, what is ruled out last.
    """
    what = "pull" if batch.mode == Mode.PULL else "peek"
    used = " No attempt was used." if batch.mode == Mode.PULL else ""
    if batch.backlog_count == 0:
        return Nothing(
            title="Nothing here",
            sentence=f"The {what} returned nothing and the backlog was 0 at {_clock(batch, zone)}.{used}",
            reasons=(),
            account=batch.account_id,
            queue_id=batch.queue_id,
        )
    if batch.backlog_count is None:
        title = f"The {what} returned nothing; the backlog is unknown"
    else:
        title = f"The {what} returned nothing, yet the backlog is about {formats.number(batch.backlog_count)}"
    reasons = (
        *_leased(holders, zone, now),
        *_of_the_queue(known, zone),
        _deleted(batch, known, reading, zone, now),
        *_of_the_count(batch, zone, now),
    )
    return Nothing(
        title=title,
        sentence=f"Likely reasons, with what we know of each:{used}",
        reasons=tuple(sorted(reasons, key=lambda reason: _ORDER.index(reason.tone))),
        account=batch.account_id,
        queue_id=batch.queue_id,
    )


def _likely(title: str, evidence: str, icon: str = "stuck") -> Reason:
    return Reason(icon=icon, tone="is-price", title=title, evidence=evidence)


def _unknown(title: str, evidence: str, icon: str = "unknown") -> Reason:
    return Reason(icon=icon, tone="", title=title, evidence=evidence)


def _ruled_out(title: str, evidence: str) -> Reason:
    return Reason(icon="check", tone="is-ok", title=title, evidence=evidence)


def _leased(holders: Holders, zone: tzinfo, now: datetime) -> Iterator[Reason]:
    def until(held: Held) -> str:
        last = "until" if held.count == 1 else "the last until"
        return f"{held.count}, {last} {formats.moment_or_clock(held.until, zone, now=now)} {zone}"

    if holders.mine is not None:
        yield _likely("Leased by you", f"you hold {until(holders.mine)}")
    for held in holders.others:
        yield _likely(
            f"Leased by {plain(held.name) or 'colleagues'}",
            f"{plain(held.name)} holds {until(held)}" if held.name else f"they hold {until(held)}",
        )
    elsewhere = "other tools may hold more" if holders.mine or holders.others else "nobody here holds any, a tool may"
    yield _unknown("Leased elsewhere", f"unknown: {elsewhere}")


def _of_the_queue(known: KnownQueue | None, zone: tzinfo) -> Iterator[Reason]:
    if known is None:
        yield _unknown("Delayed, paused or consumed", "unknown: the queue could not be read")
        return
    queue = known.queue
    if queue.delivery_delay:
        delay = f"queue delay is {formats.duration(queue.delivery_delay)}; delayed messages may not be returned"
        yield _likely("Delayed", delay, "clock")
    else:
        yield _unknown("Delayed", "the queue has no delay; single messages may have their own", "clock")
    as_of = f"as of {formats.clock(known.read_at, zone)} {zone}"
    if queue.delivery_paused:
        yield _likely("Paused", f"delivery is paused, {as_of}", "paused")
    else:
        yield _ruled_out("Not paused", f"delivery is running, {as_of}")
    yield _consumed(queue, as_of)


def _consumed(queue: Queue, as_of: str) -> Reason:
    """Whether a consumer may have taken them first."""
    if has_nobody(queue):
        return _ruled_out("Nobody consumes", f"no consumer is attached, {as_of}")
    if queue.consumer is None:
        return _unknown("Taken by a consumer", "unknown: which consumer it has is not told")
    if queue.delivery_paused:
        return _ruled_out("Not taken by a consumer", f"delivery is paused, {as_of}")
    if queue.consumer.type == "worker":
        return _likely("Taken by a Worker", "a Worker consumes this queue and may take messages before a look does")
    if queue.consumer.type == "http_pull":
        return _unknown("Taken by another tool", "whoever has a token may pull; what was settled is gone")
    return _unknown("Taken by its consumer", f"its consumer is of the type {plain(queue.consumer.type)}")


def _deleted(batch: Batch, known: KnownQueue | None, reading: Reading | None, zone: tzinfo, now: datetime) -> Reason:
    """Whether retention may have deleted what the count still holds."""
    period_s = known.queue.message_retention_period if known else batch.message_retention_period
    good, good_at = good_of(reading)
    if not period_s:
        return _unknown("Deleted by retention", "unknown: how long messages are kept is not told")
    kept = f"messages are kept {formats.duration(period_s)}"
    if good is None or good.oldest_message_at is None:
        return _unknown("Deleted by retention", f"{kept}; how old the oldest was is unknown")
    oldest = formats.age_between(good.oldest_message_at, now)
    aged = f"the oldest was {oldest} old, read at {formats.clock(good_at, zone)}"
    if (now - good.oldest_message_at).total_seconds() < period_s:
        return _ruled_out("Not deleted by retention", f"{kept}; {aged}")
    return _likely("Deleted by retention", f"{kept}; {aged}", "hourglass")


def _of_the_count(batch: Batch, zone: tzinfo, now: datetime) -> Iterator[Reason]:
    if batch.backlog_count is not None:
        ago = formats.age_between(batch.backlog_read_at, now)
        yield _unknown("The count is old", f"read at {_clock(batch, zone)}, {ago} ago, approximate")


def _clock(batch: Batch, zone: tzinfo) -> str:
    return f"{formats.clock(batch.backlog_read_at, zone)} {zone}"
