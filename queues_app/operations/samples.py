"""Counts of queues over time: taken when somebody or `manage.py watch` reads them, and read for charts."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.db import DatabaseError

from queues_app.models import Account, QueueSample
from queues_app.operations.queues import Reading

logger = logging.getLogger(__name__)

# How often a queue is sampled at most, however many look at it.
EVERY: Final = timedelta(minutes=1)


def keep(*, account: Account, readings: Mapping[str, Reading]) -> None:
    """Keep what was read of these queues; what could not be read leaves a gap."""
    QueueSample.objects.bulk_create(
        (
            QueueSample(
                account=account,
                queue_id=queue_id,
                at=reading.read_at,
                messages=reading.metrics.backlog_count,
                bytes=reading.metrics.backlog_bytes,
                oldest_at=reading.metrics.oldest_message_at,
            )
            for queue_id, reading in readings.items()
            if reading.metrics is not None
        ),
        ignore_conflicts=True,
    )


def keep_some(*, account: Account, readings: Mapping[str, Reading]) -> None:
    """Keep what a page read, of each queue at most one in a minute. No page fails for it."""
    good = {queue_id: reading for queue_id, reading in readings.items() if reading.metrics is not None}
    if not good:
        return
    since = min(reading.read_at for reading in good.values()) - EVERY
    try:
        recent = QueueSample.objects.filter(account=account, queue_id__in=list(good), at__gt=since)
        last = dict(recent.order_by("at").values_list("queue_id", "at"))
        due = {
            queue_id: reading
            for queue_id, reading in good.items()
            if queue_id not in last or reading.read_at - last[queue_id] >= EVERY
        }
        if due:
            keep(account=account, readings=due)
    except DatabaseError as error:
        logger.warning("Counts that a page read were not kept: %s", type(error).__name__)
