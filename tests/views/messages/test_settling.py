"""Acknowledge and retry: asked first, done once, told truthfully."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from queues_app.models import Account, Action, AuditEntry, LeaseState, Outcome
from queues_app.sandbox import ManualClock, QueueHandle
from tests.support.people import Cast, signed_in
from tests.views.messages.acts import HTMX, Elements, peeked, pulled, settle, text_of, url_of


def lapse(batch: object, *positions: int) -> None:
    """By our own clock, the time of these leases is over."""
    batch.leases.filter(position__in=positions).update(  # type: ignore[attr-defined]
        expires_at=timezone.now() - timedelta(seconds=1)
    )


def test_the_question_comes_first_and_sends_nothing(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    for headers in (None, HTMX):
        answer = settle(browser, account, orders, batch, 0, 2, step="confirm", intent="", headers=headers)
        text = text_of(answer)
        assert answer.status_code == 200
        assert "Acknowledge 2 messages?" in text
        assert "acknowledged messages are deleted" in text
        assert "<b>orders</b>" in text
        assert "acme-logistics" in text
        (cancel,) = [link for link in Elements(answer).all("a") if "autofocus" in link]
        assert cancel["href"] == url_of("batch", account, orders, batch.pk)
        assert bool(Elements(answer).all("dialog", class_="dialog")) is False or headers == HTMX
    assert orders.count("settle") == 0
    assert not AuditEntry.objects.filter(action=Action.ACK).exists()


def test_the_question_for_htmx_is_a_dialog(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    answer = settle(browser, account, orders, batch, 0, step="confirm", verb="retry", headers=HTMX)
    elements = Elements(answer)
    (dialog,) = elements.all("dialog")
    assert "data-modal" in dialog
    assert elements.all("input", name="delay")
    assert "<html" not in text_of(answer)


def test_acknowledged_messages_are_gone_and_a_reload_repeats_nothing(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pulled(browser, account, orders)
    answer = settle(browser, account, orders, batch, 0, 1)
    entry = AuditEntry.objects.get(action=Action.ACK)
    assert (answer.status_code, answer["Location"]) == (
        303,
        url_of("batch", account, orders, batch.pk, settled=entry.pk),
    )
    for _ in range(2):
        text = text_of(browser.get(answer["Location"]))
        assert "2 of 2 acknowledged." in text
        assert entry.receipt in text
        assert "<span>acknowledged</span>" in text
    assert orders.count("settle") == 1
    assert len(orders.messages) == 1


def test_a_lease_that_lapsed_here_is_skipped_and_said(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    lapse(batch, 1)
    answer = settle(browser, account, orders, batch, 0, 1, 2)
    text = text_of(browser.get(answer["Location"]))
    assert "2 of 3 acknowledged. 1 skipped: its lease had lapsed." in text
    assert len(orders.messages) == 1


def test_a_lease_that_lapsed_upstream_is_told_in_its_words(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock
) -> None:
    batch = pulled(browser, account, orders)
    clock.advance(seconds=31)
    answer = settle(browser, account, orders, batch, 0)
    text = text_of(browser.get(answer["Location"]))
    assert "0 of 1 acknowledged. 1 skipped: lease is no longer valid." in text
    assert "<span>skipped</span>" in text


def test_a_retry_hands_back_with_its_delay(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock
) -> None:
    batch = pulled(browser, account, orders)
    answer = settle(browser, account, orders, batch, 0, verb="retry", delay="5 min")
    assert "1 of 1 retried." in text_of(browser.get(answer["Location"]))
    assert orders.messages[0].state == "delayed"
    clock.advance(minutes=5, seconds=1)
    assert orders.messages[0].state == "ready"
    assert AuditEntry.objects.get(action=Action.RETRY).parameters["delay_seconds"] == 300


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_delay_that_is_no_time_is_kept_and_explained(
    browser: Client, account: Account, orders: QueueHandle, headers: dict[str, str] | None
) -> None:
    batch = pulled(browser, account, orders)
    answer = settle(browser, account, orders, batch, 0, 2, verb="retry", delay="2 fortnights", headers=headers)
    elements = Elements(answer)
    assert answer.status_code == 422
    assert "Write a time such as" in text_of(answer)
    assert elements.all("input", name="delay")[0]["value"] == "2 fortnights"
    assert [field["value"] for field in elements.all("input", name="position")] == ["0", "2"]
    assert orders.count("settle") == 0


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"position": ()}, "No message is selected."),
        ({"position": (7,)}, "not in this batch"),
        ({"position": ("x",)}, "not in this batch"),
        ({"verb": "eat"}, "eat is not one of the available choices"),
        ({"step": "jump"}, "jump is not one of the available choices"),
        ({"intent": ""}, "This form is incomplete"),
    ],
)
def test_nonsense_is_explained_and_not_sent(
    browser: Client, account: Account, orders: QueueHandle, typed: dict[str, object], sentence: str
) -> None:
    batch = pulled(browser, account, orders)
    answer = settle(browser, account, orders, batch, **{"position": (0,), **typed})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert orders.count("settle") == 0


def test_the_same_answer_twice_settles_once(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    intent = uuid.uuid4()
    first, second = (settle(browser, account, orders, batch, 0, intent=intent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert orders.count("settle") == 1


def test_settling_what_is_no_longer_held_sends_nothing_and_says_so(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pulled(browser, account, orders)
    lapse(batch, 0, 1, 2)
    question = settle(browser, account, orders, batch, 0, step="confirm")
    assert "None of the chosen messages is still held" in text_of(question)
    answer = settle(browser, account, orders, batch, 0)
    assert "Nothing was acknowledged. None of the chosen messages is still held" in text_of(
        browser.get(answer["Location"])
    )
    assert orders.count("settle") == 0


def test_a_peeked_message_cannot_be_settled(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    settle(browser, account, orders, batch, 0)
    assert orders.count("settle") == 0
    assert AuditEntry.objects.get(action=Action.ACK).outcome == Outcome.REFUSED


def test_an_answer_that_was_lost_leaves_the_truth(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    orders.fault("reset", route="settle", count=1)
    answer = settle(browser, account, orders, batch, 0, headers=HTMX)
    page = browser.get(answer["HX-Redirect"])
    assert "Whether they were acknowledged is unknown." in text_of(page)
    assert batch.leases.get(position=0).state == LeaseState.UNKNOWN
    # What is unknown can be tried again, like what is held.
    boxes = Elements(page).all("input", name="position")
    assert [box["value"] for box in boxes if "data-leased" in box] == ["0", "1", "2"]


def test_without_the_right_nothing_is_settled_and_the_attempt_is_recorded(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pulled(browser, account, orders)
    cast.owner.groups.get().permissions.get(codename="settle").group_set.clear()
    person = signed_in(cast.owner)
    page = person.get(url_of("batch", account, orders, batch.pk))
    assert "Your role may not acknowledge or retry messages." in text_of(page)
    verbs = [button for button in Elements(page).all("button", name="verb") if button["value"] in ("ack", "retry")]
    assert all("disabled" in button for button in verbs)
    for step in ("confirm", "do"):
        assert settle(person, account, orders, batch, 0, step=step).status_code == 403
    # The question counts as an attempt too.
    assert [entry.outcome for entry in AuditEntry.objects.filter(action=Action.ACK)] == [Outcome.REFUSED] * 2
    # Nor does a mistake in the form get the question shown.
    assert settle(person, account, orders, batch, 0, verb="retry", delay="soon").status_code == 403
    assert AuditEntry.objects.get(action=Action.RETRY).outcome == Outcome.REFUSED
    assert orders.count("settle") == 0


@pytest.mark.parametrize("settled", ["", "x", "0", "99999999999999999999", "٣", "-1"])
def test_a_result_that_is_not_yours_is_not_shown(
    browser: Client, account: Account, orders: QueueHandle, settled: str
) -> None:
    batch = pulled(browser, account, orders)
    answer = browser.get(url_of("batch", account, orders, batch.pk, settled=settled))
    assert answer.status_code == 200
    assert 'class="result"' not in answer.content.decode().partition("<template")[0]


def test_the_result_of_another_batch_is_not_shown(browser: Client, account: Account, orders: QueueHandle) -> None:
    first = pulled(browser, account, orders)
    settle(browser, account, orders, first, 0)
    entry = AuditEntry.objects.get(action=Action.ACK)
    other = peeked(browser, account, orders)
    answer = browser.get(url_of("batch", account, orders, other.pk, settled=entry.pk))
    assert entry.receipt not in text_of(answer)
