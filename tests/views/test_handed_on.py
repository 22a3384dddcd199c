"""Links that are handed on: who reaches the same account gets to the same place by an own way, and learns no more."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from queues_app.models import Account, User
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.support.teams import LOOKING, make_team, share
from tests.views.messages.acts import peeked, text_of, url_of
from tests.views.messages.conftest import orders

__all__ = ("orders",)
NO_SUCH_ROW = 987_654


@pytest.fixture
def lead(db: None) -> User:
    return make_user("lead", "Lead")


@pytest.fixture
def leads(lead: User, sandbox: Sandbox, account: Account) -> Account:
    return make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id)


def words_of(answer: Any) -> str:
    """The page without what differs at each asking: the request's id, the form's token, the time."""
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken[^}]*|[0-9a-f]{32}|[0-9]{13}', "", text_of(answer))


def test_a_link_to_a_batch_a_message_a_queue_and_its_overview_goes_on_by_the_readers_own_way(
    browser: Client, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    theirs = signed_in(lead)
    for name, more in (
        ("batch", (batch.pk,)),
        ("message", (batch.pk, 1)),
        ("queue", ()),
        ("queue_overview", ()),
        ("queue_settings", ()),
    ):
        answer = theirs.get(f"{url_of(name, account, orders, *more)}?q=attempts%20%3E%201&sort=-age")
        assert answer.status_code == 302, name
        assert answer.headers["Location"] == f"{url_of(name, leads, orders, *more)}?q=attempts%20%3E%201&sort=-age"
        assert theirs.get(answer.headers["Location"]).status_code == 200, name
    answer = theirs.get(reverse("queues", args=[account.pk]))
    assert answer.headers["Location"] == reverse("queues", args=[leads.pk])


def test_of_several_own_ways_the_default_one_is_taken(
    lead: User, leads: Account, sandbox: Sandbox, account: Account, orders: QueueHandle
) -> None:
    second = make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id, label="a second")
    theirs = signed_in(lead)
    assert theirs.get(url_of("queue", account, orders)).headers["Location"] == url_of("queue", leads, orders)
    leads.credential.is_default = False
    leads.credential.save()
    second.credential.is_default = True
    second.credential.save()
    assert theirs.get(url_of("queue", account, orders)).headers["Location"] == url_of("queue", second, orders)


def test_what_somebody_shares_is_a_way_as_well(
    cast: Cast, lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    share(leads.credential, make_team(teammate="Viewer"), Viewer=LOOKING)
    answer = signed_in(cast.teammate).get(url_of("queue", account, orders))
    assert answer.headers["Location"] == url_of("queue", leads, orders)


def test_only_a_whole_page_goes_on_neither_a_form_nor_a_part(
    lead: User, leads: Account, account: Account, orders: QueueHandle
) -> None:
    theirs = signed_in(lead)
    assert theirs.post(url_of("peek", account, orders), {"batch_size": 3}).status_code == 404
    assert theirs.get(url_of("queue", account, orders), headers={"HX-Request": "true"}).status_code == 404
    assert orders.count("peek") == 0


def test_numbers_of_others_and_numbers_of_nobody_answer_alike(
    cast: Cast, lead: User, sandbox: Sandbox, account: Account, orders: QueueHandle
) -> None:
    """An attacker with a way of their own counts through the numbers: only rows of that account stand out."""
    make_account(lead, secret=sandbox.tokens["full"], account_id="e" * 32)
    for name, more in (("queues", ()), ("queue", (orders.id,)), ("queue_overview", (orders.id,))):
        for method in ("get", "head", "post"):
            for user in (lead, cast.stranger, cast.viewer):
                ask = getattr(signed_in(user), method)
                taken = ask(reverse(name, args=[account.pk, *more]))
                free = ask(reverse(name, args=[NO_SUCH_ROW, *more]))
                assert taken.status_code == free.status_code in (404, 405)
                assert words_of(taken) == words_of(free).replace(str(NO_SUCH_ROW), str(account.pk))
                assert "Location" not in taken.headers


def test_what_is_closed_by_the_own_way_stays_closed_by_anothers_link(
    browser: Client, cast: Cast, sandbox: Sandbox, account: Account, orders: QueueHandle
) -> None:
    """A colleague without the right to copies gets what their own address gives, which is nothing."""
    own = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id)
    batch = peeked(browser, account, orders)
    theirs = signed_in(cast.teammate)
    answer = theirs.get(url_of("batch", account, orders, batch.pk))
    assert answer.headers["Location"] == url_of("batch", own, orders, batch.pk)
    assert theirs.get(answer.headers["Location"]).status_code == 404
