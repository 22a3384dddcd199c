"""A look that brought nothing: which kind of nothing it is, and the evidence for each possible reason."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from queues_app import formats
from queues_app.models import Batch, Mode
from queues_app.operations.kept import Held
from queues_app.operations.queues import KnownQueue


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


def nothing_in(batch: Batch, *, known: KnownQueue | None, held: Held, zone: tzinfo, now: datetime) -> Nothing:
    """Why a kept batch is empty, as far as it is known. `known` is None when it could not be read."""
    what = "pull" if batch.mode == Mode.PULL else "peek"
    used = " No attempt was used." if batch.mode == Mode.PULL else ""
    if batch.backlog_count == 0:
        return Nothing(
            title="Nothing here",
            sentence=f"The {what} returned nothing and the backlog was 0 at {_clock(batch, zone)}.{used}",
            reasons=(),
        )
    if batch.backlog_count is None:
        title = f"The {what} returned nothing; the backlog is unknown"
    else:
        title = f"The {what} returned nothing, yet the backlog is about {formats.number(batch.backlog_count)}"
    return Nothing(
        title=title,
        sentence=f"Likely reasons, with what we know of each:{used}",
        reasons=(
            _leased(held, zone, now),
            *_of_the_queue(known, zone),
            *_of_the_count(batch, zone),
        ),
    )


def _leased(held: Held, zone: tzinfo, now: datetime) -> Reason:
    if held.count and held.until is not None:
        until = formats.moment_or_clock(held.until, zone, now=now)
        return Reason(
            icon="stuck",
            tone="is-price",
            title="Leased by you",
            evidence=f"you hold {held.count}, the last until {until} {zone}; others may hold more",
        )
    return Reason(
        icon="unknown",
        tone="",
        title="Leased by others",
        evidence="unknown: you hold none yourself, a consumer may hold some",
    )


def _of_the_queue(known: KnownQueue | None, zone: tzinfo) -> tuple[Reason, ...]:
    if known is None:
        return (
            Reason(icon="unknown", tone="", title="Delayed or paused", evidence="unknown: the queue could not be read"),
        )
    queue = known.queue
    if queue.delivery_delay:
        delay = f"queue delay is {formats.duration(queue.delivery_delay)}; delayed messages may not be returned"
        delayed = Reason(icon="clock", tone="", title="Delayed", evidence=delay)
    else:
        single = "the queue has no delay; single messages may have their own"
        delayed = Reason(icon="clock", tone="", title="Delayed", evidence=single)
    as_of = f"{formats.clock(known.read_at, zone)} {zone}"
    if queue.delivery_paused:
        paused = Reason(icon="paused", tone="is-price", title="Paused", evidence=f"delivery is paused, as of {as_of}")
    else:
        paused = Reason(icon="check", tone="is-ok", title="Not paused", evidence=f"delivery is running, as of {as_of}")
    return delayed, paused


def _of_the_count(batch: Batch, zone: tzinfo) -> tuple[Reason, ...]:
    if batch.backlog_count is None:
        return ()
    evidence = f"read at {_clock(batch, zone)}, approximate"
    return (Reason(icon="unknown", tone="", title="The count is old", evidence=evidence),)


def _clock(batch: Batch, zone: tzinfo) -> str:
    return f"{formats.clock(batch.backlog_read_at, zone)} {zone}"
