"""Where dead letters go: which queues name which, and which of these ways lead round. In time as long as the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from queues_app.cloudflare import Queue
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
        self._cycles = self._all_cycles()

    def having(self, name: str) -> Sequence[Queue]:
        """The queues of this name."""
        return self._named.get(name, ())

    def only(self, name: str) -> Queue | None:
        """The queue of this name; of two with one name it cannot be told which is meant."""
        there = self.having(name)
        return there[0] if len(there) == 1 else None

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

    def in_order(self) -> list[str]:
        """The names of the dead-letter queues: what is odd first, then by name."""
        return sorted(self.fed, key=lambda name: (not self.is_odd(name), name.casefold()))

    def _all_cycles(self) -> dict[str, Cycle]:
        """From each queue at most one way leads on: each is walked until it comes to where somebody was already."""
        found: dict[str, Cycle] = {}
        seen: set[str] = set()
        for start in self.fed:
            way: dict[str, int] = {}
            name: str | None = start
            while name and name not in seen:
                seen.add(name)
                way[name] = len(way)
                name = self.onward(name)
            if name in way:
                names = list(way)[way[name] :]
                found.update((each, Cycle(names, place)) for place, each in enumerate(names))
        return found
