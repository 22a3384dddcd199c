"""Queues and readings as the client would return them, for tests of rows that ask nobody."""

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from queues_app.cloudflare import Consumer, Metrics, Queue
from queues_app.operations.queues import Reading

NOW = datetime(2026, 11, 23, 14, 3, 22, tzinfo=UTC)
FOUR_DAYS = 4 * 24 * 60 * 60


def make_consumer(**fields: Any) -> Consumer:
    """An HTTP pull consumer with a limit of 3 and a dead-letter queue."""
    known: dict[str, Any] = {
        "id": "c" * 32,
        "type": "http_pull",
        "script": None,
        "dead_letter_queue": "orders-dlq",
        "batch_size": 10,
        "max_retries": 3,
        "retry_delay": None,
        "visibility_timeout_ms": 30_000,
        "max_concurrency": None,
        "max_wait_time_ms": None,
    }
    return Consumer(**known | fields)


def make_queue(name: str = "orders", *consumers: Consumer, **fields: Any) -> Queue:
    """A running queue that keeps messages for four days; nobody consumes it unless the test says who."""
    known: dict[str, Any] = {
        "id": f"{zlib.crc32(name.encode(errors='replace')):08x}{0:024}",
        "name": name,
        "created_at": NOW,
        "modified_at": NOW,
        "producers": (),
        "producers_total_count": 0,
        "consumers": consumers,
        "consumers_total_count": len(consumers),
        "delivery_delay": None,
        "delivery_paused": False,
        "message_retention_period": FOUR_DAYS,
        "jurisdiction": None,
    }
    return Queue(**known | fields)


def make_reading(
    backlog: int | None = 5, *, age: timedelta | None = timedelta(minutes=41), read_at: datetime = NOW
) -> Reading:
    """Counts that were just read; without `age` the oldest message is not told."""
    oldest = read_at - age if age is not None and backlog else None
    return Reading(read_at=read_at, metrics=Metrics(backlog, 900, oldest))


def failed_reading(earlier: Reading | None = None, **fields: Any) -> Reading:
    """Counts that could not be read just now."""
    return Reading(
        read_at=NOW,
        metrics=None,
        problem="Asked too often.",
        why="429 from Cloudflare",
        earlier=earlier.metrics if earlier else None,
        earlier_read_at=earlier.read_at if earlier else None,
        **fields,
    )
