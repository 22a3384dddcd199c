"""What is masked is shown once, on the record, and goes on as it truly is."""

import io
import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from queues_app.masking import MASK
from queues_app.models import Account, Action, AuditEntry, Batch, MaskingRule, Outcome, Sending
from queues_app.operations import batches, sendings
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import signed_in
from tests.views.messages.acts import text_of, url_of
from tests.views.messages.masked import CANARY, batch, mask, orders, place_of

__all__ = ["batch", "mask", "orders"]


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


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"customer": {"password": "••••"}}', "1 value is a mask: •••• would be sent."),
        ('{"a": "••••", "b": "mail ••••"}', "2 values are masks: •••• would be sent."),
        ('{"a": "\\u2022\\u2022\\u2022\\u2022"}', "1 value is a mask: •••• would be sent."),
        ('{"customer": {"password": "true"}}', ""),
    ],
)
def test_a_file_that_holds_masks_is_said_to_before_it_is_sent(
    browser: Client, account: Account, orders: QueueHandle, mask: MaskingRule, line: str, said: str
) -> None:
    upload = io.BytesIO(line.encode())
    upload.name = "exported.jsonl"
    answer = browser.post(url_of("send_file", account, orders), {"file": upload, "file_format": "values"})
    page = text_of(browser.get(answer["Location"]))
    assert said in page
    assert ("would be sent" in page) == bool(said)


def test_the_size_is_the_true_one(browser: Client, account: Account, orders: QueueHandle, batch: Batch) -> None:
    at = place_of(batches.messages_of(batch), 1)
    size = len(batches.messages_of(batch)[at].body)
    assert f"{size} B" in text_of(browser.get(url_of("message", account, orders, batch.pk, at)))
