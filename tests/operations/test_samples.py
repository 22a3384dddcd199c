"""Counts are kept as they were read; what could not be read is a gap, and no zero."""

from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest

from queues_app.cloudflare import Metrics
from queues_app.models import Account, QueueSample
from queues_app.operations import samples
from queues_app.operations.queues import Reading

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_what_was_read_is_kept_once_in_the_order_of_time(account: Account) -> None:
    later, first = NOON + timedelta(minutes=1), Metrics(7, 512, NOON - timedelta(hours=3))
    samples.keep(account=account, readings={"a" * 32: Reading(read_at=later, metrics=Metrics(0, 0, None))})
    readings = {
        "a" * 32: Reading(read_at=NOON, metrics=first),
        "b" * 32: Reading(read_at=NOON, metrics=None, problem="no"),
    }
    for _ in range(2):
        samples.keep(account=account, readings=readings)

    found = {
        queue_id: list(kept)
        for queue_id, kept in groupby(QueueSample.objects.filter(account=account), key=lambda one: one.queue_id)
    }

    assert [(one.at, one.messages, one.bytes, one.oldest_at) for one in found["a" * 32]] == [
        (NOON, 7, 512, NOON - timedelta(hours=3)),
        (later, 0, 0, None),
    ]
    assert "b" * 32 not in found
