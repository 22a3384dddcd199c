"""Ten thousand queues, the most that an account may have. Their messages are made when first asked for, but for a few.

So analytics, which tell of queues that are in use, have something to tell of the account.
"""

import hashlib
from collections.abc import Callable
from itertools import product
from random import Random

from queues_app.sandbox.history import Past
from queues_app.sandbox.seed import business
from queues_app.sandbox.seed.build import make_queue
from queues_app.sandbox.seed.identities import ACCOUNTS, LOGISTICS
from queues_app.sandbox.store import Account, Queue, Store

_DAY_S = 86_400
# 25 × 10 × 40; the last of each forty takes the dead letters of the others.
_TEAMS = (
    "billing", "catalog", "checkout", "customs", "emails", "fleet", "fraud", "invoices", "inventory", "labels",
    "ledger", "media", "orders", "parcels", "partners", "payments", "picking", "pricing", "refunds", "reports",
    "returns", "search", "sensors", "tracking", "warehouse",
)  # fmt: skip
_WHAT = ("created", "changed", "failed", "export", "sync", "retry", "notify", "audit", "batch", "import")
_NUMBERS = range(1, 41)
# One in so many is in use from the beginning.
_IN_USE = 251
_MAKERS = (business.order, business.webhook, business.stock, business.email)


def fill_many(store: Store, now_ms: int) -> None:
    account = store.accounts[ACCOUNTS[LOGISTICS]]
    for place, (team, what, number) in enumerate(product(_TEAMS, _WHAT, _NUMBERS)):
        _build(store, account, f"{team}-{what}", number, place, now_ms)


def _build(store: Store, account: Account, prefix: str, number: int, place: int, now_ms: int) -> None:
    name, dead_letter_queue = f"{prefix}-{number:02}", f"{prefix}-{_NUMBERS[-1]}"
    kind = None if name == dead_letter_queue else ("worker", "http_pull", "worker", None)[place % 4]
    queue = make_queue(
        store,
        account,
        now_ms - (place % 700 + 1) * _DAY_S * 1000,
        name=name,
        consumer=kind,
        dead_letter_queue=dead_letter_queue if kind and place % 3 == 0 else "",
        queue_id=hashlib.sha256(f"many {name}".encode()).hexdigest()[:32],
    )
    fill = _filling(store, queue, place, now_ms)
    if place % _IN_USE:
        queue.filling = fill
    else:
        fill()
    if kind:
        queue.history.past = Past(
            name=name,
            until_ms=now_ms,
            per_minute=(place % 17) / 4,
            consumer="worker" if kind == "worker" else "http",
            dead_letters=0.02,
        )


def _filling(store: Store, queue: Queue, place: int, now_ms: int) -> Callable[[], None]:
    def fill() -> None:
        chance = Random(queue.name)  # noqa: S311 - repeatable on purpose, and no secret
        ages = (chance.uniform(5, _DAY_S / 4) for _ in range(0 if place % 5 == 0 else chance.randrange(60)))
        for number, age_s in enumerate(sorted(ages, reverse=True)):
            store.add_message(queue, now_ms, age_s=age_s, **_MAKERS[place % len(_MAKERS)](chance, number))

    return fill
