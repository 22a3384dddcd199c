"""Rows that are further apart than the step that was asked for stand in buckets as wide as that; gaps stay gaps."""

from datetime import UTC, datetime, timedelta

import pytest

from queues_app.cloudflare import QueueHistory, QueuePoint
from queues_app.cloudflare.buckets import as_told

DAY = datetime(2026, 11, 10, tzinfo=UTC)
FIVE_MINUTES, HOUR = 300, 3600


def told(*minutes: int, step_s: int = FIVE_MINUTES) -> QueueHistory:
    """A day with a row at each of these minutes."""
    points = tuple(QueuePoint(at=DAY + timedelta(minutes=minute), messages=minute, written=1) for minute in minutes)
    return as_told(QueueHistory(since=DAY, until=DAY + timedelta(days=1), step_s=step_s, points=points))


def test_rows_of_whole_hours_are_buckets_of_an_hour_and_a_missing_hour_is_missing() -> None:
    history = told(*(60 * hour for hour in range(24) if hour != 7))
    assert history.step_s == HOUR
    assert [point.at.hour for point in history.points] == [hour for hour in range(24) if hour != 7]


def test_rows_of_five_minutes_that_were_asked_for_by_the_minute_are_buckets_of_five() -> None:
    assert told(*range(0, 120, 5), step_s=60).step_s == FIVE_MINUTES


@pytest.mark.parametrize(
    "minutes",
    [
        (),
        (3,),
        (600, 660 + 7),  # two that happened to come within the hour
        range(0, 1440, 5),
        (*range(0, 300, 5), *range(1000, 1440, 5)),  # a long gap between two close times
        (*range(0, 300, 5), 355, *range(390, 600, 5)),
    ],
)
def test_what_is_told_closely_or_by_chance_keeps_its_step(minutes: tuple[int, ...]) -> None:
    assert told(*minutes).step_s == FIVE_MINUTES


def test_a_time_half_of_whose_rows_are_old_is_drawn_by_the_hour_and_loses_no_count() -> None:
    history = told(*range(0, 720, 60), *range(720, 1440, 5))
    assert history.step_s == HOUR
    assert sum(point.written or 0 for point in history.points) == 12 + 144


def test_averages_of_messages_are_weighed_by_their_number_and_an_unknown_part_of_a_count_makes_it_unknown() -> None:
    points = [QueuePoint(at=DAY + timedelta(hours=hour), written=1) for hour in range(5)]
    points.append(QueuePoint(at=DAY + timedelta(hours=5), messages=10, written=1, read=3, deleted=1, lag_ms=100))
    points.append(QueuePoint(at=DAY + timedelta(hours=5, minutes=50), messages=30, deleted=3, lag_ms=500))
    history = as_told(QueueHistory(since=DAY, until=DAY + timedelta(days=1), step_s=FIVE_MINUTES, points=tuple(points)))
    last = history.points[-1]
    assert (last.at.hour, last.messages, last.deleted, last.lag_ms) == (5, 20, 4, 400)
    assert (last.written, last.read) == (None, None)
