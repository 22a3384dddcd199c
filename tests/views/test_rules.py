"""Rules for queues: more or less than a role gives, by the name of a queue, wherever it is asked for."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from queues_app.models import Account, Action, AuditEntry, Effect, Lease, Outcome, QueueRule, ReadOnlyAccount, User
from queues_app.operations import look
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, signed_in
from tests.support.stack import calling
from tests.views.messages.acts import Elements, peek, peeked, pull, settle, text_of, url_of

RULES = "/rules/"


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("prod-orders", max_retries=5)
    queue.push_many([{"order": number} for number in range(3)])
    return queue


def rule(effect: str, *permissions: str, pattern: str = "prod-*", **columns: Any) -> QueueRule:
    return QueueRule.objects.create(effect=effect, permissions=list(permissions), pattern=pattern, **columns)


def deny(*permissions: str, **columns: Any) -> QueueRule:
    return rule("deny", *permissions, **columns)


def allow(*permissions: str, **columns: Any) -> QueueRule:
    return rule("allow", *permissions, **columns)


def refusal(action: Action) -> AuditEntry:
    entry = AuditEntry.objects.filter(action=action).latest("pk")
    assert (entry.outcome, entry.reason) == (Outcome.REFUSED, "not-allowed")
    return entry


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("prod-*", "prod-orders", True),
        ("prod-*", "Prod-orders", False),
        ("prod-*", "not-prod-orders", False),
        ("*", "anything", True),
        ("*-dlq", "orders-dlq", True),
        ("a**b", "ab", True),
        ("orders", "orders-2", False),
        ("or.ers", "orders", False),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_is_special(pattern: str, name: str, matches: bool) -> None:
    assert QueueRule(pattern=pattern).matches("a", name) is matches


@given(st.text(max_size=30), st.text(max_size=30))
def test_every_pattern_can_be_read_and_a_name_matches_itself(pattern: str, name: str) -> None:
    assert QueueRule(pattern=pattern).matches("a", name) in (True, False)
    assert QueueRule(pattern=name).matches("a", name.replace("*", "x"))


def test_what_a_rule_denies_is_closed_on_the_page_refused_and_on_the_record(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    deny("pull")
    page = text_of(browser.get(url_of("queue", account, orders)))
    assert "A rule does not let you pull messages here: deny pull on prod-* to everybody." in page
    assert pull(browser, account, orders).status_code == 403
    assert refusal(Action.PULL).queue_name == "prod-orders"
    assert orders.count("pull") == 0
    assert peek(browser, account, orders).status_code == 303


def test_other_queues_people_and_accounts_are_not_met(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle
) -> None:
    deny("pull", pattern="staging-*")
    deny("pull", user=cast.teammate)
    deny("pull", role="Viewer")
    deny("pull", account_id="f" * 32)
    assert pull(browser, account, orders).status_code == 303


@pytest.mark.parametrize("whose", [{"role": "Operator"}, {"user": "owner"}, {}])
def test_a_rule_is_for_a_role_a_person_or_everybody(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle, whose: dict[str, Any]
) -> None:
    if "user" in whose:
        whose = {"user": getattr(cast, whose["user"])}
    deny("peek", account_id=account.account_id, **whose)
    assert peek(browser, account, orders).status_code == 403


def test_a_queue_that_may_not_be_seen_is_in_no_list_and_nothing_can_be_done_with_it(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    batch = peeked(browser, account, orders)
    sandbox.add_queue("staging-orders")
    deny("see_queues")
    listed = text_of(browser.get(reverse("queues", args=[account.pk])))
    assert "staging-orders" in listed
    assert "prod-orders" not in listed
    for name in ("queue", "queue_settings", "send"):
        assert browser.get(url_of(name, account, orders)).status_code == 403
    assert browser.get(url_of("batch", account, orders, batch.pk)).status_code == 403
    assert peek(browser, account, orders).status_code == 403
    before = len(orders.messages)
    assert settle(browser, account, orders, batch, 0).status_code == 403
    assert len(orders.messages) == before


def test_a_rule_can_give_what_the_role_does_not_but_deny_wins(
    cast: Cast, account: Account, sandbox: Sandbox, orders: QueueHandle
) -> None:
    own = make_account(cast.viewer, secret=sandbox.tokens["full"], account_id=account.account_id)
    viewer = signed_in(cast.viewer)
    assert peek(viewer, own, orders).status_code == 403
    given = allow("peek", role="Viewer")
    assert peek(viewer, own, orders).status_code == 303
    staging = sandbox.add_queue("staging-orders")
    assert peek(viewer, own, staging).status_code == 403
    deny("peek", pattern="*-orders")
    assert peek(viewer, own, orders).status_code == 403
    given.delete()
    QueueRule.objects.all().delete()
    assert peek(viewer, own, orders).status_code == 403


def test_a_lease_is_settled_by_the_rules_of_its_queue(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle
) -> None:
    look.pull(
        caller=calling(cast.owner),
        account=account,
        queue_id=orders.id,
        batch_size=3,
        visibility_timeout_ms=60_000,
        intent=uuid.uuid4(),
    )
    deny("settle")
    leases = list(Lease.objects.values_list("pk", flat=True))
    fields = {"step": "do", "verb": "ack", "lease": leases, "intent": uuid.uuid4()}
    assert browser.post(reverse("lease_acts"), fields).status_code == 403
    assert refusal(Action.ACK).queue_name == "prod-orders"
    assert not Elements(browser.get(reverse("leases"))).all("button", name="act")
    assert orders.count("settle") == 0


def test_a_queue_that_nobody_read_yet_is_asked_for_its_name_before_a_rule_is_passed(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    deny("send")
    data = {"content_type": "text", "body": "x"}
    assert browser.post(url_of("send", account, orders), data).status_code == 403


def test_while_the_name_cannot_be_read_nothing_is_done_that_a_rule_may_close(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    deny("send", pattern="something-else")
    orders.fault("server_error", route="queue")
    answer = browser.post(url_of("send", account, orders), {"content_type": "text", "body": "x"})
    assert answer.status_code == 403
    assert "The name of this queue could not be read" in text_of(answer)


def test_a_read_only_deployment_is_for_peeks_and_counts_only(
    cast: Cast, account: Account, orders: QueueHandle, settings: Settings
) -> None:
    settings.READ_ONLY = True
    allow("pull")
    browser = signed_in(cast.owner)
    assert peek(browser, account, orders).status_code == 303
    for answer in (
        pull(browser, account, orders),
        browser.post(url_of("send", account, orders), {"content_type": "text", "body": "x"}),
        browser.post(url_of("queue_pause", account, orders), {"step": "do", "intent": uuid.uuid4()}),
    ):
        assert answer.status_code == 403
        assert "This deployment is read-only" in text_of(answer)
    assert orders.count("pull") == 0


def test_a_read_only_account_is_closed_for_every_credential_and_opened_again(
    cast: Cast, account: Account, orders: QueueHandle
) -> None:
    admin, browser = signed_in(cast.admin), signed_in(cast.owner)
    url = reverse("rules_read_only", args=[account.account_id])
    admin.post(url, {"read_only": "on"})
    assert ReadOnlyAccount.objects.get().account_id == account.account_id
    assert "This account is read-only here" in text_of(pull(browser, account, orders))
    assert AuditEntry.objects.get(action=Action.READ_ONLY_ON).account_id == account.account_id
    admin.post(url, {"read_only": "off"})
    assert pull(browser, account, orders).status_code == 303
    assert AuditEntry.objects.get(action=Action.READ_ONLY_OFF).outcome == Outcome.OK


def add(browser: Client, **typed: Any) -> Any:
    fields = {"effect": "deny", "permissions": ["pull", "send"], "pattern": "prod-*", "intent": uuid.uuid4()}
    return browser.post(reverse("rule_add"), fields | typed)


def test_a_rule_is_made_once_for_each_form_and_is_on_the_record(cast: Cast, account: Account) -> None:
    admin, intent = signed_in(cast.admin), uuid.uuid4()
    for _ in range(2):
        answer = add(admin, intent=intent, whose="person:owner", account_id=account.account_id, note="month end")
        assert (answer.status_code, answer["Location"]) == (302, RULES)
    made = QueueRule.objects.get()
    assert (made.effect, made.permissions, made.pattern) == (Effect.DENY, ["pull", "send"], "prod-*")
    assert (made.user, made.role, made.account_id, made.created_by) == (cast.owner, "", account.account_id, "admin")
    entry = AuditEntry.objects.get(action=Action.RULE_ADD)
    assert (entry.outcome, entry.remark) == (Outcome.OK, "deny pull, send on prod-* to owner")
    page = text_of(admin.get(RULES))
    for word in ("prod-*", "pull, send", "owner", "month end", account.name):
        assert word in page


def test_a_rule_is_taken_away_and_that_is_on_the_record(cast: Cast) -> None:
    made = deny("pull")
    signed_in(cast.admin).post(reverse("rule_remove", args=[made.pk]))
    assert not QueueRule.objects.exists()
    assert AuditEntry.objects.get(action=Action.RULE_REMOVE).remark == "deny pull on prod-* to everybody"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"pattern": " "}, "Type a queue’s name"),
        ({"pattern": "\u200b\u200b"}, "Type a name that can be seen."),
        ({"permissions": []}, "Choose what the rule is about."),
        ({"permissions": ["manage_people"]}, "manage_people is not one of the available choices"),
        ({"whose": "person:nobody"}, "person:nobody is not one of the available choices"),
        ({"intent": ""}, "This form is incomplete"),
    ],
)
def test_a_form_that_is_wrong_comes_back_with_what_was_typed(cast: Cast, typed: dict[str, Any], said: str) -> None:
    answer = add(signed_in(cast.admin), note="kept note", **typed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "kept note" in text_of(answer)
    assert not QueueRule.objects.exists()


def why(user: User, about: str, account: Account, queue: str = "prod-orders") -> str:
    answer = signed_in(user).get(
        reverse("rules_why"), {"person": about, "account_id": account.account_id, "queue": queue}
    )
    assert answer.status_code == 200
    Elements(answer).assert_sound()
    return text_of(answer)


def test_the_page_says_what_somebody_may_do_at_a_queue_and_why(cast: Cast, account: Account) -> None:
    deny("pull")
    allow("empty", user=cast.owner)
    page = why(cast.admin, "owner", account)
    assert "by the role Operator" in page
    assert "A rule does not let you pull messages here: deny pull on prod-* to everybody." in page
    assert "by a rule: allow empty on prod-* to owner" in page
    assert "Your role may not change queues and their consumers." in page
    assert "deny pull" not in why(cast.admin, "owner", account, queue="staging-orders")


def test_who_makes_no_rules_asks_about_themselves_only(cast: Cast, account: Account) -> None:
    assert "by the role Operator" in why(cast.owner, "owner", account)
    answer = signed_in(cast.owner).get(
        reverse("rules_why"), {"person": "admin", "account_id": account.account_id, "queue": "x"}
    )
    assert answer.status_code == 422
    assert signed_in(cast.owner).get(RULES).status_code == 403
    assert "No credential of yours reaches an account" in text_of(signed_in(cast.viewer).get(reverse("rules_why")))


def test_a_dead_letter_queue_that_a_rule_hides_is_not_said_to_be_missing(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    sandbox.add_queue("orders-dlq")
    deny("see_queues", pattern="orders-dlq")
    page = text_of(browser.get(reverse("dead_letters", args=[account.pk])))
    assert "not among the queues you may see" in page
    assert "None of the queues that you may see has this name." in page
    assert "not in this account" not in page
    assert "No queue of this account" not in page
    listed = text_of(browser.get(reverse("queues", args=[account.pk])))
    assert "not among the queues you may see" in listed
    assert "not in this account" not in listed
    assert "1 that you may see in this account." in listed
