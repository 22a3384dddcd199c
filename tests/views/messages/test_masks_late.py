"""A batch that is slow to look through for what masks hide holds up nobody: what is left of it stays closed."""

import itertools
import json
from types import SimpleNamespace

import pytest
from django.test import Client

from queues_app.cloudflare import Message
from queues_app.models import Account
from queues_app.operations import masks
from queues_app.sandbox import QueueHandle
from tests.views.messages.acts import keep, text_of, url_of
from tests.views.messages.masked import mask, orders

__all__ = ["mask", "orders"]


def made(number: int) -> Message:
    body = json.dumps({"password": "hidden-4711", "city": f"city-{number}"})
    return Message(id=f"{number:032x}", body=body, timestamp_ms=1, attempts=1, metadata={"CF-Content-Type": "json"})


@pytest.mark.usefixtures("cast", "mask")
def test_what_is_left_after_the_time_is_closed_and_opens_alone(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = keep(account, orders, *map(made, range(3)))
    clock = itertools.count(step=2)
    with monkeypatch.context() as slow:
        slow.setattr(masks, "time", SimpleNamespace(thread_time=lambda: next(clock)))
        listed = text_of(browser.get(url_of("batch", account, orders, batch.pk)))
    alone = text_of(browser.get(url_of("message", account, orders, batch.pk, 2)))

    assert "city-0" in listed
    assert "city-1" in listed
    assert "city-2" not in listed
    assert "hidden-4711" not in listed
    assert "city-2" in alone
    assert "hidden-4711" not in alone
