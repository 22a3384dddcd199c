"""The things of the API as plain objects. Times are milliseconds since 1970; settings in the API's units."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from queues_app.sandbox.history import History
from queues_app.sandbox.variants import Variants, overlaid
from queues_app.sandbox.wire import Fields

DEFAULT_RETENTION_S = 345_600
DEFAULT_MAX_RETRIES = 3


@dataclass(slots=True)
class Message:
    """`body` is text for text and json, bytes for everything else; `content_type` None means no such key."""

    id: str
    body: str | bytes
    content_type: str | None
    sent_ms: int
    visible_ms: int
    kept_from_ms: int
    attempts: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    fails: bool = False  # the simulated Worker cannot process it
    lease_serial: int = 0  # counts leases, so that each gets its own id
    lease_until_ms: int | None = None
    size: int = 0

    def __post_init__(self) -> None:
        data = self.body if isinstance(self.body, bytes) else self.body.encode("utf-8", "surrogatepass")
        self.size = len(data)

    def state(self, now_ms: int) -> str:
        if self.lease_until_ms is not None:
            return "leased"
        return "delayed" if self.visible_ms > now_ms else "ready"


@dataclass(slots=True)
class Consumer:
    """`settings` holds the API's own keys: batch_size, max_retries, retry_delay, visibility_timeout_ms, …"""

    id: str
    type: str
    created_ms: int
    settings: Fields
    script: str = ""
    dead_letter_queue: str = ""

    def setting(self, name: str, default: int) -> int:
        value = self.settings.get(name)
        return default if value is None else int(value)


@dataclass(slots=True)
class Worker:
    """The simulated Worker behind a queue: one message at a time, `service_ms` each."""

    service_ms: int = 1000
    free_ms: int = 0  # when it can take the next message


@dataclass(slots=True)
class Traffic:
    """A simulated producer: one message each `every_ms`, until the queue holds `cap`."""

    every_ms: int
    make: Callable[[int], Fields]  # number of the message → arguments of Store.message
    cap: int = 200
    next_ms: int = 0
    made: int = 0


@dataclass(slots=True)
class Emptying:
    """The last emptying of a queue. Until `until_ms` it is under way."""

    started_ms: int
    until_ms: int
    held: int  # how many messages there were at the beginning
    gradual: bool
    taken: int = 0
    is_over: bool = False  # what came before its end has been taken

    def is_done(self, now_ms: int) -> bool:
        return now_ms >= self.until_ms


@dataclass(slots=True)
class Queue:
    id: str
    name: str
    created_ms: int
    modified_ms: int
    delivery_delay: int = 0
    delivery_paused: bool = False
    message_retention_period: int = DEFAULT_RETENTION_S
    jurisdiction: str | None = None
    producers: list[Fields] = field(default_factory=list)
    consumer: Consumer | None = None
    messages: dict[str, Message] = field(default_factory=dict)
    variants: dict[str, Any] = field(default_factory=dict)
    emptying: Emptying | None = None
    worker: Worker | None = None
    traffic: Traffic | None = None
    history: History = field(default_factory=History)
    filling: Callable[[], None] | None = None  # puts in what it holds from the beginning, when that is first asked for

    @property
    def consumer_type(self) -> str:
        """What the analytics call its consumer."""
        if self.consumer is None:
            return ""
        return "http" if self.consumer.type == "http_pull" else self.consumer.type

    def backlog(self) -> tuple[int, int, int]:
        """Count, bytes and the time of the oldest message (0 when there is none): all not yet acknowledged."""
        held = self.messages.values()
        oldest = min((one.sent_ms for one in held), default=0)
        return len(held), sum(one.size for one in held), oldest


@dataclass(slots=True)
class Subscription:
    """Events of one source that go to a queue."""

    id: str
    name: str
    source: Fields  # its type, and what names the resource
    events: list[str]
    queue_id: str
    enabled: bool
    created_ms: int
    modified_ms: int


@dataclass(slots=True)
class Account:
    id: str
    name: str
    created_ms: int
    type: str = "standard"
    queues: dict[str, Queue] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    variants: dict[str, Any] = field(default_factory=dict)

    def named(self, name: str) -> Queue | None:
        return next((queue for queue in self.queues.values() if queue.name == name), None)


class Store:
    """Everything the sandbox holds. Not thread-safe by itself: the Sandbox holds a lock around each request."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.variants: dict[str, Any] = {}
        self._made = 0

    def new_id(self) -> str:
        """32 hex digits, the same in every run that does the same things."""
        self._made += 1
        return hashlib.sha256(b"sandbox id %d" % self._made).hexdigest()[:32]

    def variants_for(self, account: Account | None, queue: Queue | None = None) -> Variants:
        return overlaid(self.variants, account.variants if account else {}, queue.variants if queue else {})

    def add_account(self, name: str, account_id: str, now_ms: int) -> Account:
        account = self.accounts[account_id] = Account(account_id, name, now_ms)
        return account

    def add_queue(self, account: Account, name: str, now_ms: int, *, queue_id: str | None = None) -> Queue:
        queue = Queue(queue_id or self.new_id(), name, now_ms, now_ms)
        account.queues[queue.id] = queue
        return queue

    def add_subscription(
        self,
        account: Account,
        now_ms: int,
        *,
        name: str,
        source: Fields,
        events: list[str],
        queue_id: str,
        enabled: bool = True,
        subscription_id: str | None = None,
    ) -> Subscription:
        made = Subscription(subscription_id or self.new_id(), name, source, events, queue_id, enabled, now_ms, now_ms)
        account.subscriptions[made.id] = made
        return made

    def add_message(
        self,
        queue: Queue,
        now_ms: int,
        *,
        body: str | bytes,
        content_type: str | None,
        delay_s: int | None = None,
        source: str = "api",
        age_s: float = 0,
        attempts: int = 0,
        message_id: str | None = None,
        metadata: dict[str, str] | None = None,
        fails: bool | None = False,
    ) -> Message:
        """Put a message in. A `delay_s` of None takes the queue's own delay; 0 cancels it.

        A `fails` of None leaves to chance, one in eight, whether a simulated Worker can process it.
        """
        sent_ms = now_ms - round(age_s * 1000)
        delay = queue.delivery_delay if delay_s is None else delay_s
        if metadata is None:
            metadata = {"CF-sourceMessageSource": source}
            if content_type is not None:
                metadata["CF-Content-Type"] = content_type
            if delay:
                metadata["CF-msg-delay-secs"] = str(delay)
        key = message_id or self.new_id()
        message = Message(
            id=key,
            body=body,
            content_type=content_type,
            sent_ms=sent_ms,
            visible_ms=sent_ms + delay * 1000,
            kept_from_ms=sent_ms,
            attempts=attempts,
            metadata=metadata,
            fails=hashlib.sha256(key.encode()).digest()[0] < 32 if fails is None else fails,
        )
        queue.messages[message.id] = message
        queue.history.came(message, sent_ms)
        return message
