"""Messages that hold what a mask hides, and the copy of them."""

import gzip
import io
import json
import zipfile
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from queues_app.models import Account, Batch, MaskingRule
from queues_app.sandbox import QueueHandle, Sandbox
from tests.views.messages.acts import peeked

CANARY = "zqx7-canary-4711"
OTHER = "kwv3-other-value"
SHAPES: tuple[Any, ...] = (
    {"order": 1, "customer": {"password": CANARY, "city": "Ulm"}},
    {"order": 2, "customer": {"password": OTHER, "city": "Ulm"}},
    f"order 3 password={CANARY} done",
    b64encode(json.dumps({"password": CANARY}).encode()).decode(),
    json.dumps({"password": CANARY}).encode(),
    gzip.compress(json.dumps({"order": 6, "password": CANARY}).encode()),
    {"order": 7, "payload": json.dumps({"password": CANARY})},
    {"order": 8, "payload": b64encode(f"password={CANARY}".encode()).decode()},
    b"\x00\x01" + CANARY.encode() + b"\xff\xfe",
)
FORMS = (CANARY, OTHER, *(b64encode(text.encode()).decode()[4:16] for text in (CANARY, f"x{CANARY}", f"xx{CANARY}")))


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("prod-orders", max_retries=5)
    queue.push_many(list(SHAPES))
    return queue


@pytest.fixture
def mask() -> MaskingRule:
    return MaskingRule.objects.create(kind="key", value="password", pattern="prod-*", created_by="admin")


@pytest.fixture
def batch(browser: Client, account: Account, orders: QueueHandle, mask: MaskingRule) -> Batch:
    return peeked(browser, account, orders)


def spied(answer: Any) -> list[str]:
    """The forms of what is masked that an answer holds, unpacked where it is a file."""
    content = answer.content
    parts = [content]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts += [archive.read(name) for name in archive.namelist()]
    return [form for form in FORMS for part in parts if form.encode() in part]


def place_of(messages: tuple[Any, ...], number: int) -> int:
    """Where the message with this order stands."""
    return next(at for at, message in enumerate(messages) if f'"order":{number}' in message.body.replace(" ", ""))
