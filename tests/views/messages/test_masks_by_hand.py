"""Whoever reads a body by hand, once or by what is remembered for the queue, sees no more of it than by itself."""

import itertools
import json
from base64 import b64encode
from typing import Any

import brotli
import pytest
from django.test import Client

from queues_app import bodies, masking
from queues_app.cloudflare import Message
from queues_app.models import Account, Batch, MaskingRule
from queues_app.sandbox import QueueHandle, Sandbox
from tests.views.messages.acts import keep, text_of, url_of

CANARY = "zqx7-canary-4711"
PLAIN = json.dumps({"n": 1, "login": {"password": CANARY, "city": "Tromsø"}}, ensure_ascii=False)
# What no reading by itself undoes: each layer is another alphabet, or a second base64.
HIDDEN: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "brotli": (brotli.compress(PLAIN.encode()), ("base64", "brotli")),
    "UTF-16": (PLAIN.encode("utf-16-le"), ("base64", "UTF-16")),
    "UTF-16 with its mark": (PLAIN.encode("utf-16"), ("base64",)),
    "Windows-1252": (PLAIN.encode("cp1252"), ("base64",)),
    "base64 five times": (b"", ("base64",) * 4),
    "gzip of brotli": (brotli.compress(brotli.compress(PLAIN.encode())), ("base64", "brotli", "brotli")),
    "MessagePack in lists": (
        b"\x91" * 3 + b"\x81\xa5login\x81\xa8password\xb0" + CANARY.encode(),
        ("base64", "MessagePack"),
    ),
}


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("prod-orders", max_retries=5)


@pytest.fixture(params=[("usual", ""), ("path", "login.password"), ("word", "zqx7*")])
def rule(request: pytest.FixtureRequest) -> MaskingRule:
    kind, value = request.param
    return MaskingRule.objects.create(kind=kind, value=value, pattern="prod-*", created_by="admin")


def kept(account: Account, orders: QueueHandle, body: str, content_type: str) -> Batch:
    message = Message(
        id="1" * 32, body=body, timestamp_ms=1, attempts=1, metadata={"CF-Content-Type": content_type, "login": "ana"}
    )
    return keep(account, orders, message)


def text_in(how: str) -> str:
    if how != "base64 five times":
        return b64encode(HIDDEN[how][0]).decode()
    text = PLAIN
    for _ in range(5):
        text = b64encode(text.encode()).decode()
    return text


@pytest.mark.parametrize("how", HIDDEN)
def test_a_reading_by_hand_shows_nothing_that_is_masked(
    browser: Client, account: Account, orders: QueueHandle, rule: MaskingRule, how: str
) -> None:
    forced = list(HIDDEN[how][1])
    batch = kept(account, orders, text_in(how), "text")
    for more in ({}, {"view": "hex"}, {"step": 1}, {"step": 2}):
        answer = browser.get(url_of("message", account, orders, batch.pk, 0, by="hand", **{"as": forced, **more}))
        assert answer.status_code == 200
        assert CANARY not in text_of(answer), more
    browser.post(url_of("message_decoding", account, orders, batch.pk, 0), {"as": forced})
    assert CANARY not in text_of(browser.get(url_of("message", account, orders, batch.pk, 0)))


@pytest.mark.parametrize("how", HIDDEN)
def test_whatever_decoders_are_named_none_shows_what_a_mask_hides(how: str) -> None:
    ready = masking.compiled(frozenset({masking.Rule(masking.Kind.USUAL)}))
    names = (*bodies.DECODERS, "")
    for content_type in ("text", "json", "bytes"):
        found = masking.mask(text_in(how), content_type, ready)
        body = text_in(how) if found is None else found.body
        for forced in itertools.product(names, names):
            plan = bodies.Plan(forced=tuple(name for name in (*HIDDEN[how][1][:1], *forced) if name))
            reading = bodies.read(body, content_type if found is None else found.read_as, plan=plan)
            masked = masking.mask_reading(reading, ready)
            shown = reading.value() if masked is None else masked.body
            assert CANARY not in str(shown), plan


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (b64encode(b"\x00\x01" + CANARY.encode()).decode(), {"as": ["base64"]}),
        (json.dumps(json.dumps({"login": {"password": CANARY}})), {"as": ["JSON"]}),
        ("\ufeff" + PLAIN, {"as": ["JSON"]}),
        (f"a=1&login.password={CANARY}", {"as": ["form"]}),
        (f"a=1&password={CANARY}", {"off": ["form"]}),
        (f"<login><password>{CANARY}</password></login>", {"off": ["XML"]}),
        (f'{{"x": 1}}\n{{"login": {{"password": "{CANARY}"}}}}', {"off": ["NDJSON"]}),
    ],
)
def test_neither_does_one_with_a_decoder_switched_off(
    browser: Client, account: Account, orders: QueueHandle, body: str, asked: dict[str, Any]
) -> None:
    MaskingRule.objects.create(kind="usual", pattern="prod-*", created_by="admin")
    batch = kept(account, orders, body, "text")
    for more in ({}, {"view": "hex"}, {"step": 1}):
        page = text_of(browser.get(url_of("message", account, orders, batch.pk, 0, by="hand", **asked, **more)))
        assert CANARY not in page


def test_a_reading_by_hand_of_what_has_nothing_masked_is_as_it_was(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    body = b64encode(brotli.compress(b'{"city": "Ulm"}')).decode()
    batch = kept(account, orders, body, "text")
    url = url_of("message", account, orders, batch.pk, 0, by="hand", **{"as": ["base64", "brotli"]})
    before = text_of(browser.get(url))
    assert "Ulm" in before
    MaskingRule.objects.create(kind="usual", pattern="prod-*", created_by="admin")
    page = text_of(browser.get(url))
    assert "Ulm" in page
    assert "masked" not in page


def test_what_is_masked_in_a_reading_by_hand_is_said(browser: Client, account: Account, orders: QueueHandle) -> None:
    MaskingRule.objects.create(kind="key", value="password", pattern="prod-*", created_by="admin")
    body = text_in("MessagePack in lists")
    batch = kept(account, orders, body, "text")
    url = url_of("message", account, orders, batch.pk, 0, by="hand", **{"as": ["base64", "MessagePack"]})
    page = text_of(browser.get(url))
    assert CANARY not in page
    assert "What this reading has to show is masked in part." in page
    assert f"{len(body)} B" in page
    closed = url_of("message", account, orders, batch.pk, 0, by="hand", **{"as": ["base64", "UTF-16"]})
    assert "Masks hold here, so nothing is shown." in text_of(browser.get(closed))
