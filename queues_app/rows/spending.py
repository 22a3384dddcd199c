"""What a credential spends of its limit, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from queues_app import formats
from queues_app.operations.queues import Reading
from queues_app.spending import SLOWED_S, WATCH_SLOWED_S, WINDOW_MINUTES, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentRow:
    """Primitives only. `share` is of the limit, 0 to 1."""

    minute: str
    window: str
    told: str
    used: str  # what `share` is of, and by whose count
    share: float
    tone: str
    slowed: str
    analytics: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowed:
    """That counts refresh slowly now: for the reader, and for the refresh control, which says how old they are.

    `as_of_ms` is None where no counts are shown. `said` is empty where that is so of any list of this length.
    """

    said: str
    as_of_ms: int | None
    every_s: int
    every: str


def spent_row(spent: Spent, analytics: Spent, *, zone: tzinfo, now: datetime) -> SpentRow:
    """For the credential's page."""
    told = spent.told
    used = spent.limit - told.left if told else spent.in_window
    return SpentRow(
        minute=formats.plural(spent.in_minute, "call"),
        window=f"{formats.plural(spent.in_window, 'call')} of {spent.limit:,}",
        told=f"{told.left:,} left until {formats.moment_or_clock(told.resets_at, zone, now=now)} {zone}"
        if told
        else "",
        used=f"{used:,} of {spent.limit:,} used, {'by Cloudflare' if told else 'as counted here'}",
        share=min(1.0, max(0.0, used / spent.limit)),
        tone="price" if spent.is_near else "",
        slowed=slowed_words(spent, zone=zone, now=now),
        analytics=_analytics(analytics, zone, now),
    )


def _analytics(spent: Spent, zone: tzinfo, now: datetime) -> str:
    """What was asked of analytics; Cloudflare says nothing of that limit before it is used up."""
    if spent.told:
        return f"used up until {formats.moment_or_clock(spent.told.resets_at, zone, now=now)} {zone}"
    return f"{formats.plural(spent.in_window, 'question')} of {spent.limit:,}"


def slowed_list(spent: Spent, counted_ms: Iterable[int], *, zone: tzinfo, now: datetime) -> Slowed:
    """What a list says of being slow. It is as old as the oldest count that could be read of its rows."""
    return _slowed(spent, min(counted_ms, default=None), zone, now)


def paced_list(every_s: int, counted_ms: Iterable[int]) -> Slowed:
    """The same of a list with so many rows that their counts are asked for less often than the page refreshes."""
    as_of_ms = min(counted_ms, default=None)
    return Slowed(said="", as_of_ms=as_of_ms, every_s=every_s, every=formats.duration(every_s))


def slowed_queue(spent: Spent, reading: Reading | None, *, zone: tzinfo, now: datetime) -> Slowed | None:
    """What a queue's facts say of being slow; nothing while enough is left."""
    if not spent.is_near:
        return None
    counted_at = reading.read_at if reading and reading.metrics else None
    return _slowed(spent, formats.epoch_ms(counted_at) if counted_at else None, zone, now)


def _slowed(spent: Spent, as_of_ms: int | None, zone: tzinfo, now: datetime) -> Slowed:
    return Slowed(
        said=slowed_words(spent, zone=zone, now=now),
        as_of_ms=as_of_ms,
        every_s=SLOWED_S,
        every=formats.duration(SLOWED_S),
    )


def slowed_words(spent: Spent, *, zone: tzinfo, now: datetime) -> str:
    """That refreshes are slow now and why; nothing while enough is left."""
    if not spent.is_near:
        return ""
    told = spent.told
    until = (
        f" until {formats.moment_or_clock(told.resets_at, zone, now=now)} {zone}"
        if told
        else f" of any {WINDOW_MINUTES} minutes"
    )
    return (
        f"Cloudflare's limit is {_how_near(spent)} for this credential: {_left(spent)} calls are left{until}. "
        f"What refreshes itself asks once in {formats.duration(SLOWED_S)} meanwhile, and watches are checked once in "
        f"{formats.duration(WATCH_SLOWED_S)}."
    )


def near_words(spent: Spent) -> str:
    """The same in a line of the list of credentials: `limit is near: 115 of 1,200 calls left`."""
    return f"limit is {_how_near(spent)}: {_left(spent)} calls left" if spent.is_near else ""


def _how_near(spent: Spent) -> str:
    return "near" if spent.left else "reached"


def _left(spent: Spent) -> str:
    return f"{spent.left:,} of {spent.limit:,}"
