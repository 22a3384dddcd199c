"""All metrics in the words of Prometheus: what all processes of this server have counted, and how things stand now."""

import os
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from dashboard.errors import DATABASE_FAILURES
from queues_app.telemetry import metrics
from queues_app.telemetry.directory import VARIABLE
from queues_app.telemetry.standing import Standing


def encoded(accept: str, read: Callable[[], Standing]) -> tuple[bytes, str]:
    """In the form that the one who asks understands, and the name of that; `read` says how things stand."""
    encode, content_type = choose_encoder(accept)
    return encode(_registry(read)), content_type


def _registry(read: Callable[[], Standing]) -> CollectorRegistry:
    registry = CollectorRegistry()
    if VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own omission
    else:
        registry.register(metrics.REGISTRY)
    registry.register(_Now(read))
    return registry


class _Now(Collector):
    """What is asked at each scrape; with a database that is down only that."""

    def __init__(self, read: Callable[[], Standing]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        slots = settings.WEB_CONCURRENCY * settings.UPSTREAM_SLOTS
        yield _gauge("upstream_slots", "Threads that may wait for Cloudflare, in all processes.", slots)
        if connection.settings_dict["OPTIONS"].get("pool"):
            most = settings.WEB_CONCURRENCY * settings.DATABASE_POOL_SIZE
            yield _gauge("database_connections_limit", "Connections that the pools may hold.", most)
        try:
            standing = self._read()
        except DATABASE_FAILURES:
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield from _families(standing)


def _families(standing: Standing) -> Iterator[Metric]:
    yield _gauge("leases_held", "Leases that this dashboard holds now.", standing.leases_held)
    yield _gauge(
        "unknown_outcomes_last_day",
        "Audit entries of the last 24 hours whose outcome is unknown, those under way left out.",
        standing.unknown_outcomes,
    )
    forwarded = standing.forwarded
    yield _labelled(
        GaugeMetricFamily,
        "audit_forward_waiting",
        "Audit entries that a destination was not told yet.",
        ("destination",),
        (((each.destination,), each.waiting) for each in forwarded),
    )
    yield _labelled(
        CounterMetricFamily,
        "audit_forwarded",
        "Lines that a destination was told.",
        ("destination",),
        (((each.destination,), each.told) for each in forwarded),
    )
    yield _labelled(
        CounterMetricFamily,
        "audit_forward_failures",
        "Batches that did not arrive at a destination.",
        ("destination",),
        (((each.destination,), each.failed) for each in forwarded),
    )
    yield _labelled(
        GaugeMetricFamily,
        "watches",
        "Watches, by how they stand.",
        ("state",),
        (((state,), number) for state, number in standing.watches.items()),
    )
    yield CounterMetricFamily("queuescope_samples", "Counts that were kept.", value=standing.samples_kept)
    yield _labelled(
        GaugeMetricFamily,
        "watch_notices",
        "Notices of the last 30 days, by how they ended.",
        ("way", "outcome"),
        standing.notices.items(),
    )


def _gauge(name: str, meaning: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"queuescope_{name}", meaning, value=value)


def _labelled[F: (GaugeMetricFamily, CounterMetricFamily)](
    kind: type[F], name: str, meaning: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], int]]
) -> F:
    family = kind(f"queuescope_{name}", meaning, labels=labels)
    for where, value in values:
        family.add_metric(where, value)
    return family
