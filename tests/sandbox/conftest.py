"""One caller of the sandbox's API for all its tests."""

import json
from typing import Any

import pytest

from queues_app.sandbox import QueueHandle, Request, Response, Sandbox


class Api:
    """Calls the sandbox in the process, with one of its tokens."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.account = sandbox.accounts["acme-logistics"]

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str | None = "full",
        headers: dict[str, str] | None = None,
    ) -> Response:
        """`path` follows the base URL and may hold a query; a `body` of bytes is sent as it is."""
        sent = {} if by is None else {"Authorization": f"Bearer {self.sandbox.tokens[by]}"}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        short, _, query = path.partition("?")
        request = Request(method, "/client/v4" + short, query, {**sent, **(headers or {})}, data)
        return self.sandbox.handle(request)

    def result(self, method: str, path: str, body: object = None, *, by: str = "full") -> Any:
        """The result of a call that has to succeed."""
        response = self.call(method, path, body, by=by)
        assert response.status == 200, response.body
        whole = response.json()
        assert whole["success"] is True
        return whole["result"]

    def refusal(self, method: str, path: str, body: object = None, *, by: str | None = "full") -> tuple[int, int]:
        """Status and first code of a call that has to be refused."""
        response = self.call(method, path, body, by=by)
        whole = response.json()
        assert whole["success"] is False
        assert whole["result"] is None
        assert whole["errors"][0]["message"]
        return response.status, whole["errors"][0]["code"]

    def pull(self, queue: QueueHandle, **asked: int) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.result("POST", f"{queue.path}/messages/pull", asked)["messages"]
        return messages

    def peek(self, queue: QueueHandle, **asked: int) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.result("POST", f"{queue.path}/messages/peek", asked)["messages"]
        return messages

    def settle(
        self, queue: QueueHandle, *, acks: list[str] | None = None, retries: list[dict[str, Any]] | None = None
    ) -> Any:
        body = {"acks": [{"lease_id": one} for one in acks or []], "retries": retries or []}
        return self.result("POST", f"{queue.path}/messages/ack", body)


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    return Api(sandbox)


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    """An http_pull queue with two retries and a dead-letter queue."""
    sandbox.add_queue("orders-dlq", consumer=None)
    return sandbox.add_queue("orders", max_retries=2, dead_letter_queue="orders-dlq")


@pytest.fixture
def dead(sandbox: Sandbox, orders: QueueHandle) -> QueueHandle:
    """The dead-letter queue of `orders`."""
    return sandbox.queue("orders-dlq")
