"""Pull, acknowledge, retry and extend: all that needs a lease, and so an http_pull consumer."""

from dataclasses import dataclass, field

from queues_app.sandbox import errors, fields, lifecycle, opaque, shapes
from queues_app.sandbox.context import Answer, Call
from queues_app.sandbox.endpoints.consumers import MAX_LEASE_MS
from queues_app.sandbox.endpoints.queues import MAX_DELAY_S
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.store import Consumer, Message
from queues_app.sandbox.wire import Fields

MAX_BATCH = 100
_LEASE_MS = 30_000
_STALE = "lease is no longer valid"
_UNKNOWN = "invalid lease id"

_invalid = fields.refusing(errors.JSON_INVALID)


def pull(call: Call) -> Answer:
    consumer = _pull_consumer(call)
    if call.queue.delivery_paused:
        raise ApiError(errors.DELIVERY_PAUSED)
    body = call.body(errors.JSON_MALFORMED, _invalid)
    size = batch_size(body, consumer)
    lease_ms = _lease_ms(body, consumer)
    ready = [one for one in call.queue.messages.values() if one.state(call.now_ms) == "ready"][:size]
    taken = []
    for message in ready:
        message.attempts += 1
        call.queue.history.read(message, call.now_ms, "http")
        lease_id = _lease(call, message, lease_ms)
        taken.append(shapes.message(message, call.variants, lease_id=lease_id))
    metrics = shapes.metrics(call.queue, call.variants, call.now_ms)
    call.settle()  # a visibility timeout of 0 lapses at once
    return Answer(
        {"message_backlog_count": metrics["backlog_count"], "messages": taken, "metadata": {"metrics": metrics}}
    )


def settle(call: Call) -> Answer:
    """Acknowledge and retry. A lease that is no longer good makes a warning, never a failure."""
    consumer = _pull_consumer(call)
    body = call.body(errors.JSON_MALFORMED, _invalid)
    acks = fields.objects(body, "acks", _invalid)
    retries = [
        (item, fields.integer(item, "delay_seconds", _invalid, low=0, high=MAX_DELAY_S, at=f"/retries/{at}"))
        for at, item in enumerate(fields.objects(body, "retries", _invalid))
    ]
    result = _Settled()
    for item in acks:
        message = result.find(call, item)
        if message:
            del call.queue.messages[message.id]
            call.queue.history.deleted(message, call.now_ms, "http", "success")
            result.acked += 1
    for item, delay in retries:
        message = result.find(call, item)
        if message:
            delay_s = consumer.setting("retry_delay", 0) if delay is None else delay
            lifecycle.fail(call.store, call.account, call.queue, message, call.now_ms, delay_s * 1000)
            result.retried += 1
    return Answer({"ackCount": result.acked, "retryCount": result.retried, "warnings": result.warnings})


def extend(call: Call) -> Answer:
    """Renew leases: a new lease id for each, no attempt used. The shape of the answer is our reading."""
    consumer = _pull_consumer(call)
    body = call.body(errors.JSON_MALFORMED, _invalid)
    lease_ms = _lease_ms(body, consumer)
    result = _Settled()
    renewed = []
    for item in fields.objects(body, "extend", _invalid):
        message = result.find(call, item)
        if message:
            renewed.append({"id": message.id, "lease_id": _lease(call, message, lease_ms)})
    call.settle()
    return Answer({"messages": renewed, "warnings": result.warnings})


def batch_size(body: Fields, consumer: Consumer | None) -> int:
    """The batch asked for; else the consumer's own; else 5."""
    default = consumer.setting("batch_size", 5) if consumer else 5
    return fields.integer(body, "batch_size", _invalid, low=1, high=MAX_BATCH, default=default) or default


@dataclass(slots=True)
class _Settled:
    acked: int = 0
    retried: int = 0
    warnings: dict[str, str] = field(default_factory=dict)

    def find(self, call: Call, item: Fields) -> Message | None:
        """The message of a lease; where there is none any more, the reason goes into the warnings."""
        lease_id = fields.text(item, "lease_id", _invalid)
        handle = opaque.unseal(lease_id)
        if handle is None or handle.kind != "lease" or handle.queue_id != call.queue.id:
            self.warnings[lease_id] = _UNKNOWN
            return None
        message = call.queue.messages.get(handle.message_id)
        good = message is not None and (
            call.variants.late_acks == "accepted"
            or (message.lease_until_ms is not None and message.lease_serial == handle.serial)
        )
        if not good:
            self.warnings[lease_id] = _STALE
            return None
        return message


def _pull_consumer(call: Call) -> Consumer:
    consumer = call.queue.consumer
    delay_ms = call.variants.consumer_delay * 1000
    if consumer is None or consumer.type != "http_pull" or call.now_ms < consumer.created_ms + delay_ms:
        raise ApiError(errors.PULL_NOT_ENABLED)
    return consumer


def _lease_ms(body: Fields, consumer: Consumer) -> int:
    asked = fields.integer(body, "visibility_timeout_ms", _invalid, low=0, high=MAX_LEASE_MS)
    return consumer.setting("visibility_timeout_ms", _LEASE_MS) if asked is None else asked


def _lease(call: Call, message: Message, lease_ms: int) -> str:
    message.lease_serial += 1
    message.lease_until_ms = call.now_ms + lease_ms
    return opaque.seal(opaque.Handle("lease", call.queue.id, message.id, message.lease_serial))
