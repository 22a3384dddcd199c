"""Samples that grow old: one a minute for a day, one in 10 minutes for a month, one an hour for a year, then none.

Each call does a bounded piece of work for one account, from where the last one ended. Two processes at once delete the
same rows, so neither harms the other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from django.db.models import Exists, OuterRef

from queues_app.models import Account, AccountTurn, QueueSample

KEPT: Final = timedelta(days=365)
# Rows that one statement deletes.
AT_ONCE: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tier:
    """From this age on one sample is left for each `bucket`; a step goes through so much time."""

    mark: Literal["thinned_to_10_min", "thinned_to_1_h"]
    age: timedelta
    bucket: timedelta
    step: timedelta


TIERS: Final = (
    Tier("thinned_to_10_min", timedelta(days=1), timedelta(minutes=10), timedelta(hours=1)),
    Tier("thinned_to_1_h", timedelta(days=30), timedelta(hours=1), timedelta(hours=12)),
)


def accounts() -> list[Account]:
    """Those that have samples."""
    return list(Account.objects.filter(Exists(QueueSample.objects.filter(account=OuterRef("pk")))))


def thin(*, account: Account, now: datetime) -> bool:
    """One step of each tier, and of what is too old for all. Whether there may be more to do."""
    turn, _ = AccountTurn.objects.get_or_create(account=account)
    # All three, however much the first finds.
    return any([_prune(account, now), *(_thin(turn, tier, now) for tier in TIERS)])


def _prune(account: Account, now: datetime) -> bool:
    old = QueueSample.objects.filter(account=account, at__lt=now - KEPT).order_by("at")
    keys = list(old.values_list("pk", flat=True)[:AT_ONCE])
    QueueSample.objects.filter(pk__in=keys).delete()
    return len(keys) == AT_ONCE


def _thin(turn: AccountTurn, tier: Tier, now: datetime) -> bool:
    done, limit = getattr(turn, tier.mark), _begin_of(tier.bucket, now - tier.age)
    of_account = QueueSample.objects.filter(account=turn.account_id, at__lt=limit)
    if done is not None:
        of_account = of_account.filter(at__gte=done)
    # Where nothing was sampled for long there is nothing to go through.
    first = of_account.order_by("at").values_list("at", flat=True).first()
    if first is None:
        return False
    end = min(_begin_of(tier.bucket, first + tier.step), limit)
    _leave_one_each(turn, tier.bucket, first, end)
    AccountTurn.objects.filter(pk=turn.pk).update(**{tier.mark: end})
    return end < limit


def _leave_one_each(turn: AccountTurn, bucket: timedelta, since: datetime, until: datetime) -> None:
    """The first of each queue in each bucket stays."""
    found = QueueSample.objects.filter(account=turn.account_id, at__gte=since, at__lt=until)
    seen: set[tuple[str, datetime]] = set()
    surplus: list[int] = []
    for key, queue_id, at in found.order_by("at", "pk").values_list("pk", "queue_id", "at"):
        place = (queue_id, _begin_of(bucket, at))
        if place in seen:
            surplus.append(key)
        seen.add(place)
    for start in range(0, len(surplus), AT_ONCE):
        QueueSample.objects.filter(pk__in=surplus[start : start + AT_ONCE]).delete()


def _begin_of(bucket: timedelta, at: datetime) -> datetime:
    return at - (at - _EPOCH) % bucket
