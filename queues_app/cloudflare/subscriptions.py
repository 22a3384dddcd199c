"""Event subscriptions: what happens elsewhere in the account, and is sent to a queue as messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from queues_app.cloudflare import answers, parsing, wire
from queues_app.cloudflare.answers import Answer
from queues_app.cloudflare.asking import Asking
from queues_app.cloudflare.auth import Auth
from queues_app.cloudflare.caller import Call
from queues_app.cloudflare.pages import all_pages
from queues_app.cloudflare.payloads import hex_id, without_none
from queues_app.cloudflare.wire import NULL

_ALL: Final = "/accounts/{account_id}/event_subscriptions/subscriptions"
_ONE: Final = f"{_ALL}/{{subscription_id}}"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Events of one source that go to one queue. The type of the source is open."""

    id: str
    name: str
    enabled: bool | None
    source_type: str
    source_name: str | None  # the resource, where the source is one of many: a Worker, a model, a workflow
    events: tuple[str, ...]
    queue_id: str | None
    created_at: datetime | None
    modified_at: datetime | None


class SubscriptionCalls(Asking):
    """The part of the client that reads and changes event subscriptions."""

    def subscriptions(self, auth: Auth, *, account_id: str) -> Answer[tuple[Subscription, ...]]:
        """The event subscriptions of an account, all pages."""
        call = Call("subscriptions", "GET", _ALL, harmless=True)
        return all_pages(self._caller, auth, call, {"account_id": account_id}, subscription, per_page=50)

    def subscription(self, auth: Auth, *, account_id: str, subscription_id: str) -> Answer[Subscription]:
        """One event subscription."""
        call = Call("subscription", "GET", _ONE, harmless=True)
        return self._ask(auth, call, _ids(account_id, subscription_id), subscription)

    def create_subscription(
        self,
        auth: Auth,
        *,
        account_id: str,
        name: str,
        source: dict[str, str],
        events: tuple[str, ...],
        queue_id: str,
        enabled: bool = True,
    ) -> Answer[Subscription]:
        """Let events go to a queue. `source` has a type and what that type needs, as {"type": "kv"}."""
        payload = {
            "name": name,
            "enabled": enabled,
            "source": source,
            "events": list(events),
            "destination": _destination(queue_id),
        }
        call = Call("create_subscription", "POST", _ALL, harmless=False)
        return self._ask(auth, call, {"account_id": account_id}, subscription, payload)

    def edit_subscription(
        self,
        auth: Auth,
        *,
        account_id: str,
        subscription_id: str,
        name: str | None = None,
        events: tuple[str, ...] | None = None,
        queue_id: str | None = None,
        enabled: bool | None = None,
    ) -> Answer[Subscription]:
        """Change what is given. The source cannot be changed."""
        payload = without_none(
            {
                "name": name,
                "enabled": enabled,
                "events": None if events is None else list(events),
                "destination": None if queue_id is None else _destination(queue_id),
            }
        )
        call = Call("edit_subscription", "PATCH", _ONE, harmless=False)
        return self._ask(auth, call, _ids(account_id, subscription_id), subscription, payload)

    def delete_subscription(self, auth: Auth, *, account_id: str, subscription_id: str) -> Answer[answers.Done]:
        """End a subscription; what it sent already stays in the queue."""
        call = Call("delete_subscription", "DELETE", _ONE, harmless=False)
        return self._ask(auth, call, _ids(account_id, subscription_id), parsing.done)


def _ids(account_id: str, subscription_id: str) -> dict[str, str]:
    return {"account_id": account_id, "subscription_id": subscription_id}


def _destination(queue_id: str) -> dict[str, Any]:
    return {"type": "queues.queue", "queue_id": hex_id(queue_id, "queue")}


class _Subscription(msgspec.Struct):
    id: msgspec.Raw = NULL
    name: msgspec.Raw = NULL
    enabled: msgspec.Raw = NULL
    events: msgspec.Raw = NULL
    source: msgspec.Raw = NULL
    destination: msgspec.Raw = NULL
    created_at: msgspec.Raw = NULL
    modified_at: msgspec.Raw = NULL


_subscription = msgspec.json.Decoder(_Subscription)


def subscription(raw: msgspec.Raw) -> Subscription | None:
    """A subscription; one without a usable id is none, for nothing could be asked about it."""
    it = wire.struct(_subscription, raw)
    known = parsing.hex_id_of(it.id) if it else None
    if it is None or known is None:
        return None
    source = wire.members(it.source) or {}
    destination = wire.members(it.destination) or {}
    named = (wire.name(value) for member, value in sorted(source.items()) if member != "type")
    return Subscription(
        id=known,
        name=wire.name(it.name) or known,
        enabled=wire.boolean(it.enabled),
        source_type=wire.name(source.get("type", NULL)) or "unknown",
        source_name="/".join(name for name in named if name) or None,
        events=tuple(name for item in wire.items(it.events) or [] if (name := wire.name(item))),
        queue_id=parsing.hex_id_of(destination.get("queue_id", NULL)),
        created_at=wire.moment(it.created_at),
        modified_at=wire.moment(it.modified_at),
    )
