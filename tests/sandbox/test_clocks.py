"""The clocks: by hand, and faster than real."""

import time
from datetime import UTC, datetime

import pytest

from queues_app.sandbox import ManualClock, SystemClock


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.now_ms() == clock.now_ms()
    clock.advance(days=1, hours=1, minutes=1, seconds=0.5)
    assert clock.now() == datetime(2026, 1, 2, 1, 1, 0, 500_000, UTC)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(seconds=-1)


def test_a_system_clock_runs_as_many_times_as_fast() -> None:
    seconds = iter([100.0, 100.0, 102.0])
    clock = SystemClock(speed=60, ticks=lambda: next(seconds))
    start = clock.now_ms()
    assert clock.now_ms() - start == 120_000
    assert abs(start / 1000 - time.time()) < 60


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_clock_without_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        SystemClock(speed=speed)
