"""The two-person rule: asked for by one, approved by another, carried out once by the first."""

import re
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
    User,
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


def question(browser: Client, account: Account, queue: QueueHandle) -> "Answer":
    """In place of that for the name."""
    return browser.get(url_of("queue_empty", account, queue))


def empty(browser: Client, account: Account, queue: QueueHandle) -> "Answer":
    form = {"name": queue.name, "shown_name": queue.name, "intent": uuid.uuid4()}
    return browser.post(url_of("queue_empty", account, queue), form)


def ask(browser: Client, question: "Answer", reason: str = "poisoned") -> "Answer":
    """Fill in the question that came in place of the usual one, or of the act."""
    assert "This needs a second person" in text_of(question)
    (act,) = Elements(question).all("input", name="act")
    return browser.post(reverse("approval_ask"), {"act": act["value"], "reason": reason, "intent": uuid.uuid4()})


def asked(browser: Client, account: Account, queue: QueueHandle) -> ApprovalRequest:
    assert ask(browser, question(browser, account, queue)).status_code == 303
    return ApprovalRequest.objects.get()


def decide(browser: Client, request: ApprovalRequest, decision: str = "approve") -> "Answer":
    return browser.post(reverse("approval_decide", args=[request.pk]), {"decision": decision, "remark": "agreed"})


def run(browser: Client, request: ApprovalRequest) -> "Answer":
    return browser.post(reverse("approval_run", args=[request.pk]), {"intent": uuid.uuid4()})


def bo() -> User:
    return User.objects.get(username="bo")


def columns_of(request: ApprovalRequest) -> dict[str, Any]:
    """For another one like it."""
    return {field.attname: getattr(request, field.attname) for field in request._meta.fields if field.name != "id"}


def last(action: Action) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("pk")


def waits_for(browser: Client) -> int:
    """How many the header counts."""
    counted = re.search(r">(\d+)<span class=\"sr\"> waiting for you<", text_of(browser.get(reverse("approvals"))))
    return int(counted[1]) if counted else 0


def test_one_asks_another_approves_and_the_first_carries_it_out_once(
    browser: Client, other: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    request = asked(browser, account, orders)
    assert orders.count("empty_queue") == 0
    assert "Empty prod-orders" in text_of(other.get(reverse("approvals")))
    assert (waits_for(browser), waits_for(other)) == (0, 1)
    assert "poisoned" in text_of(other.get(reverse("approval", args=[request.pk])))
    assert decide(other, request).status_code == 302
    assert orders.count("empty_queue") == 0
    assert "Empty prod-orders" in text_of(browser.get(reverse("approval", args=[request.pk])))
    assert waits_for(browser) == 1
    assert "Approved: yours to carry out, before they lapse." in text_of(browser.get(reverse("approvals")))
    assert run(browser, request).status_code == 302
    assert orders.messages == []
    entry = last(Action.EMPTY)
    assert (entry.outcome, entry.user_name) == (Outcome.OK, "owner")
    assert entry.parameters["approved_by"] == "bo"
    assert entry.parameters["request"] == request.pk
    receipt = text_of(browser.get(reverse("audit_entry", args=[entry.pk])))
    assert f"approval request {request.pk}, approved by bo" in receipt
    assert entry.receipt in text_of(browser.get(reverse("approval", args=[request.pk])))
    assert waits_for(browser) == waits_for(other) == 0
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


def test_to_ask_is_no_refused_attempt(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    asking = {"step": "confirm", "intent": uuid.uuid4()}
    for answer in (
        question(browser, account, orders),
        delete(browser, account, orders, batch, position=["0"], step="confirm"),
        browser.post(url_of("queue_pause", account, orders), asking),
        browser.post(url_of("queue_resume", account, orders), asking),
    ):
        assert answer.status_code == 200
        assert "This needs a second person" in text_of(answer)
    assert not AuditEntry.objects.filter(outcome=Outcome.REFUSED).exists()
    TwoPersonRule.objects.update(pattern="live-*")
    assert "This needs a second person" not in text_of(question(browser, account, orders))


def test_an_approval_ends_with_the_right_of_who_gave_it(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    request = asked(browser, account, orders)
    decide(other, request)
    User.objects.filter(username="bo").update(is_active=False)
    assert "may not approve it any more" in text_of(run(browser, request))
    assert last(Action.EMPTY).reason == "approver-lost"
    User.objects.filter(username="bo").update(is_active=True)
    bo().groups.clear()
    assert run(browser, request).status_code == 409
    assert orders.count("empty_queue") == 0


def test_a_crowd_of_requests_elsewhere_hides_none_that_waits_for_somebody(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    request = asked(browser, account, orders)
    crowd = [ApprovalRequest(**{**columns_of(request), "queue_name": "secret-orders"}) for _ in range(60)]
    ApprovalRequest.objects.bulk_create(crowd)
    ApprovalRequest.objects.filter(pk=request.pk).update(asked_at=request.asked_at + timedelta(seconds=1))
    QueueRule.objects.create(effect=Effect.DENY, permissions=["empty"], pattern="secret-*", user=bo())
    page = text_of(other.get(reverse("approvals")))
    assert "Empty prod-orders" in page
    assert "secret-orders" not in page
    assert "More wait" not in page
    ApprovalRequest.objects.bulk_create([ApprovalRequest(**columns_of(request)) for _ in range(60)])
    assert "More wait" in text_of(other.get(reverse("approvals")))


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
    seen = Elements(settings).all("input", name="seen")[-1]["value"]
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


def test_where_deleting_needs_two_the_way_around_it_is_told_and_can_be_denied(cast: Cast) -> None:
    admin = signed_in(cast.admin)
    TwoPersonRule.objects.create(permissions=["delete"], pattern="prod-*", created_by="admin")
    TwoPersonRule.objects.create(permissions=["send"], pattern="sent-*", created_by="admin")
    page = admin.get(reverse("rules"))
    assert text_of(page).count("can still take messages out alone, by acknowledging them") == 1
    (link,) = [each["href"] or "" for each in Elements(page).all("a") if "effect=deny" in (each.get("href") or "")]

    begun = Elements(admin.get(link))
    fields = begun.all("input", type="checkbox", name="permissions")
    ticked = {field["value"] for field in fields if "checked" in field}
    assert ticked == {"pull", "settle"}
    assert begun.all("input", id="pattern", value="prod-*")
    form = {"intent": uuid.uuid4(), "effect": "deny", "permissions": ["pull", "settle"], "pattern": "prod-*"}
    assert admin.post(reverse("rule_add"), form).status_code == 302
    assert "can still take messages out alone" not in text_of(admin.get(reverse("rules")))
