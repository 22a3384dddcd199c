"""The queues of the demo: a logistics company, and its laboratory where the API is a version behind.

Some to look for: orders-inbound (stuck orders, all for AMS-2), orders-dlq (loses its oldest in 38 minutes),
invoices-render (paused, no dead-letter queue), reminders-delayed (a backlog that no peek shows), webhooks-out
(grows, and fills webhooks-dlq while you watch), hostile-inputs, body-gallery (a body of each kind).
In acme-labs there is no peek yet.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from queues_app.sandbox.history import Past
from queues_app.sandbox.seed import business, gallery, hostile
from queues_app.sandbox.seed.build import make_queue
from queues_app.sandbox.seed.business import Draft, Maker
from queues_app.sandbox.seed.identities import ACCOUNTS, LABS, LOGISTICS
from queues_app.sandbox.store import Account, Queue, Store, Traffic
from queues_app.sandbox.wire import Fields

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_YEAR_MS = 31_536_000_000


@dataclass(frozen=True, slots=True)
class _Plan:
    """A queue of the demo. Ages and periods in seconds; `attempts` are the weights of 0, 1, 2, … attempts."""

    name: str
    count: int = 0
    make: Maker = business.order
    oldest: float = _HOUR
    newest: float = 2
    attempts: tuple[int, ...] = (1,)
    consumer: str | None = None
    dlq: str = ""
    script: str = ""
    settings: Fields = field(default_factory=dict)
    retention: int = 4 * _DAY
    paused: bool = False
    service: float = 1.0  # how long the simulated Worker takes for a message
    every: float = 0.0  # one new message each so many seconds; 0: none
    flow: float = 0.0  # messages a minute in its past, where none come now
    cap: int = 60
    delay: int | None = None
    producers: tuple[Fields, ...] = ()
    jurisdiction: str | None = None
    variants: dict[str, Any] = field(default_factory=dict)


_SHOP: Fields = {"type": "worker", "script": "shop-api"}
_BACKOFFICE: Fields = {"type": "worker", "script": "backoffice"}

_LOGISTICS = (
    _Plan("orders-inbound", 64, business.order, 3 * _DAY + 2 * _HOUR, 40, (30, 10, 9, 6, 7, 2), "http_pull",
          "orders-dlq", settings={"max_retries": 5}, every=180, cap=80, producers=(_SHOP, _BACKOFFICE)),
    _Plan("orders-dlq", 42, business.order, 4 * _DAY - 38 * _MINUTE, 2 * _HOUR),
    _Plan("invoices-render", 22, business.invoice, _DAY + 4 * _HOUR, 30 * _MINUTE, (8, 2, 1), "worker",
          script="invoice-renderer", retention=2 * _DAY, paused=True, producers=(_BACKOFFICE,)),
    _Plan("webhooks-out", 46, business.webhook, 41 * _MINUTE, 3, (20, 8, 5, 4, 3, 2, 2, 1, 1, 1), "worker",
          "webhooks-dlq", "webhook-sender", {"max_retries": 10, "retry_delay": 30}, service=1.5, every=5,
          cap=120, producers=(_SHOP,)),
    _Plan("webhooks-dlq", 5, business.webhook, 6 * _HOUR, 20 * _MINUTE),
    _Plan("media-thumbs", 18, business.picture, 8 * _MINUTE, 5, (8, 2), "worker", "media-dlq", "thumbnailer",
          service=21, every=20, cap=30, producers=({"type": "r2_bucket", "bucket_name": "photos"},)),
    _Plan("media-dlq", 6, business.picture, 2 * _DAY, _HOUR),
    _Plan("search-index", 24, business.search_entry, 22, 1, (9, 1), "worker", "search-dlq", "indexer",
          service=6.2, every=6, cap=40, producers=(_SHOP,)),
    _Plan("search-dlq"),
    _Plan("inventory-sync", 28, business.stock, 11 * _MINUTE, 4, (9, 1, 1), "http_pull", "inventory-dlq",
          settings={"max_retries": 8, "visibility_timeout_ms": 60_000, "batch_size": 20},
          every=45, cap=40, producers=({"type": "worker", "script": "warehouse-gateway"},)),
    _Plan("inventory-dlq"),
    _Plan("emails-transactional", 16, business.email, 4 * _MINUTE, 4, (9, 1), "worker", "emails-dlq", "mailer",
          {"retry_delay": 20}, service=12.5, every=12, cap=40, producers=(_SHOP, _BACKOFFICE)),
    _Plan("emails-dlq", 9, business.email, 6 * _HOUR, 9 * _MINUTE, retention=14 * _DAY),
    _Plan("billing", 24, business.bill, 2 * _DAY, 90, (12, 4, 3, 2), "http_pull", "billing-dlq",
          settings={"max_retries": 3, "retry_delay": 60}, producers=(_BACKOFFICE,)),
    _Plan("billing-dlq", 11, business.bill, 3 * _DAY, 5 * _HOUR, consumer="http_pull",
          settings={"max_retries": 100}),
    _Plan("billing-emails", consumer="worker", dlq="emails-dlq", script="mailer"),
    _Plan("partner-feed", 14, business.stock, 20 * _HOUR, _HOUR, (5, 2), "http_pull", paused=True),
    _Plan("telemetry-raw", 20, business.telemetry, 18 * _HOUR, 60, retention=_DAY),
    _Plan("reminders-delayed", 8, business.email, 5 * _MINUTE, 20, consumer="http_pull", delay=6 * _HOUR),
    _Plan("hostile-inputs", consumer="http_pull", settings={"max_retries": 10}),
    _Plan("body-gallery", consumer="http_pull", dlq="body-gallery-dlq", settings={"max_retries": 100}),
    _Plan("img-src-x-onerror-alert-1-name-as-long-as-one-queue-may-have", consumer="worker",
          script='"><img src=x onerror=alert(1)>'),
    _Plan("r2-events-uploads", consumer="worker", script="scanner", flow=0.8,
          producers=({"type": "r2_bucket", "bucket_name": "uploads"},)),
    _Plan("cron-nightly", consumer="worker", script="nightly", delay=0),
    _Plan("returns-labels", consumer="http_pull", flow=0.3),
)  # fmt: skip

_LABS = (
    _Plan("lab-orders", 6, business.order, 3 * _HOUR, 60, (3, 2, 1), "http_pull",
          variants={"json_bodies": "base64", "script_field": "script_name"}),
    _Plan("lab-events", 3, business.upload_event, _HOUR, 60, consumer="http_pull", jurisdiction="eu",
          variants={"json_bodies": "mixed", "counts": "null"}),
    _Plan("lab-notify", 4, business.email, 30 * _MINUTE, 30, consumer="notification",
          settings={"batch_size": 1, "retry_delay": 10, "max_retries": 100}),
    _Plan("lab-scratch"),
)  # fmt: skip

# What feeds a queue of acme-logistics: name, source, events and the queue.
_SUBSCRIPTIONS: tuple[tuple[str, Fields, tuple[str, ...], str], ...] = (
    ("Buckets", {"type": "r2"}, ("bucket.created", "bucket.deleted"), "r2-events-uploads"),
    ("New images", {"type": "images"}, ("image.uploaded",), "media-thumbs"),
    ("Builds of the shop", {"type": "workersBuilds.worker", "worker_name": "shop-api"},
     ("build.succeeded", "build.failed"), "webhooks-out"),
    ("Old images", {"type": "superSlurper"}, ("job.completed",), "media-thumbs"),
)  # fmt: skip


def queue_id(account: str, name: str) -> str:
    """The id of a queue of the demo: the same in every run."""
    return _fixed(f"queue {account}/{name}")


def fill(store: Store, now_ms: int) -> None:
    for account_name, plans in ((LOGISTICS, _LOGISTICS), (LABS, _LABS)):
        account = store.accounts[ACCOUNTS[account_name]]
        for plan in plans:
            _build(store, account, plan, now_ms)
    store.accounts[ACCOUNTS[LABS]].variants["peek"] = "absent"
    _subscribe(store, store.accounts[ACCOUNTS[LOGISTICS]], now_ms)


def _build(store: Store, account: Account, plan: _Plan, now_ms: int) -> None:
    queue = make_queue(
        store,
        account,
        now_ms,
        name=plan.name,
        consumer=plan.consumer,
        dead_letter_queue=plan.dlq,
        script=plan.script,
        service_ms=round(plan.service * 1000),
        settings=plan.settings,
        queue_id=queue_id(account.name, plan.name),
    )
    chance = Random(plan.name)  # noqa: S311 - repeatable on purpose, and no secret
    queue.created_ms = now_ms - _YEAR_MS - chance.randrange(_YEAR_MS)
    queue.modified_ms = now_ms - chance.randrange(30 * _DAY * 1000)
    if queue.consumer:
        queue.consumer.created_ms = queue.created_ms + 60_000
    queue.delivery_paused = plan.paused
    queue.message_retention_period = plan.retention
    queue.producers = [dict(producer) for producer in plan.producers]
    queue.jurisdiction = plan.jurisdiction
    queue.variants = dict(plan.variants)
    _put_messages(store, queue, plan, chance, now_ms)
    if plan.every:
        queue.traffic = _traffic(plan, now_ms)
    if plan.every or plan.flow:
        queue.history.past = _past(plan, queue, now_ms)


def _put_messages(store: Store, queue: Queue, plan: _Plan, chance: Random, now_ms: int) -> None:
    if queue.name == "hostile-inputs":
        _put_hostile(store, queue, now_ms)
        return
    if queue.name == "body-gallery":
        _put_in_order(store, queue, now_ms, gallery.drafts())
        return
    ages = [plan.oldest, *(chance.uniform(plan.newest, plan.oldest) for _ in range(plan.count - 1))]
    for number, age_s in enumerate(sorted(ages, reverse=True)[: plan.count]):
        draft = plan.make(chance, number)
        attempts = chance.choices(range(len(plan.attempts)), plan.attempts)[0]
        # What cannot be processed is what has been tried: the stuck ones share something.
        if plan.attempts != (1,) and draft.get("fails"):
            attempts = max(attempts, len(plan.attempts) - 2)
        message_id = _fixed(f"message {queue.name} {number}")
        store.add_message(
            queue, now_ms, age_s=age_s, attempts=attempts, message_id=message_id, delay_s=plan.delay, **draft
        )


def _put_hostile(store: Store, queue: Queue, now_ms: int) -> None:
    _put_in_order(store, queue, now_ms, hostile.drafts())
    first, second = list(queue.messages.values())[:2]
    # Clocks lie too: one message from before there were queues, one from tomorrow.
    first.sent_ms = 0
    second.sent_ms = now_ms + _DAY * 1000


def _put_in_order(store: Store, queue: Queue, now_ms: int, drafts: Sequence[Draft]) -> None:
    """One every ten minutes, the last of them ten minutes ago."""
    for number, draft in enumerate(drafts):
        usual = {"message_id": _fixed(f"message {queue.name} {number}"), "age_s": 600 * (len(drafts) - number)}
        store.add_message(queue, now_ms, **{**usual, **draft})


def _traffic(plan: _Plan, now_ms: int) -> Traffic:
    def make(number: int) -> Draft:
        chance = Random(f"{plan.name} {number}")  # noqa: S311 - repeatable on purpose, and no secret
        return plan.make(chance, plan.count + number)

    every_ms = round(plan.every * 1000)
    return Traffic(every_ms=every_ms, make=make, cap=plan.cap, next_ms=now_ms + every_ms)


def _past(plan: _Plan, queue: Queue, now_ms: int) -> Past:
    return Past(
        name=plan.name,
        until_ms=now_ms,
        per_minute=60 / plan.every if plan.every else plan.flow,
        consumer=queue.consumer_type,
        service_ms=round(plan.service * 1000),
        dead_letters=0.03 if plan.dlq else 0.0,
    )


def _subscribe(store: Store, account: Account, now_ms: int) -> None:
    for name, source, events, to in _SUBSCRIPTIONS:
        made = store.add_subscription(
            account,
            now_ms - 40 * _DAY * 1000,
            name=name,
            source=dict(source),
            events=list(events),
            queue_id=queue_id(account.name, to),
            enabled=name != "Old images",
            subscription_id=_fixed(f"subscription {name}"),
        )
        made.modified_ms = now_ms - 3 * _DAY * 1000


def _fixed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
