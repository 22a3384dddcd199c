"""The dead-letter map: which queues send where what they could not process, and what is odd about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.cloudflare import Metrics, Queue
from queues_app.models import Account
from queues_app.operations.known_queues import QueueList
from queues_app.operations.queues import Reading
from queues_app.operations.trends import Trend
from queues_app.rows.dead_letter_ways import DeadLetterWays
from queues_app.rows.loss_clock import LossClock, loss_clock
from queues_app.rows.queue_severity import Judged, Severity, judge
from queues_app.rows.queue_words import Shown, consumer_of, not_listed, plain, queue_url, shown

# Of one map, and of all; beyond, they are counted.
MOST_FEEDERS: Final = 30
MOST_TARGETS: Final = 100
# Other accounts that have a queue of the same name.
MOST_ACCOUNTS: Final = 3
_NO_TRENDS: Final[Mapping[str, Trend]] = {}
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feeder:
    name: Shown
    url: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One dead-letter queue. `marks` are sentences about what is odd; nothing is. `need`: why it needs attention."""

    name: Shown
    url: str
    waits: str
    second: str
    feeders: tuple[Feeder, ...]
    more: int
    onward: Shown
    marks: tuple[str, ...]
    need: str = ""
    icon: str = ""
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
    """The ids of the dead-letter queues that the map shows, for their counts."""
    ways = DeadLetterWays(listed.queues)
    found = (ways.only(name) for name in ways.in_order()[:MOST_TARGETS])
    return [queue.id for queue in found if queue]


def dead_letter_map(
    account: Account,
    listed: QueueList,
    readings: Mapping[str, Reading],
    elsewhere: Mapping[str, Sequence[str]],
    *,
    trends: Mapping[str, Trend] = _NO_TRENDS,
    sees_all: bool = True,
    zone: tzinfo,
    now: datetime,
) -> DeadLetterMap:
    """The map.

    readings   those of `target_ids`
    trends     how these went, so that the map says what the list says
    elsewhere  name of a queue → names of the other accounts that have one of that name
    sees_all   whether rules hide no queue from whoever reads
    """
    ways = DeadLetterWays(listed.queues)
    names = ways.in_order()
    judged: dict[str, Judged] = {}
    for name in names[:MOST_TARGETS]:
        if queue := ways.only(name):
            reading, trend = readings.get(queue.id), trends.get(queue.id)
            judged[name] = judge(queue, reading, fed=len(ways.fed[name]), now=now, trend=trend)
    targets = [
        _target(name, ways, readings, elsewhere.get(name, ()), judged.get(name), account, sees_all=sees_all, now=now)
        for name in sorted(names[:MOST_TARGETS], key=lambda name: _order(judged.get(name)))
    ]
    deleting = [queue for queue in listed.queues if queue.consumer and not queue.consumer.dead_letter_queue]
    needing = {name for name, one in judged.items() if one.needs_attention}
    odd = sum(1 for name in names if name in needing or ways.is_odd(name))
    return DeadLetterMap(
        lede=_lede(len(names), odd, len(deleting)),
        targets=tuple(targets),
        more=len(names) - len(targets),
        deleting=tuple(_feeder(queue, account) for queue in deleting[:MOST_FEEDERS]),
        deleting_more=max(0, len(deleting) - MOST_FEEDERS),
        clock=loss_clock(
            list(judged.values()),
            account=account,
            oldest_url=f"{reverse('queues', args=[account.pk])}?order=loss",
            zone=zone,
            now=now,
        ),
    )


def _target(
    name: str,
    ways: DeadLetterWays,
    readings: Mapping[str, Reading],
    elsewhere: Sequence[str],
    judged: Judged | None,
    account: Account,
    *,
    sees_all: bool,
    now: datetime,
) -> Target:
    queue, feeders, onward = ways.only(name), ways.fed[name], ways.onward(name)
    reading = readings.get(queue.id) if queue else None
    metrics = reading.metrics if reading else None
    second = ""
    if metrics and reading and metrics.oldest_message_at:
        second = f"oldest {formats.age_between(metrics.oldest_message_at, now)}"
    return Target(
        name=shown(name),
        url=queue_url(account, queue.id) if queue else "",
        waits=_waits(metrics) if ways.having(name) else not_listed(sees_all=sees_all),
        second=second or (f"as of {formats.age_between(reading.read_at, now)} ago" if reading and metrics else ""),
        feeders=tuple(_feeder(each, account) for each in feeders[:MOST_FEEDERS]),
        more=max(0, len(feeders) - MOST_FEEDERS),
        onward=shown(onward) if onward else (),
        marks=tuple(_marks(name, ways, elsewhere, sees_all=sees_all)),
        need=f"{judged.reason}." if judged and judged.needs_attention else "",
        icon=judged.severity.icon if judged else "",
        tone=judged.severity.tone if judged else "",
    )


def _order(one: Judged | None) -> tuple[int, datetime]:
    """Those that need attention first, as in the list."""
    if one is None or not one.needs_attention:
        return Severity.CALM, _NEVER
    return one.severity, one.loses_at or _NEVER


def _waits(metrics: Metrics | None) -> str:
    return f"{formats.number(metrics.backlog_count)} waiting" if metrics else "count unknown"


def _feeder(queue: Queue, account: Account) -> Feeder:
    consumer = consumer_of(queue)
    kind = "".join(piece.text for piece in consumer.kind)
    return Feeder(
        shown(queue.name), queue_url(account, queue.id), f"{kind}, {consumer.limit}" if consumer.limit else kind
    )


def _marks(name: str, ways: DeadLetterWays, elsewhere: Sequence[str], *, sees_all: bool) -> Iterator[str]:
    number = len(ways.having(name))
    if not number:
        none = "No queue of this account has" if sees_all else "None of the queues that you may see has"
        yield f"{none} this name.{_elsewhere(elsewhere)}"
    if number > 1:
        yield f"{number:,} queues have this name; which of them it is cannot be told."
    if cycle := ways.cycle(name):
        yield f"A cycle: {cycle.words()}. Dead letters come round again."
    if ways.deletes(name):
        yield "It is consumed, and what it cannot process is deleted."


def _elsewhere(accounts: Sequence[str]) -> str:
    """Where such a queue is instead; an account that has two of them is named once."""
    names = list(dict.fromkeys(accounts))
    if not names:
        return ""
    said = [plain(one) for one in names[:MOST_ACCOUNTS]]
    if len(names) > MOST_ACCOUNTS:
        said.append(f"{len(names) - MOST_ACCOUNTS:,} more")
    verb, what = ("has", "that is another account") if len(names) == 1 else ("have", "those are other accounts")
    return f" {formats.listed(said)} {verb} one, but {what}."


def _lede(targets: int, odd: int, deleting: int) -> str:
    said = [f"{formats.plural(targets, 'dead-letter queue')} fed by this account."]
    if odd:
        said.append(f"{odd:,} {'has' if odd == 1 else 'have'} something to look at.")
    if deleting:
        said.append(f"{formats.plural(deleting, 'queue')} {'deletes' if deleting == 1 else 'delete'} at the limit.")
    return " ".join(said)
