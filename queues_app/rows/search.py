"""The search over all queues, what is pinned and what was visited, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.models import Account
from queues_app.operations.everywhere import Found, LastKnown, Results
from queues_app.operations.visits import MOST_RECENT, Visited
from queues_app.rows.queue_words import Shown, StateWord, ago, good_of, is_id, queue_url, shown, state_of

type Standing = Mapping[tuple[int, str], LastKnown]
_NOTHING_KNOWN: Final[Standing] = {}


@dataclass(frozen=True, slots=True)
class Pin:
    """The button that pins, or unpins. `key` is its id in a list."""

    url: str
    is_pinned: bool
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One queue, as it was last known. `second`: when this person was there."""

    key: str
    name: Shown
    url: str
    account: str
    environment: str
    second: str
    state: StateWord
    state_second: str
    backlog: str
    backlog_second: str
    is_unknown: bool  # the backlog
    pin: Pin | None


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """Primitives only."""

    q: str
    said: str
    groups: tuple[Group, ...]
    missing: tuple[tuple[str, str], ...]


def pin_of(account: Account, queue_id: str, *, is_pinned: bool) -> Pin | None:
    """Nothing for an id that no page can have."""
    if not is_id(queue_id):
        return None
    return Pin(reverse("queue_pin", args=[account.pk, queue_id]), is_pinned, f"pin-{queue_id}")


def shortcuts(known: Iterable[Visited], now: datetime, standing: Standing = _NOTHING_KNOWN) -> tuple[Group, ...]:
    """What is pinned, and what was visited of late."""
    hits = {True: [], False: []}  # type: dict[bool, list[Hit]]
    for one in known:
        hits[one.is_pinned].append(_hit(one, one, standing.get(one.place), now))
    groups = (Group("Pinned", tuple(hits[True])), Group("Recent", tuple(hits[False][:MOST_RECENT])))
    return tuple(group for group in groups if group.hits)


def search_page(
    q: str, known: Sequence[Visited], results: Results | None, standing: Standing, now: datetime
) -> SearchPage:
    """Without results it is what the person knows already."""
    if results is None:
        return SearchPage(q="", said="", groups=shortcuts(known, now, standing), missing=())
    hits = tuple(_hit(one, one.visited, standing.get(one.place), now) for one in results.found)
    return SearchPage(
        q=q,
        said=_said(results, now),
        groups=(Group("", hits),) if hits else (),
        missing=tuple((account.name, why) for account, why in results.missing),
    )


def _hit(one: Found | Visited, visited: Visited | None, last: LastKnown | None, now: datetime) -> Hit:
    account, queue_id, last = one.account, one.queue_id, last or LastKnown()
    good, counted_at = good_of(last.reading)
    is_unknown = good is None or good.backlog_count is None
    return Hit(
        key=f"hit-{account.pk}-{queue_id}",
        name=shown(one.name),
        url=queue_url(account, queue_id),
        account=account.name,
        environment=account.environment,
        second=f"visited {ago(visited.at, now)}" if visited else "",
        state=state_of(last.queue.queue if last.queue else None, is_stale=False),
        state_second=ago(last.queue.read_at, now) if last.queue else "not read lately",
        backlog=formats.number(good.backlog_count if good else None),
        backlog_second="not counted lately" if is_unknown else ago(counted_at, now),
        is_unknown=is_unknown,
        pin=pin_of(account, queue_id, is_pinned=bool(visited and visited.is_pinned)),
    )


def _said(results: Results, now: datetime) -> str:
    were = "was" if results.accounts == 1 else "were"
    searched = f"{formats.plural(results.accounts, 'account')} {were} searched"
    as_of = f", by lists at most {formats.age_between(results.read_at, now)} old" if results.read_at else ""
    if results.total > len(results.found):
        return f"The first {len(results.found):,} of {results.total:,} queues that match; {searched}{as_of}."
    count = formats.plural(results.total, "queue")
    return f"{count} {formats.verb(results.total, 'match')}; {searched}{as_of}."
