"""The dead-letter map: which queues send where what they could not process, and what is odd about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.cloudflare import Metrics, Queue
from queues_app.models import Account
from queues_app.operations.known_queues import QueueList
from queues_app.operations.queues import Reading
from queues_app.rows.loss_clock import LossClock, loss_clock
from queues_app.rows.queue_severity import Judged, judge
from queues_app.rows.queue_words import Shown, consumer_of, has_nobody, plain, queue_url, shown

# Of one map, and of all; beyond, they are counted.
MOST_FEEDERS: Final = 30
MOST_TARGETS: Final = 100
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feeder:
    name: Shown
    url: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One dead-letter queue. `marks` are sentences about what is odd; nothing is. `loses`: what is due within a day."""

    name: Shown
    url: str
    waits: str
    second: str
    feeders: tuple[Feeder, ...]
    more: int
    onward: Shown
    marks: tuple[str, ...]
    loses_at: datetime | None = None
    loses: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterMap:
    """Primitives only."""

    lede: str
    targets: tuple[Target, ...]
    more: int
    # Queues that delete what used up its attempts.
    deleting: tuple[Feeder, ...]
    deleting_more: int
    clock: LossClock | None


def target_ids(listed: QueueList) -> list[str]:
    """The ids of the dead-letter queues of the map, for their counts."""
    targets = _fed(listed.queues)
    return [queue.id for queue in listed.queues if queue.name in targets][:MOST_TARGETS]


def dead_letter_map(
    account: Account,
    listed: QueueList,
    readings: Mapping[str, Reading],
    elsewhere: Mapping[str, Sequence[str]],
    *,
    zone: tzinfo,
    now: datetime,
) -> DeadLetterMap:
    """The map. `elsewhere`: name of a queue → names of the other accounts that have one of that name."""
    named: dict[str, list[Queue]] = {}
    judged: dict[str, Judged] = {}
    for queue in listed.queues:
        named.setdefault(queue.name, []).append(queue)
    fed = _fed(listed.queues)
    for name in fed:
        # Of two with one name it cannot be told which is meant.
        there = named.get(name, [])
        if len(there) == 1:
            judged[name] = judge(there[0], readings.get(there[0].id), fed=len(fed[name]), now=now)
    targets = [
        _target(name, feeders, named, readings, elsewhere.get(name, ()), judged.get(name), account, now)
        for name, feeders in fed.items()
    ]
    targets.sort(key=lambda one: (one.loses_at or _NEVER, not one.marks, plain_of(one.name)))
    deleting = [
        _feeder(queue, account) for queue in listed.queues if queue.consumer and not queue.consumer.dead_letter_queue
    ]
    odd = sum(1 for one in targets if one.marks or one.loses)
    return DeadLetterMap(
        lede=_lede(len(targets), odd, len(deleting)),
        targets=tuple(targets[:MOST_TARGETS]),
        more=max(0, len(targets) - MOST_TARGETS),
        deleting=tuple(deleting[:MOST_FEEDERS]),
        deleting_more=max(0, len(deleting) - MOST_FEEDERS),
        clock=loss_clock(
            list(judged.values()),
            account=account,
            oldest_url=f"{reverse('queues', args=[account.pk])}?order=loss",
            zone=zone,
            now=now,
        ),
    )


def plain_of(name: Shown) -> str:
    return "".join(piece.text for piece in name).casefold()


def _fed(queues: Sequence[Queue]) -> dict[str, list[Queue]]:
    """Name of a dead-letter queue → the queues that name it."""
    found: dict[str, list[Queue]] = {}
    for queue in queues:
        for target in dict.fromkeys(each.dead_letter_queue for each in queue.consumers):
            if target:
                found.setdefault(target, []).append(queue)
    return found


def _target(
    name: str,
    feeders: Sequence[Queue],
    named: Mapping[str, Sequence[Queue]],
    readings: Mapping[str, Reading],
    elsewhere: Sequence[str],
    judged: Judged | None,
    account: Account,
    now: datetime,
) -> Target:
    there = named.get(name, ())
    queue = there[0] if len(there) == 1 else None
    reading = readings.get(queue.id) if queue else None
    metrics = reading.metrics if reading else None
    second = ""
    if metrics and reading and metrics.oldest_message_at:
        second = f"oldest {formats.age_between(metrics.oldest_message_at, now)}"
    onward = queue.consumer.dead_letter_queue if queue and queue.consumer else None
    return Target(
        name=shown(name),
        url=queue_url(account, queue.id) if queue else "",
        waits=_waits(metrics) if there else "not in this account",
        second=second or (f"as of {formats.age_between(reading.read_at, now)} ago" if reading and metrics else ""),
        feeders=tuple(_feeder(each, account) for each in feeders[:MOST_FEEDERS]),
        more=max(0, len(feeders) - MOST_FEEDERS),
        onward=shown(onward) if onward else (),
        marks=tuple(_marks(name, there, named, elsewhere)),
        loses_at=judged.loses_at if judged else None,
        loses=f"{judged.reason}." if judged and judged.loses_at else "",
        tone=judged.severity.tone if judged else "",
    )


def _waits(metrics: Metrics | None) -> str:
    return f"{formats.number(metrics.backlog_count)} waiting" if metrics else "count unknown"


def _feeder(queue: Queue, account: Account) -> Feeder:
    consumer = consumer_of(queue)
    kind = "".join(piece.text for piece in consumer.kind)
    return Feeder(
        shown(queue.name), queue_url(account, queue.id), f"{kind}, {consumer.limit}" if consumer.limit else kind
    )


def _marks(
    name: str, there: Sequence[Queue], named: Mapping[str, Sequence[Queue]], elsewhere: Sequence[str]
) -> list[str]:
    if not there:
        other = f" {formats.listed([plain(one) for one in elsewhere])} has one, but that is another account." * bool(
            elsewhere
        )
        return [f"No queue of this account has this name.{other}"]
    marks = []
    if len(there) > 1:
        marks.append(f"{len(there)} queues have this name; which of them it is cannot be told.")
    if cycle := _cycle(name, named):
        marks.append(f"A cycle: {' → '.join(plain(one) for one in cycle)}. Dead letters come round again.")
    if len(there) == 1 and not has_nobody(there[0]) and there[0].consumer and not there[0].consumer.dead_letter_queue:
        marks.append("It is consumed, and what it cannot process is deleted.")
    return marks


def _cycle(name: str, named: Mapping[str, Sequence[Queue]]) -> list[str]:
    """The names on the way from a queue back to itself; nothing when the way ends, or goes round without it."""
    way = [name]
    while True:
        there = named.get(way[-1], ())
        onward = there[0].consumer.dead_letter_queue if len(there) == 1 and there[0].consumer else None
        if onward is None or (onward in way and onward != name):
            return []
        way.append(onward)
        if onward == name:
            return way


def _lede(targets: int, odd: int, deleting: int) -> str:
    said = [f"{formats.plural(targets, 'dead-letter queue')} fed by this account."]
    if odd:
        said.append(f"{odd:,} {'has' if odd == 1 else 'have'} something to look at.")
    if deleting:
        said.append(f"{formats.plural(deleting, 'queue')} {'deletes' if deleting == 1 else 'delete'} at the limit.")
    return " ".join(said)
