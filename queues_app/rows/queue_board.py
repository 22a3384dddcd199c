"""All queues of an account judged, and what follows from all of them.

Of a large account that is kept for a moment: a page shows a hundred rows, and need not look at all queues for each.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Final

from queues_app.forms.queues import SHOWS, Chosen
from queues_app.models import Account
from queues_app.operations.known_queues import QueueList
from queues_app.operations.queues import Reading
from queues_app.operations.trends import Trend
from queues_app.rows.queue_groups import Sum, sum_of
from queues_app.rows.queue_selection import (
    MOST_ASKED,
    Selection,
    ids_to_ask,
    keep_order,
    keys_of,
    matches,
    reordered,
    select,
    shows_of,
)
from queues_app.rows.queue_severity import NO_TRENDS, Judged, fed_by, judge, lifted
from queues_app.rows.queue_words import ids_by_name

# How long counts that other processes read may be missing from the order of a large account, and from its totals.
KEPT: Final = timedelta(seconds=30)
_MOST_KEPT: Final = 4
MOST_AHEAD: Final = 100
_MOST_CHOICES: Final = 50
_NO_HINTS: Final[Mapping[str, float]] = {}
_NO_WATCHES: Final[Mapping[str, str]] = {}


class Board:
    """All queues of a list as they were judged at one moment. Nothing of it changes; what follows is found once.

    judged    each queue of the list, in its order
    readings  those that it was judged by
    made_at   when all of them were judged
    firing    queue id → what the reader's watches say that fire; of `plain`, which is for all readers, nothing
    """

    def __init__(
        self,
        listed: QueueList,
        judged: Sequence[Judged],
        readings: Mapping[str, Reading],
        made_at: datetime,
        *,
        plain: "Board | None" = None,
        firing: Mapping[str, str] = _NO_WATCHES,
    ) -> None:
        self.listed = listed
        self.judged = judged
        self.readings = readings
        self.made_at = made_at
        self.plain: Board = plain or self
        self.firing = firing
        self._lifted: dict[tuple[tuple[str, str], ...], Board] = {}
        self._selections: dict[Chosen, Selection] = {}
        self._segments: dict[str, dict[str, int]] = {}
        self._sums: dict[tuple[int, ...], Sum] = {}
        self._beginnings: dict[tuple[int, ...], Counter[str]] = {}

    @cached_property
    def askable(self) -> list[str]:
        """The ids that are ids."""
        return ids_to_ask(self.listed.queues)

    @property
    def is_large(self) -> bool:
        """Whether there are too many to ask for the counts of all at once: the order is by what is known."""
        return len(self.askable) > MOST_ASKED

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Queue name → id, as `ids_by_name`."""
        return ids_by_name(self.listed.queues)

    @cached_property
    def ahead(self) -> Sequence[str]:
        """The ids in the order in which they are to be counted, rows apart: by need as far as it is known, then by age.

        First what was never counted and seems to hold the most.
        """

        def key(one: Judged) -> tuple[float, float, int]:
            read_at = one.reading.read_at.timestamp() if one.reading else 0.0
            return read_at, -(one.hint or 0.0), one.severity

        return ids_to_ask(one.queue for one in sorted(self.judged, key=key))

    @cached_property
    def counted(self) -> int:
        """How many are judged by counts of now."""
        return sum(1 for one in self.judged if one.reading and one.reading.metrics)

    @cached_property
    def sum(self) -> Sum:
        """What all add up to."""
        return sum_of(self.judged)

    @cached_property
    def due(self) -> Sequence[Judged]:
        """Those that lose messages within a day."""
        return [one for one in self.judged if one.loses_at]

    def sum_of(self, places: tuple[int, ...]) -> Sum:
        """What some add up to."""
        return _once(self._sums, places, lambda: sum_of(self.judged[place] for place in places))

    def beginnings(self, places: tuple[int, ...]) -> Counter[str]:
        """What some names begin with, up to their first dash → how many do."""
        names = (self.judged[place].queue.name for place in places)
        return _once(
            self._beginnings,
            places,
            lambda: Counter(name.partition("-")[0] + "-" for name in names if "-" in name[1:]),
        )

    def segments(self, q: str) -> Mapping[str, int]:
        """How many each of the segments would show of those that the filter leaves."""

        def count() -> dict[str, int]:
            shows = [shows_of(one) for one in self.judged if matches(one, q)]
            return {value: sum(value in each for each in shows) for value, _ in SHOWS}

        return _once(self._segments, q, count)

    def lifted(self, firing: Mapping[str, str]) -> "Board":
        """The board of a reader some of whose watches fire."""
        if not firing:
            return self

        def make() -> Board:
            judged = lifted(self.judged, firing)
            return Board(self.listed, judged, self.readings, self.made_at, plain=self, firing=firing)

        return _once(self._lifted, tuple(firing.items()), make)

    def order(self, chosen: Chosen) -> "Order":
        """What stands on the page that the address chooses."""
        fresh = _once(self._selections, replace(chosen, keep=""), lambda: select(self.judged, chosen))
        places = keep_order(fresh, self._keys, chosen) if chosen.keep else fresh
        return Order(self, self.judged, fresh, places, chosen)

    @cached_property
    def _keys(self) -> Mapping[str, int]:
        return keys_of(self.judged)


