"""How facts are written for people."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app import formats

NOW = datetime(2026, 11, 23, 14, 3, 22, 114_900, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TONGA = ZoneInfo("Pacific/Tongatapu")


@pytest.mark.parametrize(
    ("value", "text"), [(None, "unknown"), (0, "0"), (96, "96"), (4312, "4,312"), (-3, "-3"), (1_000_000, "1,000,000")]
)
def test_a_number_has_its_thousands_and_unknown_is_a_word(value: int | None, text: str) -> None:
    assert formats.number(value) == text


def test_a_plural_follows_its_number() -> None:
    assert formats.plural(1, "queue") == "1 queue"
    assert formats.plural(0, "queue") == "0 queues"
    assert formats.plural(1204, "entry", "entries") == "1,204 entries"


def test_a_verb_follows_the_number_of_those_who_do_it() -> None:
    assert [formats.verb(count, "wait") for count in (0, 1, 2)] == ["wait", "waits", "wait"]
    assert formats.verb(1, "match") == "matches"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1249, "1.2 kB"),
        (88_000, "88 kB"),
        (999_600, "1.0 MB"),
        (18_400_000, "18.4 MB"),
        (310_000_000, "310 MB"),
        (2_000_000_000, "2.0 GB"),
        (10**15, "1,000 TB"),
    ],
)
def test_a_size_counts_in_thousands(value: int | None, text: str) -> None:
    assert formats.size(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "unknown"),
        (-5, "0 s"),
        (4.9, "4 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (21_720, "6 h 2 min"),
        (86_399, "23 h 59 min"),
        (172_800, "2 d 0 h"),
        (270_000, "3 d 3 h"),
        (8_639_999, "99 d 23 h"),
        (1_795_400_000, "20,780 d"),
    ],
)
def test_an_age_has_at_most_two_units_and_is_never_rounded_up(seconds: float | None, text: str) -> None:
    assert formats.age(seconds) == text


def test_the_age_of_something_is_taken_between_two_moments() -> None:
    assert formats.age_between(NOW - timedelta(minutes=41), NOW) == "41 min"
    assert formats.age_between(None, NOW) == "unknown"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "unknown"), (0, "0 s"), (30, "30 s"), (90, "1 min 30 s"), (345_600, "4 d"), (90_061, "1 d 1 h 1 min 1 s")],
)
def test_a_period_is_exact(seconds: int | None, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "unknown"),
        (0, "0 s"),
        (250, "250 ms"),
        (1500, "1.5 s"),
        (30_000, "30 s"),
        (43_200_000, "12 h"),
        (90_250, "1 min 30 s 250 ms"),
    ],
)
def test_a_period_in_milliseconds_is_exact_too(milliseconds: int | None, text: str) -> None:
    assert formats.duration_ms(milliseconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0:00"), (0, "0:00"), (0.2, "0:01"), (41, "0:41"), (725, "12:05"), (3600, "1:00:00")],
)
def test_a_countdown_shows_zero_only_when_it_is_over(seconds: float, text: str) -> None:
    assert formats.timer(seconds) == text


def test_the_time_of_day_is_that_of_the_zone() -> None:
    assert formats.clock(NOW, UTC) == "14:03:22"
    assert formats.clock(NOW, BERLIN) == "15:03:22"
    assert formats.clock(NOW, UTC, ms=True) == "14:03:22.114"
    assert formats.clock(None, UTC) == "unknown"


def test_the_year_is_left_out_only_where_it_is_this_one() -> None:
    assert formats.date(NOW, UTC) == "23 Nov 2026"
    assert formats.date(NOW, UTC, now=NOW) == "23 Nov"
    assert formats.moment(NOW, UTC, now=NOW) == "23 Nov 14:03:22"
    assert formats.moment(NOW - timedelta(days=400), UTC, now=NOW) == "19 Oct 2025 14:03:22"
    assert formats.date(None, UTC) == formats.moment(None, UTC) == "unknown"


def test_what_happened_today_needs_no_date() -> None:
    midnight = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    assert formats.moment_or_clock(midnight, UTC, now=NOW) == "00:30:00"
    assert formats.moment_or_clock(midnight - timedelta(hours=1), UTC, now=NOW) == "22 Nov 23:30:00"
    # Today is a matter of the zone.
    assert formats.moment_or_clock(NOW, TONGA, now=midnight) == "24 Nov 03:03:22"
    assert formats.moment_or_clock(None, UTC, now=NOW) == "unknown"


def test_milliseconds_go_to_a_moment_and_back() -> None:
    at = formats.from_ms(1_795_442_602_114)
    assert at is not None
    assert formats.epoch_ms(at) == 1_795_442_602_114
    assert at.microsecond == 114_000


@given(st.integers(min_value=0, max_value=253_402_214_399_999))
def test_every_moment_a_calendar_has_survives_the_way_there_and_back(milliseconds: int) -> None:
    at = formats.from_ms(milliseconds)
    assert at is not None
    assert formats.epoch_ms(at) == milliseconds


@given(st.integers() | st.none())
def test_any_count_of_milliseconds_gives_a_text(milliseconds: int | None) -> None:
    at = formats.from_ms(milliseconds)
    for zone in (UTC, TONGA):
        assert formats.moment_or_clock(at, zone, now=NOW, ms=True)


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_moment_gives_a_text_in_any_zone(at: datetime) -> None:
    for zone in (UTC, TONGA, ZoneInfo("Pacific/Pago_Pago")):
        assert formats.moment(at, zone, now=NOW, ms=True)


@given(st.integers())
def test_any_number_gives_a_text_for_each_measure(value: int) -> None:
    for write in (formats.number, formats.size, formats.age, formats.duration, formats.duration_ms):
        assert write(value)


def test_an_id_is_shortened_in_the_middle() -> None:
    assert formats.short_id("9f2c41d07e5b4c6e8a3f1b2c3d4ea07e") == "9f2c41…a07e"
    assert formats.short_id("short") == "short"


def test_words_are_listed_as_people_do() -> None:
    assert formats.listed([]) == ""
    assert formats.listed(["a"]) == "a"
    assert formats.listed(["a", "b", "c"]) == "a, b and c"
