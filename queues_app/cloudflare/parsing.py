"""From the raw `result` of an answer to the types of answers.py.

Each reader returns None when the result is not of a shape that is known; the caller makes Unreadable of it.
"""

import re
from collections.abc import Callable
from typing import Annotated

import msgspec

from queues_app.cloudflare import answers, wire
from queues_app.cloudflare.text import clean
from queues_app.cloudflare.wire import NULL

_HEX_ID = re.compile(r"[0-9a-f]{32}")


class _Queue(msgspec.Struct):
    queue_id: msgspec.Raw = NULL
    queue_name: msgspec.Raw = NULL
    created_on: msgspec.Raw = NULL
    modified_on: msgspec.Raw = NULL
    producers: msgspec.Raw = NULL
    producers_total_count: msgspec.Raw = NULL
    consumers: msgspec.Raw = NULL
    consumers_total_count: msgspec.Raw = NULL
    settings: msgspec.Raw = NULL
    jurisdiction: msgspec.Raw = NULL


class _QueueSettings(msgspec.Struct):
    delivery_delay: msgspec.Raw = NULL
    delivery_paused: msgspec.Raw = NULL
    message_retention_period: msgspec.Raw = NULL


class _Producer(msgspec.Struct):
    type: msgspec.Raw = NULL
    script: msgspec.Raw = NULL
    script_name: msgspec.Raw = NULL
    service: msgspec.Raw = NULL
    bucket_name: msgspec.Raw = NULL


class _Consumer(msgspec.Struct):
    consumer_id: msgspec.Raw = NULL
    type: msgspec.Raw = NULL
    script: msgspec.Raw = NULL
    script_name: msgspec.Raw = NULL
    service: msgspec.Raw = NULL
    dead_letter_queue: msgspec.Raw = NULL
    settings: msgspec.Raw = NULL


class _ConsumerSettings(msgspec.Struct):
    batch_size: msgspec.Raw = NULL
    max_retries: msgspec.Raw = NULL
    retry_delay: msgspec.Raw = NULL
    visibility_timeout_ms: msgspec.Raw = NULL
    max_concurrency: msgspec.Raw = NULL
    max_wait_time_ms: msgspec.Raw = NULL


class _Account(msgspec.Struct):
    id: msgspec.Raw = NULL
    name: msgspec.Raw = NULL
    type: msgspec.Raw = NULL


class _Token(msgspec.Struct):
    id: msgspec.Raw = NULL
    status: msgspec.Raw = NULL
    expires_on: msgspec.Raw = NULL
    not_before: msgspec.Raw = NULL


class _Metrics(msgspec.Struct):
    backlog_count: msgspec.Raw = NULL
    backlog_bytes: msgspec.Raw = NULL
    oldest_message_timestamp_ms: msgspec.Raw = NULL


class _Metadata(msgspec.Struct):
    metrics: msgspec.Raw = NULL


class _Messages(msgspec.Struct):
    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    message_backlog_count: msgspec.Raw = NULL
    metadata: msgspec.Raw = NULL


class _Message(msgspec.Struct):
    id: msgspec.Raw = NULL
    body: msgspec.Raw = NULL
    timestamp_ms: msgspec.Raw = NULL
    attempts: msgspec.Raw = NULL
    metadata: msgspec.Raw = NULL
    lease_id: msgspec.Raw = NULL
    ref: msgspec.Raw = NULL


type _Count = Annotated[int, msgspec.Meta(ge=0, le=wire.LARGEST)]


class _UsualMessage(msgspec.Struct):
    """A message whose every member is of the documented kind: nearly all are, and so they are read in one go."""

    body: str
    id: str | None = None
    timestamp_ms: _Count | None = None
    attempts: _Count | None = None
    metadata: dict[str, str] | None = None
    lease_id: str | None = None
    ref: str | None = None


class _Settled(msgspec.Struct, rename="camel"):
    ack_count: msgspec.Raw = NULL
    retry_count: msgspec.Raw = NULL
    warnings: msgspec.Raw = NULL


class _Purged(msgspec.Struct):
    errors: msgspec.Raw = NULL
    warnings: msgspec.Raw = NULL


class _EmptyStatus(msgspec.Struct):
    started_at: msgspec.Raw = NULL
    completed: msgspec.Raw = NULL
    complete: msgspec.Raw = NULL


_queue = msgspec.json.Decoder(_Queue)
_queue_settings = msgspec.json.Decoder(_QueueSettings)
_producer = msgspec.json.Decoder(_Producer)
_consumer = msgspec.json.Decoder(_Consumer)
_consumer_settings = msgspec.json.Decoder(_ConsumerSettings)
_account = msgspec.json.Decoder(_Account)
_token = msgspec.json.Decoder(_Token)
_metrics = msgspec.json.Decoder(_Metrics)
_metadata = msgspec.json.Decoder(_Metadata)
_messages = msgspec.json.Decoder(_Messages)
_message = msgspec.json.Decoder(_Message)
_usual_messages = msgspec.json.Decoder(Annotated[list[_UsualMessage], msgspec.Meta(max_length=wire.MOST_ITEMS)])
_settled = msgspec.json.Decoder(_Settled)
_purged = msgspec.json.Decoder(_Purged)
_empty_status = msgspec.json.Decoder(_EmptyStatus)


