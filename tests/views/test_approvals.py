"""The two-person rule: asked for by one, approved by another, carried out once by the first."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from queues_app.models import (
    Account,
    Action,
    ApprovalRequest,
    ApprovalState,
    AuditEntry,
    Effect,
    Outcome,
    QueueRule,
    TwoPersonRule,
)
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_user, signed_in
from tests.views.messages.acts import Elements, delete, peeked, text_of, url_of

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("prod-orders", max_retries=3)
    queue.push_many(range(3))
    TwoPersonRule.objects.create(permissions=["empty", "delete", "edit"], pattern="prod-*", created_by="admin")
    return queue


@pytest.fixture
def browser(cast: Cast, account: Account) -> Client:
    """The owner's, who leads."""
    cast.owner.groups.set(make_user("lead", "Lead").groups.all())
    return signed_in(cast.owner)


@pytest.fixture
def other(cast: Cast) -> Client:
    """Of another Lead's, who may approve."""
    return signed_in(make_user("bo", "Lead"))


def empty(browser: Client, account: Account, queue: QueueHandle) -> "Answer":
    form = {"name": queue.name, "shown_name": queue.name, "intent": uuid.uuid4()}
    return browser.post(url_of("queue_empty", account, queue), form)


def ask(browser: Client, question: "Answer", reason: str = "poisoned") -> "Answer":
    """Fill in the question that came in place of the act."""
    assert question.status_code == 409
    (act,) = Elements(question).all("input", name="act")
    return browser.post(reverse("approval_ask"), {"act": act["value"], "reason": reason, "intent": uuid.uuid4()})


def asked(browser: Client, account: Account, queue: QueueHandle) -> ApprovalRequest:
    assert ask(browser, empty(browser, account, queue)).status_code == 303
    return ApprovalRequest.objects.get()


def decide(browser: Client, request: ApprovalRequest, decision: str = "approve") -> "Answer":
    return browser.post(reverse("approval_decide", args=[request.pk]), {"decision": decision, "remark": "agreed"})


def run(browser: Client, request: ApprovalRequest) -> "Answer":
    return browser.post(reverse("approval_run", args=[request.pk]), {"intent": uuid.uuid4()})


def last(action: Action) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("pk")


