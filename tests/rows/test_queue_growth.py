"""How fast a backlog grows now, and since when."""

import pytest

from queues_app.operations.trends import Trend
from queues_app.rows.queue_growth import Growth, growth_of
from tests.support.queues import NOW


def growth(counts: dict[int, int], backlog: int, *, is_fed: bool = True) -> Growth | None:
    """Of counts by the minutes ago that they were taken, and what is counted now."""
    at = int(NOW.timestamp())
    recent = tuple((at - 60 * ago, count) for ago, count in sorted(counts.items(), reverse=True))
    return growth_of(Trend(most=(None,) * 96, recent=recent), backlog, NOW, is_fed=is_fed)


# Each minute of two hours, of which in the last 19 it went from 5 to 50.
SUDDEN = {ago: 5 + max(0, round((19 - ago) * 45 / 19)) for ago in range(1, 121)}
SLOW = {ago: 10 + 2 * (120 - ago) for ago in range(1, 121)}
PURGED = dict.fromkeys(range(8, 121), 67) | {7: 0, 5: 4, 3: 9, 1: 15}


def test_a_dead_letter_queue_that_began_to_fill_says_how_fast_it_does_so_now() -> None:
    grown = growth(SUDDEN, 50)
    assert grown is not None
    assert grown.is_told
    assert grown.pace == "2.4/min in the last 19 min"
    assert grown.change == "+2.4 / min"


def test_what_grows_evenly_needs_no_span() -> None:
    grown = growth(SLOW, 250)
    assert grown is not None
    assert (grown.pace, grown.change) == ("2/min", "+2 / min")


def test_one_that_came_a_moment_ago_is_not_thinned_over_two_hours() -> None:
    grown = growth(dict.fromkeys(range(1, 121), 3), 4)
    assert grown is not None
    assert grown.is_told
    assert grown.pace == "12/h in the last 5 min"


def test_what_came_in_two_hours_is_told_where_it_makes_no_rate() -> None:
    grown = growth({119: 3, 115: 4, 60: 4, 10: 4}, 4)
    assert grown is not None
    assert grown.is_told
    assert (grown.pace, grown.sentence) == ("", "grew from 3 to 4 in 1 h 59 min")


def test_a_dead_letter_queue_is_judged_since_it_was_emptied() -> None:
    grown = growth(PURGED, 17)
    assert grown is not None
    assert grown.is_told
    assert grown.pace == "2.4/min in the last 7 min"
    assert grown.sentence == "grew from 0 to 17 in 7 min"


def test_one_that_is_as_full_again_as_before_it_was_emptied_fills_too() -> None:
    grown = growth({100: 67, 60: 0, 30: 30, 10: 60}, 65)
    assert grown is not None
    assert grown.is_told


@pytest.mark.parametrize(
    ("counts", "backlog"),
    [
        ({100: 67, 3: 0}, 5),  # emptied so lately that one batch makes a rate
        ({100: 67, 60: 67, 30: 67, 10: 67}, 67),  # it stands still
        ({100: 67, 60: 50, 30: 30, 20: 10, 10: 5, 1: 1}, 1),  # it is being read
        ({100: 67, 60: 0, 30: 0}, 0),
        ({3: 5}, 17),  # too little to say
        ({}, 17),
    ],
)
def test_a_dead_letter_queue_that_does_not_fill_is_not_told_of(counts: dict[int, int], backlog: int) -> None:
    grown = growth(counts, backlog)
    assert grown is None or not grown.is_told


def test_a_queue_that_is_consumed_is_not_judged_since_its_consumer_took_some() -> None:
    assert (grown := growth(PURGED, 60, is_fed=False)) is not None
    assert not grown.is_told


def test_a_queue_that_grows_faster_now_says_both() -> None:
    counts = dict.fromkeys(range(11, 121), 40) | {ago: 40 + 400 * (10 - ago) for ago in range(1, 11)}
    grown = growth(counts, 4040, is_fed=False)
    assert grown is not None
    assert grown.sentence == "grew from 40 to 4,040 in 2 h"
    assert grown.pace == "400/min in the last 10 min"
    assert growth(SLOW, 250, is_fed=False).pace == "2/min"  # type: ignore[union-attr]  # counted above


def test_a_backlog_that_goes_up_and_down_is_steady_over_two_hours() -> None:
    counts = {ago: 1000 + (40 if ago % 2 else 0) for ago in range(1, 121)}
    grown = growth(counts, 1040 - 40, is_fed=False)
    assert grown is not None
    assert grown.change == "steady"


def test_a_backlog_that_falls_says_so() -> None:
    grown = growth({120: 2000, 60: 1000, 20: 500}, 320, is_fed=False)
    assert grown is not None
    assert grown.change == "−840 / h"
