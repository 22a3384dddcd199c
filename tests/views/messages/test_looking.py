"""Peek and pull: what leaves, how often, and what a person is told when nothing may."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from queues_app.models import Account, Action, AuditEntry, Batch, LeaseState, Mode, Outcome
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, signed_in
from tests.views.messages.acts import HTMX, Elements, peek, peeked, pull, pulled, text_of, url_of


def attempts_of(queue: QueueHandle) -> list[int]:
    return [message.attempts for message in queue.messages]


def test_a_peek_is_kept_at_its_own_address_and_uses_no_attempt(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    answer = peek(browser, account, orders)
    batch = Batch.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == url_of("batch", account, orders, batch.pk)
    assert (batch.mode, batch.message_count) == (Mode.PEEK, 3)
    assert attempts_of(orders) == [0, 0, 3]


def test_a_pull_uses_one_attempt_of_each_and_leases_it(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    assert attempts_of(orders) == [1, 1, 4]
    assert [lease.state for lease in batch.leases.all()] == [LeaseState.HELD] * 3
    entry = AuditEntry.objects.get(action=Action.PULL)
    assert (entry.outcome, entry.message_count, entry.batch_id) == (Outcome.OK, 3, batch.pk)


def test_no_get_pulls_or_peeks(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    orders_before = (orders.count("pull"), orders.count("peek"))
    for name, more in (
        ("peek", ()),
        ("pull", ()),
        ("settle", (batch.pk,)),
        ("batch", (batch.pk,)),
        ("batch", (batch.pk,)),
        ("message", (batch.pk, 0)),
        ("peek_again", (batch.pk,)),
    ):
        assert browser.get(url_of(name, account, orders, *more)).status_code in (200, 302, 405)
    assert (orders.count("pull"), orders.count("peek")) == orders_before == (1, 0)


def test_the_forms_address_leads_back_to_the_forms(browser: Client, account: Account, orders: QueueHandle) -> None:
    answer = browser.get(url_of("pull", account, orders))
    assert answer["Location"] == url_of("queue", account, orders)


def test_two_submits_of_one_form_pull_once_and_lead_to_the_same_batch(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    intent = uuid.uuid4()
    first, second = (pull(browser, account, orders, intent=intent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert second.status_code == 303
    assert orders.count("pull") == 1
    assert attempts_of(orders) == [1, 1, 4]


def test_a_second_submit_while_the_first_is_under_way_says_so(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle
) -> None:
    intent = uuid.uuid4()
    AuditEntry.objects.create(
        at=timezone.now(), action=Action.PULL, user_id=cast.owner.pk, user_name="owner", intent=intent
    )
    answer = pull(browser, account, orders, intent=intent)
    assert answer.status_code == 409
    assert "already under way" in text_of(answer)
    assert orders.count("pull") == 0


def test_the_number_of_another_queues_form_leads_to_no_batch_of_this_one(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    intent = uuid.uuid4()
    pull(browser, account, orders, intent=intent)
    other = sandbox.add_queue("other")
    answer = pull(browser, account, other, intent=intent)
    assert answer.status_code == 409
    assert "It was not done a second time" in text_of(answer)
    assert other.count("pull") == 0


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"batch_size": "0"}, "A whole number from 1 to 100."),
        ({"batch_size": "101"}, "A whole number from 1 to 100."),
        ({"batch_size": ""}, "A whole number from 1 to 100."),
        ({"batch_size": "ten"}, "A whole number from 1 to 100."),
        ({"visibility_timeout": "soon"}, "Write a time such as 30 s, 5 min or 1 h."),
        ({"visibility_timeout": "30 parsecs"}, "Write a time such as 30 s, 5 min or 1 h."),
        ({"visibility_timeout": "0"}, "Between 1 s and 12 h."),
        ({"visibility_timeout": "13 h"}, "Between 1 s and 12 h."),
        ({"visibility_timeout": ""}, "For how long? Write a time such as 30 s."),
        ({"visibility_timeout": "٣٠"}, "Write a time such as 30 s, 5 min or 1 h."),
        ({"intent": "seven"}, "This form is incomplete. Load the page again."),
        ({"intent": ""}, "This form is incomplete. Load the page again."),
    ],
)
def test_what_is_typed_wrongly_is_kept_explained_and_not_sent(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    typed: dict[str, str],
    sentence: str,
    headers: dict[str, str] | None,
) -> None:
    answer = pull(browser, account, orders, headers=headers, **typed)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    fields = {attrs.get("value") for attrs in Elements(answer).all("input")}
    assert {value for name, value in typed.items() if name != "intent"} <= fields
    assert (answer.headers.get("HX-Retarget") == "#look") is bool(headers)
    assert orders.count("pull") == 0
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("typed", "milliseconds"),
    [("30", 30_000), ("1 s", 1_000), ("2min", 120_000), ("1 h 30 m", 5_400_000), ("12 H", 43_200_000)],
)
def test_a_lease_can_be_written_as_people_write_times(
    browser: Client, account: Account, orders: QueueHandle, typed: str, milliseconds: int
) -> None:
    assert pull(browser, account, orders, visibility_timeout=typed).status_code == 303
    assert Batch.objects.get().visibility_timeout_ms == milliseconds


def test_htmx_is_led_to_the_batch(browser: Client, account: Account, orders: QueueHandle) -> None:
    answer = peek(browser, account, orders, headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (
        200,
        url_of("batch", account, orders, Batch.objects.get().pk),
    )


def test_a_lost_answer_is_said_beside_the_rows_and_the_form_gets_a_new_number(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    orders.fault("hangup", route="pull", count=1)
    intent = uuid.uuid4()
    answer = pull(browser, account, orders, intent=intent, headers=HTMX)
    assert answer.status_code == 504
    assert "it may have happened" in text_of(answer)
    assert AuditEntry.objects.get().outcome == Outcome.UNKNOWN
    (renewed,) = Elements(answer).all("input", id="pull-intent", hx_swap_oob="true")
    assert renewed["value"] != str(intent)


def test_without_htmx_a_failure_is_a_page(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.fault("html", route="peek", status=502)
    answer = peek(browser, account, orders)
    assert answer.status_code == 502
    assert "<!doctype html>" in answer.content.decode()


@pytest.mark.parametrize("act", [peek, pull])
def test_a_viewer_may_not_and_the_attempt_is_on_the_record(
    cast: Cast, sandbox: Sandbox, upstream_url: str, orders: QueueHandle, act: object
) -> None:
    account = make_account(cast.viewer, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"])
    answer = act(signed_in(cast.viewer), account, orders)  # type: ignore[operator]
    assert answer.status_code == 403
    assert "Your role may not" in text_of(answer)
    assert orders.calls == []
    assert [entry.outcome for entry in AuditEntry.objects.all()] == [Outcome.REFUSED]


@pytest.mark.parametrize("who", ["teammate", "stranger"])
def test_somebody_elses_account_is_not_there(cast: Cast, account: Account, orders: QueueHandle, who: str) -> None:
    assert pull(signed_in(getattr(cast, who)), account, orders).status_code == 404
    assert orders.calls == []


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"consumer": None}, "this queue has no HTTP pull consumer"),
        ({"consumer": "worker"}, "its consumer is a Worker"),
        ({"paused": True}, "Delivery is paused"),
    ],
)
def test_a_pull_that_cannot_be_is_closed_with_its_reason(
    browser: Client, account: Account, sandbox: Sandbox, how: dict[str, Any], sentence: str
) -> None:
    queue = sandbox.add_queue("closed", **how)
    batch = peeked(browser, account, queue)
    page = browser.get(url_of("batch", account, queue, batch.pk))
    assert sentence in text_of(page)
    (button,) = Elements(page).all("button", aria_describedby="pull-closed")
    assert "disabled" in button
    assert pull(browser, account, queue).status_code == 409


@pytest.mark.parametrize(
    ("how", "price"),
    [
        ({"max_retries": 4, "dead_letter_queue": "later"}, "At the limit of 4 they go to later"),
        ({"max_retries": 4}, "At the limit of 4 they will be deleted: no dead-letter queue"),
    ],
)
def test_the_price_of_a_pull_stands_beside_its_button(
    browser: Client, account: Account, sandbox: Sandbox, how: dict[str, Any], price: str
) -> None:
    queue = sandbox.add_queue("priced", **how)
    text = text_of(browser.get(url_of("queue", account, queue)))
    assert "Uses one attempt of each." in text
    assert price in re.sub(r"<[^>]+>", "", text)


def test_where_peek_is_not_there_yet_preview_is_used_and_said(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    sandbox.vary(peek="absent")
    batch = peeked(browser, account, orders)
    assert batch.mode == Mode.PREVIEW
    text = text_of(browser.get(url_of("batch", account, orders, batch.pk)))
    assert "by preview: this account has no peek yet" in text


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_pull_that_fails_leads_to_its_receipt(
    browser: Client, account: Account, orders: QueueHandle, headers: dict[str, str] | None
) -> None:
    orders.fault("reset", route="pull")
    page = text_of(pull(browser, account, orders, headers=headers))
    assert f"Receipt {AuditEntry.objects.get(action=Action.PULL).receipt}" in page
