"""Averages fill what a line leaves, and nothing else."""

from datetime import UTC, datetime, timedelta

from queues_app.charts import (
    Average,
    Gap,
    Kind,
    Point,
    Series,
    Span,
    Unit,
    draw,
    filling,
    gaps_of,
    left_of,
    rows_of,
    sentence_of,
)

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
SPAN = Span(START, START + timedelta(hours=6))
WIDEST = timedelta(minutes=65)
OWN = Series(name="samples", points=tuple(Point(START + timedelta(hours=hour), 40) for hour in (4, 5, 6)))


def average(hour: float, value: float) -> Average:
    since = START + timedelta(hours=hour)
    return Average(since, since + timedelta(hours=1), value, since)


AVERAGES = (average(1, 7), average(2, 9), average(3.5, 8), average(5, 999))
FILLED = filling(gaps_of((OWN,), SPAN, WIDEST), AVERAGES)


def test_an_average_reaches_as_far_as_its_gap_and_stands_in_place_of_no_point() -> None:
    assert [(one.value, one.until - one.since) for one in FILLED] == [
        (7, timedelta(hours=1)),
        (9, timedelta(hours=1)),
        (8, timedelta(minutes=30)),
    ]


def test_what_nobody_knows_is_still_a_gap() -> None:
    gaps = left_of(gaps_of((OWN,), SPAN, timedelta(minutes=50)), FILLED, timedelta(minutes=50))
    assert gaps[0] == Gap(START, START + timedelta(hours=1))


def test_the_averages_are_drawn_level_and_apart_from_the_line() -> None:
    drawn = draw((OWN,), SPAN, kind=Kind.LINE, unit=Unit.COUNT, step=WIDEST, widest=WIDEST, zone=UTC, filled=FILLED)
    assert drawn.filled.count("M") == 2
    assert drawn.lines[0].startswith("M666.7 ")
    assert not drawn.gaps


def test_the_sentence_begins_with_the_first_of_either_and_says_where_averages_are() -> None:
    said = sentence_of(OWN, SPAN, what="the backlog", unit=Unit.COUNT, widest=WIDEST, zone=UTC, filled=FILLED)
    assert said == (
        "Between 10:00 and 15:00 the backlog grew from 7 to 40; averages by Cloudflare where nothing was counted here."
    )


def test_each_row_of_the_table_names_its_source() -> None:
    rows = rows_of((OWN,), SPAN, unit=Unit.COUNT, widest=WIDEST, zone=UTC, filled=FILLED)
    assert [(row.values[0], row.source) for row in rows] == [
        ("7", "average by Cloudflare"),
        ("9", "average by Cloudflare"),
        ("8", "average by Cloudflare"),
        ("40", "counted here"),
        ("40", "counted here"),
        ("40", "counted here"),
    ]
