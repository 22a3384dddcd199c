"""Read the ledger of leases: one's own, one queue's, everybody's. Nothing is asked of the upstream."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from queues_app import access
from queues_app.access import Permission, Place
from queues_app.audit import Caller, Subject
from queues_app.models import Account, Action, AuditEntry, Lease, LeaseState, Outcome, User
from queues_app.models.lease import LeaseQuerySet
from queues_app.operations import allowed, names

# Rows of one page; beyond, it says how many there are.
MOST_ROWS: Final = 300
# What ended is told of as long as this.
ENDED_FOR: Final = timedelta(hours=6)
# So many leases one form may name.
MOST_CHOSEN: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose leases: one's own, or everybody's; of one queue where `account` and `queue_id` say which.

    To one's own belong those that others hold by one's credentials; of queues that a rule hides, one sees no more.
    """

    user: User
    everybody: bool = False
    account: Account | None = None
    queue_id: str = ""

    @property
    def leases(self) -> LeaseQuerySet:
        found = Lease.objects.of(self.user)
        if self.everybody:
            found |= Lease.objects.exclude(_hidden_from(self.user))
        return found.of_queue(self.account.account_id, self.queue_id) if self.account else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Held ones, soonest end first; so those in doubt; then what ended since `since`, newest first.

    Counts are of all, rows are bounded.

    `seen` stands for what the page shows: while it stays the same, nothing happened but time.
    """

    held: tuple[Lease, ...]
    in_doubt: tuple[Lease, ...]
    ended: tuple[Lease, ...]
    held_count: int
    own_count: int
    is_cut: bool
    since: datetime
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What a person pulled since a moment. `messages` counts what is known; `unknown` are pulls without a count."""

    pulls: int
    messages: int
    unknown: int


def require_everybodys(*, caller: Caller) -> None:
    """Raise NotAllowedError, after recording the refused attempt, unless the caller may see what others hold."""
    allowed.require(
        caller,
        Permission.SEE_ALL_LEASES,
        action=Action.SEE_QUEUES,
        subject=Subject(),
        parameters={"leases": "of everybody"},
    )


def sees_all(user: User) -> bool:
    """Whether this person sees what others hold."""
    return access.may(user, Permission.SEE_ALL_LEASES)


def read(scope: Scope, *, now: datetime) -> Ledger:
    """The page of a scope."""
    since = now - ENDED_FOR
    # The held ones come first by the name of their state.
    open_ones = scope.leases.perhaps_held(now).order_by("state", "expires_at", "pk")
    shown = list(_with_names(open_ones)[: MOST_ROWS + 1])
    room = max(0, MOST_ROWS - len(shown))
    ended = list(_with_names(_ended(scope, since, now))[: room + 1])
    own_count, held_count = counts(scope, now=now)
    return Ledger(
        held=tuple(lease for lease in shown[:MOST_ROWS] if lease.state == LeaseState.HELD),
        in_doubt=tuple(lease for lease in shown[:MOST_ROWS] if lease.state == LeaseState.UNKNOWN),
        ended=tuple(ended[:room]),
        held_count=held_count,
        own_count=own_count,
        is_cut=len(shown) + len(ended) > MOST_ROWS,
        since=since,
        seen=seen(scope, since=since),
    )


def counts(scope: Scope, *, now: datetime) -> tuple[int, int]:
    """How many of a scope the person holds, and how many are held by anybody."""
    found = scope.leases.held(now).aggregate(own=Count("pk", filter=Q(holder=scope.user)), all=Count("pk"))
    return found["own"], found["all"]


def seen(scope: Scope, *, since: datetime) -> str:
    """A digest of the leases that ended or end after `since`: it changes by what is done, not by time."""
    figures = scope.leases.filter(Q(expires_at__gt=since) | Q(settled_at__gt=since)).aggregate(
        newest=Max("pk"),
        held=Count("pk", filter=Q(state=LeaseState.HELD)),
        settled=Max("settled_at"),
        extended=Sum("extensions"),
        warned=Count("pk", filter=~Q(warning="")),
    )
    return hashlib.sha256(repr(sorted(figures.items())).encode()).hexdigest()[:16]


