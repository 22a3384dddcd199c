"""The dead-letter map: which queues send where what they could not process, and what is odd about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.cloudflare import Queue
from queues_app.forms.dead_letters import DELETING
from queues_app.models import Account
from queues_app.rows.dead_letter_order import MapOrder, matches
from queues_app.rows.dead_letter_ways import DeadLetterWays
from queues_app.rows.loss_clock import LossClock, loss_clock
from queues_app.rows.paging import Cut, Pager, pager_of
from queues_app.rows.queue_severity import Judged
from queues_app.rows.queue_words import (
    Shown,
    ago,
    consumer_of,
    good_of,
    not_listed,
    plain,
    queue_url,
    search_url,
    shown,
)

# Of one dead-letter queue, with the link to the others, which the list of queues has.
MOST_FEEDERS: Final = 6
# Under the map; the others stand in a list of their own.
MOST_DELETING: Final = 12
UNKNOWN: Final = "count unknown"
# Other accounts that have a queue of the same name.
MOST_ACCOUNTS: Final = 3


@dataclass(frozen=True, slots=True)
class Feeder:
    name: Shown
    url: str
    second: str


@dataclass(frozen=True, slots=True)
class More:
    """A link to those that are not shown. `of`: for whom the words alone say too little."""

    word: str
    url: str
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One dead-letter queue. `marks` are sentences about what is odd; nothing is. `need`: why it needs attention.

    `as_of` says of when `waits` is, or of when what it `was` is, where it could not be read now.
    """

    name: Shown
    url: str
    waits: str
    was: str
    as_of: str
    as_of_ago: str
    as_of_ms: int | None
    feeders: tuple[Feeder, ...]
    more: More | None
    onward: Shown
    marks: tuple[str, ...]
    need: str = ""
    icon: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterMap:
    """Primitives only."""

    url: str  # of this very view
    base_url: str
    lede: str
    lede_deleting: More | None
    q: str
    show: str
    found: str  # how many the filter finds
    remarks: tuple[str, ...]
    targets: tuple[Target, ...]
    has_targets: bool
    # Queues that delete what used up its attempts.
    deleting: tuple[Feeder, ...]
    deleting_more: More | None
    pager: Pager | None
    clock: LossClock | None
    zone: str


def dead_letter_map(
    account: Account,
    order: MapOrder,
    elsewhere: Mapping[str, Sequence[str]],
    *,
    remarks: tuple[str, ...] = (),
    sees_all: bool = True,
    zone: tzinfo,
    now: datetime,
) -> DeadLetterMap:
    """The map.

    order      what stands on the page, by the counts that were read for it
    elsewhere  name of a queue → names of the other accounts that have one of that name
    sees_all   whether rules hide no queue from whoever reads
    """
    ways, chosen, deleting = order.ways, order.chosen, order.deleting
    base = reverse("dead_letters", args=[account.pk])
    cut: Cut[str] | Cut[Queue] = deleting if chosen.is_deleting else order.names
    if cut.number != chosen.page:
        remarks = (*remarks, f"There is no page {chosen.page:,}; this is the last.")
    # Under the map, at its end, only the first.
    most = len(deleting.shown) if chosen.is_deleting else MOST_DELETING if cut.number == cut.last else 0
    return DeadLetterMap(
        url=base + chosen.query(page=cut.number),
        base_url=base,
        lede=_lede(order),
        lede_deleting=More(_deleting(order), base + chosen.query(show=DELETING, q=""))
        if ways.deleting and not chosen.is_deleting
        else None,
        q=chosen.q,
        show=chosen.show,
        found=_found(order, deleting) if chosen.q else "",
        remarks=remarks,
        targets=()
        if chosen.is_deleting
        else tuple(_targets(order, account, elsewhere, sees_all=sees_all, zone=zone, now=now)),
        has_targets=bool(ways.fed),
        deleting=tuple(_feeder(queue, account) for queue in deleting.shown[:most]),
        deleting_more=More(f"Show all {deleting.total:,}", base + chosen.query(show=DELETING))
        if 0 < most < deleting.total and not chosen.is_deleting
        else None,
        pager=pager_of(
            cut,
            "Queues" if chosen.is_deleting else "Dead-letter queues",
            lambda page: base + chosen.query(page=page),
        ),
        clock=loss_clock(
            list(order.judged.values()),
            account=account,
            oldest_url=f"{reverse('queues', args=[account.pk])}?order=loss",
            zone=zone,
            now=now,
        ),
        zone=str(zone),
    )


