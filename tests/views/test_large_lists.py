"""The list of an account with more queues than can be asked for at once; against the sandbox."""

import html
import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from queues_app import formats, upstream
from queues_app.access import Permission
from queues_app.models import Account, Effect, QueueRule
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from queues_app.sandbox.ratelimit import RateLimit
from queues_app.sandbox.seed import fill_many
from tests.support.people import Cast, signed_in
from tests.support.queues import NOW
from tests.views.test_queues import HTMX, REFRESH, html_of, url

pytestmark = pytest.mark.usefixtures("now")

MANY = 300
LONG_ENOUGH = 20


@pytest.fixture
def many(sandbox: Sandbox) -> list[QueueHandle]:
    return [sandbox.add_queue(f"queue-{number:03}") for number in range(MANY)]


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks waits for all of the list, however busy this machine is."""
    monkeypatch.setattr("queues_app.operations.overview.BEGUN_BUDGET_S", LONG_ENOUGH)
    monkeypatch.setattr("queues_app.views.queue_listing.LATE_COUNTS_BUDGET_S", LONG_ENOUGH)
    monkeypatch.setattr("queues_app.views.queue_listing.COUNTS_BUDGET_S", LONG_ENOUGH)


def settle() -> None:
    """Wait for what is asked aside."""
    upstream.close()


def next_of(page: str) -> str:
    """The address that the rows are refreshed from."""
    found = re.search(r'id="queues" hx-get="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def slow_after_the_first_page(sandbox: Sandbox, kind: str = "latency", **more: float) -> None:
    sandbox.fault("latency", route="queues", count=1, seconds=0)
    sandbox.fault(kind, route="queues", **more)


@pytest.mark.usefixtures("many")
def test_the_first_page_shows_what_has_come_of_the_list_and_how_much_that_is(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    slow_after_the_first_page(sandbox, seconds=2)
    page = html_of(browser, url(account, "?order=name"))
    assert "100 of 300 queues listed so far" in page
    assert '<progress value="100" max="300"' in page
    assert "100 of this account so far." in page
    assert page.count("<tr data-row") == 100
    # And asks again before its time, in the order that all will have.
    assert "load delay:1s" in page
    assert "keep=" not in next_of(page)
    settle()
    sandbox.clear_faults()
    page = html_of(browser, next_of(page), headers=REFRESH)
    assert "listed so far" not in page
    assert "300 in this account." in page
    assert "load delay" not in page
    assert sum(call.route == "queues" for call in sandbox.calls) == 3


def test_counts_that_are_slow_hold_up_no_list_that_nobody_has_yet(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders")
    gate = threading.Event()
    for _ in range(settings.METRICS_CONCURRENCY):
        upstream.aside(gate.wait, LONG_ENOUGH)
    try:
        assert "orders" in html_of(browser, url(account))
        assert not gate.is_set()
    finally:
        gate.set()
    assert sandbox.count("queues") == 1


@pytest.mark.usefixtures("many")
def test_a_list_that_fails_on_its_way_shows_what_has_come_and_why_there_is_no_more(
    browser: Client, account: Account, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.operations.overview.BEGUN_BUDGET_S", LONG_ENOUGH)
    slow_after_the_first_page(sandbox, kind="server_error")
    page = html_of(browser, url(account), status=502)
    assert "Cloudflare has an internal error." in page
    assert "100 of 300 queues listed so far" in page
    assert page.count("<tr data-row") == 100
    assert "load delay" not in page


def test_a_dead_letter_queue_that_has_not_come_yet_is_not_called_missing(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    for number in range(150):
        sandbox.add_queue(f"queue-{number:03}")
    sandbox.add_queue("orders-dlq", consumer=None)
    slow_after_the_first_page(sandbox, seconds=2)
    page = html_of(browser, url(account, "?q=orders"))
    assert "orders-dlq" in page
    assert "not in this account" not in page


def test_the_dead_letter_map_waits_for_all_of_the_list(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    for number in range(150):
        sandbox.add_queue(f"queue-{number:03}")
    sandbox.add_queue("orders-dlq", consumer=None)
    slow_after_the_first_page(sandbox, seconds=0.5)
    page = html_of(browser, f"/accounts/{account.pk}/dead-letters/")
    assert "not in this account" not in page


def test_of_a_list_that_is_under_way_a_person_sees_what_the_rules_let_them(
    cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    for number in range(MANY):
        sandbox.add_queue(f"{number:03}-{'open' if number % 2 else 'closed'}")
    QueueRule.objects.create(pattern="*-closed", effect=Effect.DENY, permissions=[Permission.SEE_QUEUES])
    slow_after_the_first_page(sandbox, seconds=2)
    page = html_of(signed_in(cast.owner), url(account, "?order=name"))
    assert "50 queues listed so far" in page
    assert page.count("<tr data-row") == 50
    assert "-closed" not in page
    assert "of 300" not in page


@pytest.mark.usefixtures("many")
def test_while_none_has_come_that_fits_it_is_not_said_that_there_is_none(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    slow_after_the_first_page(sandbox, seconds=2)
    page = html_of(browser, url(account, "?q=queue-299"))
    assert "None so far" in page
    assert "No queue matches" not in page


@pytest.mark.usefixtures("whole")
def test_what_seems_to_hold_the_most_stands_first_before_it_is_counted(
    browser: Client, account: Account, sandbox: Sandbox, many: list[QueueHandle], now: time_machine.Traveller
) -> None:
    many[250].push_many(["a"] * 50, age_s=30)
    html_of(browser, url(account))
    settle()
    now.shift(timedelta(seconds=31))
    page = html_of(browser, url(account))
    assert page.index("queue-250") < page.index("queue-120")
    assert sandbox.count("analytics") == 1


@pytest.mark.usefixtures("whole", "many")
def test_without_the_right_to_read_analytics_the_page_is_what_it_was(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.fault("server_error", route="analytics")
    html_of(browser, url(account))
    settle()
    now.shift(timedelta(seconds=31))
    page = html_of(browser, url(account))
    assert page.count("<tr data-row") == 100
    assert "analytics" not in page


@pytest.mark.usefixtures("whole", "many")
def test_the_others_are_counted_in_turn_a_few_at_a_time_however_many_tabs_are_open(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    page = html_of(browser, url(account))
    address = next_of(page)
    settle()
    assert sandbox.count("metrics") == 110
    now.shift(timedelta(seconds=11))
    for _ in range(5):
        html_of(browser, address, headers=REFRESH)
        settle()
    assert sandbox.count("metrics") == 120
    now.shift(timedelta(seconds=31))
    page = html_of(browser, address, headers=REFRESH)
    assert "Counts of 120 of 300 read" in page


@pytest.mark.usefixtures("whole", "many")
def test_near_the_limit_only_what_is_looked_at_is_counted(
    browser: Client,
    account: Account,
    sandbox: Sandbox,
    now: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "_limit", RateLimit(calls=140))
    html_of(browser, url(account))
    settle()
    now.shift(timedelta(seconds=11))
    html_of(browser, url(account, "?q=queue-299"))
    settle()
    assert sandbox.count("metrics") == 110 + 1


@pytest.mark.usefixtures("whole", "many")
def test_where_counts_come_less_often_than_the_page_refreshes_the_page_says_of_when_they_are(
    browser: Client, account: Account, now: time_machine.Traveller
) -> None:
    page = html_of(browser, url(account))
    counted = f'data-as-of="{formats.epoch_ms(NOW)}" data-every-s="50" data-every="50 s"'
    assert counted in page
    assert "limit is" not in page
    now.shift(timedelta(seconds=20))
    assert counted in html_of(browser, next_of(page), headers=REFRESH)
    browser.cookies["refresh"] = "60"
    assert "data-as-of" not in html_of(browser, url(account))
    # All counts of a few rows are asked for each time.
    browser.cookies["refresh"] = "10"
    assert "data-as-of" not in html_of(browser, url(account, "?q=queue-01"))


@pytest.mark.usefixtures("whole")
def test_the_rows_stand_by_what_was_just_counted_before_anybody_has_read_them_and_stay_afterwards(
    browser: Client, account: Account, many: list[QueueHandle], now: time_machine.Traveller
) -> None:
    html_of(browser, url(account, "?q=queue-01"))
    now.shift(timedelta(seconds=20))
    many[17].push_many(["a"] * 7, age_s=5 * 3600)
    page = html_of(browser, url(account, "?q=queue-01"))
    assert "1 · losing, stuck" in page
    marks = ("Need attention</b>", "data-open>queue-017", "Calm</b>", "data-open>queue-010")
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "as they stood" not in page
    many[12].push_many(["a"] * 7, age_s=9 * 3600)
    now.shift(timedelta(seconds=20))
    page = html_of(browser, next_of(page), headers=REFRESH)
    assert page.index("data-open>queue-010") < page.index("data-open>queue-012")
    assert "as they stood; 1 needs attention now" in page


@pytest.mark.usefixtures("whole")
def test_of_several_pages_a_group_says_how_many_of_it_are_on_this_one(
    browser: Client, account: Account, many: list[QueueHandle]
) -> None:
    for queue in many[:3]:
        queue.push_many(["a"] * 7, age_s=5 * 3600)
    assert "3 on this page · losing, stuck" in html_of(browser, url(account))


@pytest.mark.usefixtures("whole")
def test_a_row_shows_its_newest_count_at_once_and_the_order_follows_with_the_next_look(
    browser: Client, account: Account, sandbox: Sandbox, many: list[QueueHandle], now: time_machine.Traveller
) -> None:
    address = next_of(html_of(browser, url(account, "?order=oldest")))
    many[3].push_many(["a"] * 7, age_s=3 * 24 * 3600)
    now.shift(timedelta(seconds=51))
    page = html_of(browser, address, headers=REFRESH)
    assert "1 needs attention" in page
    assert "Loses messages in 23 h 59 min" in page
    assert "The order is another now." not in page
    now.shift(timedelta(seconds=5))
    page = html_of(browser, address, headers=REFRESH)
    assert "The order is another now." in page


@pytest.mark.usefixtures("whole", "many")
def test_rows_that_were_not_counted_in_time_are_asked_for_again_at_once_but_once(
    browser: Client, account: Account, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.views.queue_listing.LATE_COUNTS_BUDGET_S", 0.05)
    monkeypatch.setattr("queues_app.views.queue_listing.COUNTS_BUDGET_S", 0.05)
    sandbox.fault("latency", route="metrics", seconds=0.3)
    page = html_of(browser, url(account))
    assert "load delay:1s" in page
    # Nobody has read them yet: they may stand otherwise once more, and keep their places from then on.
    assert "&anew=yes" in next_of(page)
    page = html_of(browser, next_of(page), headers=HTMX)
    assert "load delay:1s" not in page
    assert "anew" not in next_of(page)


@pytest.mark.usefixtures("whole", "many")
def test_an_account_without_a_cache_is_listed_all_the_same(browser: Client, account: Account) -> None:
    cache.clear()
    assert html_of(browser, url(account)).count("<tr data-row") == 100


@pytest.mark.usefixtures("whole")
def test_of_ten_thousand_queues_a_page_has_a_hundred_rows_and_asks_for_their_counts(
    browser: Client, account: Account, sandbox: Sandbox, clock: ManualClock
) -> None:
    fill_many(sandbox.store, clock.now_ms())
    page = html_of(browser, url(account, "?order=name&page=100"))
    assert page.count("<tr data-row") == 100
    assert "Rows 9,901 to 10,000 of 10,000" in page
    assert "Counts of 100 of 10,000 read" in page
    assert "warehouse-sync-40" in page
    settle()
    assert sandbox.count("queues") == 100
    assert sandbox.count("metrics") == 110
