"""What is told of each request, when its answer is ready."""

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from queues_app.telemetry import metrics

METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


class TelemetryMiddleware:
    """Stands around everything but the request id, so that refusals and static files are told as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        view, method = view_of(request), request.method if request.method in METHODS else "other"
        metrics.REQUESTS.labels(view, method, f"{response.status_code // 100}xx").inc()
        metrics.REQUEST_SECONDS.labels(view).observe(seconds)
        return response


def view_of(request: HttpRequest) -> str:
    """The name of the address, never the address: that holds ids, and strangers choose it."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name or "unnamed"
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"
