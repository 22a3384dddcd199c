"""One message, opened: under its row, on a page of its own, and as a download."""

import base64

import pytest
from django.test import Client

from queues_app.cloudflare import Message
from queues_app.models import Account, Action, AuditEntry, Batch, Outcome
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import HTMX, Elements, keep, peeked, pulled, settle, text_of, url_of


def test_the_same_address_is_a_part_for_htmx_and_a_page_without(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    address = url_of("message", account, orders, peeked(browser, account, orders).pk, 0)
    part, page = browser.get(address, headers=HTMX), browser.get(address)
    assert "<html" not in text_of(part)
    assert "<html" in text_of(page)
    assert 'class="opened"' in text_of(part)
    assert 'class="opened"' in text_of(page)


def test_a_number_that_a_double_would_change_is_shown_exactly(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    answer = browser.get(url_of("message", account, orders, peeked(browser, account, orders).pk, 0), headers=HTMX)
    assert '<span class="d wrap">9007199254740993</span> <span class="n">exact</span>' in text_of(answer)


def test_each_view_is_in_the_address(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = keep(
        account,
        orders,
        Message(id="a" * 32, body=base64.b64encode(b'{"a":1}').decode(), metadata={"CF-Content-Type": "bytes"}),
    )
    address = url_of("message", account, orders, batch.pk, 0)
    decoded, raw, as_hex = (text_of(browser.get(address + query)) for query in ("", "?view=raw", "?view=hex"))
    assert '"a"' in decoded
    assert "eyJhIjoxfQ==" in raw
    assert "7b 22 61 22 3a 31 7d" in as_hex
    assert "base64" in decoded


@pytest.mark.parametrize(("place", "query"), [(3, ""), (10**30, ""), (0, "?view=executed")])
def test_what_is_not_there_is_404_with_a_sentence(
    browser: Client, account: Account, orders: QueueHandle, place: int, query: str
) -> None:
    batch = peeked(browser, account, orders)
    answer = browser.get(url_of("message", account, orders, batch.pk, place) + query)
    assert answer.status_code == 404
    assert "The address may be mistyped" not in text_of(answer)


def test_what_cannot_be_decoded_says_what_was_tried(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = keep(account, orders, Message(id="a" * 32, body="{'a': None}", metadata={"CF-Content-Type": "json"}))
    text = text_of(browser.get(url_of("message", account, orders, batch.pk, 0)))
    assert "not decoded" in text
    assert "Declared as JSON, but it is not" in text


def test_all_metadata_is_shown_escaped_with_controls_by_name(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = keep(account, orders, Message(id="a" * 32, body="x", metadata={"<script>": "a\u202eb<img src=x>"}))
    answer = browser.get(url_of("message", account, orders, batch.pk, 0))
    Elements(answer).assert_sound()
    assert "&lt;script&gt;" in answer.content.decode()
    assert '<span class="ctl">U+202E</span>b&lt;img src=x&gt;' in answer.content.decode()


def test_an_opened_message_says_what_comes_next_and_until_when_it_is_held(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pulled(browser, account, orders)
    # The sandbox's clock stands still, that of the page does not.
    Batch.objects.update(message_retention_period=10 * 365 * 24 * 3600)
    text = text_of(browser.get(url_of("message", account, orders, batch.pk, 2)))
    assert "4 of 5 used" in text
    assert "The next failure may move it to <b>orders-dlq</b>" in text
    assert "until " in text
    assert "Deleted in <b>" in text
    assert "ms since 1970" in text


def test_what_left_the_queue_has_no_end_of_its_lease_and_no_next_failure(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pulled(browser, account, orders)
    settle(browser, account, orders, batch, 2)
    text = text_of(browser.get(url_of("message", account, orders, batch.pk, 2)))
    assert "acknowledged" in text
    for gone in ("until ", "The next failure", "Deleted in"):
        assert gone not in text


def test_a_download_is_bytes_that_no_browser_makes_anything_of(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    data = b"\x00<script>alert(1)</script>\xff"
    orders.push(data, message_id="f" * 32)
    batch = peeked(browser, account, orders)
    answer = browser.get(url_of("message_body", account, orders, batch.pk, 3))
    assert answer.content == data
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="orders-ffffffffffff.bin"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    raw = browser.get(url_of("message_body", account, orders, batch.pk, 3, view="raw"))
    assert raw.content == base64.b64encode(data)


def test_a_download_is_named_safely_whatever_the_upstream_calls_things(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = keep(account, orders, Message(id='../"\r\nx', body="{}", metadata={"CF-Content-Type": "json"}))
    batch.queue_name = '../../"; rm -rf\r\nSet-Cookie: a=b'
    batch.save()
    answer = browser.get(url_of("message_body", account, orders, batch.pk, 0))
    assert answer["Content-Disposition"] == 'attachment; filename="rm--rf-Set-Cookie-a-b-..-x.json"'


def test_a_download_is_on_the_record_without_the_body(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    browser.get(url_of("message_body", account, orders, batch.pk, 1))
    entry = AuditEntry.objects.get(action=Action.EXPORT)
    assert (entry.outcome, entry.queue_name, entry.message_count) == (Outcome.OK, "orders", 1)
    assert entry.parameters == {"batch": str(batch.pk), "position": 1, "raw": False}
    assert "words" not in str(entry.__dict__)


def test_without_the_right_to_export_nothing_can_be_taken_out(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    cast.owner.groups.get().permissions.get(codename="export").group_set.clear()
    reader = signed_in(cast.owner)
    page = reader.get(url_of("message", account, orders, batch.pk, 1))
    assert "Your role may not take message bodies out." in text_of(page)
    assert not Elements(page).all("textarea")
    assert not [link for link in Elements(page).all("a") if "download" in link]
    refused = reader.get(url_of("message_body", account, orders, batch.pk, 1))
    assert refused.status_code == 403
    assert AuditEntry.objects.get(action=Action.EXPORT).outcome == Outcome.REFUSED


def test_a_body_beyond_the_batch_is_404(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    assert browser.get(url_of("message_body", account, orders, batch.pk, 3)).status_code == 404
    assert not AuditEntry.objects.filter(action=Action.EXPORT).exists()
