"""Sending under the two-person rule: who approves reads what goes, and each message goes once."""

import json
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from queues_app.models import (
    Account,
    Action,
    ApprovalRequest,
    ApprovalState,
    AuditEntry,
    MaskingRule,
    Outcome,
    Sending,
    TwoPersonRule,
)
from queues_app.operations import sending as steps
from queues_app.operations.approvals import ApprovalNeededError
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_user, signed_in
from tests.support.stack import calling
from tests.views.messages.acts import HTMX, text_of, url_of
from tests.views.test_approvals import ask, decide, last, run

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer

# Two calls.
MANY = 101


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    TwoPersonRule.objects.create(permissions=["send"], pattern="prod-*", created_by="admin")
    return sandbox.add_queue("prod-orders", max_retries=3)


@pytest.fixture
def browser(cast: Cast, account: Account) -> Client:
    return signed_in(cast.owner)


@pytest.fixture
def other(cast: Cast) -> Client:
    return signed_in(make_user("bo", "Lead"))


def prepare(browser: Client, account: Account, queue: QueueHandle, count: int = 1) -> str:
    """The page of as many messages, which are kept and not sent."""
    lines = "\n".join(json.dumps({"n": number, "password": f"hunter-{number}"}) for number in range(count))
    upload = SimpleUploadedFile("messages.jsonl", lines.encode())
    answer = browser.post(url_of("send_file", account, queue), {"file": upload, "file_format": "values"})
    return str(answer["Location"])


def send(browser: Client, page: str, step: int = 0, *, act: str = "send", **more: object) -> "Answer":
    return browser.post(page, {"act": act, "step": step, **more})


def asked(browser: Client, page: str) -> ApprovalRequest:
    assert ask(browser, send(browser, page)).status_code == 303
    return ApprovalRequest.objects.get()


def granted(browser: Client, other: Client, page: str) -> ApprovalRequest:
    request = asked(browser, page)
    decide(other, request)
    return request


