"""What is masked is seen by nobody, on no page, in no file and by no filter, unless it is revealed on the record."""

import gzip
import io
import json
import logging
import uuid
import zipfile
from base64 import b64encode
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from queues_app.masking import MASK
from queues_app.models import Account, Action, AuditEntry, Batch, MaskingRule, Outcome, Sending
from queues_app.operations import batches, sendings
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import peeked, text_of, url_of

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
def browser(cast: Cast) -> Client:
    """The owner's, an Operator."""
    return signed_in(cast.owner)


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


def test_without_a_rule_everything_is_shown(browser: Client, account: Account, orders: QueueHandle) -> None:
    shown = peeked(browser, account, orders)
    assert CANARY in text_of(browser.get(url_of("batch", account, orders, shown.pk)))


def test_no_answer_about_a_batch_holds_what_is_masked(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    count = len(SHAPES)
    urls = [url_of("batch", account, orders, batch.pk), url_of("queue", account, orders)]
    urls += [url_of("batch", account, orders, batch.pk, column="customer.password", sort=".customer.password")]
    urls += [url_of("export", account, orders, batch.pk)]
    urls += [url_of("send_again", account, orders, batch.pk, position=at) for at in range(count)]
    urls += [url_of("send_again", account, orders, batch.pk) + "?position=0&position=1&position=2"]
    for at in range(count):
        message = url_of("message", account, orders, batch.pk, at)
        urls += [message, f"{message}sightings/", f"{message}body/", f"{message}body/?view=raw", f"{message}picture/"]
        urls += [f"{message}?view={view}" for view in ("raw", "hex", "table", "picture")]
        urls += [f"{message}?step={step}" for step in range(4)]
        urls += [f"{message}?as={way}" for way in ("base64", "gzip", "JSON", "form", "MessagePack")]
        urls += [f"{message}?off={way}" for way in ("JSON", "base64", "gzip", "JSON in strings")]
    urls += [
        url_of("compare", account, orders, batch.pk, a=one, b=other) for one in range(count) for other in range(one)
    ]
    for url in urls:
        for headers in ({}, {"HX-Request": "true"}):
            assert spied(browser.get(url, headers=headers)) == [], url
    for kind in ("jsonl", "csv", "zip"):
        answer = browser.post(
            url_of("export", account, orders, batch.pk), {"step": "do", "format": kind, "position": range(count)}
        )
        assert answer.status_code == 200
        assert MASK.encode() in answer.content or kind == "zip"
        assert spied(answer) == []
    assert not any(form in caplog.text for form in FORMS)
    entries = json.dumps(list(AuditEntry.objects.values("parameters", "remark", "reason", "asked")))
    assert not any(form in entries for form in FORMS)
    kept = getattr(cache, "_cache", {})
    assert not any(
        form.encode() in value for form in FORMS for value in (kept.values() if isinstance(kept, dict) else ())
    )


@pytest.mark.parametrize(
    "query",
    [
        CANARY,
        f'"{CANARY}"',
        f"body.customer.password:{CANARY}",
        f"body.customer.password:={CANARY}",
        "body.customer.password:zqx*",
        "body.customer.password:>a",
        "body.customer.password:<z",
        "zqx7",
    ],
)
def test_no_filter_tells_masked_values_apart(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch, query: str
) -> None:
    def found(text: str) -> int:
        page = text_of(browser.get(url_of("batch", account, orders, batch.pk, q=text), headers={"HX-Request": "true"}))
        return page.count("order")

    assert found(query) == found(query.replace("zqx", "qqq").replace(CANARY, "none-of-them"))
    assert found(f"body.customer.password:{MASK}") > found("body.customer.password:none-of-them")


def test_order_shapes_and_what_is_shared_know_no_masked_value(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    up = url_of("batch", account, orders, batch.pk, sort="body.customer.password")
    down = url_of("batch", account, orders, batch.pk, sort="-body.customer.password")
    for url in (up, down):
        assert browser.get(url).status_code == 200
    one, other = (place_of(batches.messages_of(batch), number) for number in (1, 2))
    page = text_of(browser.get(url_of("compare", account, orders, batch.pk, a=one, b=other)))
    assert MASK not in page or "password" not in page.split("changed")[-1]


def lead(account: Account) -> Client:
    user = account.credential.owner
    user.groups.set([Group.objects.get(name="Lead")])
    return signed_in(user)


def reveal(browser: Client, account: Account, orders: QueueHandle, batch: Batch, at: int, **typed: Any) -> Any:
    fields = {"place": 0, "path": "customer.password", "reason": "ticket 42", "intent": uuid.uuid4(), **typed}
    return browser.post(url_of("reveal", account, orders, batch.pk, at), fields)


def test_a_field_is_revealed_once_with_a_reason_on_the_record(
    account: Account, orders: QueueHandle, batch: Batch
) -> None:
    browser, at = lead(account), place_of(batches.messages_of(batch), 1)
    page = browser.get(url_of("message", account, orders, batch.pk, at))
    link = f"{url_of('reveal', account, orders, batch.pk, at)}?place=0"
    assert link in page.content.decode()
    asked = text_of(browser.get(link))
    assert "customer.password" in asked
    assert CANARY not in asked
    intent = uuid.uuid4()
    answer = reveal(browser, account, orders, batch, at, intent=intent)
    assert CANARY in text_of(answer)
    assert answer["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.get(action=Action.REVEAL)
    assert (entry.outcome, entry.user_name, entry.queue_name) == (Outcome.OK, "owner", "prod-orders")
    assert (entry.parameters["path"], entry.parameters["reason"]) == ("customer.password", "ticket 42")
    assert CANARY not in json.dumps(entry.parameters) + entry.remark
    # The same form shows nothing twice, and nothing else shows it now.
    assert CANARY not in text_of(reveal(browser, account, orders, batch, at, intent=intent))
    assert CANARY not in text_of(browser.get(url_of("message", account, orders, batch.pk, at)))
    assert "ticket 42" in text_of(browser.get(reverse("audit_entry", args=[entry.pk])))


@pytest.mark.parametrize("reason", ["", "  ", "x", "y" * 201])
def test_without_a_reason_nothing_is_revealed(account: Account, orders: QueueHandle, batch: Batch, reason: str) -> None:
    at = place_of(batches.messages_of(batch), 1)
    answer = reveal(lead(account), account, orders, batch, at, reason=reason)
    assert answer.status_code == 422
    assert CANARY not in text_of(answer)
    assert not AuditEntry.objects.filter(action=Action.REVEAL).exists()


def test_an_operator_reveals_nothing_and_the_attempt_is_on_the_record(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    at = place_of(batches.messages_of(batch), 1)
    page = text_of(browser.get(url_of("message", account, orders, batch.pk, at)))
    assert "Your role may not reveal masked fields" in page
    answer = reveal(browser, account, orders, batch, at)
    assert answer.status_code == 403
    assert AuditEntry.objects.get(action=Action.REVEAL).outcome == Outcome.REFUSED


def test_a_place_that_is_not_what_the_page_called_it_stays_masked(
    account: Account, orders: QueueHandle, batch: Batch
) -> None:
    at = place_of(batches.messages_of(batch), 1)
    answer = reveal(lead(account), account, orders, batch, at, path="customer.city")
    assert "The masks have changed" in text_of(answer)
    assert CANARY not in text_of(answer)
    assert AuditEntry.objects.get(action=Action.REVEAL).reason == "not-masked"


def test_raw_is_closed_with_a_sentence_and_on_the_record(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    at = place_of(batches.messages_of(batch), 1)
    page = text_of(browser.get(url_of("message", account, orders, batch.pk, at)))
    assert "1 field is masked, so raw and hex are closed." in page
    answer = browser.get(url_of("message_body", account, orders, batch.pk, at, view="raw"))
    assert (answer.status_code, "it is not given raw" in text_of(answer)) == (403, True)
    assert AuditEntry.objects.filter(action=Action.EXPORT).latest("pk").reason == "raw-closed"


def again(browser: Client, account: Account, orders: QueueHandle, batch: Batch, at: int, **typed: Any) -> Any:
    fields = {"position": at, "target": f"{account.pk}:{orders.id}", **typed}
    return browser.post(url_of("send_again", account, orders, batch.pk), fields)


def test_sent_again_it_goes_as_it_truly_is_and_is_shown_masked(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    at = place_of(batches.messages_of(batch), 1)
    answer = again(browser, account, orders, batch, at)
    assert answer.status_code == 303
    sending = Sending.objects.get()
    assert CANARY in sendings.contents(sending).drafts[0].body
    page = text_of(browser.get(answer["Location"]))
    assert CANARY not in page
    assert MASK in page


def test_what_is_masked_cannot_be_edited(browser: Client, account: Account, orders: QueueHandle, batch: Batch) -> None:
    at = place_of(batches.messages_of(batch), 1)
    answer = again(browser, account, orders, batch, at, body='{"order": 1, "customer": {"password": "••••"}}')
    assert answer.status_code == 422
    assert "it can be sent again only as it is" in text_of(answer)
    assert not Sending.objects.exists()


def test_what_is_masked_is_not_sent_where_it_would_not_be(
    browser: Client, account: Account, sandbox: Sandbox, orders: QueueHandle, batch: Batch
) -> None:
    open_queue = sandbox.add_queue("test-orders")
    browser.get(reverse("queues", args=[account.pk]))
    at = place_of(batches.messages_of(batch), 1)
    target = f"{account.pk}:{open_queue.id}"
    answer = again(browser, account, orders, batch, at, target=target)
    assert answer.status_code == 403
    assert "the same masks must hold there first" in text_of(answer)
    assert AuditEntry.objects.filter(action=Action.SEND).latest("pk").reason == "unmasked-there"
    MaskingRule.objects.create(kind="usual", pattern="test-*", created_by="admin")
    assert again(browser, account, orders, batch, at, target=target).status_code == 303


def test_the_size_is_the_true_one(browser: Client, account: Account, orders: QueueHandle, batch: Batch) -> None:
    at = place_of(batches.messages_of(batch), 1)
    size = len(batches.messages_of(batch)[at].body)
    assert f"{size} B" in text_of(browser.get(url_of("message", account, orders, batch.pk, at)))


def make(browser: Client, **typed: Any) -> Any:
    return browser.post(reverse("mask_add"), {"kind": "key", "pattern": "prod-*", "intent": uuid.uuid4(), **typed})


def test_a_rule_is_made_and_removed_on_the_record_and_holds_at_once(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    admin, shown = signed_in(cast.admin), peeked(browser, account, orders)
    url = url_of("batch", account, orders, shown.pk)
    assert CANARY in text_of(browser.get(url))
    intent = uuid.uuid4()
    for _ in range(2):
        assert make(admin, kind="usual", pattern="*", intent=intent).status_code == 302
    rule = MaskingRule.objects.get()
    assert (rule.kind, rule.value, rule.created_by) == ("usual", "", "admin")
    assert CANARY not in text_of(browser.get(url))
    assert "the usual" in text_of(admin.get(reverse("masking")))
    admin.post(reverse("mask_remove", args=[rule.pk]))
    assert CANARY in text_of(browser.get(url))
    made, removed = (AuditEntry.objects.get(action=each) for each in (Action.MASKING_ADD, Action.MASKING_REMOVE))
    assert (made.remark, removed.remark) == ("the usual in *", "the usual in *")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"value": " "}, "Type the name of a key"),
        ({"kind": "path", "value": "a..b"}, "Type a path"),
        ({"kind": "word", "value": "a*"}, "Type a word without spaces"),
        ({"kind": "pattern", "named": ""}, "Choose one of the patterns"),
        ({"value": "password", "pattern": ""}, "Type a queue’s name"),
    ],
)
def test_what_is_no_rule_comes_back_with_a_sentence(cast: Cast, typed: dict[str, str], sentence: str) -> None:
    answer = make(signed_in(cast.admin), **typed)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not MaskingRule.objects.exists()


def test_in_a_queue_whose_name_is_not_known_every_rule_of_its_account_holds(account: Account) -> None:
    rule = MaskingRule(kind="key", value="password", pattern="prod-*", account_id=account.account_id)
    assert rule.matches(account.account_id, "")
    assert not rule.matches("f" * 32, "")
    assert not rule.matches(account.account_id, "test-orders")
