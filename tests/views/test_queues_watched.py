"""The list of queues for somebody whose watches fire: theirs alone, in the order and in the row."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from queues_app.models import Account, Watch, WatchKind, WatchState
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, signed_in
from tests.support.queues import NOW
from tests.views.test_large_lists import next_of, settle
from tests.views.test_queues import HOSTILE, HTMX, html_of, url

pytestmark = pytest.mark.usefixtures("now")

SAID = "Your watch fired at 13:33:22: more than 20 wait"


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    """Calm by its counts."""
    queue = sandbox.add_queue("orders")
    queue.push_many(["a"] * 32, age_s=360)
    sandbox.add_queue("billing").push_many(["a"] * 40, age_s=360)
    return queue


def watch(account: Account, queue: QueueHandle, **fields: Any) -> Watch:
    return Watch.objects.create(
        **{
            "owner": account.credential.owner,
            "account": account,
            "account_name": account.name,
            "queue_id": queue.id,
            "queue_name": "orders",
            "kind": WatchKind.BACKLOG,
            "threshold": 20,
            "state": WatchState.FIRING,
            "is_firing": True,
            "since": NOW - timedelta(minutes=30),
            **fields,
        }
    )


def groups(page: str) -> dict[str, list[str]]:
    """Head of a group → the names in it, in order."""
    bodies = re.split(r'<tr class="group" role="row">', page)[1:]
    found = {}
    for body in bodies:
        head = re.search(r"<b>(.*?)</b>", body)
        assert head
        found[head[1]] = re.findall(r"data-open>(.*?)</a>", body)
    return found


def test_a_queue_whose_watch_fires_needs_attention_and_says_why(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    assert groups(html_of(browser, url(account))) == {"Calm": ["billing", "orders"]}
    watch(account, orders)
    page = html_of(browser, url(account))
    assert groups(page) == {"Need attention": ["orders"], "Calm": ["billing"]}
    assert f'<a class="reason is-price" href="/watches/">{SAID}</a>' in page
    assert "The oldest waits 6 min</span>" in page
    assert 'aria-label="your watch fires"' in page
    assert "1 needs attention" in page
    assert groups(html_of(browser, url(account, "?show=attention"))) == {"Need attention": ["orders"]}
    assert f"first orders: {SAID.replace('Y', 'y', 1)}" in html_of(browser, url(account, "?group=prefix"))


def test_a_watch_that_is_well_or_of_which_nothing_is_known_changes_nothing(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    watch(account, orders, state=WatchState.OK, is_firing=False)
    watch(account, orders, state=WatchState.UNKNOWN)
    page = html_of(browser, url(account))
    assert groups(page) == {"Calm": ["billing", "orders"]}
    assert "our watch" not in page


def test_what_loses_messages_stays_first_and_says_both(browser: Client, account: Account, sandbox: Sandbox) -> None:
    dead = sandbox.add_queue("dead", consumer=None)
    dead.push_many(["a"] * 30, age_s=4 * 86400 - 600)
    watch(account, dead)
    page = html_of(browser, url(account))
    assert 'aria-label="losing"' in page
    assert "Loses messages in 10 min" in page
    assert SAID in page


def test_an_empty_queue_whose_watch_fires_is_not_among_the_quiet(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    quiet = sandbox.add_queue("quiet")
    watch(account, quiet, kind=WatchKind.MESSAGE, threshold=0, query="order:1")
    page = html_of(browser, url(account))
    assert groups(page)["Need attention"] == ["quiet"]
    assert "Your watch fired at 13:33:22: a message matches its filter" in page


def test_several_watches_of_one_queue_stand_in_one_sentence(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    watch(account, orders)
    watch(account, orders, kind=WatchKind.OLDEST_AGE, threshold=300, since=NOW)
    page = html_of(browser, url(account))
    said = "2 of your watches fire, the first at 13:33:22: more than 20 wait; the oldest is older than 5 min"
    assert said in page


def test_a_watch_by_another_credential_of_the_same_person_counts_and_one_of_a_colleague_does_not(
    browser: Client, account: Account, orders: QueueHandle, cast: Cast, sandbox: Sandbox
) -> None:
    theirs = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id, label="theirs")
    watch(theirs, orders)
    assert groups(html_of(browser, url(account))) == {"Calm": ["billing", "orders"]}
    again = make_account(cast.owner, secret=sandbox.tokens["full"], account_id=account.account_id, label="again")
    watch(again, orders)
    assert groups(html_of(browser, url(account)))["Need attention"] == ["orders"]


def test_a_row_that_refreshes_itself_stays_and_the_page_says_who_needs_attention_now(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    address = next_of(html_of(browser, url(account)))
    watch(account, orders)
    page = html_of(browser, address, headers=HTMX)
    assert groups(page) == {"Calm": ["billing", "orders"]}
    assert SAID in page
    assert "orders needs attention now." in page


def test_a_hostile_name_in_what_a_watch_says_is_inert(browser: Client, account: Account, orders: QueueHandle) -> None:
    watch(account, orders, kind=WatchKind.MESSAGE, query=HOSTILE, queue_name=HOSTILE)
    assert "<img" not in html_of(browser, url(account))


def test_in_a_large_account_a_watch_lifts_the_queue_for_its_owner_alone(
    account: Account, cast: Cast, sandbox: Sandbox, now: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.operations.overview.BEGUN_BUDGET_S", 20)
    monkeypatch.setattr("queues_app.views.queue_listing.LATE_COUNTS_BUDGET_S", 20)
    queues = [sandbox.add_queue(f"queue-{number:03}") for number in range(250)]
    watch(account, queues[249])
    owner = signed_in(cast.owner)
    for _ in range(2):
        page = html_of(owner, url(account))
        assert groups(page)["Need attention"] == ["queue-249"]
        settle()
        now.shift(timedelta(seconds=1))
    Watch.objects.update(owner=cast.teammate)
    page = html_of(owner, url(account))
    assert "Need attention" not in groups(page)
    assert "our watch" not in page
