"""Counts of queues over time: taken when somebody or `manage.py watch` reads them, and read for charts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from queues_app.models import Account, QueueSample
from queues_app.operations.queues import Reading


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


def between(
    *, account: Account, queue_ids: Iterable[str], since: datetime, until: datetime
) -> dict[str, list[QueueSample]]:
    """The samples of each of these queues, oldest first; a queue without any is left out."""
    found = QueueSample.objects.filter(account=account, queue_id__in=list(queue_ids), at__gte=since, at__lte=until)
    samples: defaultdict[str, list[QueueSample]] = defaultdict(list)
    for sample in found.order_by("queue_id", "at"):
        samples[sample.queue_id].append(sample)
    return dict(samples)
