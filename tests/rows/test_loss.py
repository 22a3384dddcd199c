"""What messages of a kept batch have left of their retention, and the clock over the table."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app import formats
from queues_app.cloudflare import Message
from queues_app.models import Batch
from queues_app.rows.loss import BatchClock, Left, batch_clock, left_of
from tests.support.queues import FOUR_DAYS, NOW

DAY = timedelta(days=1)


def batch(*, period: int | None = FOUR_DAYS, fetched_at: datetime = NOW) -> Batch:
    return Batch(fetched_at=fetched_at, message_retention_period=period)


def message(age: timedelta, name: str = "a") -> Message:
    return Message(id=name * 32, body="x", timestamp_ms=formats.epoch_ms(NOW - age))


def left(age: timedelta, period: int | None = FOUR_DAYS) -> Left | None:
    return left_of(message(age), batch(period=period), NOW)


def clock(*ages: timedelta, now: datetime = NOW) -> BatchClock | None:
    messages = [message(age, name) for age, name in zip(ages, "abcdefgh", strict=False)]
    urls = [f"/{number}/" for number in range(len(messages))]
    lefts = [left_of(one, batch(), now) for one in messages]
    return batch_clock(messages, lefts, urls, zone=ZoneInfo("UTC"), now=now)


@pytest.mark.parametrize(
    ("age", "share", "tone", "said"),
    [
        (timedelta(0), 0.0, "", ""),
        (timedelta(days=2), 0.5, "", ""),
        (3 * DAY + timedelta(hours=1), 0.76, "price", "23 h left"),
        (4 * DAY - timedelta(minutes=38), 0.99, "loss", "38 min left"),
        (timedelta(hours=-2), 0.0, "", ""),
    ],
)
def test_the_bar_is_the_share_and_the_time_left_is_said_within_a_day(
    age: timedelta, share: float, tone: str, said: str
) -> None:
    found = left(age)
    assert found is not None
    assert (found.share, found.tone, found.left) == (share, tone, said)


def test_where_messages_are_kept_for_an_hour_only_the_old_ones_are_due() -> None:
    young, old = left(timedelta(minutes=10), 3600), left(timedelta(minutes=50), 3600)
    assert young is not None
    assert old is not None
    assert (young.left, old.left) == ("", "10 min left")


@pytest.mark.parametrize("period", [None, 0])
def test_without_a_period_it_is_unknown(period: int | None) -> None:
    assert left(DAY, period) is None


def test_what_was_there_after_its_time_is_kept_by_a_rule_that_nobody_tells() -> None:
    """A dead letter has the time of its first sending, and is kept anew from when it moved."""
    assert left(5 * DAY) is None
    assert clock(5 * DAY) is None


@given(st.integers() | st.none(), st.integers(0, 2**31 - 1) | st.none())
def test_no_time_and_no_period_breaks_it(sent_ms: int | None, period: int | None) -> None:
    one = Message(id="a", body="x", timestamp_ms=sent_ms)
    found = left_of(one, batch(period=period), NOW)
    assert found is None or 0 <= found.share <= 1


def test_there_is_no_clock_when_nothing_is_due() -> None:
    assert clock() is None
    assert clock(DAY, 2 * DAY) is None


def test_the_clock_says_how_many_and_which_comes_first() -> None:
    found = clock(DAY, 3 * DAY + timedelta(hours=4), 4 * DAY - timedelta(minutes=38), 3 * DAY + timedelta(hours=2))
    assert found is not None
    assert found.counted == "3 of these 4 messages"
    assert (found.first.name, found.first.url, found.first.when) == ("cccccc…cccc", "/2/", "in 38 min")
    assert found.at == "14:41:22 UTC"
    assert [(due.url, due.when) for due in found.others] == [("/1/", "in 20 h 0 min"), ("/3/", "in 22 h 0 min")]
    assert found.more == 0
    assert [tick.tone for tick in found.ticks] == ["loss", "price", "price"]
    assert found.said.startswith("cccccc…cccc 14:41:22; ")


def test_many_are_counted_rather_than_named() -> None:
    found = clock(*[3 * DAY + timedelta(hours=hour) for hour in range(1, 9)])
    assert found is not None
    assert (len(found.others), found.more) == (3, 4)


def test_what_is_overdue_since_it_was_fetched_is_due_now() -> None:
    found = clock(4 * DAY - timedelta(minutes=1), now=NOW + timedelta(minutes=5))
    assert found is not None
    assert (found.first.when, found.at) == ("now", "")
