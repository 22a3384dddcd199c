"""Return, extend, acknowledge and retry from the ledger: done once, told truthfully."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from queues_app.models import Account, Action, AuditEntry, Lease, LeaseState
from queues_app.operations import ledger
from queues_app.operations.lease_rows import PERHAPS_EXTENDED
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.views.leases.acts import LEASES, act, numbers, pull
from tests.views.messages.acts import HTMX, Elements, text_of, url_of


def test_return_and_extend_are_done_at_once_from_the_rows_own_button(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    pull(account, orders, 2)
    first, second = numbers()
    page = browser.get(LEASES)
    (form,) = Elements(page).all("form", id="row-acts")
    assert [button["value"] for button in Elements(page).all("button", name="act")] == [
        f"extend {first}",
        f"return {first}",
        f"extend {second}",
        f"return {second}",
    ]
    fields = {"step": "do", "next": LEASES, "intent": uuid.uuid4()}

    for verb, number, said in (("extend", first, "1 of 1 extended."), ("return", second, "1 of 1 returned.")):
        answer = browser.post(str(form["action"]), {**fields, "act": f"{verb} {number}"})
        assert answer.status_code == 303
        assert said in text_of(browser.get(answer["Location"]))
    assert list(Lease.objects.values_list("state", "extensions")) == [("held", 1), ("retried", 0)]


def test_the_bars_return_and_extend_need_no_second_step(browser: Client, account: Account, orders: QueueHandle) -> None:
    """The bar says step=confirm for all its verbs; these two have no question."""
    pull(account, orders)
    intent = uuid.uuid4()
    for verb, said in (("extend", "3 of 3 extended."), ("return", "3 of 3 returned.")):
        answer = act(browser, verb, *numbers(), step="confirm", intent=intent)
        assert said in text_of(browser.get(answer["Location"]))
    assert (orders.count("extend"), orders.count("settle")) == (1, 1)


def test_the_same_press_twice_acts_once_and_another_choice_of_the_same_page_is_another_act(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    pull(account, orders)
    intent = uuid.uuid4()
    first, second, third = numbers()
    places = [
        act(browser, "extend", *chosen, intent=intent)["Location"]
        for chosen in ((first, second), (second, first), (third,))
    ]
    assert places[0] == places[1] != places[2]
    assert orders.count("extend") == 2
    assert set(Lease.objects.values_list("extensions", flat=True)) == {1}


def test_how_long_to_hold_on_can_be_chosen(browser: Client, account: Account, orders: QueueHandle) -> None:
    pull(account, orders)
    act(browser, "extend", *numbers(), visibility_timeout="1 h")
    assert AuditEntry.objects.get(action=Action.EXTEND).parameters["visibility_timeout_ms"] == 3_600_000
    assert Lease.objects.filter(expires_at__gt=timezone.now() + timedelta(minutes=59)).count() == 3


def test_a_length_that_is_none_comes_back_with_what_was_typed_and_chosen(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    pull(account, orders)
    first, _, third = numbers()
    answer = act(browser, "extend", first, third, visibility_timeout="a while")
    elements = Elements(answer)
    assert answer.status_code == 422
    assert "Write a time such as" in text_of(answer)
    assert elements.all("input", name="visibility_timeout")[0]["value"] == "a while"
    assert [box["value"] for box in elements.all("input", name="lease") if "checked" in box] == [
        str(first),
        str(third),
    ]
    assert orders.count("extend") == 0


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"lease": ()}, "No lease is selected."),
        ({"lease": ("x",)}, "A lease was named that is none."),
        ({"lease": ("1,,2",)}, "A lease was named that is none."),
        ({"lease": ("٣",)}, "A lease was named that is none."),
        ({"lease": ("9" * 19,)}, "A lease was named that is none."),
        ({"lease": (",".join(["1"] * 1001),)}, "At most 1,000 leases at once."),
        ({"verb": "eat"}, "eat is not one of the available choices"),
        ({"step": "jump"}, "jump is not one of the available choices"),
        ({"intent": ""}, "This form is incomplete"),
        ({"act": "eat 1"}, "eat is not one of the available choices"),
        ({"act": "return x"}, "A lease was named that is none."),
    ],
)
@pytest.mark.parametrize("headers", [None, HTMX])
def test_nonsense_is_explained_and_not_sent(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    headers: dict[str, str] | None,
    typed: dict[str, object],
    sentence: str,
) -> None:
    pull(account, orders)
    answer = act(browser, "ack", **{"lease": numbers(), "headers": headers, **typed})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert orders.count("settle") == 0


def test_each_skipped_message_is_named_with_its_reason(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock
) -> None:
    pull(account, orders, 3)
    first, second, third = Lease.objects.all()
    act(browser, "ack", first.pk)
    Lease.objects.filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    clock.advance(seconds=61)

    answer = act(browser, "ack", *numbers())

    page = browser.get(answer["Location"])
    outcome = text_of(page).partition('<ul class="outcome">')[2].partition("</ul>")[0]
    assert "0 of 3 acknowledged. 3 skipped" in text_of(page)
    for lease, why in (
        (first, "already acknowledged"),
        (second, "its lease had lapsed"),
        (third, "lease is no longer valid"),
    ):
        assert f"{lease.message_id[:6]}…{lease.message_id[-4:]}</span> <span>{why}" in outcome


def test_a_call_that_fails_is_told_beside_those_that_did_not(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    invoices = sandbox.add_queue("invoices")
    pull(account, orders, 2)
    pull(account, invoices, 2)
    orders.fault("rate_limited", route="settle")

    answer = act(browser, "ack", *numbers())

    text = text_of(browser.get(answer["Location"]))
    assert "2 of 4 acknowledged, in 2 calls. 1 call failed." in text
    assert "Nothing was acknowledged." in text
    assert invoices.messages == []
    assert {lease.state for lease in Lease.objects.filter(queue_id=orders.id)} == {"held"}


def test_calls_for_which_no_time_is_left_are_not_made_and_go_out_when_the_form_is_sent_again(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, settings: Settings
) -> None:
    invoices = sandbox.add_queue("invoices")
    pull(account, orders, 2)
    pull(account, invoices, 2)
    intent, patient = uuid.uuid4(), settings.WORKER_TIMEOUT
    settings.WORKER_TIMEOUT = 1

    answer = act(browser, "ack", *numbers(), intent=intent)

    text = text_of(browser.get(answer["Location"]))
    assert "2 of 2 acknowledged, in 2 calls. For want of time 1 call was not made." in text
    assert (orders.messages, len(invoices.messages)) == ([], 2)
    settings.WORKER_TIMEOUT = patient
    act(browser, "ack", *numbers(), intent=intent)
    assert invoices.messages == []
    assert orders.count("settle") == 1


def test_an_extension_whose_end_is_unknown_is_told_so(browser: Client, account: Account, orders: QueueHandle) -> None:
    pull(account, orders, 1)
    orders.fault("reset", route="extend")
    answer = act(browser, "extend", *numbers())
    text = text_of(browser.get(answer["Location"]))
    assert "Whether they were extended is unknown." in text
    assert "The old end counts." in text
    assert PERHAPS_EXTENDED in text
    assert "You hold 1 message." in text


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/leases/all/", "/audit/", "x", "\\evil"])
def test_a_form_leads_back_to_the_ledger_and_nowhere_else(
    browser: Client, account: Account, orders: QueueHandle, target: str
) -> None:
    pull(account, orders)
    assert act(browser, "return", *numbers(), next=target)["Location"].startswith("/leases/?settled=")


def test_a_get_of_the_acting_address_leads_to_the_ledger(browser: Client, account: Account) -> None:
    assert browser.get(reverse("lease_acts"))["Location"] == LEASES


def test_an_opened_message_is_held_on_where_it_stands(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pull(account, orders)
    url = url_of("message", account, orders, batch.pk, 1)
    opened = browser.get(url, headers=HTMX)
    assert "Extend 1 min" in text_of(opened)
    (form,) = [
        form for form in Elements(opened).all("form") if form.get("hx-target") == "#opened-1" and "hx-post" in form
    ]
    fields = {"step": "do", "verb": "extend", "position": "1", "intent": uuid.uuid4()}

    answer = browser.post(str(form["action"]), fields, headers={**HTMX, "HX-Target": "opened-1"})

    text = text_of(answer)
    assert answer.status_code == 200
    assert "1 of 1 extended." in text
    assert 'id="opened-1"' in text
    assert 'hx-swap-oob="innerHTML:#held-1"' in text
    assert Lease.objects.get(position=1).extensions == 1


def test_an_opened_message_that_lapsed_meanwhile_says_so_where_it_stands(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pull(account, orders)
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    fields = {"step": "do", "verb": "extend", "position": "1", "intent": uuid.uuid4()}
    answer = browser.post(
        url_of("settle", account, orders, batch.pk), fields, headers={**HTMX, "HX-Target": "opened-1"}
    )
    assert "Nothing was extended. None of the chosen messages is still held" in text_of(answer)
    assert "Extend 1 min" not in text_of(answer)


def test_more_than_go_at_once_are_counted_and_left(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(account, orders, 5)
    monkeypatch.setattr(ledger, "MOST_CHOSEN", 3)
    text = text_of(browser.get(reverse("leases_return")))
    assert "Return 3 messages?" in text
    assert "2 more; at most" in text


def test_without_a_script_the_opened_message_leads_back_to_its_batch(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pull(account, orders)
    for verb, said in (("extend", "1 of 1 extended."), ("return", "1 of 1 returned.")):
        answer = browser.post(
            url_of("settle", account, orders, batch.pk),
            {"step": "do", "verb": verb, "position": "1", "intent": uuid.uuid4()},
        )
        assert answer["Location"].startswith(url_of("batch", account, orders, batch.pk))
        assert said in text_of(browser.get(answer["Location"]))
    assert Lease.objects.get(position=1).state == LeaseState.RETRIED


def test_the_batchs_bar_returns_and_extends_at_once(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pull(account, orders)
    page = browser.get(url_of("batch", account, orders, batch.pk))
    assert [button["value"] for button in Elements(page).all("button", name="verb")] == [
        "return",
        "extend",
        "ack",
        "retry",
    ]
    answer = browser.post(
        url_of("settle", account, orders, batch.pk),
        {"step": "confirm", "verb": "return", "position": ["0", "2"], "intent": uuid.uuid4()},
    )
    assert "2 of 2 returned." in text_of(browser.get(answer["Location"]))
