"""The sentence and the table say what the drawing shows."""

from datetime import UTC, datetime, timedelta

import pytest

from queues_app.charts import NO_ROWS, Point, Series, Span, Unit, rows_of, sentence_of, totals_of

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = Span(START, START + timedelta(hours=6))
WIDEST = timedelta(minutes=65)


def series(*pairs: tuple[int, float | None], name: str = "written") -> Series:
    return Series(name=name, points=tuple(Point(START + timedelta(minutes=minute), value) for minute, value in pairs))


def said(*pairs: tuple[int, float | None], unit: Unit = Unit.COUNT) -> str:
    return sentence_of(series(*pairs), DAY, what="the backlog", unit=unit, widest=WIDEST, zone=UTC)


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (
            ((0, 40), (60, 90), (240, 99), (360, 4312)),
            "Between 09:00 and 15:00 the backlog grew from 40 to 4,312; 2 gaps.",
        ),
        (((0, 40), (360, 0)), "Between 09:00 and 15:00 the backlog fell from 40 to 0; 1 gap."),
        (tuple((60 * hour, 7) for hour in range(7)), "Between 09:00 and 15:00 the backlog stayed at 7."),
        (
            tuple((60 * hour, 7 + 20 * (hour == 3)) for hour in range(7)),
            "Between 09:00 and 15:00 the backlog began and ended at 7; highest 27 at 12:00.",
        ),
        (((60, 5),), "At 10:00 the backlog was 5; 1 gap."),
        ((), "Nothing is known of the backlog between 09:00 and 15:00."),
        (((0, None), (60, None)), "Nothing is known of the backlog between 09:00 and 15:00."),
    ],
)
def test_a_line_in_a_sentence(points: tuple[tuple[int, float | None], ...], sentence: str) -> None:
    assert said(*points) == sentence


def test_counts_are_added_up_and_what_is_unknown_stays_unknown() -> None:
    written, deleted = series((0, 3), (60, 4)), series(name="deleted")
    told = totals_of((written, deleted), DAY, what="operations", widest=WIDEST, zone=UTC)
    assert told == "Between 09:00 and 15:00: 7 written, unknown deleted; 1 gap."


def test_a_time_without_rows_is_not_said_to_be_unknown_nor_the_total_to_be_whole() -> None:
    told = totals_of((series((0, 3), (240, 4)),), DAY, what="operations", widest=WIDEST, zone=UTC, blank=NO_ROWS)
    assert told == "Between 09:00 and 15:00: 7 written; 2 gaps without rows: nothing done, or not told."


def test_what_is_still_being_counted_is_in_no_total_and_the_sentence_says_so() -> None:
    whole = Span(START, START + timedelta(hours=5))
    told = totals_of((series((0, 3), (240, 4)),), whole, what="operations", widest=WIDEST, zone=UTC, goes_on=True)
    assert told == "Between 09:00 and 14:00: 7 written; 1 gap; since 14:00 still being counted."
    nothing = totals_of((series(),), whole, what="operations", widest=WIDEST, zone=UTC, goes_on=True)
    assert nothing == "Nothing is known of operations between 09:00 and 14:00; since 14:00 still being counted."


@pytest.mark.parametrize(
    ("points", "unit", "change"),
    [
        (((0, 1), (360, 0.98)), Unit.NUMBER, "began and ended at 1"),
        (((0, 0.02), (360, 0)), Unit.NUMBER, "fell from below 0.1 to 0"),
        (((0, 0.02), (360, 0)), Unit.SECONDS, "fell from below 0.1 s to 0 s"),
        (((0, 2.5), (360, 1.96)), Unit.NUMBER, "fell from 2.5 to 2"),
    ],
)
def test_a_number_is_written_in_one_way(points: tuple[tuple[int, float], ...], unit: Unit, change: str) -> None:
    assert f"the backlog {change}; 1 gap." in said(*points, unit=unit)


def test_the_table_has_every_value_and_every_gap() -> None:
    rows = rows_of((series((0, 3), (60, None), (240, 0)),), DAY, unit=Unit.COUNT, widest=WIDEST, zone=UTC)
    assert [(row.x, row.when, row.values, row.gap) for row in rows] == [
        (0.0, "23 Nov 09:00:00", ("3",), ""),
        (0.0, "23 Nov 09:00:00", (), "nothing known for 4 h 0 min"),
        (16.67, "23 Nov 10:00:00", ("unknown",), ""),
        (66.67, "23 Nov 13:00:00", ("0",), ""),
        (66.67, "23 Nov 13:00:00", (), "nothing known for 2 h 0 min"),
    ]
