"""Which dead-letter queues stand on a page of the map, and in which order: those that need a person first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from queues_app.cloudflare import Queue
from queues_app.forms.dead_letters import Chosen
from queues_app.operations.queues import Reading
from queues_app.operations.trends import Trend
from queues_app.rows.dead_letter_ways import DeadLetterWays
from queues_app.rows.paging import Cut, cut
from queues_app.rows.queue_selection import MOST_ASKED, backlog_of, ids_to_ask
from queues_app.rows.queue_severity import NEVER, NO_TRENDS, Judged, Severity, judge
from queues_app.words import all_in, words_of

# On a page: cards, and of the other list, which is denser, lines.
MOST_TARGETS: Final = 50
MOST_LINES: Final = 100
# Behind all severities that need somebody.
_ODD: Final = Severity.PAUSED + 1
_REST: Final = _ODD + 1


@dataclass(frozen=True, slots=True)
class MapOrder:
    """The map as its address chooses it.

    ways    all of them, whatever is chosen
    judged  name of a dead-letter queue → what is known of it; without those that there are not, or twice
    names   the dead-letter queues of the page
    """

    ways: DeadLetterWays
    judged: Mapping[str, Judged]
    names: Cut[str]
    chosen: Chosen

    @property
    def is_large(self) -> bool:
        """Whether there are too many to ask for the counts of all: what stands on which page goes by what is known."""
        return len(self.judged) > MOST_ASKED

    @property
    def queue_ids(self) -> list[str]:
        """The ids whose counts the page needs."""
        if self.chosen.is_deleting:
            return []
        names = self.names.shown if self.is_large else self.judged
        return ids_to_ask(one.queue for name in names if (one := self.judged.get(name)))

    @property
    def ahead(self) -> list[str]:
        """Of a large map, the ids to count next that are not on the page: what was never counted, then the oldest."""
        if not self.is_large:
            return []

        def key(one: Judged) -> tuple[float, int]:
            return one.reading.read_at.timestamp() if one.reading else 0.0, -backlog_of(one)

        shown = set(self.queue_ids)
        ids = ids_to_ask(one.queue for one in sorted(self.judged.values(), key=key))
        return [queue_id for queue_id in ids if queue_id not in shown]

    @property
    def deleting(self) -> Cut[Queue]:
        """Queues that delete what used up its attempts, by name."""
        found = [queue for queue in self.ways.deleting if matches(queue.name, self.chosen.q)]
        found.sort(key=lambda queue: (queue.name.casefold(), queue.id))
        return cut(found, self.chosen.page if self.chosen.is_deleting else 1, MOST_LINES)

    def needs_person(self, name: str) -> bool:
        """Whether there is something to look at. That a count is unknown is none."""
        return _rank(name, self.ways, self.judged) < _REST

    def recounted(
        self, readings: Mapping[str, Reading], now: datetime, trends: Mapping[str, Trend] = NO_TRENDS
    ) -> "MapOrder":
        """The page by the counts of `queue_ids` as they are now. Of a large map the same names stay on it."""
        judged = {name: _judged(one, readings, trends, now) for name, one in self.judged.items()}
        if not self.is_large:
            return _order(self.ways, judged, self.chosen)
        shown = sorted(self.names.shown, key=lambda name: _key(name, self.ways, judged))
        return replace(self, judged=judged, names=replace(self.names, shown=shown))


def order_of(
    ways: DeadLetterWays, readings: Mapping[str, Reading], chosen: Chosen, now: datetime, hints: Mapping[str, float]
) -> MapOrder:
    """By what is known before anything is asked. `hints`: about how many wait where nobody counted, by id."""
    judged: dict[str, Judged] = {}
    for name, feeders in ways.fed.items():
        if queue := ways.only(name):
            hint = hints.get(queue.id)
            judged[name] = judge(queue, readings.get(queue.id), fed=len(feeders), now=now, hint=hint)
    return _order(ways, judged, chosen)


def matches(name: str, q: str) -> bool:
    """Whether each word of the filter stands in the name."""
    return all_in(words_of(q), name)


def _order(ways: DeadLetterWays, judged: Mapping[str, Judged], chosen: Chosen) -> MapOrder:
    """A queue that feeds is found too, by the dead-letter queue that it feeds."""
    found = [
        name
        for name, feeders in ways.fed.items()
        if matches(name, chosen.q) or any(matches(each.name, chosen.q) for each in feeders)
    ]
    found.sort(key=lambda name: _key(name, ways, judged))
    return MapOrder(ways, judged, cut(found, 1 if chosen.is_deleting else chosen.page, MOST_TARGETS), chosen)


def _judged(one: Judged, readings: Mapping[str, Reading], trends: Mapping[str, Trend], now: datetime) -> Judged:
    """Anew, where it was counted."""
    queue_id = one.queue.id
    reading = readings.get(queue_id)
    if reading is None:
        return one
    return judge(one.queue, reading, fed=one.fed_by, now=now, trend=trends.get(queue_id), hint=one.hint)


def _key(name: str, ways: DeadLetterWays, judged: Mapping[str, Judged]) -> tuple[Any, ...]:
    """Among those that need nobody unknown counts come last: they are what is missing, not what is wrong."""
    one = judged.get(name)
    loses_at = one.loses_first if one else NEVER
    return _rank(name, ways, judged), loses_at, -backlog_of(one) if one else 0, name.casefold(), name


def _rank(name: str, ways: DeadLetterWays, judged: Mapping[str, Judged]) -> int:
    one = judged.get(name)
    if one and one.severity <= Severity.PAUSED:
        return one.severity
    return _ODD if ways.is_odd(name) else _REST
