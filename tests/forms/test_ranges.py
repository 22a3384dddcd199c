"""Which time a page of charts shows: whatever the address says, it is one that every zone can write."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.charts import time_ticks
from queues_app.forms.ranges import EARLIEST, LONGEST, SHORTEST, Chosen, Problem, RangeForm, typed

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in ("UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu")
    ]
)
OFFSETS = st.one_of(st.none(), st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))))


def moments(first: str = "0001-01-01", last: str = "9999-12-31") -> st.SearchStrategy[datetime]:
    days = st.datetimes(datetime.fromisoformat(first), datetime.fromisoformat(last))
    return st.builds(lambda at, offset: at.replace(tzinfo=offset), days, OFFSETS)


# Also such as are close to one another, at both ends of the calendar too
MOMENTS = st.one_of(
    moments(),
    moments(last="0001-01-04"),
    moments(first="9999-12-28"),
    moments("1999-12-25", "2000-01-05"),
    moments("2026-11-01", "2026-12-01"),
)


def chosen(since: str, until: str, zone: ZoneInfo) -> tuple[Chosen, Problem | None]:
    return RangeForm({"since": since, "until": until}).chosen(zone=zone, now=NOW)


@given(MOMENTS, MOMENTS | st.integers(-90, 90 * 24 * 60), ZONES)
def test_whatever_is_typed_is_a_time_that_can_be_shown_in_every_zone(
    since: datetime, until: datetime | int, zone: ZoneInfo
) -> None:
    if isinstance(until, int):
        try:
            until = since + timedelta(minutes=until)
        except OverflowError:
            until = since
    found, problem = chosen(since.isoformat(), until.isoformat(), zone)

    assert EARLIEST <= found.span.since < found.span.until <= NOW
    assert SHORTEST <= found.span.length <= LONGEST
    assert bool(problem) == bool(found.last), "what is refused shows the usual time"
    assert typed(found.span.since, zone)
    assert typed(found.span.until, zone)
    assert time_ticks(found.span, zone)
    if not problem:
        again = dict(parse_qsl(found.query.removeprefix("?")))
        read, remark = chosen(again["since"], again["until"], zone)
        assert remark is None
        assert read.span.since == found.span.since.replace(microsecond=0), "its address says the same"
        assert read.span.until == found.span.until.replace(microsecond=0)


@given(st.text(max_size=40), st.text(max_size=40), ZONES)
def test_whatever_is_no_moment_is_said(since: str, until: str, zone: ZoneInfo) -> None:
    found, problem = chosen(since, until, zone)
    assert found.last == "24h"
    assert problem or not (since.strip() and until.strip())


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("0001-01-01T00:00Z", "0001-01-02T00:00Z"),
        ("0001-01-02T00:00", "0001-01-03T00:00"),
        ("1999-12-31T23:00Z", "2000-01-01T01:00Z"),
    ],
)
def test_what_lies_before_anything_that_is_kept_is_refused(since: str, until: str, zone: str) -> None:
    _, problem = chosen(since, until, ZoneInfo(zone))
    assert problem is not None
    assert problem.sentence == "Nothing is kept of the time before 2000."
