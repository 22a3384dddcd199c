"""What the queues of the demo held in the day before it began, for whoever wants to have counted them then."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from queues_app.sandbox.history import HOUR_MS, MINUTE_MS
from queues_app.sandbox.seed.demo import fill
from queues_app.sandbox.seed.identities import ACCOUNTS
from queues_app.sandbox.store import Queue, Store

_DAY_MS: Final = 24 * HOUR_MS
# Each ten minutes, and each minute of the last hours.
_COARSE_MS: Final = 10 * MINUTE_MS
_FINE_FROM_MS: Final = 2 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Count:
    """What a queue held at a moment. `oldest_ms` is 0 where it held nothing."""

    queue_id: str
    at_ms: int
    messages: int
    bytes: int
    oldest_ms: int


def counts_before(now_ms: int) -> dict[str, list[Count]]:
    """By account id: of each queue that held anything, the counts of a day, oldest first."""
    store = Store()
    for name, account_id in ACCOUNTS.items():
        store.add_account(name, account_id, now_ms)
    fill(store, now_ms)
    return {
        account_id: [count for queue in account.queues.values() for count in _of(queue, now_ms)]
        for account_id, account in store.accounts.items()
    }


def _of(queue: Queue, now_ms: int) -> Iterator[Count]:
    """What waits now and was there then, and what its made-up past had besides."""
    past = queue.history.past
    periods = list(past.periods(now_ms - _DAY_MS, now_ms)) if past else []
    if not queue.messages and not periods:
        return
    for at_ms in _moments(now_ms):
        there = [one for one in queue.messages.values() if one.sent_ms <= at_ms]
        levels = next((each.levels for each in reversed(periods) if each.start_ms <= at_ms), None)
        passing, passing_bytes = (round(levels.messages), round(levels.bytes)) if levels else (0, 0)
        # What passes waited as long as it takes that many to come.
        waited_ms = round(passing / past.per_minute * MINUTE_MS) if past and passing else 0
        oldest_ms = min((one.sent_ms for one in there), default=at_ms - waited_ms if passing else 0)
        size = sum(one.size for one in there)
        yield Count(queue.id, at_ms, len(there) + passing, size + passing_bytes, oldest_ms)


def _moments(now_ms: int) -> Iterator[int]:
    begins, fine = now_ms // MINUTE_MS * MINUTE_MS - _DAY_MS, now_ms // MINUTE_MS * MINUTE_MS - _FINE_FROM_MS
    yield from range(begins, fine, _COARSE_MS)
    yield from range(fine, now_ms, MINUTE_MS)
