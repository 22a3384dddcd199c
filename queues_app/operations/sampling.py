"""Ask for the counts of queues that somebody watches or looked at lately, each minute, and check the watches by them.

An account row has its turn once a minute, and less often while its credential is near its limit. Whoever takes it has
claimed it by one conditional update, so that several processes ask once; one that dies lets its claim run out. An
account that is slow costs its own turn only.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from dashboard.stopping import is_stopping
from queues_app import access, spending, upstream
from queues_app.access import Permission, Place
from queues_app.clock import Clock
from queues_app.cloudflare import CloudflareError
from queues_app.models import Account, AccountTurn, QueueVisit, User, Watch
from queues_app.operations import claims, known_queues, queues, samples, watch_rights, watching
from queues_app.operations.queues import Reading
from queues_app.upstream import UpstreamBusyError
from queues_app.vault import VaultError

# How long after a visit a queue is still sampled.
VISITED: Final = timedelta(hours=1)
# Calls of a credential in a minute, for all the accounts that it reaches: of the 1,200 that Cloudflare allows in 5
# minutes, most are for people.
MOST_A_MINUTE: Final = 60
# Calls of one peek: the queue's name, and the messages.
_PEEK_CALLS: Final = 2
SLOWED: Final = timedelta(seconds=spending.WATCH_SLOWED_S)
# When a turn ends, though not all was asked: below the minute to the next.
TURN_S: Final = 30.0
# Longer than a turn may take with its last call, so that only a process that is gone loses its claim.
CLAIM: Final = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A queue, and the person for whom it is asked for."""

    queue_id: str
    asker: User


def due(now: datetime) -> list[int]:
    """The account rows whose turn it is."""
    later = Q(turn__next_at__gt=now) | Q(turn__claimed_until__gt=now)
    return list(_asked_for(now).exclude(later).order_by("pk").values_list("pk", flat=True))


def _asked_for(now: datetime) -> QuerySet[Account]:
    """The account rows in which somebody watches or looked lately."""
    of_account = {"account": OuterRef("pk")}
    is_watched = Exists(Watch.objects.filter(**of_account))
    is_visited = Exists(QueueVisit.objects.filter(**of_account, visited_at__gt=now - VISITED))
    return Account.objects.filter(is_watched | is_visited)


def _budget(account: Account, now: datetime) -> int:
    """Calls of a turn: the account rows of one credential spend from the same limit."""
    rows = _asked_for(now).filter(credential=account.credential_id).count()
    return max(1, MOST_A_MINUTE // max(1, rows))


def take_turn(account_id: int, *, clock: Clock = timezone.now) -> bool:
    """Ask for what is wanted of an account, keep it, and check its watches. Whether it was ours to take.

    Raises DatabaseError.
    """
    account = Account.objects.select_related("credential__owner").filter(pk=account_id).first()
    if account is None:
        return False
    turn, _ = AccountTurn.objects.get_or_create(account=account)
    now = clock()
    found = AccountTurn.objects.filter(Q(next_at=None) | Q(next_at__lte=now), pk=turn.pk)
    is_slowed = spending.of(account.credential_id).is_near
    every = SLOWED if is_slowed else samples.EVERY
    claim = claims.take(found, now=now, lasts=CLAIM, next_at=now + every, is_slowed=is_slowed)
    if claim is None:
        return False
    mine = AccountTurn.objects.filter(pk=turn.pk, claim=claim)
    budget = _budget(account, now)
    try:
        readings, problem = _read(account, budget, now)
        samples.keep(account=account, readings=readings)
        peeks = watching.Peeks(
            most=max(1, (budget - len(readings)) // _PEEK_CALLS),
            every=watching.PEEK_SLOWED if is_slowed else watching.PEEK_EVERY,
        )
        watching.check_account(account, readings, problem=problem, peeks=peeks, clock=clock)
    except BaseException:
        mine.update(**claims.FREE)
        raise
    kept = sum(reading.metrics is not None for reading in readings.values())
    mine.update(kept=F("kept") + kept, problem=problem, **claims.FREE)
    return True


def _read(account: Account, budget: int, now: datetime) -> tuple[dict[str, Reading], str]:
    """What was answered in time, and why nothing more was asked. What was not asked leaves a gap."""
    readings: dict[str, Reading] = {}
    try:
        _learn_names(account)
    except (VaultError, UpstreamBusyError, CloudflareError) as error:
        return readings, error.sentence
    ends_at = time.monotonic() + TURN_S
    for wanted in _wanted(account, now):
        if len(readings) == budget or time.monotonic() > ends_at or is_stopping():
            break
        try:
            readings[wanted.queue_id] = queues.read_alone(
                caller=watching.caller_of(wanted.asker), account=account, queue_id=wanted.queue_id
            )
        except VaultError as error:
            return readings, error.sentence
    return readings, ""


def _learn_names(account: Account) -> None:
    """Where a rule may hide a queue from who watches it, and no page listed them in the last hour.

    Else a watch that a rename has stopped goes on when the newer name is forgotten.
    """
    needs_names = access.needs_name(account.credential.owner, Permission.SEE_QUEUES, Place.of(account))
    if needs_names and known_queues.remembered_list(account=account) is None:
        known_queues.ask_list(upstream.auth_of(account.credential), account)


def _wanted(account: Account, now: datetime) -> Iterator[Wanted]:
    """Each queue once, for the first who may see it: those that are watched, the longest unchecked first."""
    seen: set[str] = set()
    for queue_id, queue_name, user in (*_watched(account), *_visited(account, now)):
        if queue_id not in seen and _may_see(user, account, queue_id, queue_name):
            seen.add(queue_id)
            yield Wanted(queue_id, user)


def _watched(account: Account) -> Iterator[tuple[str, str, User]]:
    found = Watch.objects.filter(account=account).select_related("owner", "account__credential")
    for watch in found.order_by(F("checked_at").asc(nulls_first=True), "pk"):
        if not watch_rights.why_stopped(watch):
            yield watch.queue_id, watch.queue_name, watch.owner


def _visited(account: Account, now: datetime) -> Iterator[tuple[str, str, User]]:
    found = QueueVisit.objects.filter(account=account, visited_at__gt=now - VISITED).select_related("user")
    for visit in found.order_by("-visited_at"):
        yield visit.queue_id, visit.queue_name, visit.user


def _may_see(user: User, account: Account, queue_id: str, queue_name: str) -> bool:
    """Also at the account as a whole, which is where the call asks."""
    return (
        user.is_active
        and access.may(user, Permission.SEE_QUEUES, Place.of(account))
        and queue_id in queues.still_visible(user=user, account=account, kept_as={queue_id: queue_name})
    )