def _targets(
    order: MapOrder,
    account: Account,
    elsewhere: Mapping[str, Sequence[str]],
    *,
    sees_all: bool,
    zone: tzinfo,
    now: datetime,
) -> Iterator[Target]:
    ways, q = order.ways, order.chosen.q
    for name in order.names.shown:
        queue, judged, onward = ways.only(name), order.judged.get(name), ways.onward(name)
        # Those that the filter means first.
        feeders = sorted(ways.fed[name], key=lambda each: not matches(each.name, q))
        told = feeders if len(feeders) <= MOST_FEEDERS else feeders[: MOST_FEEDERS - 1]
        waits, was, read_at = _waits(judged)
        yield Target(
            name=shown(name),
            url=queue_url(account, queue.id) if queue else "",
            waits=waits if ways.having(name) else not_listed(sees_all=sees_all),
            was=was,
            as_of=formats.moment_or_clock(read_at, zone, now=now) if read_at else "",
            as_of_ago=ago(read_at, now),
            as_of_ms=formats.epoch_ms(read_at) if read_at else None,
            feeders=tuple(_feeder(each, account) for each in told),
            more=_more(name, len(feeders) - len(told), account) if told is not feeders else None,
            # The words of a cycle say it.
            onward=shown(onward) if onward and not ways.cycle(name) else (),
            marks=tuple(_marks(name, ways, elsewhere.get(name, ()), sees_all=sees_all)),
            need=f"{judged.reason}." if judged and judged.needs_attention else "",
            icon=judged.severity.icon if judged else "",
            tone=judged.severity.tone if judged else "",
        )


def _waits(judged: Judged | None) -> tuple[str, str, datetime | None]:
    """How many wait, since when or how many it were, and of when that is."""
    reading = judged.reading if judged else None
    good, read_at = good_of(reading)
    if good is None or read_at is None:
        return UNKNOWN, "", None
    count = formats.number(good.backlog_count)
    if reading is None or reading.metrics is None:
        return UNKNOWN, f"was {count}", read_at
    oldest = f"oldest {formats.age_between(good.oldest_message_at, read_at)}" if good.oldest_message_at else ""
    return f"{count} waiting" if good.backlog_count is not None else UNKNOWN, oldest, read_at


def _feeder(queue: Queue, account: Account) -> Feeder:
    consumer = consumer_of(queue)
    kind = "".join(piece.text for piece in consumer.kind)
    return Feeder(
        shown(queue.name), queue_url(account, queue.id), f"{kind}, {consumer.limit}" if consumer.limit else kind
    )


def _more(name: str, number: int, account: Account) -> More:
    return More(f"and {number:,} more", search_url(account, name), f"that feed {plain(name)}")


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


def _deleting(order: MapOrder) -> str:
    number = len(order.ways.deleting)
    return f"{formats.plural(number, 'queue')} {'deletes' if number == 1 else 'delete'} at the limit."


def _lede(order: MapOrder) -> str:
    if order.chosen.is_deleting:
        return f"{_deleting(order)} No dead-letter queue is named; what uses up its attempts is gone."
    names = order.ways.fed
    said = [f"{formats.plural(len(names), 'dead-letter queue')} fed by this account."]
    if odd := sum(order.needs_person(name) for name in names):
        said.append(f"{odd:,} {'has' if odd == 1 else 'have'} something to look at.")
    if unknown := sum(_waits(one)[0] == UNKNOWN for one in order.judged.values()):
        said.append(f"{formats.plural(unknown, 'count')} {'is' if unknown == 1 else 'are'} unknown.")
    return " ".join(said)


def _found(order: MapOrder, deleting: Cut[Queue]) -> str:
    """What the filter leaves of both lists, or of the one that is shown; the page says it where that is nothing."""
    names, number = order.names, len(order.ways.deleting)
    if not deleting.total and (order.chosen.is_deleting or not names.total):
        return ""
    said = f"{deleting.total:,} of {formats.plural(number, 'queue')} that {'deletes' if number == 1 else 'delete'}"
    parts = [f"{said} at the limit"] if number else []
    if not order.chosen.is_deleting:
        parts.insert(0, f"{names.total:,} of {formats.plural(len(order.ways.fed), 'dead-letter queue')}")
    return f"{', '.join(parts)}."
