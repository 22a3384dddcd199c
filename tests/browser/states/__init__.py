"""Every page of Queuescope in every state that matters, by name: what the look tests walk through."""

from tests.browser.states import (
    accounts,
    acting,
    approvals,
    finding,
    leases,
    looking,
    people,
    queues,
    records,
    teams,
    watches,
)
from tests.browser.states.scene import STATES, Scene

__all__ = [
    "STATES",
    "Scene",
    "accounts",
    "acting",
    "approvals",
    "finding",
    "leases",
    "looking",
    "people",
    "queues",
    "records",
    "teams",
    "watches",
]
