"""A test's grip on one queue: put messages in, look at them, aim faults and variants at it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from queues_app.sandbox import lifecycle, variants
from queues_app.sandbox.history import Past
from queues_app.sandbox.seed.v8 import V8Value, serialise
from queues_app.sandbox.store import Account, Message, Queue

if TYPE_CHECKING:
    from queues_app.sandbox.control import Seen
    from queues_app.sandbox.faults import Fault
    from queues_app.sandbox.service import Sandbox


@dataclass(frozen=True, slots=True)
class Held:
    """A message as it stands in the queue now. `state` is ready, delayed or leased."""

    id: str
    body: str | bytes
    content_type: str | None
    attempts: int
    state: str
    sent_ms: int
    metadata: dict[str, str]


class QueueHandle:
    def __init__(self, sandbox: "Sandbox", account: Account, queue: Queue) -> None:
        self._sandbox = sandbox
        self._account = account
        self._queue = queue

    @property
    def id(self) -> str:
        return self._queue.id

    @property
    def name(self) -> str:
        return self._queue.name

    @property
    def account_id(self) -> str:
        return self._account.id

    @property
    def path(self) -> str:
        """The path of the queue after the base URL."""
        return f"/accounts/{self._account.id}/queues/{self._queue.id}"

    def push(self, body: Any, content_type: str | None = "", **how: Any) -> str:
        """Put a message in, also one that HTTP could not send. Returns its id.

        The content type follows from the body: bytes → bytes, str → text, all else → json; name it to differ.
        For "v8" the body is serialised, unless it is bytes already; None leaves the type out of the metadata.
        how   age_s, attempts, delay_s, message_id, metadata, source, fails (the Worker cannot process it)
        """
        if content_type == "":
            content_type = "bytes" if isinstance(body, bytes) else "text" if isinstance(body, str) else "json"
        with self._sandbox.locked():
            message = self._sandbox.store.add_message(
                self._queue,
                self._sandbox.clock.now_ms(),
                body=_stored(body, content_type),
                content_type=content_type,
                **how,
            )
        return message.id

    def push_many(self, bodies: Iterable[Any], **how: Any) -> list[str]:
        return [self.push(body, **how) for body in bodies]

    @property
    def messages(self) -> list[Held]:
        """All that the queue holds now, in order."""
        with self._sandbox.locked():
            now_ms = self._sandbox.clock.now_ms()
            lifecycle.settle(self._sandbox.store, self._account, self._queue, now_ms)
            return [_held(message, now_ms) for message in self._queue.messages.values()]

    def message(self, message_id: str) -> Held:
        return next(one for one in self.messages if one.id == message_id)

    def pause(self) -> None:
        self._pause(paused=True)

    def resume(self) -> None:
        self._pause(paused=False)

    def lived(self, per_minute: float, *, dead_letters: float = 0.0) -> None:
        """Make up a past of a month for the analytics, with so many messages a minute."""
        with self._sandbox.locked():
            self._queue.history.past = Past(
                name=self.name,
                until_ms=self._sandbox.clock.now_ms(),
                per_minute=per_minute,
                consumer=self._queue.consumer_type,
                dead_letters=dead_letters,
            )

    def feed(self, name: str, *events: str, **source: str) -> str:
        """Let events of a source come here, as type="r2". Returns the id of the subscription."""
        with self._sandbox.locked():
            made = self._sandbox.store.add_subscription(
                self._account,
                self._sandbox.clock.now_ms(),
                name=name,
                source=source,
                events=list(events),
                queue_id=self.id,
            )
        return made.id

    def vary(self, **values: Any) -> None:
        """Set variants for this queue."""
        checked = variants.checked(values)
        with self._sandbox.locked():
            self._queue.variants.update(checked)

    def fault(self, kind: str, **aim: Any) -> "Fault":
        """Set a fault that meets only calls of this queue."""
        return self._sandbox.fault(kind, queue=self.id, **aim)

    @property
    def calls(self) -> list["Seen"]:
        """The calls of the API that named this queue."""
        return [call for call in self._sandbox.calls if self.id in call.path.split("/")]

    def count(self, route: str) -> int:
        """How often this queue was asked by that route, such as "pull"."""
        return sum(call.route == route for call in self.calls)

    def _pause(self, *, paused: bool) -> None:
        with self._sandbox.locked():
            lifecycle.settle(self._sandbox.store, self._account, self._queue, self._sandbox.clock.now_ms())
            self._queue.delivery_paused = paused


def _held(message: Message, now_ms: int) -> Held:
    return Held(
        message.id,
        message.body,
        message.content_type,
        message.attempts,
        message.state(now_ms),
        message.sent_ms,
        dict(message.metadata),
    )


def _stored(body: V8Value, content_type: str | None) -> str | bytes:
    """What the store keeps. A str or bytes body is kept as it is: that is how a broken one gets in."""
    if isinstance(body, bytes):
        return body
    if content_type == "v8":
        return serialise(body)
    if content_type == "bytes" and isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, str):
        return body
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
