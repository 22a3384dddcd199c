"""The demo."""

from queues_app.sandbox.store import Store


def fill(store: Store, now_ms: int) -> None:
    """Fill both accounts."""
