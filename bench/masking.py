"""Masks over bodies, and over the list of a hundred: without a rule, with rules that match nothing, with some that do.

The rows of the list are asked for as htmx does it, from a kept batch in a database in memory: no upstream, no network.
"""

import json
import os
import random
from collections.abc import Callable, Sequence
from functools import partial
from time import process_time
from typing import Any, Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402 - the applications have to be there first
from django.test import Client  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from queues_app import masking, vault  # noqa: E402
from queues_app.cloudflare import Message, Queue  # noqa: E402
from queues_app.masking import Kind, Rule, Rules, checked, compiled  # noqa: E402
from queues_app.models import (  # noqa: E402
    Account,
    Batch,
    Credential,
    CredentialStatus,
    MaskingRule,
    Mode,
    User,
)
from queues_app.operations import batches  # noqa: E402

type Row = dict[str, Any]

_COUNT: Final = 100
_TIMES: Final = 5
_QUEUE_ID: Final = "b" * 32
_SIZES: Final = {"1 KB": 1_000, "60 KB": 60_000}
# What is asked of a body and, as a multiple of the page without rules, of a page.
_RULES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "the usual, nothing matches": (("usual", ""),),
    "path, key and word, nothing matches": (("path", "order.nowhere"), ("key", "no such key"), ("word", "cus_*")),
    "key, one matches": (("key", "city"),),
    "key, every line matches": (("key", "sku"),),
    "path, every line matches": (("path", "lines.sku"),),
}
_MOST_MS: Final = {"nothing matches": 1.0, "one matches": 4.0, "every line matches": 8.0}


def measure() -> list[Row]:
    """Rows of {name, value, target, unit, ok}."""
    rows = [row for label, size in _SIZES.items() for row in _bodies(label, size)]
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        rows += [row for label, size in _SIZES.items() for row in _pages(label, size)]
    finally:
        teardown_databases(databases, verbosity=0)
    return rows


def _bodies(label: str, size: int) -> list[Row]:
    """Milliseconds of the processor for each body."""
    bodies = [_body(number, size) for number in range(10)]
    rows = []
    for name, pairs in _RULES.items():
        ready = _ready(pairs)
        value = _milliseconds(partial(_mask_all, bodies, ready)) / len(bodies)
        rows.append(_row(f"Mask a body of {label}: {name}", value, _target(name), "ms"))
    return rows


def _pages(label: str, size: int) -> list[Row]:
    """The rows of a peek of a hundred."""
    account = _account(label)
    browser, batch = Client(SERVER_NAME="localhost"), _batch(account, size)
    browser.force_login(account.credential.owner)
    url = reverse("batch", args=[account.pk, _QUEUE_ID, batch.pk])

    def page() -> None:
        answer = browser.get(url, headers={"HX-Request": "true"})
        if answer.status_code != 200:
            raise RuntimeError(f"the page was answered by {answer.status_code}")

    plain = _milliseconds(page)
    rows = [_row(f"List of {_COUNT} × {label}: no rules", plain, 60.0 if size < 10_000 else 1_000.0, "ms")]
    for name, pairs in _RULES.items():
        rules = [MaskingRule(kind=kind, value=value, pattern="*", created_by="bench") for kind, value in pairs]
        MaskingRule.objects.bulk_create(rules)
        value = _milliseconds(page)
        most = plain + _COUNT * _target(name) * size / _SIZES["60 KB"]
        rows.append(_row(f"List of {_COUNT} × {label}: {name}", value, round(most, 1), "ms"))
        MaskingRule.objects.all().delete()
    return rows


def _target(name: str) -> float:
    return next(most for end, most in _MOST_MS.items() if name.endswith(end))


def _row(name: str, value: float, target: float, unit: str) -> Row:
    return {"name": name, "value": round(value, 3), "target": target, "unit": unit, "ok": value <= target}


def _mask_all(bodies: Sequence[str], rules: Rules) -> None:
    for body in bodies:
        masking.mask(body, "json", rules)


def _milliseconds(act: Callable[[], object]) -> float:
    """Of the processor: other work on the machine is not counted."""
    took = []
    for _ in range(_TIMES + 1):
        began = process_time()
        act()
        took.append((process_time() - began) * 1000)
    # The first fills what is remembered.
    return min(took[1:])


def _ready(pairs: tuple[tuple[str, str], ...]) -> Rules:
    return compiled(frozenset(checked(Rule(Kind(kind), value)) for kind, value in pairs))


def _body(number: int, size: int) -> str:
    """An order of about `size` characters, the same in every run."""
    chance = random.Random(number)  # noqa: S311 - the same in every run is what is wanted
    order: dict[str, Any] = {
        "id": f"ord_{number:08d}",
        "created": "2026-11-26T09:14:03.123Z",
        "customer": {"name": "Ana Lopez", "city": "Ulm", "country": "DE"},
        "lines": [],
    }
    written = len(json.dumps(order))
    while written < size:
        line = {
            "sku": f"SKU-{chance.randrange(10**6):06d}",
            "title": chance.choice(["Red shoe", "Blue hat, wide", "Green coat"]),
            "quantity": chance.randrange(1, 9),
            "price": chance.randrange(10_000) / 100,
            "warehouse": chance.choice(["FRA1", "AMS2", "CDG3"]),
            "hash": f"{chance.getrandbits(128):032x}",
        }
        order["lines"].append(line)
        written += len(json.dumps(line)) + 2
    return json.dumps(order)


def _account(label: str) -> Account:
    owner = User.objects.create_user(f"bench {label}", password=None)
    owner.groups.set([Group.objects.get(name="Operator")])
    credential = Credential.objects.create(
        owner=owner,
        label="main",
        sealed_secret=vault.seal(b"bench"),
        last_four="ench",
        status=CredentialStatus.ACTIVE,
        is_default=True,
    )
    return Account.objects.create(credential=credential, account_id="0" * 32, name="acme")


def _batch(account: Account, size: int) -> Batch:
    messages = tuple(
        Message(
            id=f"{number:032x}",
            body=_body(number, size),
            timestamp_ms=1_795_000_000_000,
            attempts=1,
            metadata={"CF-Content-Type": "json", "CF-sourceMessageSource": "http"},
        )
        for number in range(_COUNT)
    )
    fetched = batches.Fetched(
        mode=Mode.PEEK,
        messages=messages,
        fetched_at=timezone.now(),
        asked_for=_COUNT,
        queue=Queue(
            id=_QUEUE_ID,
            name="bench-orders",
            created_at=None,
            modified_at=None,
            producers=(),
            producers_total_count=0,
            consumers=(),
            consumers_total_count=0,
            delivery_delay=None,
            delivery_paused=False,
            message_retention_period=None,
            jurisdiction=None,
        ),
    )
    return batches.keep(owner=account.credential.owner, account=account, entry_id=0, fetched=fetched)
