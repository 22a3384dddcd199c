"""What Cloudflare's analytics say of a queue, on its Overview tab; against the sandbox."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from queues_app.models import Account
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.people import Cast, make_account
from tests.views.test_queue_overview import HTMX, chart_in, html_of, url

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    queue.push_many([{"order": number} for number in range(12)], age_s=7200)
    return queue


def analytics_of(browser: Client, account: Account, queue: QueueHandle, query: str = "?last=2h") -> str:
    return html_of(browser, f"{url(account, queue, 'overview/analytics/')}{query}", headers=HTMX)


def test_the_page_waits_for_no_analytics_and_asks_once_it_is_there(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    html = html_of(browser, url(account, orders))
    assert f'hx-get="{url(account, orders, "overview/analytics/")}" hx-trigger="load, refresh from:body"' in html
    assert {call.route for call in sandbox.calls} == {"queue", "metrics"}
    assert "load" not in re.findall(r'hx-trigger="([^"]+)"', analytics_of(browser, account, orders))[0]


def test_a_backlog_that_grows_and_fails_shows_in_cloudflares_charts_and_their_tables(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock, now: time_machine.Traveller
) -> None:
    for _ in range(10):
        orders.push_many([{"more": True}] * 30)
        clock.advance(minutes=1)
        now.shift(timedelta(minutes=1))
    html = analytics_of(browser, account, orders, "?last=30min")
    assert re.search(r"Between [^<]+ the average backlog grew from \d+ to 3\d\d", html)
    assert re.search(r"3\d\d written, 0 read, 0 deleted", html)
    assert '<td class="num">30</td>' in html
    assert '<path class="line s0" d="M' in html


def test_what_is_still_being_counted_is_in_neither_line_nor_table_nor_sentence_of_a_count(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock, now: time_machine.Traveller
) -> None:
    for number in (30, 30, 30, 7):
        clock.advance(minutes=1)
        now.shift(timedelta(minutes=1))
        orders.push_many([{"more": True}] * number)
    # 7 of the minute that began at 14:07:00 and is not over at 14:07:22.
    html = analytics_of(browser, account, orders, "?last=30min")
    chart = chart_in(html, "operations")
    assert "Between 13:38 and 14:07: 90 written, 0 read, 0 deleted;" in chart
    assert "; since 14:07 still being counted.</p>" in chart
    assert "The number of each 1 min that is over." in chart
    rows = re.findall(r'<th scope="row">23 Nov (14:0[4-9]):00</th><td class="num">(\d+)</td>', chart)
    assert rows == [("14:04", "30"), ("14:05", "30"), ("14:06", "30")]
    # What is not over is no gap either: nobody knows yet whether there are rows.
    assert "no rows for" not in chart.split("14:06:00")[1]
    assert "14:07:00" in chart_in(html, "backlog")


def test_a_bucket_that_ran_when_cloudflare_was_asked_is_not_over_in_a_remembered_answer(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock, now: time_machine.Traveller
) -> None:
    orders.push_many([{"more": True}] * 7)
    query = "?since=2026-11-23T13:00:00Z&until=2026-11-23T14:04:00Z"
    analytics_of(browser, account, orders, query)
    clock.advance(seconds=50)
    now.shift(timedelta(seconds=50))
    chart = chart_in(analytics_of(browser, account, orders, query), "operations")
    assert "since 14:03 still being counted" in chart
    assert "14:03:00" not in chart


def test_a_time_that_is_over_says_until_when_its_buckets_count(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    # Over so long a time the buckets are hours, and the last began before the time ended.
    query = "?since=2026-11-20T09:30:00Z&until=2026-11-23T12:30:00Z"
    chart = chart_in(analytics_of(browser, account, orders, query), "operations")
    assert "Between 20 Nov 10:00 and 23 Nov 13:00: 12 written, 0 read, 0 deleted" in chart
    assert "still being counted" not in chart


def test_a_refusal_says_what_the_credential_lacks(
    browser: Client, account: Account, orders: QueueHandle, cast: Cast, sandbox: Sandbox
) -> None:
    row = make_account(cast.owner, secret=sandbox.tokens["read_only"], account_id=account.account_id, label="read only")
    html = analytics_of(browser, row, orders)
    assert "This credential may not read analytics." in html
    assert "Account Analytics: Read" in html
    assert "<figure" not in html
    assert '<section class="card failed state">' in html
    assert re.search(r'<dt>Asked</dt><dd class="mono">POST [^<]*graphql</dd>', html)
    assert re.search(r"<dt>Came back</dt><dd>[^<]+</dd>", html)
    assert "Next try at 14:13:22." in html


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("empty", "Cloudflare has no rows of this time. That is not zero"),
        ("partial", "answer tells nothing of"),
        ("no_delayed", "answer tells nothing of what is delayed"),
    ],
)
def test_what_is_missing_is_said_and_what_there_is_is_shown(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, variant: str, said: str
) -> None:
    sandbox.vary(analytics=variant)
    html = analytics_of(browser, account, orders)
    assert said in html.replace("&#x27;", "'")
    assert "<figure" in html
    if variant == "empty":
        assert "no rows for 2 h 0 min" in html


def test_without_a_script_the_whole_page_comes_with_the_analytics(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    html = html_of(browser, f"{url(account, orders, 'overview/analytics/')}?last=2h")
    assert "<title>Overview · orders" in html
    assert 'id="chart-backlog"' in html
    assert 'id="chart-operations"' in html


def test_a_failing_cloudflare_costs_its_own_charts_only(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    sandbox.fault("html", route="analytics")
    html = analytics_of(browser, account, orders)
    assert "<figure" not in html
    assert "<h3>" in html
    assert re.search(r"<dt>Came back</dt><dd>[^<]+, a web page[^<]*, after \d+ ms", html)
    assert "Next try at 14:04:22." in html
    past = analytics_of(browser, account, orders, "?since=2026-11-23T09:00:00Z&until=2026-11-23T11:00:00Z")
    assert "Load the page again after 14:04:22 for the next try." in past


def test_the_room_of_analytics_is_kept_while_they_are_asked_for(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    charts = analytics_of(browser, account, orders).count("<figure") - 2  # two more have averages in their gaps now
    assert html_of(browser, url(account, orders)).count('<div class="card chart">') == charts


def test_event_subscriptions_that_feed_the_queue_are_named(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    def feeds_of(queue: QueueHandle) -> str:
        return html_of(browser, url(account, queue, "overview/subscriptions/"), headers=HTMX)

    assert "None sends into this queue." in feeds_of(orders)
    other = sandbox.add_queue("other")
    owner = sandbox.store.accounts[account.account_id]
    sandbox.store.add_subscription(
        owner, 1, name="uploads", source={"type": "r2"}, events=["bucket.created"], queue_id=other.id
    )
    cache.clear()
    html = feeds_of(other)
    assert "uploads" in html
    assert "r2: bucket.created" in html
    assert "uploads" not in feeds_of(orders)


def test_the_feeding_subscriptions_are_asked_for_apart_from_analytics(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    sandbox.fault("server_error", route="analytics")
    assert f'hx-get="{url(account, orders, "overview/subscriptions/")}" hx-trigger="load"' in html_of(
        browser, url(account, orders)
    )
    assert "None sends" in html_of(browser, url(account, orders, "overview/subscriptions/"), headers=HTMX)


def test_a_chart_says_of_how_long_its_values_are(browser: Client, account: Account, orders: QueueHandle) -> None:
    assert '<span class="each">highest of each 10 min</span>' in chart_in(
        html_of(browser, url(account, orders)), "backlog"
    )
    html = analytics_of(browser, account, orders, "?last=24h")
    assert '<span class="each">number of each 15 min</span>' in chart_in(html, "operations")
    assert '<span class="each">average of each 5 min</span>' in chart_in(html, "lag")


def test_a_day_of_which_cloudflare_has_a_row_an_hour_is_drawn_by_the_hour(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    queue = sandbox.add_queue("orders")
    for hour in range(240, 265):
        if hour != 250:
            queue.push({"hour": hour}, age_s=3600 * hour)
    query = "?since=2026-11-12T14:00:00Z&until=2026-11-13T14:00:00Z"
    html = analytics_of(browser, account, queue, query)
    assert '<span class="each">average of each 1 h</span>' in chart_in(html, "backlog")
    assert '<span class="each">number of each 1 h</span>' in chart_in(html, "operations")
    assert "23 written, 0 read, 0 deleted; 1 gap" in chart_in(html, "operations")
    assert "averages by Cloudflare throughout; 1 gap." in chart_in(html, "backlog")
