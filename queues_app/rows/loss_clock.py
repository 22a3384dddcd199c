"""The loss clock: what retention deletes within the next 24 hours, soonest first, as a sentence and as an axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from queues_app import formats
from queues_app.models import Account
from queues_app.rows.queue_severity import Judged
from queues_app.rows.queue_words import LOSES_NOW, LOSES_SOON, Shown, plain, queue_url, shown

# The drawing, in units of its viewBox, which are pixels at full width.
WIDTH: Final = 430
_CHARACTER: Final = 6.5  # of a label, on average and a little more
_GAP: Final = 8


@dataclass(frozen=True, slots=True)
class Tick:
    """One queue on the axis. A label that would cover another is empty: the list below has them all."""

    x: float
    tone: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LossClock:
    """Primitives only."""

    name: Shown
    url: str
    when: str
    at: str
    remark: str
    oldest_url: str
    ticks: tuple[Tick, ...]
    said: str  # the axis in words


def loss_clock(
    judged: Sequence[Judged], *, account: Account, oldest_url: str, zone: tzinfo, now: datetime
) -> LossClock | None:
    """The banner, or None when nothing is due."""
    due = sorted(((one.loses_at, one.queue) for one in judged if one.loses_at), key=lambda each: each[0])
    if not due:
        return None
    first_at, first = due[0]
    is_over = first_at <= now
    others = len(due) - 1
    count = f"{formats.plural(len(due), 'queue')} {'lose' if others else 'loses'} messages within 24 h. "
    return LossClock(
        name=shown(first.name),
        url=queue_url(account, first.id),
        when=when_of(first_at, now),
        at="" if is_over else f"{formats.moment_or_clock(first_at, zone, now=now)} {zone}",
        remark=f"{count if others else ''}A deleted message cannot be brought back.",
        oldest_url=oldest_url,
        ticks=ticks_of([(at, plain(queue.name)) for at, queue in due], zone, now),
        said="; ".join(f"{plain(queue.name)} {formats.moment_or_clock(at, zone, now=now)}" for at, queue in due[:10]),
    )


def when_of(at: datetime, now: datetime) -> str:
    """`in 38 min`, or `now` for what is overdue."""
    return "now" if at <= now else f"in {formats.age((at - now).total_seconds())}"


def ticks_of(due: Sequence[tuple[datetime, str]], zone: tzinfo, now: datetime) -> tuple[Tick, ...]:
    """What is due within a day on the axis of `templates/queues/axis.html`, soonest first.

    Left to right, each label at that side of its tick where it covers no other; where there is none, no label.
    """
    ticks: list[Tick] = []
    taken: list[tuple[float, float]] = []
    for place, (at, name) in enumerate(due):
        left = at - now
        x = round(max(0.0, min(1.0, left / LOSES_SOON)) * WIDTH, 1)
        label = f"{name} {formats.clock(at, zone)[:5]}" if place == 0 else name
        anchor = _side(x, len(label) * _CHARACTER, taken)
        ticks.append(Tick(x, "loss" if left <= LOSES_NOW else "price", label if anchor else "", anchor))
    return tuple(ticks)


def _side(x: float, length: float, taken: list[tuple[float, float]]) -> str:
    """SVG's word for where a label begins, and the place is taken; nothing when it fits nowhere."""
    for anchor, start, end in (("start", x, x + length), ("end", x - length, x)):
        if start >= 0 and end <= WIDTH and all(end + _GAP < low or high + _GAP < start for low, high in taken):
            taken.append((start, end))
            return anchor
    return ""
