"""Stored objects as the API writes them (fact sheet, 1.2 to 1.6 and 1.8)."""

import hashlib
from typing import Any

from queues_app.sandbox.encoding import on_the_wire
from queues_app.sandbox.identity import Identity
from queues_app.sandbox.store import Account, Consumer, Message, Queue, Subscription
from queues_app.sandbox.variants import Variants
from queues_app.sandbox.wire import Fields, rfc3339


def account(one: Account) -> Fields:
    return {
        "id": one.id,
        "name": one.name,
        "type": one.type,
        "created_on": rfc3339(one.created_ms),
        "settings": {"enforce_twofactor": True, "abuse_contact_email": None},
    }


def token(identity: Identity) -> Fields:
    shape: Fields = {"id": identity.id, "status": identity.status}
    if identity.expires_ms is not None:
        shape["expires_on"] = rfc3339(identity.expires_ms)
    return shape


def settings(queue: Queue) -> Fields:
    return {
        "delivery_delay": queue.delivery_delay,
        "delivery_paused": queue.delivery_paused,
        "message_retention_period": queue.message_retention_period,
    }


def queue(one: Queue, variants: Variants) -> Fields:
    consumers = [consumer(one.consumer, one, variants)] if one.consumer else []
    counted = variants.counts == "numbers"
    return {
        **short_queue(one),
        "producers_total_count": len(one.producers) if counted else None,
        "producers": one.producers,
        "consumers_total_count": len(consumers) if counted else None,
        "consumers": consumers,
    }


def short_queue(one: Queue) -> Fields:
    """What create, PUT and PATCH answer: no producers, no consumers."""
    shape = {
        "queue_id": one.id,
        "queue_name": one.name,
        "created_on": rfc3339(one.created_ms),
        "modified_on": rfc3339(one.modified_ms),
        "settings": settings(one),
    }
    if one.jurisdiction:
        shape["jurisdiction"] = one.jurisdiction
    return shape


def consumer(one: Consumer, of: Queue, variants: Variants) -> Fields:
    shape: Fields = {
        "consumer_id": one.id,
        "queue_name": of.name,
        "created_on": rfc3339(one.created_ms),
        "type": one.type,
        "dead_letter_queue": one.dead_letter_queue,
        "settings": dict(one.settings),
    }
    if one.type == "worker":
        shape[variants.script_field] = one.script
    return shape


def subscription(one: Subscription) -> Fields:
    return {
        "id": one.id,
        "name": one.name,
        "enabled": one.enabled,
        "events": list(one.events),
        "source": dict(one.source),
        "destination": {"type": "queues.queue", "queue_id": one.queue_id},
        "created_at": rfc3339(one.created_ms),
        "modified_at": rfc3339(one.modified_ms),
    }


def metrics(of: Queue, variants: Variants, now_ms: int) -> Fields:
    if variants.counts == "null":
        return {"backlog_count": None, "backlog_bytes": None, "oldest_message_timestamp_ms": None}
    count, size, oldest = of.backlog()
    return {
        "backlog_count": max(0, count + _error(of, variants, now_ms)),
        "backlog_bytes": size,
        "oldest_message_timestamp_ms": oldest,
    }


def message(one: Message, variants: Variants, **handle: str) -> Fields:
    """`handle` is lease_id or ref, whichever the route gives out."""
    return {
        "body": on_the_wire(one, variants.json_bodies),
        "id": one.id,
        "timestamp_ms": one.sent_ms,
        "attempts": one.attempts,
        "metadata": one.metadata,
        **handle,
    }


def as_floats(value: Any) -> Any:
    """The same value with every whole number as a float: the variant that tells strict clients apart."""
    if isinstance(value, dict):
        return {name: as_floats(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _error(of: Queue, variants: Variants, now_ms: int) -> int:
    """By how much the count is off just now: steady within a second, the same in every run."""
    if not variants.metrics_error:
        return 0
    noise = hashlib.sha256(f"{of.id} {now_ms // 1000}".encode()).digest()[0]
    return noise % (2 * variants.metrics_error + 1) - variants.metrics_error
