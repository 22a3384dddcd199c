"""The question before leases are acknowledged, retried or returned all at once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queues_app.models import Account, Action, AuditEntry, Lease
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.views.leases.acts import act, numbers, pull
from tests.views.messages.acts import HTMX, Elements, text_of


@pytest.mark.parametrize("verb", ["ack", "retry"])
@pytest.mark.parametrize("headers", [None, HTMX])
def test_what_removes_asks_first_and_names_queues_and_counts(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, headers: dict[str, str] | None, verb: str
) -> None:
    pull(account, orders, 2)
    pull(account, sandbox.add_queue("invoices"), 1)
    answer = act(browser, verb, *numbers(), step="confirm", intent="", headers=headers)
    text = text_of(answer)
    assert f"{'Acknowledge' if verb == 'ack' else 'Retry'} 3 messages?" in text
    assert "<b>orders</b> 2 messages" in text
    assert "<b>invoices</b> 1 message" in text
    modal = [dialog for dialog in Elements(answer).all("dialog") if "data-modal" in dialog]
    assert len(modal) == (1 if headers else 0)
    chosen = ",".join(map(str, numbers()))
    assert [field["value"] for field in Elements(answer).all("input", name="lease")] == [chosen]
    assert orders.count("settle") == 0


def test_a_delay_that_is_none_is_kept_and_explained(browser: Client, account: Account, orders: QueueHandle) -> None:
    pull(account, orders)
    answer = act(browser, "retry", *numbers(), delay="2 fortnights", headers=HTMX)
    assert answer.status_code == 422
    assert Elements(answer).all("input", name="delay")[0]["value"] == "2 fortnights"
    assert "Write a time such as" in text_of(answer)


def test_a_retry_waits_as_long_as_was_asked(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock
) -> None:
    pull(account, orders)
    act(browser, "retry", *numbers(), delay="5 min")
    assert {message.state for message in orders.messages} == {"delayed"}
    clock.advance(seconds=301)
    assert {message.state for message in orders.messages} == {"ready"}


def test_everything_is_returned_after_a_question_that_captured_it(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    invoices = sandbox.add_queue("invoices")
    pull(account, orders, 2)
    pull(account, invoices, 3)
    question = browser.get(reverse("leases_return"), headers=HTMX)
    assert "Return 5 messages?" in text_of(question)
    pull(account, orders, 1)  # after the question: not meant by it
    (chosen,) = Elements(question).all("input", name="lease")

    answer = act(browser, "return", *str(chosen["value"]).split(","))  # type: ignore[arg-type]

    text = text_of(browser.get(answer["Location"]))
    assert "5 of 5 returned, in 2 calls." in text
    entries = AuditEntry.objects.filter(action=Action.RETRY)
    assert all(entry.receipt in text for entry in entries)
    assert sorted(message.state for message in orders.messages) == ["leased", "ready", "ready"]
    assert {message.state for message in invoices.messages} == {"ready"}


def test_everything_of_one_queue_is_returned_from_its_page(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    pull(account, orders, 2)
    pull(account, sandbox.add_queue("invoices"), 3)
    page = reverse("queue_leases", args=[account.pk, orders.id])
    question = browser.get(reverse("queue_leases_return", args=[account.pk, orders.id]))
    assert "Return 2 messages?" in text_of(question)
    assert Elements(question).all("input", name="next", value=page)
    answer = act(browser, "return", *numbers()[:2], next=page)
    assert answer["Location"].startswith(page)
    assert "2 of 2 returned." in text_of(browser.get(answer["Location"]))


def test_the_question_counts_what_has_lapsed_meanwhile(browser: Client, account: Account, orders: QueueHandle) -> None:
    pull(account, orders)
    Lease.objects.filter(position=0).update(expires_at=timezone.now() - timedelta(seconds=1))
    text = text_of(act(browser, "ack", *numbers(), step="confirm"))
    assert "Acknowledge 2 messages?" in text
    assert "1 of the 3 chosen: lapsed or settled before" in text
