"""Search by name over the queues of all accounts in a person's reach, by the lists that are remembered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from queues_app import access
from queues_app.access import Permission, Place
from queues_app.audit import Caller
from queues_app.models import Account, User
from queues_app.operations import allowed, known_queues, queues
from queues_app.operations.known_queues import KnownQueue, QueueList
from queues_app.operations.queues import Reading
from queues_app.operations.visits import Visited
from queues_app.words import all_in, words_of

# Accounts whose list was never read, is long forgotten or may not be shown are asked for it: so many by one search.
MOST_ASKED: Final = 4
MOST_FOUND: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LastKnown:
    """A queue's settings and counts as they were last read, as far as that is remembered."""

    queue: KnownQueue | None = None
    reading: Reading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A queue that matches; `visited` when this person knows it. `listed` is how the list had it."""

    account: Account
    queue_id: str
    name: str
    visited: Visited | None
    listed: KnownQueue

    @property
    def place(self) -> tuple[int, str]:
        """Its key in `last_known`."""
        return self.account.pk, self.queue_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The first of `total`. `missing`: accounts that could not be searched, and why in a sentence."""

    found: tuple[Found, ...]
    total: int
    accounts: int
    read_at: datetime | None  # of the oldest list that was searched
    missing: tuple[tuple[Account, str], ...]


def search(*, caller: Caller, q: str, known: Sequence[Visited], budget_s: float) -> Results:
    """Queues whose name has every word of `q`, or whose id it is: pinned ones first, then those visited.

    Raises NotAllowedError, VaultError.
    """
    queues.require(caller=caller)
    user = allowed.signed_in(caller)
    lists, missing = _lists(caller, user, budget_s)
    words = words_of(q)
    visited = {(one.account.account_id, one.queue_id): one for one in known}
    found = [
        _found(account, KnownQueue(queue=queue, read_at=listed.read_at), visited.get((account.account_id, queue.id)))
        for account, listed in lists
        for queue in listed.queues
        if words == [queue.id] or all_in(words, queue.name)
    ]
    places = {(one.account.account_id, one.queue_id): place for place, one in enumerate(known)}
    found.sort(key=lambda one: _rank(one, places, words[0] if words else ""))
    return Results(
        found=tuple(found[:MOST_FOUND]),
        total=len(found),
        accounts=len(lists),
        read_at=min((listed.read_at for _, listed in lists), default=None),
        missing=tuple(missing),
    )


def _lists(
    caller: Caller, user: User, budget_s: float
) -> tuple[list[tuple[Account, QueueList]], list[tuple[Account, str]]]:
    ways = [
        way
        for way in Account.objects.ways_of(user).values()
        if access.may(user, Permission.SEE_QUEUES, Place.of(way))
        or access.needs_name(user, Permission.SEE_QUEUES, Place.of(way))
    ]
    # Where a credential that was refused is taken again, its list comes anew.
    remembered = {way.pk: known_queues.trusted_list(account=way) for way in ways}
    wanted = [way for way in ways if remembered[way.pk] is None]
    asked = queues.lists_aside(caller=caller, accounts=wanted[:MOST_ASKED], budget_s=budget_s)
    lists: list[tuple[Account, QueueList]] = []
    missing: list[tuple[Account, str]] = []
    for way in ways:
        listed = remembered[way.pk] or asked.get(way.pk, "It was not listed yet. Search again to ask for more.")
        if isinstance(listed, str):
            missing.append((way, listed))
        else:
            lists.append((way, queues.visible(user=user, account=way, listed=listed)))
    return lists, missing


def last_known(user: User, found: Iterable[Found | Visited]) -> dict[tuple[int, str], LastKnown]:
    """How these queues were last known, by account row and id; nothing is asked.

    A credential that is refused is shown nothing from memory, and nobody anything of a queue that a rule hides from
    them by the name it has now.
    """
    by_account: dict[int, list[Found | Visited]] = {}
    for one in found:
        if not one.account.credential.was_refused:
            by_account.setdefault(one.account.pk, []).append(one)
    known = {}
    for pk, these in by_account.items():
        account, ids = these[0].account, [one.queue_id for one in these]
        readings = queues.remembered_readings(account=account, queue_ids=ids)
        alone = known_queues.last_reads(account=account, queue_ids=ids)
        listed = _listed(account, these)
        sees_all = access.sees_all(user, Place.of(account))
        for one in these:
            reads = [read for read in (alone.get(one.queue_id), listed.get(one.queue_id)) if read]
            name = max(reads, key=_read_at).queue.name if reads else ""
            if sees_all or access.may(user, Permission.SEE_QUEUES, Place.of(account, name)):
                queue = _as_named(one.name, reads)
                known[pk, one.queue_id] = LastKnown(queue=queue, reading=readings.get(one.queue_id))
    return known


def _listed(account: Account, found: Iterable[Found | Visited]) -> dict[str, KnownQueue]:
    listed = {one.queue_id: one.listed for one in found if isinstance(one, Found)}
    wanted = {one.queue_id for one in found} - listed.keys()
    whole = known_queues.remembered_list(account=account) if wanted else None
    if whole:
        listed |= {
            queue.id: KnownQueue(queue=queue, read_at=whole.read_at) for queue in whole.queues if queue.id in wanted
        }
    return listed


def _as_named(name: str, reads: Iterable[KnownQueue]) -> KnownQueue | None:
    """The newest, but not of a queue that was renamed: this name is what was asked for."""
    return max((read for read in reads if read.queue.name == name), key=_read_at, default=None)


def _read_at(read: KnownQueue) -> datetime:
    return read.read_at


def _found(account: Account, listed: KnownQueue, visited: Visited | None) -> Found:
    """By the way that this person took before, where there is one."""
    way, queue = visited.account if visited else account, listed.queue
    return Found(account=way, queue_id=queue.id, name=queue.name, visited=visited, listed=listed)


def _rank(one: Found, places: dict[tuple[str, str], int], first: str) -> tuple[int, bool, str, int]:
    """As the visits stand, which has the pinned ones first; then what begins so."""
    place = places.get((one.account.account_id, one.queue_id), len(places))
    name = one.name.casefold()
    return place, not name.startswith(first), name, one.account.pk
