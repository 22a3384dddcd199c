"""A queue that is watched, by a clock that is driven, and a webhook that is told."""

import base64
import html
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from queues_app import vault
from queues_app.models import Account, Watch, WatchKind
from queues_app.operations import sampling, watch_notices, watches
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.people import Cast, signed_in
from tests.support.receivers import HttpReceiver
from tests.support.stack import calling

SECRET: Final = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(autouse=True)
def asked_each_time(settings: Settings) -> None:
    """Time goes by the test's clock, so what was read a moment ago by the machine's is not taken from memory."""
    settings.REFRESH_FLOOR = 0
    settings.WATCH_PRIVATE_ADDRESSES = ["127.0.0.0/8"]


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("orders", max_retries=5)


@pytest.fixture
def watch(account: Account, orders: QueueHandle, http: HttpReceiver) -> Watch:
    """More than 2 messages, told to the receiver."""
    return make_watch(account, orders, http)


def make_watch(account: Account, queue: QueueHandle, http: HttpReceiver | None = None, **fields: Any) -> Watch:
    told = {}
    if http is not None:
        url, secret = f"{http.url}/hook/t0ken", SECRET
        told = {
            "sealed_url": vault.seal(url.encode()),
            "webhook_place": http.url,
            "sealed_secret": vault.seal(secret.encode()),
        }
    return Watch.objects.create(
        **{
            "owner": account.credential.owner,
            "account": account,
            "account_name": account.name,
            "queue_id": queue.id,
            "queue_name": "orders",
            "kind": WatchKind.BACKLOG,
            "threshold": 2,
            **told,
            **fields,
        }
    )


def empty(queue: QueueHandle) -> None:
    """All that it holds was consumed by somebody."""
    queue._queue.messages.clear()


class Loop:
    """What `manage.py watch` does, at the test's time."""

    def __init__(self, clock: ManualClock, jitter: float = 1.0) -> None:
        self.clock = clock
        self.jitter = jitter

    def turn(self) -> None:
        """One minute later."""
        self.check()
        self.tell()

    def check(self) -> None:
        """One minute later, and nothing is told yet."""
        self.clock.advance(minutes=1)
        for account_id in sampling.due(self.clock.now()):
            sampling.take_turn(account_id, clock=self.clock.now)

    def turns(self, number: int) -> None:
        for _ in range(number):
            self.turn()

    def tell(self) -> None:
        for owner_id in watch_notices.owners_due(self.clock.now()):
            watch_notices.tell_owner(owner_id, clock=self.clock.now, jitter=lambda: self.jitter)

    def wait(self, **by: float) -> None:
        self.clock.advance(seconds=timedelta(**by).total_seconds())


def change(watch: Watch, loop: Loop, **columns: Any) -> None:
    """Its owner does, in another process."""
    watches.edit(
        caller=calling(watch.owner),
        watch=Watch.objects.get(pk=watch.pk),
        intent=uuid.uuid4(),
        columns=columns,
        webhook=None,
        tells=True,
        clock=loop.clock.now,
    )


def remove(watch: Watch, loop: Loop) -> None:
    watches.remove(caller=calling(watch.owner), watch=Watch.objects.get(pk=watch.pk), clock=loop.clock.now)


def said(cast: Cast, loop: Loop, path: str = "/watches/") -> str:
    """The page as it is read, at the loop's time."""
    with time_machine.travel(loop.clock.now(), tick=False):
        page = signed_in(cast.owner).get(path).content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def loop(clock: ManualClock) -> Loop:
    return Loop(clock)


@pytest.fixture
def told(http: HttpReceiver) -> Callable[[], list[str]]:
    """The types of what arrived."""
    return lambda: [json.loads(body)["type"] for _, body in http.taken]


@pytest.fixture
def browser(cast: Cast) -> Client:
    return signed_in(cast.owner)


def form(**fields: str) -> dict[str, str]:
    """What a person types of a watch; the limit and the minutes into the fields of its kind."""
    typed = {"kind": "backlog", "limit": "100", "minutes": "5", "intent": str(uuid.uuid4())} | fields
    return {f"{typed['kind']}_{name}" if name in ("limit", "minutes") else name: typed[name] for name in typed}


def add(browser: Client, account: Account, queue: QueueHandle, **fields: str) -> Any:
    return browser.post(reverse("watch_add", args=[account.pk, queue.id]), form(**fields))
