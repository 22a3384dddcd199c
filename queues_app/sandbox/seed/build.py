"""Making queues for the seed and for tests."""

from queues_app.sandbox.endpoints.consumers import default_settings
from queues_app.sandbox.store import Account, Consumer, Queue, Store, Worker
from queues_app.sandbox.wire import Fields


def make_queue(
    store: Store,
    account: Account,
    now_ms: int,
    *,
    name: str,
    consumer: str | None,
    dead_letter_queue: str = "",
    script: str = "",
    service_ms: int = 1000,
    settings: Fields | None = None,
    queue_id: str | None = None,
) -> Queue:
    """A queue with its consumer. `consumer` may be a type that HTTP could not create, such as notification."""
    queue = store.add_queue(account, name, now_ms, queue_id=queue_id)
    if consumer is None:
        return queue
    known = default_settings(consumer) if consumer in {"worker", "http_pull"} else {}
    queue.consumer = Consumer(
        id=store.new_id(),
        type=consumer,
        created_ms=now_ms,
        settings={**known, **(settings or {})},
        script=script or (f"{name}-worker" if consumer == "worker" else ""),
        dead_letter_queue=dead_letter_queue,
    )
    if consumer == "worker":
        queue.worker = Worker(service_ms=service_ms, free_ms=now_ms)
    return queue
