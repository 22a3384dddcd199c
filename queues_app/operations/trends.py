"""How the backlog of queues went over the last day, as far as samples were taken; nothing is asked of the upstream."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import BigIntegerField, Case, Func, Max, When

from queues_app import remembered
from queues_app.models import Account, QueueSample

# The day is read in quarters of an hour: what a small drawing can show, and few rows where samples are many. The time
# over which growth is told is read count by count, so that what happens now is not lost in it.
QUARTER_S: Final = 900
QUARTERS: Final = 96
# Over how long growth is told.
GROWTH_S: Final = 2 * 60 * 60
# A list that refreshes itself adds up the samples once in so many seconds.
_REMEMBERED_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The largest backlog seen in each quarter of the last day, oldest first; None is a gap, and not zero.

    `recent` are the counts of the time over which growth is told, each with its second since 1970, oldest first.
    """

    most: tuple[int | None, ...]
    recent: tuple[tuple[int, int], ...] = ()


class _Second(Func):
    """The second since 1970, or the one in which a step of so many seconds began."""

    output_field = BigIntegerField()

    def __init__(self, expression: str, *, step: int = 1) -> None:
        super().__init__(expression)
        self._step = "" if step == 1 else f" / {step} * {step}"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Not unixepoch(), which SQLite has since 3.38 only; the signs are halved by the template and by the driver.
        template = f"CAST(strftime('%%%%s', %(expressions)s) AS integer){self._step}"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = f"CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS bigint){self._step}"
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
    now_s = int(now.timestamp())
    start = now_s // QUARTER_S - QUARTERS + 1
    recent_s = now_s - GROWTH_S - QUARTER_S
    found = (
        QueueSample.objects.filter(
            account=account,
            queue_id__in=queue_ids,
            at__gte=datetime.fromtimestamp(start * QUARTER_S, UTC),
            at__lte=now,
            messages__isnull=False,
        )
        .annotate(
            second=Case(
                When(at__gte=datetime.fromtimestamp(recent_s, UTC), then=_Second("at")),
                default=_Second("at", step=QUARTER_S),
            )
        )
        .values("queue_id", "second")
        .annotate(most=Max("messages"))
        .order_by("queue_id", "second")
        .values_list("queue_id", "second", "most")
    )
    most: dict[str, list[int | None]] = {}
    recent: dict[str, list[tuple[int, int]]] = {}
    for queue_id, second, count in found:
        line = most.setdefault(queue_id, [None] * QUARTERS)
        quarter = second // QUARTER_S - start
        line[quarter] = max(line[quarter] or 0, count)
        if second >= recent_s:
            recent.setdefault(queue_id, []).append((second, count))
    return {
        queue_id: Trend(most=tuple(line), recent=tuple(recent.get(queue_id, ()))) for queue_id, line in most.items()
    }
