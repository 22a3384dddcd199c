"""The search over all queues, and what is pinned and recent; against the sandbox."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from queues_app import vault
from queues_app.models import Account, AuditEntry, Credential, Effect, QueueRule, QueueVisit
from queues_app.models.credential import CredentialStatus
from queues_app.operations import queues
from queues_app.sandbox import Sandbox
from tests.support.people import Cast, make_account, signed_in
from tests.support.queues import NOW
from tests.support.stack import calling
from tests.views.messages.acts import rename
from tests.views.test_queues import HTMX, html_of, url

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def labs(cast: Cast, sandbox: Sandbox) -> Account:
    return make_account(
        cast.owner, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-labs"], name="labs", label="labs"
    )


def rows_of(html: str) -> list[str]:
    """Each hit, as it stands in the page."""
    return html.split("<tr data-row")[1:]


def test_a_queue_of_any_account_is_found_without_having_been_listed(
    browser: Client, account: Account, labs: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders")
    there = sandbox.add_queue("orders-labs", account="acme-labs")
    html = html_of(browser, "/search/?q=LABS+ord")
    assert f'href="{url(labs)}{there.id}/"' in html
    assert "1 queue matches; 2 accounts were searched" in html
    html_of(browser, f"/search/?q={there.id}")
    assert sandbox.count("queues") == 2  # once for each account


def test_an_account_that_fails_is_said_and_the_others_are_searched(
    browser: Client, account: Account, labs: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    sandbox.fault("server_error", route="queues")
    html = html_of(browser, "/search/?q=orders")
    assert "1 queue matches; 1 account was searched," in html
    assert "<b>labs</b> could not be searched. Cloudflare has an internal error." in html


def test_a_credential_that_its_check_up_found_refused_is_shown_nothing_from_memory(
    browser: Client, account: Account, labs: Account, sandbox: Sandbox
) -> None:
    for name in ("acme-logistics", "acme-labs"):
        sandbox.add_queue("orders", account=name)
    for place in (account, labs):
        html_of(browser, url(place))
    refused = Credential.objects.filter(pk=labs.credential_id)
    refused.update(sealed_secret=vault.seal(sandbox.tokens["expired"].encode()), status=CredentialStatus.EXPIRED)
    html = html_of(browser, "/search/?q=orders")
    assert "1 queue matches; 1 account was searched," in html
    assert "<b>labs</b> could not be searched." in html
    # Its list is asked for anew each time: what was mended is found without another check-up.
    refused.update(sealed_secret=vault.seal(sandbox.tokens["full"].encode()))
    assert "2 queues match; 2 accounts were searched," in html_of(browser, "/search/?q=orders")


def test_a_slow_account_is_said_and_holds_up_no_other(
    browser: Client, account: Account, labs: Account, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.views.search.LISTS_BUDGET_S", 0.3)
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    sandbox.fault("latency", path=f"*/{labs.account_id}/queues", seconds=1)
    html = html_of(browser, "/search/?q=orders")
    assert "1 queue matches; 1 account was searched," in html
    assert "<b>labs</b> could not be searched. It has not answered yet. Search again in a moment." in html


def test_one_search_asks_for_few_lists(
    browser: Client, cast: Cast, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, account: Account, labs: Account
) -> None:
    monkeypatch.setattr("queues_app.operations.everywhere.MOST_ASKED", 1)
    html = html_of(browser, "/search/?q=orders")
    assert "It was not listed yet. Search again to ask for more." in html
    assert sandbox.count("queues") == 1


def test_pinned_queues_come_first_then_those_visited(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    plain, visited, pinned = (sandbox.add_queue(name) for name in ("a-orders", "b-orders", "c-orders"))
    for queue in (visited, pinned):
        html_of(browser, f"{url(account)}{queue.id}/")
        now.shift(timedelta(minutes=2))
    browser.post(f"{url(account)}{pinned.id}/pin/", {"pinned": "on"})
    html = html_of(browser, "/search/?q=orders")
    places = [html.index(f"/queues/{queue.id}/") for queue in (pinned, visited, plain)]
    assert places == sorted(places)
    start = html_of(browser, "/search/")
    assert start.index("Pinned") < start.index("c-orders") < start.index("Recent") < start.index("b-orders")
    assert "a-orders" not in start
    assert "visited 4 min ago" in start


def test_a_hit_says_how_its_queue_was_last_known_and_asks_nobody(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    counted, paused = sandbox.add_queue("orders"), sandbox.add_queue("orders-paused")
    paused.pause()
    counted.push_many(range(12))
    html_of(browser, f"{url(account)}{counted.id}/")
    now.shift(timedelta(minutes=3))
    html_of(browser, "/search/?q=orders")
    calls = len(sandbox.calls)
    now.shift(timedelta(minutes=2))

    first, second = rows_of(html_of(browser, "/search/?q=orders"))

    assert counted.id in first
    assert "Running" in first
    assert "<b>12</b>" in first
    assert "5 min ago" in first
    assert paused.id in second
    assert "Paused" in second
    assert "2 min ago" in second
    assert "not counted lately" in second
    (recent,) = rows_of(html_of(browser, "/search/"))
    assert "<b>12</b>" in recent
    assert "Running" in recent
    assert len(sandbox.calls) == calls


def test_a_refused_credential_shows_nothing_from_memory_beside_what_was_visited(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    orders = sandbox.add_queue("orders")
    orders.push_many(range(12))
    html_of(browser, f"{url(account)}{orders.id}/")
    Credential.objects.update(status=CredentialStatus.EXPIRED)

    (recent,) = rows_of(html_of(browser, "/search/"))

    assert "<b>12</b>" not in recent
    assert "not counted lately" in recent
    assert "not read lately" in recent


@pytest.mark.parametrize("newer", ["alone", "listed"])
@pytest.mark.parametrize("is_hidden", [True, False])
def test_what_was_visited_is_shown_only_where_its_newer_name_may_be_seen(
    browser: Client,
    cast: Cast,
    account: Account,
    sandbox: Sandbox,
    now: time_machine.Traveller,
    newer: str,
    is_hidden: bool,
) -> None:
    QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern="secret-*", created_by="admin")
    orders = sandbox.add_queue("orders")
    address = f"{url(account)}{orders.id}/"
    html_of(browser, address)
    rename(sandbox, orders, "secret-orders" if is_hidden else "new-orders")
    now.shift(timedelta(minutes=2))
    orders.push_many(range(777))
    if newer == "listed":
        html_of(browser, url(account))
    else:
        # The page of a queue that may be seen is a visit, which would bring the name up to date.
        browser.get(f"{address}facts/", headers=HTMX)
    queues.read_alone(caller=calling(cast.owner), account=account, queue_id=orders.id)

    html = html_of(browser, "/search/")

    assert ("<b>777</b>" in html) is not is_hidden
    assert (orders.id in html) is not is_hidden
    # Nor among the ways that stand above the list.
    assert (orders.id in html_of(browser, url(account))) is not is_hidden


def test_a_hit_of_an_older_list_tells_nothing_of_a_queue_that_a_newer_name_hides(
    browser: Client, cast: Cast, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern="secret-*", created_by="admin")
    orders = sandbox.add_queue("orders")
    html_of(browser, url(account))
    rename(sandbox, orders, "secret-orders")
    now.shift(timedelta(minutes=2))
    html_of(browser, f"{url(account)}{orders.id}/", status=403)
    orders.push_many(range(777))
    queues.read_alone(caller=calling(cast.owner), account=account, queue_id=orders.id)

    (hit,) = rows_of(html_of(browser, "/search/?q=orders"))

    assert "not counted lately" in hit
    assert "not read lately" in hit


def test_what_the_filter_of_a_list_does_not_find_is_looked_for_in_all_accounts(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders")

    assert 'href="/search/?q=labs%20%26%20more"' in html_of(browser, f"{url(account)}?q=labs+%26+more")


def test_a_pin_stands_on_the_queue_and_in_the_list_until_it_is_taken_off(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    queue = sandbox.add_queue("orders")
    address = f"{url(account)}{queue.id}/"
    assert "Unpin" not in html_of(browser, address)
    response = browser.post(f"{address}pin/", {"pinned": "on", "next": address})
    assert (response.status_code, response["Location"]) == (303, address)
    assert "Unpin" in html_of(browser, address)
    html = html_of(browser, url(account))
    assert "data-pinned" in html
    assert "Pinned and recent queues" in html
    assert "Unpin" not in browser.post(f"{address}pin/", headers=HTMX).content.decode()
    assert "Unpin" not in html_of(browser, address)


def test_a_pin_in_the_list_is_changed_in_its_place(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    queue.push("one")
    html_of(browser, url(account))
    headers = {**HTMX, "HX-Target": f"pin-{queue.id}"}
    part = browser.post(f"{url(account)}{queue.id}/pin/", {"pinned": "on"}, headers=headers).content.decode()
    assert part.count("<button") == 1
    assert f'id="pin-{queue.id}"' in part
    assert "Unpin orders" in part


def test_a_pin_leads_back_to_no_other_site(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    response = browser.post(f"{url(account)}{queue.id}/pin/", {"pinned": "on", "next": "https://evil.example/"})
    assert response["Location"] == "/"


def test_a_visit_is_kept_once_a_minute_and_a_refresh_is_none(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    queue = sandbox.add_queue("orders")
    address = f"{url(account)}{queue.id}/"
    html_of(browser, f"{address}facts/", headers=HTMX)
    assert not QueueVisit.objects.exists()
    html_of(browser, address)
    now.shift(timedelta(seconds=30))
    html_of(browser, address)
    assert QueueVisit.objects.get().visited_at == NOW
    now.shift(timedelta(seconds=40))
    html_of(browser, address)
    assert QueueVisit.objects.get().visited_at == NOW + timedelta(seconds=70)
    assert not AuditEntry.objects.exists()


def test_nobody_sees_what_another_pinned_or_an_account_out_of_reach(
    browser: Client, cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    queue = sandbox.add_queue("orders")
    html_of(browser, f"{url(account)}{queue.id}/")
    for other in (cast.teammate, cast.viewer):
        assert "orders" not in html_of(signed_in(other), "/search/?q=order").replace("?q=order", "").replace(
            'value="order"', ""
        )
    assert "No queue matches" in html_of(signed_in(cast.teammate), "/search/?q=order")
    QueueVisit.objects.create(
        user=cast.teammate, account=account, queue_id=queue.id, queue_name="orders", visited_at=NOW
    )
    assert "orders" not in html_of(signed_in(cast.teammate), "/search/")


@pytest.mark.parametrize("query", ["?q=%00", "?q=" + "a" * 201])
def test_what_cannot_be_searched_for_finds_nothing_and_breaks_nothing(
    browser: Client, account: Account, query: str
) -> None:
    assert "Nothing pinned, nothing visited yet" in html_of(browser, f"/search/{query}")
