"""Tell each audit entry to the destinations of the settings, in the order of the chain, each at least once.

The queue is the chain itself: a destination has a cursor over its positions, kept in the database, so nothing is lost
while one is away or this process ends, and no more than one batch is in memory. Whoever sends has claimed the
destination for a while by one conditional update. Neither a transaction nor a lock is held while the network is
waited for; a sender that dies lets its claim run out, and what it was at is sent again.
"""

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from queues_app import audit, delivery, forwarding, upstream
from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.clock import Clock
from queues_app.delivery import DeliveryError, Destination, SigningKey
from queues_app.delivery.limits import WHOLE_S
from queues_app.forwarding import Line
from queues_app.forwarding.limits import AT_ONCE, MOST_BYTES
from queues_app.models import Action, AuditDestination, AuditEntry, AuditHead, AuditLink
from queues_app.operations import allowed, claims, links

# Longer than a batch may take, so that only a sender that is gone loses its claim.
CLAIM: Final = timedelta(seconds=3 * WHOLE_S)
_FIRST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(minutes=5)
_DOUBLINGS: Final = 9  # after which LONGEST_WAIT is reached, and a batch is one line


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a destination stands: `state` is None until something forwards to it."""

    destination: Destination
    state: AuditDestination | None
    waiting: int
    waiting_since: datetime | None


def destinations() -> list[Destination]:
    """Those of the settings.

    Raises UnreadableDestinationError, which a check tells before.
    """
    return [delivery.read(text, is_plain_allowed=not settings.HTTPS_ONLY) for text in settings.AUDIT_FORWARD]


def keys() -> list[SigningKey]:
    """Raises BadSecretError, which a check tells before."""
    return [SigningKey.read(text) for text in settings.AUDIT_FORWARD_SECRET]


def begin(destination: Destination, *, from_start: bool = False) -> None:
    """Put a destination that was never told anything at the head of the chain as it is now, or before all of it.

    One that was told something stays where it is.
    """
    position = 0 if from_start else _head()
    AuditDestination.objects.get_or_create(name=destination.name, defaults={"position": position})


def forward(
    destination: Destination, *, clock: Clock = timezone.now, jitter: Callable[[], float] = random.random
) -> int:
    """Send one batch of what waits, and note that it arrived: how many lines.

    0 where nothing waits, where it is too early to try again, and where another process is at it.

    Raises DeliveryError after noting it and when to try again; DatabaseError.
    """
    state, head = AuditDestination.objects.get(name=destination.name), _head()
    if state.position >= head or not _is_free(state, clock()):
        return 0
    claim = _claim(state, clock())
    if claim is None:
        return 0
    # Not ours any more when the claim ran out: then another tells it too, and twice is better than never.
    mine = AuditDestination.objects.filter(pk=state.pk, claim=claim)
    try:
        lines = _lines(destination, state)
        if lines:
            upstream.give_back_connections()
            forwarding.send(destination, lines, keys())
    except DeliveryError as error:
        mine.update(**_failed(state, error, clock(), jitter()), **claims.FREE)
        raise
    except BaseException:
        mine.update(**claims.FREE)
        raise
    # Without lines all of them were removed before they could be told.
    mine.update(**_arrived(lines[-1].position if lines else head, len(lines), clock()), **claims.FREE)
    return len(lines)


def deliveries() -> list[Delivery]:
    """How each destination of the settings stands."""
    named = destinations()
    states = {state.name: state for state in AuditDestination.objects.filter(name__in=[each.name for each in named])}
    head = _head()
    return [_delivery(destination, states.get(destination.name), head) for destination in named]


def require(*, caller: Caller) -> None:
    """Whether the caller may see how the destinations stand, and test them.

    Raises NotAllowedError, after recording the refused attempt.
    """
    allowed.require(caller, Permission.SEE_ALL_AUDIT, action=Action.FORWARD_TEST, subject=Subject())


def send_test(*, caller: Caller, destination: Destination) -> None:
    """Send one line that says it is a test, from this process and at once, whatever waits.

    Raises NotAllowedError, DeliveryError, AuditUnavailableError, AuditNotClosedError.
    """
    require(caller=caller)
    parameters = {"destination": destination.name}
    with audit.record(caller=caller, action=Action.FORWARD_TEST, parameters=parameters) as record:
        line = Line.test(source=links.host(), at=timezone.now(), user_name=caller.user_name)
        upstream.give_back_connections()
        forwarding.send(destination, [line], keys())
        record.ok(remark=f"A test line went to {destination.name}."[: audit.REMARK_LENGTH])


def lowest_position() -> int | None:
    """Up to where every destination of the settings was told; None where none waits for anything.

    What lies after it must not be removed yet. A destination that nothing ever forwarded to holds nothing back.
    """
    told = AuditDestination.objects.filter(name__in=[destination.name for destination in destinations()])
    return min(told.values_list("position", flat=True), default=None)


def _head() -> int:
    return AuditHead.objects.values_list("position", flat=True).first() or 0


def _is_free(state: AuditDestination, now: datetime) -> bool:
    return (state.next_at is None or state.next_at <= now) and (
        state.claimed_until is None or state.claimed_until <= now
    )


def _claim(state: AuditDestination, now: datetime) -> uuid.UUID | None:
    """Ours, as it was when it was read: where it was told more meanwhile, another was quicker."""
    found = AuditDestination.objects.filter(pk=state.pk, position=state.position, failures=state.failures)
    return claims.take(found, now=now, lasts=CLAIM)


def _lines(destination: Destination, state: AuditDestination) -> list[Line]:
    """The next batch. After failures a smaller one, for a destination that finds it too much."""
    most = max(1, AT_ONCE[destination.way] >> min(state.failures, _DOUBLINGS))
    bound = list(AuditLink.objects.filter(position__gt=state.position).order_by("position")[:most])
    return list(_within(MOST_BYTES, _read(bound)))


def _read(bound: Sequence[AuditLink]) -> Iterator[Line]:
    entries = {
        entry["id"]: entry for entry in AuditEntry.objects.filter(pk__in={link.entry_id for link in bound}).values()
    }
    for link in bound:
        yield Line.of_entry(
            source=links.host(),
            position=link.position,
            entry=link.entry_id,
            signature=link.signature,
            columns=entries.get(link.entry_id),
        )


def _within(most_bytes: int, lines: Iterator[Line]) -> Iterator[Line]:
    """The first of them that together are not too long; at least one."""
    length = 0
    for line in lines:
        length += len(line.text())
        if length > most_bytes and length > len(line.text()):
            return
        yield line


def _arrived(position: int, number: int, now: datetime) -> dict[str, object]:
    return {
        "position": position,
        "told": F("told") + number,
        "told_at": now,
        "failures": 0,
        "next_at": None,
        "reason": "",
        "sentence": "",
    }


def _failed(state: AuditDestination, error: DeliveryError, now: datetime, jitter: float) -> dict[str, object]:
    times = min(state.failures, _DOUBLINGS)
    wait = claims.wait(times, first=_FIRST_WAIT, longest=LONGEST_WAIT, jitter=jitter, asked=error.retry_after)
    return {
        "failures": F("failures") + 1,
        "failed": F("failed") + 1,
        "failed_at": now,
        "next_at": now + wait,
        "reason": error.reason,
        "sentence": error.sentence,
    }


def _delivery(destination: Destination, state: AuditDestination | None, head: int) -> Delivery:
    if state is None or state.position >= head:
        return Delivery(destination, state, 0, None)
    next_link = AuditLink.objects.filter(position__gt=state.position).order_by("position")
    since = next_link.values_list("bound_at", flat=True).first()
    return Delivery(destination, state, head - state.position, since)
