"""Buckets as wide as the rows of an answer are apart.

Cloudflare is asked for a step, and keeps the older time in wider ones: then each row stands in one of many buckets,
and what lies between looks as if nothing were known. The same rows in wider buckets leave only the gaps that are gaps.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from queues_app.cloudflare.analytics import QueueHistory, QueuePoint, Step

_COUNTS: Final = ("written", "read", "deleted", "dead_lettered", "failed", "billable")
_LEVELS: Final = ("messages", "bytes", "delayed", "concurrency")
_OF_A_MESSAGE: Final = ("lag_ms", "retries")


def as_told(history: QueueHistory) -> QueueHistory:
    """The history in the step that its rows have, where most of them are further apart than what was asked for."""
    step_s = _step_of([point.at.timestamp() for point in history.points], history.step_s)
    if step_s == history.step_s:
        return history
    buckets: dict[datetime, list[QueuePoint]] = {}
    for point in history.points:
        begin = datetime.fromtimestamp(point.at.timestamp() // step_s * step_s, UTC)
        buckets.setdefault(begin, []).append(point)
    return replace(history, step_s=step_s, points=tuple(_joined(at, points) for at, points in buckets.items()))


def _step_of(moments: Sequence[float], asked_s: int) -> int:
    """The first wider step that joins rows which stand alone, over a time that counts beside what is told closely.

    A single pair may be chance, unless both begin such a step. An hour is the widest: who waits longer left a gap.
    """
    apart = [later - earlier for earlier, later in pairwise(moments)]
    close = sum(one for one in apart if one <= asked_s)
    for step_s in (Step.FIVE_MINUTES.seconds, Step.HOUR.seconds):
        joined = [one for one in apart if asked_s < one <= step_s]
        is_regular = len(joined) > 1 or all(moment % step_s == 0 for moment in moments)
        if joined and is_regular and 2 * sum(joined) > close:
            return step_s
    return asked_s


def _joined(at: datetime, points: Sequence[QueuePoint]) -> QueuePoint:
    """Counts are summed up, unknown where a part is; averages are weighed by what they are of."""
    counts: dict[str, Any] = {name: _sum(getattr(point, name) for point in points) for name in _COUNTS}
    levels: dict[str, Any] = {name: _average(points, name, lambda _: 1) for name in _LEVELS}
    weighed: dict[str, Any] = {name: _average(points, name, _messages_done) for name in _OF_A_MESSAGE}
    return QueuePoint(at=at, **counts, **levels, **weighed)


def _messages_done(point: QueuePoint) -> int:
    return point.deleted or point.read or 1


def _sum(counts: Iterable[int | None]) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


def _average(points: Sequence[QueuePoint], name: str, weight: Callable[[QueuePoint], int]) -> float | None:
    known = [(weight(point), value) for point in points if (value := getattr(point, name)) is not None]
    total = sum(heavy for heavy, _ in known)
    return sum(heavy * value for heavy, value in known) / total if known else None