@dataclass(frozen=True, slots=True)
class Order:
    """Which queues stand on the page: as the address chooses (`fresh`), and where they stood before a reader.

    judged  all queues, and those of the page by the newest counts
    """

    board: Board
    judged: Sequence[Judged]
    fresh: Selection
    places: Selection
    chosen: Chosen

    @property
    def queue_ids(self) -> list[str]:
        """The ids whose counts the page needs: all, or, where these are too many, those of its rows."""
        board = self.board
        return ids_to_ask(board.listed.queues[place] for place in self.places.rows) if board.is_large else board.askable

    @property
    def ahead(self) -> list[str]:
        """Of a large account, the ids to count next that are not on the page; else nothing."""
        if not self.board.is_large or not self.board.listed.is_whole:
            return []
        rows = set(self.queue_ids)
        return [queue_id for queue_id in islice(self.board.ahead, len(rows) + MOST_AHEAD) if queue_id not in rows]

    def recounted(self, readings: Mapping[str, Reading], trends: Mapping[str, Trend], now: datetime) -> "Order":
        """The page by the counts of `queue_ids` as they are now.

        Of a large account the rows stay; they stand by these counts where no reader has a place to keep.
        """
        board, firing = self.board.plain, self.board.firing
        if not board.is_large:
            return judged_all(board.listed, readings, now, trends=trends).lifted(firing).order(self.chosen)
        judged = list(board.judged)
        for place in self.places.rows:
            one, queue_id = judged[place], judged[place].queue.id
            judged[place] = judge(
                one.queue, readings.get(queue_id), fed=one.fed_by, now=now, trend=trends.get(queue_id), hint=one.hint
            )
        if any(_weight(judged[place]) != _weight(board.judged[place]) for place in self.places.rows):
            board = Board(board.listed, judged, {**board.readings, **readings}, board.made_at)
        order = replace(self, board=board.lifted(firing), judged=lifted(judged, firing))
        if self.chosen.keep and not self.chosen.anew:
            return order
        places = reordered(self.places, order.judged, self.chosen)
        return replace(order, fresh=places, places=places)


def judged_all(
    listed: QueueList,
    readings: Mapping[str, Reading],
    now: datetime,
    *,
    trends: Mapping[str, Trend] = NO_TRENDS,
    hints: Mapping[str, float] = _NO_HINTS,
) -> Board:
    """Each queue of the list. `hints`: about how many wait in queues that nobody counted, by id."""
    fed = fed_by(listed.queues)
    judged = [
        judge(
            queue,
            readings.get(queue.id),
            fed=fed.get(queue.name, 0),
            now=now,
            trend=trends.get(queue.id),
            hint=hints.get(queue.id),
        )
        for queue in listed.queues
    ]
    return Board(listed, judged, readings, now)


class Boards:
    """The boards of the large accounts that were shown last. For all threads of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._boards: OrderedDict[int, Board] = OrderedDict()

    def of(self, account: Account, listed: QueueList, now: datetime, make: Callable[[], Board]) -> Board:
        """The one that was kept of this very list, which may be what one person may see of it; else a new one."""
        with self._lock:
            kept = self._boards.get(account.pk)
            if kept is not None and kept.listed is listed and now - kept.made_at < KEPT:
                self._boards.move_to_end(account.pk)
                return kept
        return make()

    def keep(self, account: Account, board: Board) -> None:
        """Small ones are made anew each time, by counts that are."""
        if not board.is_large:
            return
        with self._lock:
            self._boards[account.pk] = board
            self._boards.move_to_end(account.pk)
            if len(self._boards) > _MOST_KEPT:
                self._boards.popitem(last=False)


boards: Final = Boards()


def _weight(one: Judged) -> tuple[object, ...]:
    """What of a queue has a part in the order, the totals or the loss clock."""
    return one.reading, one.severity, one.loses_at is None, one.is_quiet


def _once[K, V](found: dict[K, V], key: K, find: Callable[[], V]) -> V:
    if (value := found.get(key)) is None:
        if len(found) >= _MOST_CHOICES:
            found.clear()
        value = found[key] = find()
    return value