def list_of[T](read: Callable[[msgspec.Raw], T | None]) -> Callable[[msgspec.Raw], tuple[T, ...] | None]:
    """A reader of arrays. One item that cannot be read spoils the list: leaving it out would hide it."""

    def read_list(raw: msgspec.Raw) -> tuple[T, ...] | None:
        found = None if wire.is_null(raw) else wire.items(raw)
        if found is None:
            return None
        values = [read(item) for item in found]
        return None if None in values else tuple(value for value in values if value is not None)

    return read_list


def hex_id_of(raw: msgspec.Raw) -> str | None:
    """An id that can stand in a path, or None."""
    text = wire.string(raw)
    return text if text is not None and _HEX_ID.fullmatch(text) else None


def queue(raw: msgspec.Raw) -> answers.Queue | None:
    """A queue; one without a usable id is none, for nothing could be asked about it."""
    it = wire.struct(_queue, raw)
    queue_id = hex_id_of(it.queue_id) if it else None
    if it is None or queue_id is None:
        return None
    settings = wire.struct(_queue_settings, it.settings) or _QueueSettings()
    producers = tuple(producer(item) for item in wire.items(it.producers) or [])
    consumers = tuple(consumer(item) for item in wire.items(it.consumers) or [])
    return answers.Queue(
        id=queue_id,
        name=wire.name(it.queue_name) or queue_id,
        created_at=wire.moment(it.created_on),
        modified_at=wire.moment(it.modified_on),
        producers=producers,
        producers_total_count=max(wire.integer(it.producers_total_count) or 0, len(producers)),
        consumers=consumers,
        consumers_total_count=max(wire.integer(it.consumers_total_count) or 0, len(consumers)),
        delivery_delay=wire.integer(settings.delivery_delay),
        delivery_paused=wire.boolean(settings.delivery_paused) or False,
        message_retention_period=wire.integer(settings.message_retention_period),
        jurisdiction=wire.name(it.jurisdiction),
    )


def producer(raw: msgspec.Raw) -> answers.Producer:
    """A producer of any type."""
    it = wire.struct(_producer, raw) or _Producer()
    return answers.Producer(
        type=wire.name(it.type) or "unknown",
        name=wire.name(it.script) or wire.name(it.script_name) or wire.name(it.bucket_name) or wire.name(it.service),
    )


def consumer(raw: msgspec.Raw) -> answers.Consumer:
    """A consumer of any type; what it does not say is None."""
    it = wire.struct(_consumer, raw) or _Consumer()
    settings = wire.struct(_consumer_settings, it.settings) or _ConsumerSettings()
    return answers.Consumer(
        id=wire.name(it.consumer_id),
        type=wire.name(it.type) or "unknown",
        script=wire.name(it.script) or wire.name(it.script_name) or wire.name(it.service),
        dead_letter_queue=wire.name(it.dead_letter_queue),
        batch_size=wire.integer(settings.batch_size),
        max_retries=wire.integer(settings.max_retries),
        retry_delay=wire.integer(settings.retry_delay),
        visibility_timeout_ms=wire.integer(settings.visibility_timeout_ms),
        max_concurrency=wire.integer(settings.max_concurrency),
        max_wait_time_ms=wire.integer(settings.max_wait_time_ms),
    )


def one_consumer(raw: msgspec.Raw) -> answers.Consumer | None:
    """The consumer that was made or replaced."""
    return None if wire.members(raw) is None else consumer(raw)


def account(raw: msgspec.Raw) -> answers.Account | None:
    """An account; one without a usable id is none."""
    it = wire.struct(_account, raw)
    account_id = hex_id_of(it.id) if it else None
    if it is None or account_id is None:
        return None
    return answers.Account(account_id, clean(wire.name(it.name) or "") or account_id, wire.name(it.type))


def token(raw: msgspec.Raw) -> answers.TokenStatus | None:
    """What a token says about itself."""
    it = wire.struct(_token, raw)
    if it is None:
        return None
    return answers.TokenStatus(
        wire.name(it.id), wire.name(it.status), wire.moment(it.expires_on), wire.moment(it.not_before)
    )


def metrics(raw: msgspec.Raw) -> answers.Metrics | None:
    """The metrics object."""
    it = wire.struct(_metrics, raw)
    if it is None:
        return None
    return answers.Metrics(
        wire.integer(it.backlog_count),
        wire.integer(it.backlog_bytes),
        wire.moment_ms(it.oldest_message_timestamp_ms),
    )