def test_one_prepares_another_reads_and_approves_and_each_message_goes_once(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    page = prepare(browser, account, orders, MANY)
    assert "a second person has to approve this first" in text_of(browser.get(page))
    request = asked(browser, page)
    assert f"<dd>{MANY}</dd>" in text_of(other.get(reverse("approval", args=[request.pk])))
    assert f"Request {request.pk} waits for somebody" in text_of(browser.get(page))
    decide(other, request)
    waiting = text_of(browser.get(page))
    assert (f"Request {request.pk} was approved" in waiting, f"Send {MANY} messages…" in waiting) == (True, False)
    assert orders.messages == []

    assert run(browser, request).status_code == 302
    assert len(orders.messages) == 100
    entry = last(Action.SEND)
    assert (entry.outcome, entry.user_name, entry.parameters["approved_by"]) == (Outcome.OK, "owner", "bo")
    assert page in text_of(browser.get(reverse("approval", args=[request.pk])))
    assert run(browser, request).status_code == 409
    assert last(Action.SEND).reason == "request-over"
    assert len(orders.messages) == 100
    # What follows is of the same approval.
    assert send(browser, page, 1).status_code == 303
    assert len(orders.messages) == MANY
    run(browser, request)
    send(browser, page, 0)
    assert len(orders.messages) == MANY


def test_who_decides_reads_the_messages_behind_the_masks_and_that_is_on_the_record(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    MaskingRule.objects.create(kind="key", value="password", pattern="prod-*", created_by="admin")
    request = asked(browser, prepare(browser, account, orders, 2))
    place = reverse("approval", args=[request.pk])

    text = text_of(other.get(place))
    assert '{"n":1,"password":' in text.replace('": ', '":').replace(", ", ",")
    assert "hunter" not in text
    entry = last(Action.OPEN_COPY)
    assert (entry.outcome, entry.user_name, entry.message_count) == (Outcome.OK, "bo", 2)
    assert entry.parameters == {"owner": "owner", "request": request.pk}

    # Who asked reads their own.
    browser.get(place)
    decide(other, request)
    assert '"n"' not in text_of(other.get(place))
    assert AuditEntry.objects.filter(action=Action.OPEN_COPY).count() == 1


def test_who_decides_reads_also_what_is_at_the_end_of_a_long_message(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    body = json.dumps({"filling": "." * 1500, "last": "here"})
    page = browser.post(url_of("send", account, orders), {"content_type": "json", "body": body})["Location"]
    assert '"last": "here"' not in text_of(browser.get(page))
    request = asked(browser, page)
    assert '"last": "here"' in text_of(other.get(reverse("approval", args=[request.pk])))


def test_to_be_asked_for_a_second_person_sends_nothing(browser: Client, account: Account, orders: QueueHandle) -> None:
    page = prepare(browser, account, orders)
    question = send(browser, page)
    assert (question.status_code, "This needs a second person" in text_of(question)) == (200, True)
    # As a page would that was there before the rule.
    part = browser.post(page, {"act": "send", "step": 0, "by_itself": "1"}, headers=HTMX)
    assert "a second person has to approve this first" in text_of(part)
    assert (orders.messages, Sending.objects.get().outcomes) == ([], ["waiting"])
    TwoPersonRule.objects.all().delete()
    assert send(browser, page).status_code == 303
    assert len(orders.messages) == 1


@pytest.mark.parametrize("is_named", [True, False], ids=["known", "name not known"])
def test_the_call_itself_passes_the_gate(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle, is_named: bool
) -> None:
    prepare(browser, account, orders)
    if not is_named:
        Sending.objects.update(queue_name=orders.id)
        cache.clear()
    with pytest.raises(ApprovalNeededError):
        steps.step(caller=calling(cast.owner), sending=Sending.objects.get(), number=0)
    assert (orders.messages, last(Action.SEND).reason) == ([], "approval-needed")
    assert Sending.objects.get().outcomes == ["waiting"]


def test_where_the_name_cannot_be_read_any_rule_may_be_about_it(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    prepare(browser, account, orders)
    Sending.objects.update(queue_name=orders.id)
    cache.clear()
    sandbox.fault("html", route="queue", status=403)
    with pytest.raises(ApprovalNeededError):
        steps.step(caller=calling(cast.owner), sending=Sending.objects.get(), number=0)
    assert orders.messages == []


def test_what_may_have_arrived_is_not_sent_again_by_the_same_approval(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    page = prepare(browser, account, orders)
    request = granted(browser, other, page)
    orders.fault("hangup", route="push", count=1)
    run(browser, request)
    assert Sending.objects.get().outcomes == ["unknown"]
    answer = send(browser, page, 1, act="again", word="unknown")
    assert (answer.status_code, "they may have arrived" in text_of(answer)) == (422, True)
    assert send(browser, page, 1).status_code == 303
    assert orders.count("push") == 1


def test_where_nothing_waits_any_more_carrying_out_says_so(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    page = prepare(browser, account, orders)
    request = granted(browser, other, page)
    TwoPersonRule.objects.all().delete()
    send(browser, page)
    assert len(orders.messages) == 1
    answer = run(browser, request)
    assert (answer.status_code, "None of these messages waits to be sent any more" in text_of(answer)) == (409, True)
    assert (last(Action.SEND).outcome, last(Action.SEND).reason) == (Outcome.REFUSED, "nothing-waits")
    assert len(orders.messages) == 1


def test_what_was_sent_by_an_approval_is_not_sent_by_it_again(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    request = granted(browser, other, prepare(browser, account, orders))
    assert run(browser, request).status_code == 302
    answer = run(browser, request)
    assert (answer.status_code, "This was carried out already" in text_of(answer)) == (409, True)
    assert len(orders.messages) == 1


def test_of_messages_that_are_no_longer_kept_nothing_is_sent(
    browser: Client, other: Client, account: Account, orders: QueueHandle
) -> None:
    page = prepare(browser, account, orders)
    request = asked(browser, page)
    kept = Sending.objects.get()
    Sending.objects.update(expires_at=kept.created_at)
    assert "The messages are no longer kept" in text_of(other.get(reverse("approval", args=[request.pk])))
    decide(other, request)
    assert "no longer kept" in text_of(run(browser, request))
    assert (orders.messages, last(Action.SEND).reason) == ([], "messages-gone")
    request.refresh_from_db()
    assert request.state == ApprovalState.APPROVED
