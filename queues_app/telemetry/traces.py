"""Traces for a collector of OpenTelemetry: a span for each request and for each call of Cloudflare.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set. The libraries are an extra (`telemetry`), so they are imported by name,
and only then. Attributes are what the log has: no id but the request's, no query, no body, no secret.
"""

import functools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings

from dashboard.request_id import current_request_id

_NANO = 1_000_000_000


def are_installed() -> bool:
    """Whether the extra is there."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def request() -> Iterator[Any]:
    """The span of a request, None when traces are off. Calls made within it belong to it."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        yield None
        return
    kind = import_module("opentelemetry.trace").SpanKind.SERVER
    # An exception never comes this far, and its words would not be ours to send away.
    with _tracer().start_as_current_span("request", kind=kind, record_exception=False) as span:
        yield span


def call(operation: str, duration_ms: int, **attributes: str | int | None) -> None:
    """The span of a call that has just ended."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return
    kind = import_module("opentelemetry.trace").SpanKind.CLIENT
    ended = time.time_ns()
    span = _tracer().start_span(operation, kind=kind, start_time=ended - duration_ms * _NANO // 1000)
    describe(span, operation=operation, **attributes)
    span.end(ended)


def describe(span: Any, **attributes: str | int | None) -> None:
    """Give a span what is known, under names of our own; None is left out."""
    known = {**attributes, "request_id": current_request_id.get()}
    span.set_attributes({f"queuescope.{name}": value for name, value in known.items() if value is not None})


def _tracer() -> Any:
    # By process: threads do not survive the fork, and the one that sends is a thread.
    return _provider(settings.OTEL_EXPORTER_OTLP_ENDPOINT, os.getpid()).get_tracer("queuescope")


@functools.lru_cache(maxsize=1)
def _provider(endpoint: str, pid: int) -> Any:
    sdk, export = import_module("opentelemetry.sdk.trace"), import_module("opentelemetry.sdk.trace.export")
    exporter = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter
    resource = import_module("opentelemetry.sdk.resources").Resource.create({"service.name": "queuescope"})
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(export.BatchSpanProcessor(exporter(endpoint=f"{endpoint}/v1/traces")))
    return provider
