"""Fixtures around the sandbox: in the process with a clock driven by hand, and over real HTTP.

def test_a_pull_uses_an_attempt(sandbox, clock):
    orders = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    orders.push({"order": 1})
"""

from collections.abc import Iterator

import pytest

from queues_app.sandbox import ManualClock, Sandbox, SandboxServer


@pytest.fixture
def clock() -> ManualClock:
    """Stands still at 2026-11-23 14:03:22 UTC until told to advance."""
    return ManualClock()


@pytest.fixture
def sandbox(clock: ManualClock) -> Sandbox:
    """Two accounts without queues, on `clock`."""
    return Sandbox(clock=clock, seed="empty")


@pytest.fixture
def sandbox_server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    """The same sandbox over real HTTP, at `sandbox_server.url`. Latency and drip take real time here."""
    with SandboxServer(sandbox, port=0) as server:
        yield server
