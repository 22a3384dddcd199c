"""What the sandbox holds when it starts.

The accounts, tokens and the key are listed in seed/identities.py, the queues in seed/demo.py, and those that are
many in seed/many.py. Queue and message ids are the same in every run; ages count back from the moment the sandbox
is made.
"""

from queues_app.sandbox.seed.build import make_queue
from queues_app.sandbox.seed.demo import fill
from queues_app.sandbox.seed.identities import (
    ACCOUNTS,
    GLOBAL_EMAIL,
    GLOBAL_KEY,
    LABS,
    LOGISTICS,
    TOKENS,
    identities,
)
from queues_app.sandbox.seed.many import fill_many
from queues_app.sandbox.store import Store

_YEAR_MS = 31_536_000_000

__all__ = [
    "ACCOUNTS",
    "GLOBAL_EMAIL",
    "GLOBAL_KEY",
    "LABS",
    "LOGISTICS",
    "TOKENS",
    "add_accounts",
    "fill",
    "fill_many",
    "identities",
    "make_queue",
]


def add_accounts(store: Store, now_ms: int) -> None:
    for name, account_id in ACCOUNTS.items():
        store.add_account(name, account_id, now_ms - 2 * _YEAR_MS)
