"""Old samples: one is left for each bucket, none is made up, and none is kept for good."""

from datetime import UTC, datetime, timedelta

import pytest

from queues_app.models import Account, QueueSample
from queues_app.operations import thinning

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
QUEUE, OTHER = "a" * 32, "b" * 32


def sample(account: Account, at: datetime, queue_id: str = QUEUE) -> None:
    QueueSample.objects.create(account=account, queue_id=queue_id, at=at, messages=1)


def thin(account: Account, now: datetime = NOW) -> list[datetime]:
    while thinning.thin(account=account, now=now):
        pass
    return list(QueueSample.objects.filter(queue_id=QUEUE).order_by("at").values_list("at", flat=True))


def test_of_a_day_ago_one_is_left_for_each_10_minutes(account: Account) -> None:
    start = NOW - timedelta(days=1, minutes=30)
    for minute in range(35):
        sample(account, start + timedelta(minutes=minute))
        sample(account, start + timedelta(minutes=minute), OTHER)

    left = [(at - start).total_seconds() / 60 for at in thin(account)]

    assert left == [0, 10, 20, 30, 31, 32, 33, 34], "the last five are younger than a day"
    assert QueueSample.objects.filter(queue_id=OTHER).count() == 8


def test_of_a_month_ago_one_is_left_for_each_hour(account: Account) -> None:
    start = NOW - timedelta(days=31)
    for step in range(12):
        sample(account, start + timedelta(minutes=10 * step))

    assert thin(account) == [start, start + timedelta(hours=1)]


def test_a_gap_stays_a_gap(account: Account) -> None:
    before, after = NOW - timedelta(days=2, hours=9), NOW - timedelta(days=1, hours=1)
    for at in (before, before + timedelta(minutes=1), after, after + timedelta(minutes=1)):
        sample(account, at)

    assert thin(account) == [before, after]


def test_after_a_year_nothing_is_left(account: Account) -> None:
    last = NOW - timedelta(days=365)
    for at in (last - timedelta(minutes=1), last):
        sample(account, at)

    assert thin(account) == [last]


def test_it_goes_on_where_it_ended(account: Account) -> None:
    """In steps of an hour: two loops that come one after the other, and a third when time has gone on."""
    start = NOW - timedelta(days=1, hours=3)
    for minute in range(0, 240, 5):
        sample(account, start + timedelta(minutes=minute))
    assert thinning.thin(account=account, now=NOW), "there is more to do"
    assert QueueSample.objects.count() == 48 - 6
    thin(account)
    assert QueueSample.objects.count() == 18 + 12

    assert len(thin(account, NOW + timedelta(hours=1))) == 24


def test_accounts_without_samples_are_left_alone(account: Account) -> None:
    assert thinning.accounts() == []
    sample(account, NOW)
    assert thinning.accounts() == [account]
