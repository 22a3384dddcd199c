"""What is masked is seen by nobody, on no page, in no file and by no filter, unless it is revealed on the record."""

import json
import logging
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver, reverse

from queues_app.cloudflare import Message
from queues_app.masking import MASK
from queues_app.models import Account, Action, AuditEntry, Batch, MaskingRule, SavedFilter
from queues_app.operations import batches
from queues_app.sandbox import QueueHandle
from tests.security.routes import NO_SUCH_METHOD, ROUTES
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import Elements, keep, peeked, text_of, url_of
from tests.views.messages.masked import CANARY, FORMS, SHAPES, batch, mask, orders, place_of, spied

__all__ = ["batch", "mask", "orders"]


def test_without_a_rule_everything_is_shown(browser: Client, account: Account, orders: QueueHandle) -> None:
    shown = peeked(browser, account, orders)
    assert CANARY in text_of(browser.get(url_of("batch", account, orders, shown.pk)))


# What else may stand in the address of some of the pages.
ASKED: dict[str, tuple[dict[str, Any], ...]] = {
    "batch": ({"column": "customer.password", "sort": "customer.password"}, {"q": "password"}, {"q": "shape:odd"}),
    "message": (
        *({"view": view} for view in ("raw", "hex", "table", "picture")),
        *({"step": step} for step in range(4)),
        *({"as": way} for way in ("base64", "gzip", "JSON", "form", "MessagePack")),
        *({"off": way} for way in ("JSON", "base64", "gzip", "JSON in strings")),
    ),
    "message_body": ({"view": "raw"},),
    "reveal": ({"place": 0},),
    "send_again": tuple({"position": at} for at in (*range(len(SHAPES)), [0, 1, 2])),
    "compare": tuple({"a": one, "b": other} for one in range(len(SHAPES)) for other in range(one)),
}


def addresses_of(batch: Batch) -> Iterator[str]:
    """Every address about a batch that answers a GET, with all that may be asked there."""
    for name, route in ROUTES.items():
        names: list[str] = next((names for [(_, names)], *_ in get_resolver().reverse_dict.getlist(name)), [])
        if route.get.status == NO_SUCH_METHOD or "batch" not in names:
            continue
        here = {"account": batch.account_id, "queue_id": batch.queue_id, "batch": batch.pk}
        for at in range(len(SHAPES) if "position" in names else 1):
            where = {each: here.get(each, at) for each in names}
            for asked in ({}, *ASKED.get(name, ())):
                yield reverse(name, kwargs=where, query=asked)


