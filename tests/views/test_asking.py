"""How often the pages of queues ask Cloudflare, counted by the sandbox: however many look, as often as for one."""

from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from queues_app import vault
from queues_app.models import Account, CredentialStatus
from queues_app.sandbox import Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.views.test_queues import HTMX, html_of, url

pytestmark = pytest.mark.usefixtures("now")

TABS = 10


def test_many_tabs_ask_as_often_as_one_whether_they_are_opened_or_refresh(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    now.shift(timedelta(seconds=5))
    for tab in range(TABS):
        html_of(browser, url(account), headers=HTMX if tab % 2 else {})
        now.shift(timedelta(milliseconds=400))
    assert sandbox.count("queues") == 2
    assert sandbox.count("metrics") == 2
    now.shift(timedelta(seconds=1))
    html_of(browser, url(account))
    assert sandbox.count("queues") == 3


def test_a_queue_that_is_opened_in_many_tabs_is_asked_for_once(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    orders = sandbox.add_queue("orders")
    for _ in range(TABS):
        html_of(browser, f"{url(account)}{orders.id}/")
        html_of(browser, f"{url(account)}{orders.id}/facts/", headers=HTMX)
        now.shift(timedelta(milliseconds=400))
    assert sandbox.count("queue") == 1
    assert sandbox.count("metrics") == 1


def test_the_dead_letter_map_and_the_list_ask_for_one_list(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    html_of(browser, f"/accounts/{account.pk}/dead-letters/")
    assert sandbox.count("queues") == 1


@pytest.mark.parametrize(("verb", "state"), [("pause", "Paused"), ("resume", "Running")])
def test_what_we_changed_a_moment_ago_is_seen_at_once_by_everybody(
    sandbox: Sandbox, cast: Cast, account: Account, verb: str, state: str
) -> None:
    orders = sandbox.add_queue("orders", paused=verb == "resume")
    lead = make_user("lead", "Lead")
    own = make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id, label="lead's")
    leading, looking = signed_in(lead), signed_in(cast.owner)
    before = [html_of(leading, url(own)), html_of(looking, url(account))]
    assert not any(f"</svg>{state}</span>" in page for page in before)
    answer = leading.post(f"{url(own)}{orders.id}/settings/{verb}/", {"step": "do", "intent": uuid4()})
    assert answer.status_code == HTTPStatus.SEE_OTHER
    after = [html_of(leading, url(own)), html_of(looking, url(account))]
    assert all(f"</svg>{state}</span>" in page for page in after)
    asked = sandbox.count("queues")
    html_of(leading, url(own))
    assert sandbox.count("queues") == asked


def test_a_credential_that_a_check_up_found_refused_is_shown_no_list_of_a_moment_ago(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    orders = sandbox.add_queue("orders")
    assert orders.id in html_of(browser, url(account))
    account.credential.sealed_secret = vault.seal(sandbox.tokens["expired"].encode())
    account.credential.status = CredentialStatus.INVALID
    account.credential.save()
    assert orders.id not in html_of(browser, url(account), status=HTTPStatus.FORBIDDEN)
