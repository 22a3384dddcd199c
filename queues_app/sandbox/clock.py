"""Clocks for the sandbox: one that a test drives by hand, one that follows the machine's."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

DEFAULT_START = datetime(2026, 11, 23, 14, 3, 22, tzinfo=UTC)


class Clock(Protocol):
    """What the sandbox asks of a clock. Times are milliseconds since 1970, UTC."""

    def now_ms(self) -> int: ...

    def wait(self, seconds: float) -> None:
        """Let `seconds` of the caller's time pass (only adapters call this)."""


class ManualClock:
    """Stands still until it is told to advance. Waiting on it advances it, without sleeping."""

    def __init__(self, start: datetime = DEFAULT_START) -> None:
        self._now_ms = round(start.timestamp() * 1000)

    def now_ms(self) -> int:
        return self._now_ms

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._now_ms / 1000, UTC)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        step = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if step < timedelta():
            message = "a clock does not run backwards"
            raise ValueError(message)
        self._now_ms += round(step.total_seconds() * 1000)

    def wait(self, seconds: float) -> None:
        self.advance(seconds=seconds)


class SystemClock:
    """Follows the machine's clock, `speed` times as fast from the moment it is made.

    `ticks` counts seconds and is monotonic, so that a corrected machine clock cannot make leases run backwards.
    """

    def __init__(self, speed: float = 1.0, *, ticks: Callable[[], float] = time.monotonic) -> None:
        if not speed > 0:
            message = "the speed of a clock is more than 0"
            raise ValueError(message)
        self._speed = speed
        self._origin_ms = time.time() * 1000
        self._ticks = ticks
        self._started = ticks()

    def now_ms(self) -> int:
        return round(self._origin_ms + (self._ticks() - self._started) * 1000 * self._speed)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)
