"""How the backlog of queues went over the last day, as far as samples were taken; nothing is asked of the upstream."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import BigIntegerField, Func, Max, Min

from queues_app import remembered
from queues_app.models import Account, QueueSample

# The day is read in quarters of an hour: what a small drawing can show, and few rows where samples are many.
QUARTER_S: Final = 900
QUARTERS: Final = 96
# Over how long growth is told.
GROWTH_S: Final = 2 * 60 * 60
# A list that refreshes itself adds up the samples once in so many seconds.
_REMEMBERED_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The largest backlog seen in each quarter of the last day, oldest first; None is a gap, and not zero.

    `first` is a count from the beginning of the last two hours, read at `first_at`.
    """

    most: tuple[int | None, ...]
    first: int | None = None
    first_at: datetime | None = None


class _Quarter(Func):
    """The number of the quarter of an hour, counted from 1970."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Not unixepoch(), which SQLite has since 3.38 only; the signs are halved by the template and by the driver.
        template = f"CAST(strftime('%%%%s', %(expressions)s) AS integer) / {QUARTER_S}"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = f"CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / {QUARTER_S}) AS bigint)"
        return self.as_sql(compiler, connection, template=template, **context)


def of(*, account: Account, queue_ids: Sequence[str], now: datetime) -> dict[str, Trend]:
    """The trend of each of these queues; one without samples is left out. One query at most."""
    if not queue_ids:
        return {}
    key = f"trends:{account.pk}:{hashlib.sha256(''.join(sorted(queue_ids)).encode()).hexdigest()[:32]}"
    known = remembered.get(key, dict[str, Trend])
    if known is None:
        known = _read(account, queue_ids, now)
        remembered.put(key, known, _REMEMBERED_S)
    return known


def _read(account: Account, queue_ids: Sequence[str], now: datetime) -> dict[str, Trend]:
    last = int(now.timestamp()) // QUARTER_S
    start = last - QUARTERS + 1
    found = (
        QueueSample.objects.filter(
            account=account,
            queue_id__in=queue_ids,
            at__gte=datetime.fromtimestamp(start * QUARTER_S, UTC),
            at__lte=now,
            messages__isnull=False,
        )
        .values("queue_id", quarter=_Quarter("at"))
        .annotate(most=Max("messages"), least=Min("messages"), begun=Min("at"))
        .order_by("queue_id", "quarter")
    )
    most: dict[str, list[int | None]] = {}
    first: dict[str, tuple[int, datetime]] = {}
    window = now - timedelta(seconds=GROWTH_S + QUARTER_S)
    for row in found:
        most.setdefault(row["queue_id"], [None] * QUARTERS)[row["quarter"] - start] = row["most"]
        if row["begun"] >= window:
            first.setdefault(row["queue_id"], (row["least"], row["begun"]))
    return {
        queue_id: Trend(most=tuple(line), first=first.get(queue_id, _NONE)[0], first_at=first.get(queue_id, _NONE)[1])
        for queue_id, line in most.items()
    }


_NONE: Final = (None, None)
