"""Round values, and round times in any zone, through every change of its clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.charts import Span, Unit, day_or_time, time_ticks, value_ticks

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [UTC, *map(ZoneInfo, ("Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Beirut"))]
)
MOMENTS = st.integers(1_577_836_800, 1_893_456_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def labels(since: str, hours: float, zone: ZoneInfo = BERLIN) -> list[str]:
    start = datetime.fromisoformat(since)
    return [tick.label for tick in time_ticks(Span(start, start + timedelta(hours=hours)), zone)]


def test_ticks_are_round_where_the_reader_is() -> None:
    assert labels("2026-11-23T08:10Z", 6) == ["10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]
    assert labels("2026-11-23T08:10Z", 2, ZoneInfo("Asia/Kathmandu"))[0] == "14:00"


def test_midnight_has_its_date() -> None:
    assert labels("2026-11-22T17:00Z", 12) == ["18:00", "20:00", "22:00", "23 Nov", "02:00", "04:00", "06:00"]


def test_an_hour_that_comes_twice_says_which_it_is() -> None:
    assert labels("2026-10-24T23:00Z", 4) == [
        "01:00",
        "01:30",
        "02:00 CEST",
        "02:30 CEST",
        "02:00 CET",
        "02:30 CET",
        "03:00",
        "03:30",
        "04:00",
    ]


def test_an_hour_that_never_was_has_no_tick() -> None:
    assert labels("2026-03-28T23:00Z", 4) == [
        "29 Mar",
        "00:30",
        "01:00",
        "01:30",
        "03:00",
        "03:30",
        "04:00",
        "04:30",
        "05:00",
    ]


def test_days_begin_at_midnight_on_both_sides_of_the_change() -> None:
    start = datetime(2026, 10, 22, tzinfo=BERLIN)
    ticks = time_ticks(Span(start, start.replace(day=29)), BERLIN)
    assert [tick.at.astimezone(BERLIN).hour for tick in ticks] == [0] * 8
    assert ticks[3].label == "25 Oct"


@given(MOMENTS, st.integers(30, 30 * 24 * 60), ZONES)
def test_ticks_are_few_in_order_inside_and_never_alike(start: datetime, minutes: int, zone: ZoneInfo) -> None:
    span = Span(start, start + timedelta(minutes=minutes))
    ticks = time_ticks(span, zone)
    moments = [tick.at for tick in ticks]
    assert 1 <= len(ticks) <= 12
    assert moments == sorted(set(moments))
    assert all(span.since <= at <= span.until for at in moments)
    assert len({(tick.at.astimezone(zone).date(), tick.label) for tick in ticks}) == len(ticks)


@given(st.floats(0, 1e15) | st.integers(0, 10**15), st.sampled_from(Unit))
def test_values_begin_at_zero_and_reach_the_highest(highest: float, unit: Unit) -> None:
    ticks = value_ticks(highest, unit)
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= 6
    assert ticks[-1] >= highest
    assert len({unit.tick(tick) for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("highest", "unit", "texts"),
    [
        (0, Unit.COUNT, ["0", "1"]),
        (4312, Unit.COUNT, ["0", "2,000", "4,000", "6,000"]),
        (18_400_000, Unit.BYTES, ["0 B", "5.0 MB", "10.0 MB", "15.0 MB", "20.0 MB"]),
        (9000, Unit.SECONDS, ["0 s", "1 h", "2 h", "3 h"]),
        (1.5, Unit.NUMBER, ["0", "0.5", "1", "1.5"]),
    ],
)
def test_values_are_written_as_everywhere(highest: float, unit: Unit, texts: list[str]) -> None:
    assert [unit.tick(tick) for tick in value_ticks(highest, unit)] == texts


def test_a_moment_has_its_date_only_where_days_differ() -> None:
    start = datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
    assert day_or_time(start, BERLIN, Span(start, start + timedelta(hours=6))) == "09:10"
    assert day_or_time(start, BERLIN, Span(start, start + timedelta(days=2))) == "23 Nov 09:10"
