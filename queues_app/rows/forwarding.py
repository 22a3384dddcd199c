"""The destinations of the audit, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from queues_app import formats
from queues_app.delivery import Way
from queues_app.models import AuditDestination
from queues_app.operations.forwarding import Delivery

# What waits for so long while nothing failed has nobody who would tell it.
_NOBODY_AFTER: Final = timedelta(minutes=2)
_NOBODY: Final = "nobody forwards"


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRow:
    """One destination. `badge` is the kind of the badge that says `state`; an empty text has nothing to say."""

    name: str
    place: str
    note: str
    badge: str
    state: str
    told: str
    told_at: str
    waiting: str
    waiting_since: str
    trouble: str
    trouble_at: str


def rows(deliveries: Iterable[Delivery], *, now: datetime, zone: tzinfo) -> list[DestinationRow]:
    return [_row(delivery, now, zone) for delivery in deliveries]


def _row(delivery: Delivery, now: datetime, zone: tzinfo) -> DestinationRow:
    destination, state = delivery.destination, delivery.state
    badge, words = _state(delivery, now)
    since = delivery.waiting_since
    return DestinationRow(
        name=destination.name,
        place="" if destination.place == destination.name else destination.place,
        note="UDP tells nobody what was lost" if destination.way is Way.UDP else "",
        badge=badge,
        state=words,
        told=f"up to position {state.position:,}" if state else "nothing",
        told_at=_told_at(state, now, zone),
        waiting=_waiting(delivery),
        waiting_since=f"the oldest for {formats.age_between(since, now)}" if since else "",
        trouble=_trouble(delivery, words),
        trouble_at=_trouble_at(state, now, zone),
    )


def _state(delivery: Delivery, now: datetime) -> tuple[str, str]:
    if delivery.state is None:
        return "unknown", "not begun"
    if not delivery.waiting:
        return "ok", "up to date"
    if _is_left(delivery.state, delivery.waiting_since, now):
        return "refused", _NOBODY
    return ("failed", "failing") if delivery.state.failures else ("plain", "on its way")


def _is_left(state: AuditDestination, since: datetime | None, now: datetime) -> bool:
    """Nobody sends, did a moment ago, or was to wait until then: so it is not only far behind."""
    moments = (since, state.claimed_until, state.told_at, state.next_at)
    return all(now - moment > _NOBODY_AFTER for moment in moments if moment is not None)


def _waiting(delivery: Delivery) -> str:
    if delivery.state is None:
        return formats.UNKNOWN
    return formats.plural(delivery.waiting, "entry waits", "entries wait") if delivery.waiting else "nothing waits"


def _told_at(state: AuditDestination | None, now: datetime, zone: tzinfo) -> str:
    if state is None:
        return ""
    if state.told_at is None:
        return "where it began"
    return f"{formats.age_between(state.told_at, now)} ago, {formats.moment_or_clock(state.told_at, zone, now=now)}"


def _trouble(delivery: Delivery, words: str) -> str:
    if delivery.state is None or words == _NOBODY:
        return "Nothing forwards to it: manage.py forward_audit does."
    return delivery.state.sentence


def _trouble_at(state: AuditDestination | None, now: datetime, zone: tzinfo) -> str:
    if state is None or not state.failures:
        return ""
    times = f"{formats.plural(state.failures, 'failure')} in a row"
    if state.next_at is None or state.next_at <= now:
        return f"{times}; again now"
    left = formats.age((state.next_at - now).total_seconds())
    return f"{times}; again in {left}, at {formats.moment_or_clock(state.next_at, zone, now=now)}"
