"""A queue with messages in it, and browsers of the people who look."""

import pytest

from queues_app.sandbox import QueueHandle, Sandbox


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    """Three messages, the last of them tried before; five attempts, then the dead-letter queue."""
    sandbox.add_queue("orders-dlq", consumer=None)
    orders = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    orders.push({"order": 1, "big": 9007199254740993})
    orders.push("plain <b>words</b>")
    orders.push({"order": 3}, attempts=3)
    return orders
