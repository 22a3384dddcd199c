"""The list of queues, through Django's client, against the sandbox over real HTTP."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from queues_app.models import Account, AuditEntry, Outcome
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.people import Cast, make_account, signed_in

pytestmark = pytest.mark.usefixtures("now")

HTMX = {"HX-Request": "true"}
REFRESH = {**HTMX, "HX-Trigger": "queues"}
HOSTILE = "<img src=x onerror=alert(1)>\u202egpj.exe"


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    queue.push_many([{"order": 1}, {"order": 2}], age_s=3 * 24 * 3600 + 7200)
    return queue


def url(account: Account, query: str = "") -> str:
    return f"/accounts/{account.pk}/queues/{query}"


def html_of(browser: Client, address: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
    response = browser.get(address, headers=headers or {})
    assert response.status_code == status
    return response.content.decode()


def test_a_queue_stands_with_its_settings_and_counts(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders-dlq", consumer=None).push("dead")
    html = html_of(browser, url(account))
    for text in ("HTTP pull", "limit 5", "3 d 2 h", "20 Nov 12:03:22", "22 h 0 min left", "1 there", "fed by 1 queue"):
        assert text in html
    assert f'href="/accounts/{account.pk}/queues/{orders.id}/"' in html
    assert "2 in this account. Ordered by what needs you first." in html
    assert html.count("14:03:22") >= 2  # each row has its own "as of"


def test_looking_at_queues_costs_no_message_anything_and_leaves_no_entry(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    html_of(browser, url(account))
    assert {call.route for call in sandbox.calls} == {"queues", "metrics"}
    assert not AuditEntry.objects.exists()


def test_counts_that_are_a_moment_old_are_not_asked_for_again(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account))
    html_of(browser, url(account), headers=REFRESH)
    assert orders.count("metrics") == 1
    now.shift(timedelta(seconds=6))
    html_of(browser, url(account), headers=REFRESH)
    assert orders.count("metrics") == 2


def test_the_rows_alone_are_sent_to_htmx_with_what_is_counted_about_them(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    html = html_of(browser, url(account, "?q=order"), headers={**HTMX, "HX-Trigger": "queue-filter"})
    assert "<!doctype" not in html
    assert html.count('hx-swap-oob="true"') == 4
    assert f'hx-get="{url(account, "?q=order")}&amp;keep={orders.id[:8]}--"' in html


def test_the_address_follows_the_filter_but_not_the_refresh(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    address = url(account, "?q=order&order=attention&show=all")
    typed = browser.get(address, headers={**HTMX, "HX-Trigger": "queue-filter"})
    assert typed["HX-Replace-Url"] == url(account, "?q=order")
    assert "HX-Replace-Url" not in browser.get(address, headers=REFRESH)


def test_the_filter_is_a_form_that_works_without_a_script(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    sandbox.add_queue("billing", paused=True)
    html = html_of(browser, url(account, "?q=bill&show=paused&order=name"))
    assert "billing" in html
    assert f'id="queue-{orders.id}"' not in html
    assert f'action="{url(account)}" method="get"' in html
    assert '<input type="hidden" name="show" value="paused">' in html
    assert '<option value="name" selected>' in html


@pytest.mark.parametrize(
    "query", ["?order=%00", "?page=x", "?page=-1", "?show=..", "?q=%00", "?page=99999999999999999999"]
)
def test_an_address_that_cannot_be_understood_is_said_and_ignored(
    browser: Client, account: Account, orders: QueueHandle, query: str
) -> None:
    html = html_of(browser, url(account, query))
    assert 'role="status"' in html
    assert orders.id in html


def test_nothing_here_is_not_nothing_matches(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    assert "<h2>Nothing here</h2>" in html_of(browser, url(account))
    now.shift(timedelta(seconds=6))
    sandbox.add_queue("orders")
    html = html_of(browser, url(account, "?q=zzz"))
    assert "No queue matches" in html
    assert "<h2>Nothing here</h2>" not in html


def test_a_failing_count_costs_its_own_row_only(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    billing = sandbox.add_queue("billing")
    billing.push_many(["a"] * 96, age_s=60)
    html_of(browser, url(account))
    now.shift(timedelta(minutes=1))
    billing.fault("server_error", route="metrics")
    html = html_of(browser, url(account, "?q=billing"))
    assert ' title="Cloudflare has an internal error.">Not read: 500 from Cloudflare</span>' in html
    assert "was 96" in html
    assert "stale" in html
    assert "1 min ago" in html
    assert "was 2" not in html_of(browser, url(account, "?q=orders"))


def test_counts_that_come_late_do_not_hold_the_page(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.views.queue_listing.COUNTS_BUDGET_S", 0.05)
    orders.fault("latency", route="metrics", seconds=0.4)
    html = html_of(browser, url(account))
    assert "Not counted yet: no answer so far" in html
    # Nothing is known of it: that is not calm.
    assert "1 · how many wait now is unknown so far" in html
    assert "nothing urgent seen" not in html
    assert "who needs attention is unknown" in html
    assert "unknown" in html


def test_a_list_that_fails_shows_the_diagnosis_and_the_remembered_rows(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account))
    now.shift(timedelta(seconds=6))
    sandbox.fault("server_error", route="queues")
    html = html_of(browser, url(account), status=502)
    assert "Cloudflare has an internal error." in html
    assert "GET …/queues" in html
    assert orders.id in html
    assert "was running" in html
    assert "when they were last listed" in html


def test_a_list_that_is_late_shows_the_last_one_with_its_age_and_is_there_afterwards(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    now: time_machine.Traveller,
) -> None:
    html_of(browser, url(account))
    now.shift(timedelta(minutes=3))
    sandbox.add_queue("brand-new").push("first")
    monkeypatch.setattr("queues_app.operations.overview.LIST_BUDGET_S", 0.05)
    sandbox.fault("latency", route="queues", seconds=2)
    html = html_of(browser, url(account))
    assert "This is the list of 3 min ago (14:03:22 UTC)" in html
    assert orders.id in html
    assert "was running" in html
    # Whoever looks meanwhile waits for the same answer.
    html_of(browser, url(account))
    monkeypatch.setattr("queues_app.operations.overview.LIST_BUDGET_S", 20)
    html = html_of(browser, url(account))
    assert "brand-new" in html
    assert "takes long" not in html
    assert sum(call.route == "queues" for call in sandbox.calls) == 2


def test_a_list_that_fails_with_nothing_remembered_shows_the_diagnosis(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.fault("html", route="queues")
    html = html_of(browser, url(account), status=502)
    assert "Usually means" in html
    assert "Try again" in html
    assert "this must never run" not in html


def test_a_refresh_that_fails_leaves_the_rows_where_they_are(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account))
    now.shift(timedelta(seconds=5))
    sandbox.fault("server_error", route="queues")
    response = browser.get(url(account), headers=REFRESH)
    assert (response.status_code, response["HX-Retarget"]) == (502, "#queues-trouble")
    assert orders.id not in response.content.decode()
    filtered = browser.get(url(account, "?q=orders"), headers={**HTMX, "HX-Trigger": "queue-filter"})
    assert filtered.status_code == 502
    assert orders.id in filtered.content.decode()


def test_a_credential_that_is_refused_is_shown_nothing_from_memory(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account))
    now.shift(timedelta(seconds=6))
    replacement = make_account(
        account.credential.owner,
        secret=sandbox.tokens["expired"],
        account_id=account.account_id,
        label="expired",
    )
    account.credential.sealed_secret = replacement.credential.sealed_secret
    account.credential.save()
    html = html_of(browser, url(account), status=403)
    assert orders.id not in html
    assert "See its credential" in html


def test_hostile_names_are_inert(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue(HOSTILE, dead_letter_queue='"><script>alert(2)</script>', script="<b>").push("x")
    for query in ("", "?order=name", "?q=<script>", "?q=%22%3E"):
        html = html_of(browser, url(account, query))
        assert "<img src=x" not in html
        assert "<script>alert" not in html
        assert "\u202e" not in html
    assert "U+202E" in html_of(browser, url(account))


def test_the_loss_clock_is_on_the_page_when_something_is_due(
    browser: Client, account: Account, orders: QueueHandle, now: time_machine.Traveller
) -> None:
    assert "Retention deletes the oldest message" in html_of(browser, url(account))
    html = html_of(browser, url(account), headers=REFRESH)
    assert 'id="queues-clock" hx-swap-oob="true"' in html


def test_a_thousand_queues_are_asked_for_a_page_at_a_time(
    browser: Client,
    account: Account,
    sandbox: Sandbox,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("queues_app.operations.overview.BEGUN_BUDGET_S", 20)
    for number in range(1000):
        sandbox.add_queue(f"queue-{number:04}")
    # Two of them keep samples of the counts, once a minute.
    with django_assert_max_num_queries(16):
        html = html_of(browser, url(account, "?order=name&page=2"))
    assert html.count("<tr data-row") == 100
    assert "Rows 101 to 200 of 1,000" in html
    # Those of the page, and some of the others that nobody waits for.
    assert sandbox.count("metrics") <= 110


def test_home_leads_to_the_account_visited_last(
    browser: Client, cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    labs = make_account(
        cast.owner, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-labs"], name="labs", label="labs"
    )
    assert browser.get("/").headers["Location"] == url(account)
    html_of(browser, url(labs))
    assert browser.get("/").headers["Location"] == url(labs)
    labs.delete()
    assert browser.get("/").headers["Location"] == url(account)


def test_home_leads_a_person_without_a_credential_to_adding_one(cast: Cast) -> None:
    response = signed_in(cast.viewer).get("/")
    assert response.headers["Location"] == "/credentials/add/"


def test_home_leads_an_auditor_to_the_audit_log(cast: Cast) -> None:
    assert signed_in(cast.auditor).get("/").headers["Location"] == "/audit/"


def test_home_tells_a_person_without_a_role_what_to_do(cast: Cast) -> None:
    html = html_of(signed_in(cast.stranger), "/", status=403)
    assert "Your role may not see queues." in html


def test_a_viewer_sees_their_queues(cast: Cast, upstream_url: str, orders: QueueHandle, sandbox: Sandbox) -> None:
    own = make_account(cast.viewer, secret=sandbox.tokens["read_only"], account_id=sandbox.accounts["acme-logistics"])
    assert orders.id in html_of(signed_in(cast.viewer), url(own))


def test_a_person_without_a_role_is_refused_and_that_is_on_the_record(
    cast: Cast, upstream_url: str, sandbox: Sandbox
) -> None:
    own = make_account(cast.stranger, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"])
    html = html_of(signed_in(cast.stranger), url(own), status=403)
    assert "Your role may not see queues." in html
    assert not sandbox.calls
    assert AuditEntry.objects.get().outcome == Outcome.REFUSED


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_another_persons_account_does_not_exist(cast: Cast, account: Account, headers: dict[str, str]) -> None:
    html_of(signed_in(cast.teammate), url(account), status=404, headers=headers)
    html_of(signed_in(cast.admin), url(account), status=404, headers=headers)


def test_nobody_sees_anything_without_signing_in(account: Account) -> None:
    assert Client().get(url(account)).status_code == 302


def test_what_one_account_was_shown_is_never_shown_to_another(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    html_of(browser, url(account))
    other = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id)
    sandbox.fault("server_error", route="queues")
    assert orders.id not in html_of(signed_in(cast.teammate), url(other), status=502)
    assert cache.get(f"queues:{other.pk}") is None


def test_a_row_that_could_not_be_read_says_in_few_words_why_and_by_the_clock_when_it_may(
    browser: Client, account: Account, orders: QueueHandle, now: time_machine.Traveller
) -> None:
    orders.fault("rate_limited", route="metrics", seconds=40)
    said = "Not read: 429 from Cloudflare; next try after 14:04:02"
    assert said in html_of(browser, url(account, "?q=orders"))
    # The account is held back as a whole.
    now.shift(timedelta(seconds=21))
    assert said in html_of(browser, url(account, "?q=orders"), status=429)
    now.shift(timedelta(seconds=21))
    assert "next try after" not in html_of(browser, url(account, "?q=orders"), status=429)


def test_of_an_account_that_nobody_counted_the_segment_of_need_is_unknown_too(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account))
    cache.clear()
    sandbox.fault("latency", route="metrics", seconds=30)
    html = html_of(browser, url(account))
    assert "who needs attention is unknown" in html
    assert re.search(r"Need attention\s*<[^>]+>\s*unknown", html)
