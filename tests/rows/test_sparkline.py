"""The small drawing of a day."""

from queues_app.operations.trends import Trend
from queues_app.rows.sparkline import sparkline

GAP = (None,)


def test_it_stands_on_zero_and_a_gap_is_no_line() -> None:
    drawn = sparkline(Trend(most=(50, 100) + GAP * 92 + (0, 25)))
    assert drawn is not None
    assert drawn.line == "M2.0 13.0L2.8 2.0M77.2 24.0L78.0 18.5"
    assert (drawn.dot_x, drawn.dot_y) == (78.0, 18.5)
    assert drawn.said == "Last 24 h: first 50, at most 100, last 25; counted for 1 h 0 min of them."


def test_one_count_alone_is_a_dot() -> None:
    drawn = sparkline(Trend(most=GAP * 95 + (0,)))
    assert drawn is not None
    assert drawn.line == "M78.0 24.0h0"


def test_what_was_never_counted_is_not_drawn() -> None:
    assert sparkline(None) is None
    assert sparkline(Trend(most=GAP * 96)) is None
