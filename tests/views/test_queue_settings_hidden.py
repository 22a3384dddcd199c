"""Dead-letter queues that rules hide from somebody: not named or linked for them, nor given to a consumer by them."""

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from queues_app.models import Account, Action, ApprovalRequest, AuditEntry, Effect, Outcome, QueueRule, TwoPersonRule
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import make_account, make_user, signed_in
from tests.views.messages.acts import Elements, peek, text_of, url_of

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer

SETTINGS = {"max_retries": "7", "retry_delay": "1 min", "visibility_timeout": "45 s", "batch_size": "9"}
NOT_AMONG = "not among the queues you may see"
REFUSED = "A rule does not let you see queues here: deny see_queues on secret-* to everybody."


@pytest.fixture
def account(sandbox: Sandbox, upstream_url: str, db: None) -> Account:
    """Of somebody who may change queues."""
    lead = make_user("lead", "Lead")
    return make_account(lead, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"])


@pytest.fixture
def browser(account: Account) -> Client:
    return signed_in(account.credential.owner)


def hide(pattern: str = "secret-*") -> None:
    QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern=pattern)


def list_queues(browser: Client, account: Account) -> None:
    assert browser.get(reverse("queues", args=[account.pk])).status_code == 200


def change(
    browser: Client, account: Account, queue: QueueHandle, name: str, *, act: str = "consumer_edit", **typed: Any
) -> "Answer":
    """Give the consumer this dead-letter queue."""
    page = Elements(browser.get(url_of("queue_settings", account, queue)))
    # The form of the consumer comes last.
    seen = page.all("input", name="seen")[-1]["value"]
    fields = {**SETTINGS, "seen": seen, "dead_letter_queue": name, "step": "do", "intent": uuid.uuid4(), **typed}
    return browser.post(url_of(act, account, queue), fields)


def asked(browser: Client, account: Account, queue: QueueHandle, name: str) -> str:
    answer = change(browser, account, queue, name, step="confirm")
    assert answer.status_code == 200
    return text_of(answer)


def dead_letters_of(queue: QueueHandle) -> str | None:
    consumer = queue._queue.consumer
    assert consumer is not None
    return consumer.dead_letter_queue


def written(queue: QueueHandle) -> set[str]:
    return {call.route for call in queue.calls} & {"create_consumer", "replace_consumer"}


def test_a_question_names_no_queue_that_a_rule_hides(browser: Client, account: Account, sandbox: Sandbox) -> None:
    orders = sandbox.add_queue("orders")
    sandbox.add_queue("far", dead_letter_queue="secret-a")
    sandbox.add_queue("secret-a", dead_letter_queue="orders")
    list_queues(browser, account)
    assert "go round: orders → far → secret-a → orders" in asked(browser, account, orders, "far")
    hide()
    question = asked(browser, account, orders, "far")
    assert "secret-a" not in question
    assert "go round" not in question