def test_no_answer_about_a_batch_holds_what_is_masked(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    count = len(SHAPES)
    urls = [*addresses_of(batch), url_of("queue", account, orders)]
    assert all(reverse(name, args=[batch.account_id, batch.queue_id, batch.pk]) in urls for name in ("batch", "export"))
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


PASSWORDS = (
    "alpha-1",
    "zebra-2",
    "mango-3",
    "delta-4",
    "omega-5",
    "bravo-6",
    "tango-7",
    "kilos-8",
    "limas-9",
    "hotel-0",
)
PLACES = [str(at) for at in range(len(PASSWORDS))]


def made(number: int, password: str) -> Message:
    """An order; the first four are stuck."""
    body = {"order": number, "customer": {"password": password, "city": f"town {number}"}}
    return Message(
        id=f"{number:032x}",
        body=json.dumps(body),
        timestamp_ms=1_763_600_000_000 + number,
        attempts=4 if number < 4 else 1,
        metadata={"CF-Content-Type": "json"},
    )


@pytest.fixture
def twins(account: Account, orders: QueueHandle, mask: MaskingRule) -> tuple[Batch, Batch]:
    """Two batches that differ only in what is masked: in one all stuck ones share it, and nothing else does."""
    shared = ("zebra-2",) * 4 + PASSWORDS[4:]
    one = keep(account, orders, *map(made, range(len(PASSWORDS)), PASSWORDS))
    other = keep(account, orders, *map(made, range(len(PASSWORDS)), shared))
    # So long ago that their ages read the same.
    Batch.objects.filter(pk__in=(one.pk, other.pk)).update(
        fetched_at=one.fetched_at - timedelta(days=3), expires_at=one.expires_at
    )
    return one, other


NEW_EACH_TIME = re.compile(
    r'(?:name="(?:intent|csrfmiddlewaretoken)" value=)"[^"]*"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
)


def told(browser: Client, account: Account, orders: QueueHandle, batch: Batch, **asked: str) -> tuple[list[Any], str]:
    """The rows of a batch by their places, in their order, and all that is written around them."""
    answer = browser.get(url_of("batch", account, orders, batch.pk, **asked), headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.content
    rows = [each["value"] for each in Elements(answer).all("input", type="checkbox", name="position")]
    text = text_of(answer).replace(str(batch.pk), "")
    # Numbers of forms, and the token against forgery, are new each time.
    return rows, NEW_EACH_TIME.sub("", text)


@pytest.mark.parametrize(
    "query",
    [
        "zebra",
        '"zebra-2"',
        "-zebra",
        "zebra|alpha",
        "body.customer.password:zebra",
        "body.customer.password:=zebra-2",
        "-body.customer.password:=zebra-2",
        "body.customer.password:zeb*",
        "body.customer.password:*",
        "body.customer.password:>m",
        "body.customer.password:<m",
        "body.customer:zebra",
        f"body.customer.password:={MASK}",
        "shape:odd",
        "shape:1",
    ],
)
def test_no_filter_tells_masked_values_apart(
    browser: Client, account: Account, orders: QueueHandle, twins: tuple[Batch, Batch], query: str
) -> None:
    one, other = (told(browser, account, orders, batch, q=query) for batch in twins)
    assert one == other
    # Each row is in, or none is: what was typed says nothing about any of them.
    assert one[0] in ([], PLACES)


def test_a_filter_that_was_saved_before_the_mask_finds_no_masked_value(
    browser: Client, account: Account, orders: QueueHandle, twins: tuple[Batch, Batch], mask: MaskingRule
) -> None:
    query = "body.customer.password:=zebra-2"
    mask.delete()
    browser.post(url_of("filters", account, orders, twins[0].pk), {"name": "mine", "q": query})
    assert told(browser, account, orders, twins[0], q=SavedFilter.objects.get().text)[0] == ["1"]
    MaskingRule.objects.create(kind="key", value="password", pattern="prod-*", created_by="admin")
    for twin in twins:
        assert told(browser, account, orders, twin, q=SavedFilter.objects.get().text)[0] == []


@pytest.mark.parametrize("sort", ["customer.password", "-customer.password", "size", "-size"])
def test_no_order_tells_masked_values_apart(
    browser: Client, account: Account, orders: QueueHandle, twins: tuple[Batch, Batch], mask: MaskingRule, sort: str
) -> None:
    masked = [told(browser, account, orders, batch, sort=sort) for batch in twins]
    assert masked[0] == masked[1]
    assert masked[0][0] in (PLACES, PLACES[::-1])
    mask.delete()
    shown = [told(browser, account, orders, batch, sort=sort)[0] for batch in twins]
    assert ("size" in sort) == (shown[0] == shown[1])


def test_neither_shapes_nor_what_the_stuck_share_tell_masked_values_apart(
    browser: Client, account: Account, orders: QueueHandle, twins: tuple[Batch, Batch], mask: MaskingRule
) -> None:
    one, other = (told(browser, account, orders, batch) for batch in twins)
    assert one == other
    assert "zebra" not in one[1]
    mask.delete()
    one, other = (told(browser, account, orders, batch) for batch in twins)
    assert one != other
    assert 'customer.password:="zebra-2"' in unquote_plus(other[1])


def test_a_masked_value_that_is_another_kind_of_value_is_no_other_shape(
    browser: Client, account: Account, orders: QueueHandle, mask: MaskingRule
) -> None:
    kinds: tuple[Any, ...] = ("text", 1, None, {"a": 1}, [1, 2], True)
    batch = keep(account, orders, *(made(number, value) for number, value in enumerate(kinds)))
    assert told(browser, account, orders, batch, q="shape:1")[0] == [str(at) for at in range(len(kinds))]


def test_two_messages_that_differ_in_a_masked_value_only_do_not_differ(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    one, other = (place_of(batches.messages_of(batch), number) for number in (1, 2))
    page = text_of(browser.get(url_of("compare", account, orders, batch.pk, a=one, b=other)))
    assert MASK not in page or "password" not in page.split("changed")[-1]


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
