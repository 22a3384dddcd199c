"""When retention deletes messages of a kept batch: for each of them, and as the clock over the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from queues_app import formats
from queues_app.cloudflare import Message
from queues_app.models import Batch
from queues_app.rows.loss_clock import Tick, ticks_of, when_of
from queues_app.rows.queue_words import kept_since, plain

# So many more than the first are named.
MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How much of its retention a message has used: `share` of 0 to 1.

    `left` is said where it is due within a day, in the whole hours that fit under an age.
    """

    share: float
    tone: str
    left: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message that is due within a day: its short id, the way to it, and when."""

    name: str
    url: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchClock:
    """The banner over the table, soonest first. Primitives only."""

    counted: str
    first: Due
    at: str
    others: tuple[Due, ...]
    more: int
    ticks: tuple[Tick, ...]
    said: str  # the axis in words


def left_of(message: Message, batch: Batch, now: datetime) -> Left | None:
    """The time a message of this batch has left; None where that is not known.

    A message that was still there after its time must have come from elsewhere: as a dead letter it is kept anew from
    when it moved, and nobody tells when that was.
    """
    sent_at, period_s = formats.from_ms(message.timestamp_ms), batch.message_retention_period
    if sent_at is None or not period_s:
        return None
    try:
        at = sent_at + timedelta(seconds=period_s)
    except OverflowError:
        return None
    if at <= batch.fetched_at:
        return None
    kept = kept_since(sent_at, period_s, now)
    # Rounded, so that the drawings of a table are few.
    share = round(kept.share or 0.0, 2)
    return Left(share=share, tone=kept.tone, left=_left(at, now) if kept.loses_at else "", at=at)


def _left(at: datetime, now: datetime) -> str:
    left_s = (at - now).total_seconds()
    if left_s <= 0:
        return "due now"
    hours = int(left_s // formats.HOUR_S)
    return f"{hours} h left" if hours else f"{formats.age(left_s)} left"


def batch_clock(
    messages: Sequence[Message], lefts: Sequence[Left | None], urls: Sequence[str], *, zone: tzinfo, now: datetime
) -> BatchClock | None:
    """The banner; None when nothing of the batch is due. `lefts` and `urls` are the messages' own."""
    due: list[tuple[datetime, str, str]] = []
    for message, left, url in zip(messages, lefts, urls, strict=True):
        if left is not None and left.left:
            due.append((left.at, plain(formats.short_id(message.id)), url))
    if not due:
        return None
    due.sort(key=lambda one: one[0])
    names = [(at, name) for at, name, _ in due]
    named = tuple(Due(name=name, url=url, when=when_of(at, now)) for at, name, url in due[: MOST_NAMED + 1])
    first_at = due[0][0]
    return BatchClock(
        counted=f"{len(due):,} of these {formats.plural(len(messages), 'message')}",
        first=named[0],
        at="" if first_at <= now else f"{formats.moment_or_clock(first_at, zone, now=now)} {zone}",
        others=named[1:],
        more=len(due) - len(named),
        ticks=ticks_of(names, zone, now),
        said="; ".join(f"{name} {formats.moment_or_clock(at, zone, now=now)}" for at, name in names[:10]),
    )