def messages(raw: msgspec.Raw, *, repaired: bool) -> answers.Messages | None:
    """A batch. Without a `messages` member there is none: unknown is not empty."""
    it = wire.struct(_messages, raw)
    if it is None or it.messages is msgspec.UNSET:
        return None
    try:
        read: list[answers.Message | None] = [
            _usual(item, repaired=repaired) for item in _usual_messages.decode(it.messages)
        ]
    except wire.UNREADABLE:
        found = wire.items(it.messages)
        if found is None:
            return None
        read = [message(item, repaired=repaired) for item in found]
    kept = tuple(one for one in read if one is not None)
    return answers.Messages(
        kept,
        wire.integer(it.message_backlog_count),
        _nested_metrics(it.metadata),
        skipped=len(read) - len(kept),
    )


def _usual(it: _UsualMessage, *, repaired: bool) -> answers.Message:
    """The same as `message` makes of it, member by member."""
    return answers.Message(
        id=wire.fit(it.id or ""),
        body=it.body,
        timestamp_ms=it.timestamp_ms,
        attempts=it.attempts,
        metadata=it.metadata or {},
        lease_id=wire.handle(it.lease_id),
        ref=wire.handle(it.ref),
        body_repaired=repaired and "\ufffd" in it.body,
    )


def message(raw: msgspec.Raw, *, repaired: bool) -> answers.Message | None:
    """One message. A body that is no string keeps its exact JSON text; so does one that is no valid UTF-8."""
    it = wire.struct(_message, raw)
    if it is None:
        return None
    body = wire.string(it.body)
    text = wire.json_text(it.body) if body is None else body
    return answers.Message(
        id="" if wire.is_null(it.id) else wire.fit(wire.label(it.id)),
        body=text,
        body_is_string=body is not None,
        timestamp_ms=wire.integer(it.timestamp_ms),
        attempts=wire.integer(it.attempts),
        metadata={key: wire.label(value) for key, value in (wire.members(it.metadata) or {}).items()},
        lease_id=wire.opaque(it.lease_id),
        ref=wire.opaque(it.ref),
        body_repaired=repaired and "\ufffd" in text,
    )


def settled(raw: msgspec.Raw) -> answers.Settled:
    """What became of the leases; a result that says nothing leaves the counts unknown."""
    it = wire.struct(_settled, raw) or _Settled()
    return answers.Settled(wire.integer(it.ack_count), wire.integer(it.retry_count), _warnings(it.warnings))


def extended(raw: msgspec.Raw) -> answers.Extended:
    """New leases. The result's schema is not published: any list of objects with id and lease_id is taken."""
    leases: dict[str, str] = {}
    top = wire.members(raw) or {}
    lists = [raw, *(value for key, value in top.items() if key != "warnings")]
    for candidate in lists:
        for item in wire.items(candidate) or []:
            it = wire.struct(_message, item) or _Message()
            message_id, lease_id = wire.name(it.id), wire.opaque(it.lease_id)
            if message_id and lease_id:
                leases[message_id] = lease_id
    return answers.Extended(leases, _warnings(top.get("warnings", NULL)))


def pushed(raw: msgspec.Raw) -> answers.Pushed:
    """A push, with metrics since April 2026."""
    it = wire.struct(_messages, raw) or _Messages()
    return answers.Pushed(_nested_metrics(it.metadata))


def purged(raw: msgspec.Raw) -> answers.Purged:
    """A deletion by refs."""
    it = wire.struct(_purged, raw) or _Purged()
    return answers.Purged(tuple(item.message for item in wire.error_items(it.errors, ())), _warnings(it.warnings))


def empty_status(raw: msgspec.Raw) -> answers.EmptyStatus:
    """`completed` is a bool, "true", "false", "" or the time when it was done."""
    it = wire.struct(_empty_status, raw) or _EmptyStatus()
    said = it.complete if wire.is_null(it.completed) else it.completed
    completed_at = wire.moment(said)
    return answers.EmptyStatus(wire.moment(it.started_at), True if completed_at else wire.boolean(said), completed_at)


def done(raw: msgspec.Raw) -> answers.Done:
    """A change whose result is null, missing or of no interest."""
    return answers.Done()


def _nested_metrics(raw: msgspec.Raw) -> answers.Metrics | None:
    metadata = wire.struct(_metadata, raw)
    return metrics(metadata.metrics) if metadata else None


def _warnings(raw: msgspec.Raw) -> dict[str, str]:
    """lease id or ref → text; a warning of another shape is kept under no name."""
    found = wire.members(raw)
    if found is not None:
        return {key: clean(wire.label(value)) for key, value in found.items()}
    texts = [item.message for item in wire.error_items(raw, ())]
    return {"": "; ".join(texts)} if texts else {}