def test_one_asks_another_approves_and_the_first_carries_it_out_once(
    browser: Client, other: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    request = asked(browser, account, orders)
    assert orders.count("empty_queue") == 0
    assert "Empty prod-orders" in text_of(other.get(reverse("approvals")))
    assert "poisoned" in text_of(other.get(reverse("approval", args=[request.pk])))
    assert decide(other, request).status_code == 302
    assert orders.count("empty_queue") == 0
    assert "Empty prod-orders" in text_of(browser.get(reverse("approval", args=[request.pk])))
    assert run(browser, request).status_code == 302
    assert orders.messages == []
    entry = last(Action.EMPTY)
    assert (entry.outcome, entry.user_name) == (Outcome.OK, "owner")
    assert entry.parameters["approved_by"] == "bo"
    assert entry.parameters["request"] == request.pk
    assert entry.receipt in text_of(browser.get(reverse("approval", args=[request.pk])))
    assert run(browser, request).status_code == 409
    assert orders.count("empty_queue") == 1
    assert last(Action.EMPTY).reason == "request-over"


def test_without_an_approval_nothing_is_sent(browser: Client, account: Account, orders: QueueHandle) -> None:
    assert "This needs a second person" in text_of(empty(browser, account, orders))
    batch = peeked(browser, account, orders)
    assert delete(browser, account, orders, batch, position=["0"], step="do").status_code == 409
    pausing = {"step": "do", "intent": uuid.uuid4()}
    assert browser.post(url_of("queue_pause", account, orders), pausing).status_code == 409
    assert [orders.count(route) for route in ("empty_queue", "purge_messages", "edit_queue")] == [0, 0, 0]
    assert last(Action.EMPTY).reason == "approval-needed"


def test_nobody_approves_their_own(browser: Client, account: Account, orders: QueueHandle) -> None:
    request = asked(browser, account, orders)
    assert decide(browser, request).status_code == 409
    assert last(Action.APPROVAL_APPROVE).reason == "own-request"
    assert run(browser, request).status_code == 409
    assert orders.count("empty_queue") == 0


def test_who_may_not_approve_does_not(browser: Client, account: Account, orders: QueueHandle, cast: Cast) -> None:
    request, operator = asked(browser, account, orders), signed_in(cast.teammate)
    assert operator.get(reverse("approval", args=[request.pk])).status_code == 404
    assert decide(operator, request).status_code == 404
    request.refresh_from_db()
    assert request.state == ApprovalState.WAITING


@pytest.mark.parametrize("ends", ["declined", "withdrawn", "expired waiting", "expired approved"])
def test_what_ended_is_not_carried_out(
    browser: Client, other: Client, account: Account, orders: QueueHandle, ends: str
) -> None:
    request = asked(browser, account, orders)
    if ends == "declined":
        decide(other, request, "decline")
    elif ends == "withdrawn":
        decide(other, request)
        browser.post(reverse("approval_withdraw", args=[request.pk]))
    else:
        if ends == "expired approved":
            decide(other, request)
        ApprovalRequest.objects.update(expires_at=request.asked_at - timedelta(seconds=1))
    assert run(browser, request).status_code == 409
    assert decide(other, request).status_code == 409
    assert orders.count("empty_queue") == 0
    assert "expired" in text_of(browser.get(reverse("approval", args=[request.pk]))) or "expired" not in ends


def test_a_rule_that_denies_and_a_lost_role_beat_an_approval(
    browser: Client, other: Client, account: Account, orders: QueueHandle, cast: Cast
) -> None:
    request = asked(browser, account, orders)
    decide(other, request)
    rule = QueueRule.objects.create(effect=Effect.DENY, permissions=["empty"], pattern="prod-*")
    assert run(browser, request).status_code == 403
    rule.delete()
    cast.owner.groups.clear()
    assert run(browser, request).status_code == 403
    assert orders.count("empty_queue") == 0


def test_a_consumer_that_changed_meanwhile_is_not_what_was_approved(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    settings = browser.get(url_of("queue_settings", account, orders))
    seen = Elements(settings).all("input", name="seen")[0]["value"]
    form: dict[str, Any] = {"step": "do", "intent": uuid.uuid4(), "seen": seen, "max_retries": "50"}
    assert ask(browser, browser.post(url_of("consumer_edit", account, orders), form)).status_code == 303
    request = ApprovalRequest.objects.get()
    decide(other, request)
    TwoPersonRule.objects.all().delete()
    browser.post(url_of("consumer_edit", account, orders), {**form, "intent": uuid.uuid4(), "max_retries": "9"})
    before = orders.count("replace_consumer")
    assert run(browser, request).status_code == 409
    assert orders.count("replace_consumer") == before == 1


def test_chosen_messages_are_deleted_as_approved(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    assert ask(browser, delete(browser, account, orders, batch, position=["0"], step="do")).status_code == 303
    request = ApprovalRequest.objects.get()
    decide(other, request)
    run(browser, request)
    request.refresh_from_db()
    assert (request.state, orders.count("purge_messages")) == (ApprovalState.RUN, 1)


def test_a_form_of_somebody_else_asks_for_nothing(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    assert ask(other, empty(browser, account, orders)).status_code == 409
    assert not ApprovalRequest.objects.exists()


def test_a_second_person_is_asked_for_on_the_page_of_rules(cast: Cast, orders: QueueHandle) -> None:
    admin = signed_in(cast.admin)
    form = {"permissions": ["empty"], "pattern": "live-*", "intent": uuid.uuid4()}
    assert admin.post(reverse("two_person_add"), form).status_code == 302
    assert "live-*" in text_of(admin.get(reverse("rules")))
    made = TwoPersonRule.objects.get(pattern="live-*")
    assert admin.post(reverse("two_person_add"), {"intent": uuid.uuid4()}).status_code == 422
    assert admin.post(reverse("two_person_remove", args=[made.pk])).status_code == 302
    assert last(Action.TWO_PERSON_REMOVE).outcome == Outcome.OK