def held_through(account: OuterRef, holder: User, *, now: datetime) -> Subquery:
    """How many messages a person holds by an account at the moment, as a column of a query for accounts."""
    held = Lease.objects.held(now).filter(account=account, holder=holder).order_by()
    return Subquery(held.values("account").annotate(count=Count("pk")).values("count"))


def find(*, caller: Caller, numbers: Iterable[int]) -> list[Lease]:
    """Those of these leases that the caller may see, in order; of others it is not said whether they exist."""
    user = allowed.signed_in(caller)
    scope = Scope(user=user, everybody=sees_all(user))
    return list(_with_names(scope.leases.filter(pk__in=list(numbers)[:MOST_CHOSEN])))


def own_held(scope: Scope, *, now: datetime) -> list[Lease]:
    """What the person holds within a scope, soonest end first: what "Return everything" is about."""
    held = scope.leases.held(now).filter(holder=scope.user).order_by("expires_at", "pk")
    return list(_with_names(held)[:MOST_CHOSEN])


def footprint(user: User, *, since: datetime) -> Footprint:
    """What a person pulled since then, by the record."""
    went = (Outcome.OK, Outcome.UNKNOWN)
    found = (
        AuditEntry.objects.of(user.pk)
        .filter(action=Action.PULL, at__gte=since, outcome__in=went)
        .aggregate(
            pulls=Count("pk"),
            messages=Sum("message_count"),
            unknown=Count("pk", filter=Q(message_count=None)),
        )
    )
    return Footprint(pulls=found["pulls"], messages=found["messages"] or 0, unknown=found["unknown"])


def _hidden_from(user: User) -> Q:
    """The leases of queues in which this person may not see what others hold; rules name queues by patterns.

    By each name that leases of the queue were kept under, and by the one that was read last.
    """
    # Of nothing hidden, no lease at all.
    closed = Q(pk__in=())
    if not access.needs_name(user, Permission.SEE_ALL_LEASES, access.ANYWHERE):
        return closed
    found = set(Lease.objects.order_by().values_list("account", "queue_id", "queue_name").distinct())
    accounts = Account.objects.select_related("credential").in_bulk({row for row, *_ in found})
    kept_as: dict[tuple[str, str], dict[Account, list[str]]] = {}
    for row, queue_id, name in found:
        # Where the account is gone meanwhile, so are its leases.
        if way := accounts.get(row):
            kept_as.setdefault((way.account_id, queue_id), {}).setdefault(way, []).append(name)
    for (account_id, queue_id), ways in kept_as.items():
        known = [name for way, old in ways.items() for name in names.subject(way, queue_id, kept_as=old).names]
        newest, *others = known or [""]
        place = Place(account_id, newest, other_names=tuple(others))
        if not access.may(user, Permission.SEE_ALL_LEASES, place):
            closed |= Q(account__account_id=account_id, queue_id=queue_id)
    return closed


def _ended(scope: Scope, since: datetime, now: datetime) -> QuerySet[Lease]:
    """Those that were settled, or lapsed, after `since`. Of what is unknown only those whose time is over."""
    lapsed = Q(state=LeaseState.HELD, expires_at__lte=now, expires_at__gt=since)
    perhaps_held = Q(state=LeaseState.UNKNOWN, expires_at__gt=now)
    settled = Q(settled_at__gt=since) & ~Q(state=LeaseState.HELD) & ~perhaps_held
    return (
        scope.leases.filter(lapsed | settled)
        .annotate(ended_at=Coalesce(F("settled_at"), F("expires_at")))
        .order_by("-ended_at", "-pk")
    )


def _with_names(leases: QuerySet[Lease]) -> QuerySet[Lease]:
    """With all that a row says of holder, account and batch; never with the messages of the batch."""
    return leases.select_related("holder", "account__credential", "batch").defer("batch__sealed_messages")
