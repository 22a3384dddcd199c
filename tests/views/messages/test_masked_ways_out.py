"""However a secret is packed, and whichever kind of rule masks it, it leaves by no way out."""

import base64
import gzip
import io
import itertools
import json
import zipfile
import zlib
from typing import Any

import brotli
import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from queues_app.cloudflare import Message
from queues_app.models import Account, Batch, MaskingRule
from queues_app.sandbox import QueueHandle, Sandbox
from tests.views.messages.acts import HTMX, Elements, keep, text_of, url_of

SECRET = "sk_live_zqx7canary4711kwv3"
VALUE = {"n": 1, "login": {"password": SECRET, "city": "Ulm"}}
PLAIN = json.dumps(VALUE)


def b64(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def url64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


# What has a place that a path names, and what has none.
STRUCTURES: dict[str, tuple[str, str]] = {
    "JSON": (PLAIN, "json"),
    "JSON with escapes": (PLAIN.replace("password", "p\\u0061ssword").replace("zqx7", "z\\u0071x7"), "json"),
    "JSON behind a mark": (f"\ufeff{PLAIN}", "text"),
    "JSON in a string": (json.dumps({"login": json.dumps(VALUE["login"])}), "json"),
    "JSON in a string twice": (json.dumps({"login": json.dumps(json.dumps(VALUE["login"]))}), "json"),
    "JSON that is a string": (json.dumps(PLAIN), "text"),
    "base64 in a string": (json.dumps({"payload": b64(PLAIN)}), "json"),
    "gzip in a string": (json.dumps({"payload": b64(gzip.compress(PLAIN.encode()))}), "json"),
    "MessagePack in a string": (json.dumps({"payload": b64(msgspec.msgpack.encode([VALUE]))}), "json"),
    "base64": (b64(PLAIN), "bytes"),
    "base64 as text": (b64(PLAIN), "text"),
    "gzip": (b64(gzip.compress(PLAIN.encode())), "bytes"),
    "zlib as text": (b64(zlib.compress(PLAIN.encode())), "text"),
    "brotli as text": (b64(brotli.compress(PLAIN.encode())), "text"),
    "UTF-16": (b64(PLAIN.encode("utf-16")), "bytes"),
    "UTF-16 as text": (b64(PLAIN.encode("utf-16-le")), "text"),
    "MessagePack": (b64(msgspec.msgpack.encode(VALUE)), "bytes"),
    "NDJSON": (f"{PLAIN}\n{PLAIN}\n", "text"),
    "broken JSON": (PLAIN[:-1], "json"),
}
TEXTS: dict[str, tuple[str, str]] = {
    "a line": (f"login failed password={SECRET}", "text"),
    "a line in a string": (json.dumps({"msg": f"login failed password={SECRET}"}), "json"),
    "a form": (f"n=1&login[password]={SECRET}", "text"),
    "XML": (f"<a><x:password>{SECRET}</x:password></a>", "text"),
    "YAML": (f"login:\n  password: |\n    {SECRET}\n", "text"),
    "a JWT": (f"{url64('{"alg":"none"}')}.{url64(json.dumps({'password': SECRET}))}.x", "text"),
}
RULES = [("key", "password"), ("usual", ""), ("path", "login.password"), ("path", "*.password"), ("pattern", "token")]
FORMS = (
    SECRET.encode(),
    b"zqx7canary",
    "zqx7canary".encode("utf-16-le"),
    *(b64(f"{before}zqx7canary4711kwv3")[4:20].encode() for before in ("", "_", "e_")),
)


def leaks(content: bytes) -> bool:
    parts = [content]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts += [archive.read(name) for name in archive.namelist()]
    return any(form in part for form in FORMS for part in parts)


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("prod-orders", max_retries=5)


@pytest.fixture(params=RULES, ids=" ".join)
def packed(request: pytest.FixtureRequest, account: Account, orders: QueueHandle) -> tuple[list[str], Batch]:
    """All packings to which the rule applies, one message each."""
    kind, value = request.param
    MaskingRule.objects.create(kind=kind, value=value, pattern="prod-*", created_by="admin")
    made = STRUCTURES if kind == "path" else STRUCTURES | TEXTS
    messages = [
        Message(
            id=f"{at:032x}", body=body, timestamp_ms=1, attempts=5, metadata={"CF-Content-Type": kind_of_body, "x": "y"}
        )
        for at, (body, kind_of_body) in enumerate(made.values())
    ]
    return list(made), keep(account, orders, *messages)


def test_a_masked_secret_leaves_by_no_way_out(
    browser: Client, account: Account, orders: QueueHandle, packed: tuple[list[str], Batch]
) -> None:
    names, batch = packed
    asked_for = []
    for at in range(len(names)):
        ways: tuple[dict[str, Any], ...] = ({}, {"view": "hex"}, {"by": "hand", "as": "base64"})
        asked_for += [url_of("message", account, orders, batch.pk, at, **asked) for asked in ways]
        asked_for += [url_of("message_body", account, orders, batch.pk, at, **asked) for asked in ({}, {"view": "raw"})]
    assert [url for url in asked_for if leaks(browser.get(url).content)] == []


def test_neither_by_what_is_made_of_all_messages(
    browser: Client, account: Account, orders: QueueHandle, packed: tuple[list[str], Batch]
) -> None:
    names, batch = packed
    page = url_of("batch", account, orders, batch.pk)
    lists: tuple[dict[str, Any], ...] = (
        *({}, {"column": "login.password", "sort": "login.password"}, {"column": ["msg", "payload"], "sort": "-msg"}),
        {"q": "shape:odd"},
    )
    answers = [browser.get(page, asked, headers=HTMX) for asked in lists]
    for form in ("jsonl", "csv", "zip"):
        fields = {"step": "do", "format": form, "position": range(len(names))}
        answers.append(browser.post(url_of("export", account, orders, batch.pk), fields))
    answers.append(browser.get(url_of("send_again", account, orders, batch.pk), {"position": range(len(names))}))
    compared = itertools.pairwise(range(len(names)))
    answers += [browser.get(url_of("compare", account, orders, batch.pk, a=a, b=b)) for a, b in compared]
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.request["QUERY_STRING"] for answer in answers if leaks(answer.content)] == []
    for asked in ("zqx7", "body.login.password:sk*", f'body.login.password:="{SECRET}"', '"password=sk_live"'):
        answer = browser.get(page, {"q": asked}, headers=HTMX)
        assert Elements(answer).all("input", type="checkbox", name="position") == [], asked
    assert SECRET not in text_of(browser.get(reverse("audit")))
