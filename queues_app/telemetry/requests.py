"""What is told of each request, when its answer is ready."""

import time
from collections.abc import Callable
from typing import Final

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from queues_app.callers import address_of
from queues_app.telemetry import metrics, traces

log = structlog.stdlib.get_logger("queuescope.request")

METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


class TelemetryMiddleware:
    """Stands around everything but the request id, so that refusals and static files are told as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with traces.request() as span:
            response = self.get_response(request)
            seconds = time.perf_counter() - began
            view, who = view_of(request), _user_id(request)
            told: dict[str, str | int | None] = {"view": view, "status": response.status_code, "user": who}
            if span is not None:
                span.update_name(f"{_method(request)} {view}")
                traces.describe(span, method=_method(request), **told)
        metrics.REQUESTS.labels(view, _method(request), f"{response.status_code // 100}xx").inc()
        metrics.REQUEST_SECONDS.labels(view).observe(seconds)
        _count_connections()
        log.info(
            "request",
            method=request.method,
            path=request.path,
            duration_ms=round(seconds * 1000),
            client=address_of(request),
            **told,
        )
        return response


def _count_connections() -> None:
    """As they are now, where there is a pool: at a scrape only one of the processes could tell."""
    pool = getattr(connection, "pool", None)
    if pool is None:
        return
    stats = pool.get_stats()
    metrics.DATABASE_CONNECTIONS.set(stats.get("pool_size", 0))
    metrics.DATABASE_CONNECTIONS_FREE.set(stats.get("pool_available", 0))
    metrics.DATABASE_WAITING.set(stats.get("requests_waiting", 0))


def view_of(request: HttpRequest) -> str:
    """The name of the address, never the address: that holds ids, and strangers choose it."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name or "unnamed"
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def _method(request: HttpRequest) -> str:
    return request.method if request.method in METHODS else "other"


def _user_id(request: HttpRequest) -> int | None:
    """Who it was, where that was asked for already: a line of the log is no reason to ask the database."""
    user = getattr(request, "_cached_user", None)
    return None if user is None else user.pk
