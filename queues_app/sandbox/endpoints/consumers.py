"""Consumers: at most one per queue, a Worker or HTTP pull (fact sheet, 1.3)."""

from queues_app.sandbox import errors, fields, shapes
from queues_app.sandbox.context import MISSING, Answer, Call
from queues_app.sandbox.endpoints.queues import MAX_DELAY_S, add_named
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.store import Consumer, Worker
from queues_app.sandbox.wire import Fields

MAX_LEASE_MS = 43_200_000

_bad_request = fields.refusing(errors.BAD_REQUEST)
_bad_settings = fields.refusing(errors.BAD_CONSUMER_SETTINGS)

# type → setting → (lowest, highest, default); a default of None stays null, "as the platform likes".
_SETTINGS: dict[str, dict[str, tuple[int, int, int | None]]] = {
    "worker": {
        "batch_size": (1, 100, 10),
        "max_retries": (0, 100, 3),
        "max_wait_time_ms": (0, 60_000, 5000),
        "max_concurrency": (1, 250, None),
        "retry_delay": (0, MAX_DELAY_S, 0),
    },
    "http_pull": {
        "batch_size": (1, 100, 5),
        "max_retries": (0, 100, 3),
        "retry_delay": (0, MAX_DELAY_S, 0),
        "visibility_timeout_ms": (0, MAX_LEASE_MS, 30_000),
    },
}


def list_consumers(call: Call) -> Answer:
    held = [call.queue.consumer] if call.queue.consumer else []
    return Answer([shapes.consumer(one, call.queue, call.variants) for one in held])


def get_consumer(call: Call) -> Answer:
    return Answer(shapes.consumer(_consumer(call), call.queue, call.variants))


def create_consumer(call: Call) -> Answer:
    wanted = _read(call)
    if call.queue.consumer is not None:
        raise ApiError(errors.HAS_CONSUMER, name=call.queue.name)
    return _put(call, wanted)


def replace_consumer(call: Call) -> Answer:
    """Creates the consumer when the queue has none; another one than the named stands in the way."""
    wanted = _read(call)
    held = call.queue.consumer
    if held is not None:
        if held.id != call.found["consumer"]:
            raise ApiError(errors.HAS_CONSUMER, name=call.queue.name)
        wanted.id, wanted.created_ms = held.id, held.created_ms
    return _put(call, wanted)


def delete_consumer(call: Call) -> Answer:
    _consumer(call)
    call.queue.consumer = call.queue.worker = None
    return Answer(MISSING if call.variants.write_result == "missing" else None)


def default_settings(kind: str) -> Fields:
    return {name: default for name, (_, _, default) in _SETTINGS[kind].items()}


def _consumer(call: Call) -> Consumer:
    held = call.queue.consumer
    if held is None or held.id != call.found["consumer"]:
        raise ApiError(errors.CONSUMER_UNKNOWN)
    return held


def _put(call: Call, wanted: Consumer) -> Answer:
    add_named(call, wanted.dead_letter_queue)
    call.queue.consumer = wanted
    call.queue.worker = Worker(free_ms=call.now_ms) if wanted.type == "worker" else None
    return Answer(shapes.consumer(wanted, call.queue, call.variants))


def _read(call: Call) -> Consumer:
    body = call.body(errors.BAD_REQUEST, _bad_request)
    kind = fields.text(body, "type", _bad_request)
    if kind not in _SETTINGS:
        raise _bad_request("type is worker or http_pull", "/type")
    script = fields.text(body, "script_name", _bad_request)
    if kind == "worker" and not script:
        raise _bad_request("script_name is required", "/script_name")
    given = fields.mapping(body, "settings", _bad_settings)
    settings = {
        name: fields.integer(given, name, _bad_settings, low=low, high=high, default=default, at="/settings")
        for name, (low, high, default) in _SETTINGS[kind].items()
    }
    return Consumer(
        id=call.store.new_id(),
        type=kind,
        created_ms=call.now_ms,
        settings=settings,
        script=script,
        dead_letter_queue=fields.text(body, "dead_letter_queue", _bad_request),
    )
