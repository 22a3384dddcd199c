"""Traces of a real server, as a collector receives them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any

import pytest

from tests.deployment.conftest import Scene, Start
from tests.deployment.forms import pull_form
from tests.support.waiting import wait_until

BODY = "confidential: account 4711-0815-2342"


class Collector:
    """Takes what is sent to /v1/traces."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") is None and self.path == "/v1/traces":
                    received.append(content)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name for it
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def spans(self) -> list[tuple[str, dict[str, Any], bytes, bytes]]:
        """Name, attributes, id and parent of each."""
        request = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2").ExportTraceServiceRequest
        return [
            (span.name, {pair.key: _value(pair.value) for pair in span.attributes}, span.span_id, span.parent_span_id)
            for content in list(self.received)
            for resource in request.FromString(content).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever, args=(0.05,))
    thread.start()
    yield collector
    collector.server.shutdown()
    thread.join()
    collector.server.server_close()


def test_a_request_and_its_calls_are_spans_of_one_trace_without_anything_confidential(
    scene: Scene, start: Start, collector: Collector
) -> None:
    scene.queue.push(BODY)
    dashboard = start(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="50")
    with dashboard.browser(scene.session) as browser:
        pulled = browser.post(f"{scene.place}pull/?q=kowalska", data=pull_form(batch_size=10))
        browser.get(scene.place)
    wait_until(lambda: "POST pull" in [span[0] for span in collector.spans()], what="the span of the request")
    spans = {name: rest for name, *rest in collector.spans()}
    attributes, own_id, _ = spans["POST pull"]
    assert attributes == {
        "queuescope.method": "POST",
        "queuescope.view": "pull",
        "queuescope.status": 303,
        "queuescope.user": scene.account.credential.owner_id,
        "queuescope.request_id": pulled.headers["X-Request-ID"],
    }
    attributes, _, parent = spans["pull"]
    assert parent == own_id
    assert attributes == {
        "queuescope.operation": "pull",
        "queuescope.status": 200,
        "queuescope.outcome": "ok",
        "queuescope.request_id": pulled.headers["X-Request-ID"],
    }
    wait_until(
        lambda: {"metrics", "GET queue"} <= {span[0] for span in collector.spans()}, what="a call made aside of a page"
    )
    by_id = {own: name for name, _, own, _ in collector.spans()}
    assert {by_id.get(parent) for name, _, _, parent in collector.spans() if name == "metrics"} == {"GET queue"}
    sent = b"".join(collector.received).decode("latin-1")
    for confidential in (BODY, "kowalska", scene.session, scene.account.account_id, scene.queue.id):
        assert confidential not in sent