def test_a_question_says_of_no_name_that_there_is_no_such_queue_where_rules_hide_some(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    orders = sandbox.add_queue("orders")
    sandbox.add_queue("spare")
    list_queues(browser, account)
    assert "No queue of this account is named media-nosuch" in asked(browser, account, orders, "media-nosuch")
    hide()
    question = asked(browser, account, orders, "media-nosuch")
    assert f"media-nosuch is {NOT_AMONG}" in question
    assert "No queue of this account" not in question
    assert NOT_AMONG not in asked(browser, account, orders, "spare")


@pytest.mark.parametrize(
    "page", ["queue", "queue_overview", "queue_settings", "queue_history", "queue_leases", "peek", "form"]
)
def test_no_page_of_a_queue_links_a_dead_letter_queue_that_a_rule_hides_or_tells_that_there_is_none(
    browser: Client, account: Account, sandbox: Sandbox, page: str
) -> None:
    hidden = sandbox.add_queue("secret-dlq")
    pages = {}
    for name, target in (("orders", "secret-dlq"), ("others", "nosuch-dlq"), ("third", "secret-no")):
        queue = sandbox.add_queue(name, dead_letter_queue=target, max_retries=5)
        queue.push({"order": 1})
        pages[target] = queue
    hide()
    list_queues(browser, account)
    said = set()
    for target, queue in pages.items():
        if page == "peek":
            answer = browser.get(peek(browser, account, queue)["Location"])
        elif page == "form":
            answer = change(browser, account, queue, target, max_retries="1000")
        else:
            answer = browser.get(url_of(page, account, queue))
        assert answer.status_code == (422 if page == "form" else 200)
        text = text_of(answer)
        assert hidden.id not in text
        assert NOT_AMONG in text
        assert "not in this account" not in text
        assert f"?q={target}" in text
        said.add(text.count(NOT_AMONG))
    assert len(said) == 1


def test_a_dead_letter_queue_that_may_be_seen_is_linked_where_a_rule_hides_others(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    dead = sandbox.add_queue("orders-dlq")
    orders = sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    hide()
    list_queues(browser, account)
    answer = browser.get(url_of("queue_settings", account, orders))
    assert url_of("queue", account, dead) in {link.get("href") for link in Elements(answer).all("a")}
    assert NOT_AMONG not in text_of(answer)


@pytest.mark.parametrize("step", ["confirm", "do"])
@pytest.mark.parametrize("act", ["consumer_add", "consumer_edit"])
def test_nobody_gives_a_consumer_a_dead_letter_queue_that_they_may_not_see_whether_it_exists_or_not(
    browser: Client, account: Account, sandbox: Sandbox, act: str, step: str
) -> None:
    sandbox.add_queue("secret-dlq")
    queue = sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    if act == "consumer_add":
        queue = sandbox.add_queue("bare", consumer=None)
    hide()
    list_queues(browser, account)
    for name in ("secret-dlq", "secret-no"):
        answer = change(browser, account, queue, name, act=act, step=step)
        assert answer.status_code == 403
        assert REFUSED in text_of(answer)
        assert name not in text_of(answer)
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.outcome, entry.reason) == (
            Action.CONSUMER_ADD if act == "consumer_add" else Action.CONSUMER_EDIT,
            Outcome.REFUSED,
            "not-allowed",
        )
        # Of the queue that was to be changed.
        assert entry.queue_id == queue.id
        assert entry.remark == REFUSED
        assert entry.parameters["dead_letter_queue"].endswith(f"→ {name}")
    assert not written(queue)


def test_a_consumer_keeps_the_hidden_dead_letter_queue_that_it_has_and_may_lose_it(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    orders = sandbox.add_queue("orders", dead_letter_queue="secret-dlq", max_retries=5)
    hide()
    for name in ("secret-dlq", ""):
        assert change(browser, account, orders, name, step="confirm").status_code == 200
        assert change(browser, account, orders, name).status_code == 303
        assert (dead_letters_of(orders) or "") == name
    assert change(browser, account, orders, "secret-dlq").status_code == 403
    assert change(browser, account, orders, "orders-dlq").status_code == 303
    assert dead_letters_of(orders) == "orders-dlq"


def test_what_was_asked_for_before_a_rule_hid_the_queue_is_not_carried_out(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    orders = sandbox.add_queue("orders")
    TwoPersonRule.objects.create(permissions=["edit"], pattern="orders", created_by="admin")
    answer = change(browser, account, orders, "secret-dlq", step="confirm")
    (act,) = Elements(answer).all("input", name="act")
    browser.post(reverse("approval_ask"), {"act": act["value"], "reason": "moved", "intent": uuid.uuid4()})
    request = ApprovalRequest.objects.get()
    second = signed_in(make_user("bo", "Lead"))
    second.post(reverse("approval_decide", args=[request.pk]), {"decision": "approve", "remark": "fine"})
    hide()
    answer = browser.post(reverse("approval_run", args=[request.pk]), {"intent": uuid.uuid4()})
    entry = AuditEntry.objects.filter(action=Action.CONSUMER_EDIT).latest("pk")
    assert (entry.outcome, entry.remark) == (Outcome.REFUSED, REFUSED)
    assert not written(orders)
