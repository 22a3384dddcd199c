"""Who works on a row: claimed by one conditional update, so that neither a lock nor a transaction is held meanwhile.

The model has `claim` and `claimed_until`. Whoever dies lets the claim run out, and another takes the row.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet

# What gives a row back.
FREE: Final[dict[str, None]] = {"claim": None, "claimed_until": None}


def unclaimed(now: datetime) -> Q:
    """The rows that nobody works on."""
    return Q(claimed_until=None) | Q(claimed_until__lte=now)


def take(row: QuerySet[Any], *, now: datetime, lasts: timedelta, **changes: object) -> uuid.UUID | None:
    """Claim the one row that this finds, where it is free, and change it with that; None where it is not ours."""
    claim = uuid.uuid4()
    taken = row.filter(unclaimed(now)).update(claim=claim, claimed_until=now + lasts, **changes)
    return claim if taken else None


def wait(times: int, *, first: timedelta, longest: timedelta, jitter: float, asked: timedelta | None) -> timedelta:
    """How long to wait after so many failures: doubled each time, and no less than the other side asked for.

    Half of it for sure, and half by chance (`jitter`, from 0 to 1), so that several do not come back in one moment.
    """
    doubled = min(first * (1 << times), longest)
    return max(doubled * (0.5 + jitter / 2), asked or timedelta())
