"""A message whose attempts are spent does not come back when it is returned: that is said and asked first."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queues_app.models import Account, Action, AuditEntry, Lease
from queues_app.sandbox import QueueHandle, Sandbox
from tests.views.leases.acts import LEASES, act, numbers, pull
from tests.views.messages.acts import HTMX, Elements, settle, text_of, url_of

DELETES = "This deletes 1 message: no dead-letter queue."
MOVES = "1 message goes to orders-dlq."


def spend(*, position: int = 0) -> None:
    """As if a message had been pulled so often before."""
    Lease.objects.filter(position=position).update(attempts=9)


@pytest.fixture
def billing(sandbox: Sandbox) -> QueueHandle:
    """No dead-letter queue."""
    return sandbox.add_queue("billing", max_retries=3)


def test_what_has_attempts_left_goes_back_at_one_press(browser: Client, account: Account, orders: QueueHandle) -> None:
    pull(account, orders, 1)
    assert "1 of 1 returned." in text_of(browser.get(act(browser, "return", *numbers())["Location"]))


@pytest.mark.parametrize("verb", ["return", "retry"])
@pytest.mark.parametrize("headers", [None, HTMX])
def test_what_is_spent_is_asked_about_first_whatever_the_page_did(
    browser: Client, account: Account, billing: QueueHandle, verb: str, headers: dict[str, str] | None
) -> None:
    pull(account, billing, 2)
    spend()
    asked = act(browser, verb, *numbers(), headers=headers)
    assert asked.status_code == 200
    assert DELETES in text_of(asked)
    assert asked.get("HX-Retarget", "") == ("#dialogs" if headers else "")
    assert billing.count("settle") == 0
    assert not AuditEntry.objects.filter(action=Action.RETRY).exists()
    (told,) = Elements(asked).all("input", name="ends")
    assert told["value"] == "1"

    answer = act(browser, verb, *numbers(), ends=1)

    assert "2 of 2 re" in text_of(browser.get(answer["Location"]))
    assert billing.count("settle") == 1


def test_a_question_that_told_of_fewer_is_put_again(browser: Client, account: Account, billing: QueueHandle) -> None:
    pull(account, billing, 2)
    spend(position=0)
    spend(position=1)
    assert "This deletes 2 messages" in text_of(act(browser, "return", *numbers(), ends=1))
    assert billing.count("settle") == 0


def test_the_row_and_the_batch_ask_too(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pull(account, orders, 2)
    spend()
    first, _ = numbers()
    assert MOVES in text_of(act(browser, "", act=f"return {first}"))
    asked = settle(browser, account, orders, batch, 0, verb="return", headers=HTMX | {"HX-Target": "opened-0"})
    assert MOVES in text_of(asked)
    assert (asked["HX-Retarget"], asked["HX-Reswap"]) == ("#dialogs", "innerHTML")
    assert orders.count("settle") == 0
    answer = settle(browser, account, orders, batch, 1, verb="return")
    assert "1 of 1 returned." in text_of(browser.get(answer["Location"]))


def test_return_everything_says_what_it_ends(
    browser: Client, account: Account, orders: QueueHandle, billing: QueueHandle
) -> None:
    pull(account, orders, 2)
    pull(account, billing, 1)
    spend()
    text = text_of(browser.get(reverse("leases_return")))
    assert "orders: 1 message goes to orders-dlq." in text
    assert "billing: this deletes 1 message: no dead-letter queue." in text
    assert "The other one goes back to the queue at once" in text


def test_a_lead_is_asked_about_what_a_colleague_holds(lead: Client, account: Account, orders: QueueHandle) -> None:
    pull(account, orders, 1)
    spend()
    assert MOVES in text_of(act(lead, "return", *numbers(), next=reverse("leases_all")))
    assert orders.count("settle") == 0


@pytest.mark.parametrize(
    ("attempts", "limit", "sentence"),
    [
        (5, 5, "1 message may go to orders-dlq."),
        (None, 5, "1 message may go to orders-dlq (how many attempts were used is unknown)."),
        (9, None, "1 message may go to orders-dlq (the limit is unknown)."),
        # The limit was raised since: the queue says 5 now.
        (4, 3, "1 message may go to orders-dlq (the limit was changed since the pull)."),
    ],
)
def test_where_it_is_not_sure_it_says_may(
    browser: Client, account: Account, orders: QueueHandle, attempts: int | None, limit: int | None, sentence: str
) -> None:
    pull(account, orders, 1)
    browser.get(reverse("queue", args=[account.pk, orders.id]))
    Lease.objects.update(attempts=attempts, max_retries=limit)
    assert sentence in text_of(act(browser, "return", *numbers()))


def test_the_record_says_what_became_of_them(browser: Client, account: Account, billing: QueueHandle) -> None:
    pull(account, billing, 2)
    spend()
    told = text_of(browser.get(act(browser, "return", *numbers(), ends=1)["Location"]))
    sentence = "1 message had no attempt left: it is deleted, as there is no dead-letter queue."
    assert f"2 of 2 returned. {sentence}" in told
    entry = AuditEntry.objects.get(action=Action.RETRY)
    for name in ("audit_entry", "audit_markdown"):
        text = text_of(browser.get(reverse(name, args=[entry.pk])))
        assert f"{sentence} The others are delivered again." in text
        assert "Retried messages are delivered again" not in text


@pytest.mark.parametrize(
    ("attempts", "to", "words"),
    [
        (1, "", "probably visible again"),
        (3, "", "probably visible again, or deleted: no dead-letter queue"),
        (4, "", "probably deleted: no dead-letter queue"),
        (4, "billing-dlq", "probably in billing-dlq: no attempt was left"),
    ],
)
def test_the_ledger_says_where_a_lapsed_one_probably_is(
    browser: Client, account: Account, billing: QueueHandle, attempts: int, to: str, words: str
) -> None:
    pull(account, billing, 1)
    Lease.objects.update(attempts=attempts, dead_letter_queue=to)
    (waiting,) = [each for each in Elements(browser.get(LEASES)).all("span") if "data-when-lapsed" in each]
    assert "hidden" in waiting
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert f"<span>{words}</span>" in text_of(browser.get(LEASES))


def test_the_page_of_the_question_leads_back(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pull(account, orders, 1)
    spend()
    asked = settle(browser, account, orders, batch, 0, verb="return")
    (cancel,) = [link for link in Elements(asked).all("a") if "autofocus" in link]
    assert cancel["href"] == url_of("batch", account, orders, batch.pk)
