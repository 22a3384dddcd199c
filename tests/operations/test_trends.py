"""How backlogs went, by one look into the samples."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queues_app.models import Account, QueueSample
from queues_app.operations import trends

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 28, 12, 7, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sample(account: Account, name: str, counts: dict[int, int | None]) -> str:
    """Counts by the minutes ago that they were taken."""
    queue_id = name * 32
    QueueSample.objects.bulk_create(
        QueueSample(account=account, queue_id=queue_id, at=NOON - ago * MINUTE, messages=count)
        for ago, count in counts.items()
    )
    return queue_id


def test_the_last_two_hours_are_told_count_by_count_and_the_day_by_quarters(account: Account) -> None:
    queue_id = sample(account, "a", {60 * 30: 9, 200: 3, 199: 8, 198: 5, 20: 60, 11: 0, 10: None, 1: 4})
    found = trends.of(account=account, queue_ids=[queue_id], now=NOON)[queue_id]

    at = int(NOON.timestamp())
    assert found.recent == ((at - 20 * 60, 60), (at - 11 * 60, 0), (at - 60, 4))
    assert len(found.most) == trends.QUARTERS
    assert [count for count in found.most if count is not None] == [8, 60, 4]
    assert found.most[-1] == 4


def test_many_queues_are_one_look_and_none_while_it_is_remembered(account: Account) -> None:
    ids = [sample(account, name, dict.fromkeys(range(1, 60), 1)) for name in "abcdef"]
    with CaptureQueriesContext(connection) as asked:
        first = trends.of(account=account, queue_ids=ids, now=NOON)
        again = trends.of(account=account, queue_ids=ids, now=NOON + timedelta(seconds=20))
    assert len(asked) == 1
    assert first == again
    assert set(first) == set(ids)


def test_what_was_never_counted_has_no_trend(account: Account) -> None:
    assert trends.of(account=account, queue_ids=["f" * 32], now=NOON) == {}
    assert trends.of(account=account, queue_ids=[], now=NOON) == {}
