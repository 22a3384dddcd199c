"""Copies that others fetched: who may open them, what is offered, and what is on the record."""

import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from queues_app.models import Account, Action, AuditEntry, Batch, Outcome, User
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.views.messages.acts import Elements, peeked, pulled, settle, text_of, url_of


@pytest.fixture
def lead(db: None) -> User:
    return make_user("lead", "Lead")


@pytest.fixture
def leads(lead: User, sandbox: Sandbox, account: Account) -> Account:
    """The lead's own way to the same account of Cloudflare's."""
    return make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id)


def copies_opened() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=Action.OPEN_COPY).order_by("pk"))


def words_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(answer)))


def test_a_colleagues_copy_is_offered_above_the_buttons_with_age_and_owner(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    page = signed_in(lead).get(url_of("queue", leads, orders))
    words = words_of(page)
    assert re.search(r"Open a copy, it costs no attempt: Peek 3 messages \d s ago by owner", words)
    assert words.index("by owner") < words.index("costs nothing")
    assert Elements(page).all("a", href=url_of("batch", leads, orders, batch.pk))
    assert AuditEntry.objects.count() == 1  # the peek: to be offered a copy is not to open it


def test_opening_it_shows_whose_it_is_and_asks_nothing_upstream(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    asked = (orders.count("peek"), orders.count("pull"))
    page = signed_in(lead).get(url_of("batch", leads, orders, batch.pk))
    assert page.status_code == 200
    assert "by owner. Kept sealed until" in words_of(page)
    assert "A copy that owner fetched: your reading it is on the record." in words_of(page)
    assert "Uses one attempt of each. At the limit" in words_of(page)  # no forecast from what is not one's own
    assert not Elements(page).all("form", hx_trigger="refresh from:body")
    assert (orders.count("peek"), orders.count("pull")) == asked


def test_each_opening_is_on_the_record(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    theirs = signed_in(lead)
    for name, more in (("batch", ()), ("message", (2,)), ("message_body", (1,))):
        assert theirs.get(url_of(name, leads, orders, batch.pk, *more)).status_code == 200
    ids = [message.id for message in orders.messages]
    whole, message, body = copies_opened()
    assert whole.parameters == {"owner": "owner", "batch": str(batch.pk)}
    assert (whole.outcome, whole.message_count, whole.message_ids) == (Outcome.OK, 3, ids)
    assert (whole.user_name, whole.queue_id, whole.credential_id) == ("lead", orders.id, leads.credential.pk)
    assert message.parameters == {"owner": "owner", "batch": str(batch.pk), "position": 2}
    assert (message.message_count, message.message_ids) == (1, [ids[2]])
    assert (body.parameters["position"], body.message_ids) == (1, [ids[1]])
    assert AuditEntry.objects.get(action=Action.EXPORT).user_name == "lead"


@pytest.mark.parametrize(
    ("role", "status"),
    [("Lead", 200), ("Admin", 200), ("Operator", 404), ("Viewer", 404), ("Auditor", 404), ("", 404)],
)
def test_only_some_roles_find_it(
    browser: Client, sandbox: Sandbox, account: Account, orders: QueueHandle, role: str, status: int
) -> None:
    batch = pulled(browser, account, orders)
    person = make_user("someone", role)
    own = make_account(person, secret=sandbox.tokens["full"], account_id=account.account_id)
    for name, more in (("batch", ()), ("message", (0,)), ("message_body", (0,))):
        assert signed_in(person).get(url_of(name, own, orders, batch.pk, *more)).status_code == status
    assert {entry.outcome for entry in copies_opened()} == {Outcome.OK if status == 200 else Outcome.REFUSED}
    assert len(copies_opened()) == 3
    assert orders.count("peek") == 0


def test_a_message_of_it_says_who_fetched_it(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    page = signed_in(lead).get(url_of("message", leads, orders, batch.pk, 0))
    assert "message 1 of 3, kept copy that owner fetched" in words_of(page)


def test_ones_own_copies_are_opened_without_an_entry(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    browser.get(url_of("batch", account, orders, batch.pk))
    browser.get(url_of("message", account, orders, batch.pk, 0))
    assert copies_opened() == []


def test_the_entry_is_there_before_the_body_is_unsealed(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle, settings: Settings
) -> None:
    batch = peeked(browser, account, orders)
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    assert signed_in(lead).get(url_of("message", leads, orders, batch.pk, 0)).status_code == 409
    (entry,) = copies_opened()
    assert (entry.outcome, entry.parameters["position"], entry.message_ids) == (Outcome.REFUSED, 0, [])


@pytest.mark.parametrize("name", ["batch", "message", "message_body"])
def test_without_the_permission_it_is_not_there_and_the_attempt_is_on_the_record(
    browser: Client, cast: Cast, sandbox: Sandbox, account: Account, orders: QueueHandle, name: str
) -> None:
    batch = peeked(browser, account, orders)
    theirs = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id)
    teammate = signed_in(cast.teammate)
    answer = teammate.get(url_of(name, theirs, orders, batch.pk, *(() if name == "batch" else (0,))))
    assert answer.status_code == 404
    assert "no longer kept" in text_of(answer)
    (entry,) = copies_opened()
    assert (entry.outcome, entry.reason, entry.user_name) == (Outcome.REFUSED, "not-allowed", "teammate")
    assert entry.parameters["owner"] == "owner"
    assert not Elements(teammate.get(url_of("queue", theirs, orders))).all("nav", aria_label="Kept copies")


@pytest.mark.parametrize(("mode", "lacks"), [(peeked, "peek"), (pulled, "pull")])
def test_it_takes_the_right_to_look_so_as_well(
    browser: Client, leads: Account, account: Account, orders: QueueHandle, mode: Any, lacks: str
) -> None:
    batch = mode(browser, account, orders)
    group = Group.objects.get(name="Lead")
    group.permissions.remove(Permission.objects.get(codename=lacks))
    someone = signed_in(leads.credential.owner)
    assert not Elements(someone.get(url_of("queue", leads, orders))).all("nav", aria_label="Kept copies")
    assert someone.get(url_of("batch", leads, orders, batch.pk)).status_code == 403
    assert [entry.outcome for entry in copies_opened()] == [Outcome.REFUSED]


def test_it_takes_a_way_of_ones_own_to_the_same_account(
    browser: Client, lead: User, sandbox: Sandbox, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    elsewhere = make_account(lead, secret=sandbox.tokens["full"], account_id="f" * 32)
    theirs = signed_in(lead)
    for reached in (account, elsewhere):
        assert theirs.get(url_of("batch", reached, orders, batch.pk)).status_code == 404
    assert copies_opened() == []


def test_offers_and_expired_copies_are_nobody_elses(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    theirs = signed_in(lead)
    for change in ({"is_offer": True}, {"is_offer": False, "expires_at": timezone.now() - timedelta(seconds=1)}):
        Batch.objects.update(**change)
        assert theirs.get(url_of("batch", leads, orders, batch.pk)).status_code == 404
        assert not Elements(theirs.get(url_of("queue", leads, orders))).all("nav", aria_label="Kept copies")


def test_leases_in_it_are_the_holders_and_cannot_be_settled_there(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    batch = pulled(browser, account, orders)
    theirs = signed_in(lead)
    page = theirs.get(url_of("batch", leads, orders, batch.pk))
    assert '<span class="owner" data-needs-lease>owner</span>' in text_of(page)
    assert not Elements(page).all("span", **{"class": "lease mine"})
    assert not [box for box in Elements(page).all("input", name="position") if "data-leased" in box]
    assert settle(theirs, leads, orders, batch, 0).status_code == 404
    message = theirs.get(url_of("message", leads, orders, batch.pk, 0))
    assert not Elements(message).all("button", name="verb")
    assert len(orders.messages) == 3


def test_what_is_done_from_it_is_done_with_the_readers_own_credential(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    page = signed_in(lead).get(url_of("batch", leads, orders, batch.pk))
    assert f"accounts/{account.pk}/" not in text_of(page)
