"""What happened in a queue, minute by minute: the ground of the analytics.

Nothing samples: each change is noted at its own time, so a backlog on the average of a minute follows from what came
and went. What lies before the sandbox began, a seed may make up (`Past`), and only when somebody asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import pi, sin
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queues_app.sandbox.store import Message

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
KEPT_MS = 31 * 24 * HOUR_MS
_BILLED_BYTES = 64_000
_USUAL_BYTES = 400  # of a message that is made up
_MOST_MINUTES = 50_000  # somewhat more than can be asked for

WRITE, READ, DELETE = "WriteMessage", "ReadMessage", "DeleteMessage"


type Kind = tuple[str, str, str]
"""actionType, consumerType and outcome of an operation."""


@dataclass(slots=True)
class Tally:
    """Operations of one kind. Lag and retries are sums over all of them."""

    count: int = 0
    billable: int = 0
    bytes: int = 0
    lag_ms: float = 0
    retries: float = 0
    largest: int = 0

    def add(self, other: "Tally") -> None:
        self.count += other.count
        self.billable += other.billable
        self.bytes += other.bytes
        self.lag_ms += other.lag_ms
        self.retries += other.retries
        self.largest = max(self.largest, other.largest)


@dataclass(slots=True)
class Levels:
    """How many messages, bytes and delayed messages there are; or by how many that changes."""

    messages: float = 0
    bytes: float = 0
    delayed: float = 0

    def add(self, other: "Levels", share: float = 1) -> None:
        self.messages += other.messages * share
        self.bytes += other.bytes * share
        self.delayed += other.delayed * share


@dataclass(slots=True)
class Period:
    """A minute of the history, or more of what is made up. Levels are averages."""

    start_ms: int
    length_ms: int = MINUTE_MS
    operations: dict[Kind, Tally] = field(default_factory=dict)
    levels: Levels = field(default_factory=Levels)
    concurrency: float | None = None

    def count(self, kind: Kind, tally: Tally) -> None:
        self.operations.setdefault(kind, Tally()).add(tally)


@dataclass(slots=True)
class _Minute:
    operations: dict[Kind, Tally] = field(default_factory=dict)
    change: Levels = field(default_factory=Levels)  # from the beginning of the minute to its end
    area: Levels = field(default_factory=Levels)  # the same, each with the share of the minute it held for
    busy_ms: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """A life before the sandbox began, the same in every run.

    Six hours are told by the minute, a day more by five minutes and a month by the hour: what is asked for in steps
    would else have the sum of an hour in one of twelve.
    """

    name: str
    until_ms: int
    per_minute: float
    consumer: str  # "", worker or http
    service_ms: int = 1000
    dead_letters: float = 0.0  # the share that fails for good

    def periods(self, first_ms: int, last_ms: int) -> Iterator[Period]:
        fine_ms = self.until_ms // HOUR_MS * HOUR_MS - 6 * HOUR_MS
        begin_ms = 0
        for length_ms, end_ms in (
            (HOUR_MS, fine_ms - 24 * HOUR_MS),
            (5 * MINUTE_MS, fine_ms),
            (MINUTE_MS, self.until_ms // MINUTE_MS * MINUTE_MS),
        ):
            for start_ms in range(max(first_ms // length_ms * length_ms, begin_ms), min(last_ms, end_ms), length_ms):
                yield self._period(start_ms, length_ms)
            begin_ms = end_ms

    def _period(self, start_ms: int, length_ms: int) -> Period:
        chance = Random(f"{self.name} {start_ms}")  # noqa: S311 - repeatable on purpose, and no secret
        # Busy by day, quiet by night, and never twice the same.
        wave = 1 + 0.6 * sin(2 * pi * (start_ms / HOUR_MS - 8) / 24)
        due = self.per_minute * length_ms / MINUTE_MS * wave * chance.uniform(0.7, 1.3)
        written = int(due) + (chance.random() < due % 1)
        period = Period(start_ms, length_ms)
        if not written:
            return period
        period.count((WRITE, "", "success"), self._tally(written, chance, lag_ms=0))
        left = (self.until_ms - start_ms) / HOUR_MS
        held = self.per_minute * wave * chance.uniform(1, 4) * min(1, left)
        period.levels = Levels(messages=held, bytes=held * _USUAL_BYTES)
        if self.consumer:
            due = written * self.dead_letters * chance.uniform(0, 2)
            lost = int(due) + (chance.random() < due % 1)
            lag_ms = self.service_ms + 1000 * chance.uniform(0.5, 20) * wave
            period.count((READ, self.consumer, "success"), self._tally(written + lost, chance, lag_ms=lag_ms))
            period.count((DELETE, self.consumer, "success"), self._tally(written - lost, chance, lag_ms=lag_ms))
            if lost:
                tally = self._tally(lost, chance, lag_ms=5 * lag_ms, retries=3)
                period.count((DELETE, self.consumer, "dlq"), tally)
        if self.consumer == "worker":
            period.concurrency = max(1.0, written * self.service_ms / length_ms * chance.uniform(0.8, 1.4))
        return period

    def _tally(self, count: int, chance: Random, *, lag_ms: float, retries: float = 0.1) -> Tally:
        return Tally(
            count=count,
            billable=count,
            bytes=count * _USUAL_BYTES,
            lag_ms=count * lag_ms,
            retries=count * retries * chance.uniform(0, 2),
            largest=2 * _USUAL_BYTES if count else 0,
        )


@dataclass(slots=True)
class History:
    """Told of everything that changes a queue, in any order of time."""

    past: Past | None = None
    _minutes: dict[int, _Minute] = field(default_factory=dict)

    def came(self, message: "Message", at_ms: int) -> None:
        """Written, by a producer or by another queue's dead letters."""
        self._operation((WRITE, "", "success"), message, at_ms, at_ms)
        self._level(at_ms, Levels(messages=1, bytes=message.size))
        self.waits(message, at_ms)

    def waits(self, message: "Message", at_ms: int) -> None:
        """Delayed from now until it becomes visible."""
        if message.visible_ms > at_ms:
            self._level(at_ms, Levels(delayed=1))
            self._level(message.visible_ms, Levels(delayed=-1))

    def read(self, message: "Message", at_ms: int, consumer: str) -> None:
        """Handed to a consumer; its attempt is counted already."""
        self._operation((READ, consumer, "success"), message, at_ms, message.sent_ms)

    def deleted(self, message: "Message", at_ms: int, consumer: str, outcome: str) -> None:
        """Acknowledged, given up or expired."""
        self._operation((DELETE, consumer, outcome), message, at_ms, message.sent_ms)
        self.went(message, at_ms)

    def went(self, message: "Message", at_ms: int) -> None:
        """Purged, which is no operation in the analytics (fact sheet, 2.5)."""
        self._level(at_ms, Levels(messages=-1, bytes=-message.size))
        if message.visible_ms > at_ms:
            self._level(at_ms, Levels(delayed=-1))
            self._level(message.visible_ms, Levels(delayed=1))

    def flowed(self, from_ms: int, until_ms: int, every_ms: int) -> None:
        """Sent and processed at once, one each `every_ms`, by nobody who looked: no more than the last day is noted."""
        first = max(from_ms, until_ms - 24 * HOUR_MS) // MINUTE_MS + 1
        for number in range(first, until_ms // MINUTE_MS):
            count = (number + 1) * MINUTE_MS // every_ms - number * MINUTE_MS // every_ms
            if count:
                minute = self._minute(number * MINUTE_MS)
                for kind in ((WRITE, "", "success"), (READ, "worker", "success"), (DELETE, "worker", "success")):
                    minute.operations.setdefault(kind, Tally()).add(Tally(count=count, billable=count))

    def worked(self, from_ms: int, until_ms: int) -> None:
        """A Worker was busy."""
        while from_ms < until_ms:
            end_ms = min(until_ms, (from_ms // MINUTE_MS + 1) * MINUTE_MS)
            self._minute(from_ms).busy_ms += end_ms - from_ms
            from_ms = end_ms

    def periods(self, first_ms: int, last_ms: int, now_ms: int) -> Iterator[Period]:
        """Everything between two moments in which there was any operation; an idle queue tells nothing."""
        past = {one.start_ms: one for one in self.past.periods(first_ms, last_ms)} if self.past else {}
        level = Levels()
        for number in sorted(set(self._minutes) | {start_ms // MINUTE_MS for start_ms in past}):
            start_ms = number * MINUTE_MS
            if start_ms > min(last_ms, now_ms):
                break
            minute = self._minutes.get(number, _Minute())
            period = past.get(start_ms) or Period(start_ms)
            if start_ms + period.length_ms > first_ms:
                yield from _told(period, minute, level)
            level.add(minute.change)

    def _forget(self, before_ms: int) -> None:
        """Let go what nobody can ask for any more; the levels it led to stay."""
        old = sorted(number for number in self._minutes if number < before_ms // MINUTE_MS)
        if len(old) > 1:
            last = self._minutes[old[-1]]
            for number in old[:-1]:
                last.change.add(self._minutes.pop(number).change)

    def _minute(self, at_ms: int) -> _Minute:
        number = at_ms // MINUTE_MS
        if number not in self._minutes:
            if len(self._minutes) >= _MOST_MINUTES:
                self._forget(at_ms - KEPT_MS)
            self._minutes[number] = _Minute()
        return self._minutes[number]

    def _operation(self, kind: Kind, message: "Message", at_ms: int, sent_ms: int) -> None:
        tally = Tally(
            count=1,
            billable=max(1, -(-message.size // _BILLED_BYTES)),
            bytes=message.size,
            lag_ms=max(0, at_ms - sent_ms),
            retries=max(0, message.attempts - 1),
            largest=message.size,
        )
        self._minute(at_ms).operations.setdefault(kind, Tally()).add(tally)

    def _level(self, at_ms: int, change: Levels) -> None:
        minute = self._minute(at_ms)
        minute.change.add(change)
        minute.area.add(change, 1 - at_ms % MINUTE_MS / MINUTE_MS)


def _told(period: Period, minute: _Minute, level: Levels) -> Iterator[Period]:
    for kind, tally in minute.operations.items():
        period.count(kind, tally)
    if not period.operations and not minute.busy_ms:
        return
    period.levels.add(level)
    period.levels.add(minute.area)
    if minute.busy_ms:
        period.concurrency = minute.busy_ms / MINUTE_MS
    yield period
