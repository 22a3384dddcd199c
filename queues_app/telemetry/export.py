"""`/metrics`, for Prometheus: what all processes of this server have counted, and what the database says now."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from dashboard.errors import DATABASE_FAILURES
from dashboard.watchers import may_watch
from queues_app.models import AccountTurn, AuditEntry, Lease, Outcome, Watch, WatchNotice, WatchState
from queues_app.operations import forwarding
from queues_app.telemetry import metrics
from queues_app.telemetry.directory import VARIABLE

DAY: Final = timedelta(days=1)


@login_not_required
def export(request: HttpRequest) -> HttpResponse:
    """All metrics, to those who may watch; to everybody else there is nothing here."""
    if not may_watch(request):
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(("GET", "HEAD"))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(_registry()), content_type=content_type)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    if VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own omission
    else:
        registry.register(metrics.REGISTRY)
    registry.register(_Stored())
    return registry


class _Stored(Collector):
    """What is asked of the database at each scrape; with a database that is down only that."""

    def collect(self) -> Iterator[Metric]:
        slots = settings.WEB_CONCURRENCY * settings.UPSTREAM_SLOTS
        yield _gauge("upstream_slots", "Threads that may wait for Cloudflare, in all processes.", slots)
        if connection.settings_dict["OPTIONS"].get("pool"):
            most = settings.WEB_CONCURRENCY * settings.DATABASE_POOL_SIZE
            yield _gauge("database_connections_limit", "Connections that the pools may hold.", most)
        try:
            counted = (
                _gauge("leases_held", "Leases that this dashboard holds now.", _leases_held()),
                _gauge(
                    "unknown_outcomes_last_day",
                    "Audit entries of the last 24 hours whose outcome is unknown, those under way left out.",
                    _unknown_outcomes(),
                ),
                *_forwarding(),
                *_watching(),
            )
        except DATABASE_FAILURES:
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield from counted


def _gauge(name: str, meaning: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"queuescope_{name}", meaning, value=value)


def _forwarding() -> Iterator[Metric]:
    """From the database: who forwards is another process, on whatever host, and nobody asks it."""
    waiting = GaugeMetricFamily(
        "queuescope_audit_forward_waiting", "Audit entries that a destination was not told yet.", labels=["destination"]
    )
    told = CounterMetricFamily(
        "queuescope_audit_forwarded", "Lines that a destination was told.", labels=["destination"]
    )
    failed = CounterMetricFamily(
        "queuescope_audit_forward_failures", "Batches that did not arrive at a destination.", labels=["destination"]
    )
    for delivery in forwarding.deliveries():
        if delivery.state is not None:
            labels = [delivery.destination.name]
            waiting.add_metric(labels, delivery.waiting)
            told.add_metric(labels, delivery.state.told)
            failed.add_metric(labels, delivery.state.failed)
    yield from (waiting, told, failed)


def _watching() -> Iterator[Metric]:
    """From the database, for the same reason."""
    states = GaugeMetricFamily("queuescope_watches", "Watches, by how they stand.", labels=["state"])
    counted = dict(Watch.objects.values_list("state").annotate(number=Count("pk")))
    for state in WatchState:
        states.add_metric([state.value], counted.get(state.value, 0))
    kept = AccountTurn.objects.aggregate(kept=Sum("kept"))["kept"] or 0
    notices = GaugeMetricFamily(
        "queuescope_watch_notices", "Notices of the last 30 days, by how they ended.", labels=["way", "outcome"]
    )
    for way, outcome, number in WatchNotice.objects.values_list("way", "outcome").annotate(number=Count("pk")):
        notices.add_metric([way, outcome], number)
    yield from (states, CounterMetricFamily("queuescope_samples", "Counts that were kept.", value=kept), notices)


def _leases_held() -> int:
    return Lease.objects.held(timezone.now()).count()


def _unknown_outcomes() -> int:
    now = timezone.now()
    # What takes longer than a request may is no longer under way: its process was killed.
    is_over = Q(completed_at__isnull=False) | Q(at__lt=now - timedelta(seconds=settings.WORKER_TIMEOUT))
    return AuditEntry.objects.filter(is_over, at__gte=now - DAY, outcome=Outcome.UNKNOWN).count()
