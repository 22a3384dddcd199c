"""Our client around the sandbox over a real socket; waiting between its tries is only written down."""

from collections.abc import Iterator

import pytest

from queues_app.cloudflare import ApiToken, Client
from queues_app.sandbox import QueueHandle, Sandbox, SandboxServer
from tests.contract.asking import Where


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(sandbox_server: SandboxServer, slept: list[float]) -> Iterator[Client]:
    with Client(base_url=sandbox_server.url, sleep=slept.append) as client:
        yield client


@pytest.fixture
def full(sandbox: Sandbox) -> ApiToken:
    return ApiToken(secret=sandbox.tokens["full"])


@pytest.fixture
def account(sandbox: Sandbox) -> str:
    return sandbox.accounts["acme-logistics"]


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")


@pytest.fixture
def where(orders: QueueHandle) -> Where:
    return {"account_id": orders.account_id, "queue_id": orders.id}
