"""Where dead letters go: which queues name which, and which of these ways lead round. In time as long as the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from queues_app.cloudflare import Queue
from queues_app.rows.queue_selection import ids_to_ask
from queues_app.rows.queue_words import has_nobody, plain

# Queues of a cycle that are named; beyond, they are counted.
MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Cycle:
    """Names of queues, each of which feeds the next, and the last the first; seen from the one at `start`."""

    names: Sequence[str]
    start: int

    def words(self) -> str:
        """`a → b → a`; of a long one only the beginning."""
        number = len(self.names)
        begins = [plain(self.names[(self.start + step) % number]) for step in range(min(number, MOST_NAMED))]
        if number <= MOST_NAMED:
            return " → ".join([*begins, begins[0]])
        return f"{' → '.join([*begins, '…', begins[0]])} ({number:,} queues)"


class DeadLetterWays:
    """All ways of a list of queues, found once for all of its dead-letter queues."""

    def __init__(self, queues: Sequence[Queue]) -> None:
        self._named: dict[str, list[Queue]] = {}
        # Name of a dead-letter queue → the queues that name it.
        self.fed: dict[str, list[Queue]] = {}
        for queue in queues:
            self._named.setdefault(queue.name, []).append(queue)
            for target in dict.fromkeys(each.dead_letter_queue for each in queue.consumers):
                if target:
                    self.fed.setdefault(target, []).append(queue)
        # Queues that delete what used up its attempts.
        self.deleting = [queue for queue in queues if queue.consumer and not queue.consumer.dead_letter_queue]

    def having(self, name: str) -> Sequence[Queue]:
        """The queues of this name."""
        return self._named.get(name, ())

    def only(self, name: str) -> Queue | None:
        """The queue of this name; of two with one name it cannot be told which is meant."""
        there = self.having(name)
        return there[0] if len(there) == 1 else None

    @property
    def ids(self) -> list[str]:
        """Of the dead-letter queues that there are."""
        return ids_to_ask(queue for name in self.fed if (queue := self.only(name)))

    def onward(self, name: str) -> str | None:
        """Where what fails there goes on to."""
        queue = self.only(name)
        return queue.consumer.dead_letter_queue if queue and queue.consumer else None

    def cycle(self, name: str) -> Cycle | None:
        """The cycle that this queue is on; one that only leads into a cycle is on none."""
        return self._cycles.get(name)

    def deletes(self, name: str) -> bool:
        """Whether it is consumed, and has no dead-letter queue of its own."""
        queue = self.only(name)
        if queue is None or has_nobody(queue) or queue.consumer is None:
            return False
        return not queue.consumer.dead_letter_queue

    def is_odd(self, name: str) -> bool:
        """Whether there is something to be said of it as a dead-letter queue."""
        return self.only(name) is None or self.cycle(name) is not None or self.deletes(name)

    def way(self, start: str, seen: set[str]) -> list[str]:
        """The names from this one on, to where the way ends or to one of `seen`; those on the way are seen then."""
        names = [start]
        while names[-1] not in seen:
            seen.add(names[-1])
            if following := self.onward(names[-1]):
                names.append(following)
        return names

    @cached_property
    def _cycles(self) -> Mapping[str, Cycle]:
        """From each queue at most one way leads on: each is walked until it comes to where somebody was already."""
        found: dict[str, Cycle] = {}
        seen: set[str] = set()
        for start in self.fed:
            *way, last = self.way(start, seen)
            if last in way:
                names = way[way.index(last) :]
                found.update((each, Cycle(names, place)) for place, each in enumerate(names))
        return found
