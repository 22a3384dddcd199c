"""The list of queues with what was sampled before, its totals and its groups; against the sandbox."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from queues_app.models import Account, QueueSample
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account
from tests.support.queues import NOW
from tests.views.test_queues import html_of, url

pytestmark = pytest.mark.usefixtures("now")

MINUTE = timedelta(minutes=1)


def sample(account: Account, queue: QueueHandle, counts: dict[int, int | None]) -> None:
    """Counts by the minutes ago that they were taken."""
    QueueSample.objects.bulk_create(
        QueueSample(account=account, queue_id=queue.id, at=NOW - minutes * MINUTE, messages=count)
        for minutes, count in counts.items()
    )


def test_a_queue_that_grew_stands_first_and_says_from_what(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("steady").push_many(["a"] * 200, age_s=30)
    grown = sandbox.add_queue("grown")
    grown.push_many(["a"] * 100, age_s=30)
    sample(account, grown, {60 * 30: 999, 120: 4, 60: 50, 1: 99})
    html = html_of(browser, url(account))
    assert "Grew from 4 to 100 in 2 h" in html
    assert "+48 / h" in html
    assert html.index("grown") < html.index("steady")
    # The look itself counts, too; what is older than a day is not drawn.
    assert "at most 100, last 100; counted for" in html


def test_a_dead_letter_queue_that_fills_says_how_fast(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    dead = sandbox.add_queue("orders-dlq", consumer=None)
    dead.push_many(["a"] * 241, age_s=30)
    sample(account, dead, {120: 1, 60: None})
    assert "Dead-letter queue fills at 2/min" in html_of(browser, url(account))
    # The map says the same, and counts it among what there is to look at.
    page = html_of(browser, f"/accounts/{account.pk}/dead-letters/")
    assert "Dead-letter queue fills at 2/min" in page
    assert "1 has something to look at." in page


def test_a_first_look_says_nothing_of_growth(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("orders").push_many(["a"] * 100, age_s=30)
    html = html_of(browser, url(account))
    assert "Grew" not in html
    assert "not counted" not in html


def test_a_queue_that_was_never_counted_says_so(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("dark").fault("server_error", route="metrics")
    assert "not counted" in html_of(browser, url(account))


def test_samples_of_another_credential_are_not_shown(
    browser: Client, cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    other = make_account(
        cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id, label="of a colleague"
    )
    queue = sandbox.add_queue("orders")
    queue.push_many(["a"] * 100, age_s=30)
    sample(other, queue, {120: 1})
    assert "Grew" not in html_of(browser, url(account))


def test_the_account_adds_up_what_was_counted_and_says_how_much_that_is(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders").push_many(["a"] * 30, age_s=7200)
    sandbox.add_queue("billing").push_many(["a"] * 12, age_s=60)
    sandbox.add_queue("dark").fault("server_error", route="metrics")
    html = html_of(browser, url(account))
    assert "<dd><b>42</b>" in html
    assert "2 of 3 counted, read 14:03:22" in html
    assert "2 h 0 min" in html


def test_a_queue_that_cannot_be_counted_keeps_the_oldest_message_by_its_last_counts(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.add_queue("orders").push_many(["a"] * 3, age_s=7200)
    dead = sandbox.add_queue("dead", consumer=None)
    dead.push("old", age_s=3 * 86400 + 23 * 3600)
    html_of(browser, url(account))
    now.shift(timedelta(minutes=1))
    dead.fault("server_error", route="metrics")
    html = html_of(browser, url(account))
    totals = html[html.index('id="queues-totals"') : html.index("</dl>")]
    assert "3 d 23 h" in totals
    assert re.search(r"by the last counts of\s+dead<", totals)
    assert "1 of 2 counted" in totals


def test_a_sheet_of_paper_says_account_environment_and_zone(browser: Client, account: Account) -> None:
    html = html_of(browser, url(account))
    assert re.search(r'class="on-paper">Queuescope · <b>acme-logistics</b> · sandbox · times in UTC</p>', html)


def test_groups_by_prefix_add_up_and_open_by_their_address(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("orders-in").push_many(["a"] * 30, age_s=60)
    sandbox.add_queue("orders-out").push_many(["a"] * 12, age_s=60)
    sandbox.add_queue("billing")
    html = html_of(browser, url(account, "?group=prefix"))
    assert '<span class="second">2 queues</span>' in html
    assert 'data-label="Backlog"><b>42</b>' in html
    assert "No shared prefix" in html
    assert "<tr data-row" not in html
    assert f'href="{url(account, "?group=prefix&amp;open=orders")}"' in html
    html = html_of(browser, url(account, "?group=prefix&open=orders"))
    assert html.count("<tr data-row") == 2
    assert '<input type="hidden" name="open" value="orders">' in html


def test_the_map_shows_who_feeds_whom_and_marks_what_is_odd(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    sandbox.add_queue("returns", dead_letter_queue="orders-dlq")
    sandbox.add_queue("orders-dlq", consumer=None).push_many(["a"] * 3, age_s=60)
    sandbox.add_queue("round", dead_letter_queue="and-round")
    sandbox.add_queue("and-round", dead_letter_queue="round")
    sandbox.add_queue("lost", dead_letter_queue="nowhere")
    sandbox.add_queue("plain")
    html = html_of(browser, f"/accounts/{account.pk}/dead-letters/")
    assert "4 dead-letter queues fed by this account. 3 have something to look at." in html
    assert "1 queue deletes at the limit." in html
    assert "3 waiting" in html
    assert "A cycle: round → and-round → round." in html
    assert "No queue of this account has this name." in html


def test_a_dead_letter_queue_that_loses_soon_is_marked_counted_first_and_on_the_clock(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    sandbox.add_queue("alpha", dead_letter_queue="alpha-dlq")
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    sandbox.add_queue("alpha-dlq", consumer=None)
    sandbox.add_queue("orders-dlq", consumer=None, retention=86400).push_many(["a"] * 42, age_s=86400 - 37 * 60)
    html = html_of(browser, f"/accounts/{account.pk}/dead-letters/")
    assert "1 has something to look at." in html
    assert "Loses messages in 37 min." in html
    assert "Retention deletes the oldest message" in html
    titles = re.findall(r"<h2>.*?</h2>", html, re.DOTALL)
    assert [next(name for name in ("alpha-dlq", "orders-dlq") if name in title) for title in titles[-2:]] == [
        "orders-dlq",
        "alpha-dlq",
    ]


def test_a_dead_letter_queue_of_another_account_is_no_target(
    browser: Client, cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    labs = make_account(
        cast.owner, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-labs"], name="labs", label="labs"
    )
    sandbox.add_queue("lost", dead_letter_queue="nowhere")
    sandbox.add_queue("nowhere", account="acme-labs")
    html_of(browser, url(labs))
    html = html_of(browser, f"/accounts/{account.pk}/dead-letters/")
    assert "labs has one, but that is another account." in html


def test_a_list_of_many_pages_is_not_asked_for_at_each_refresh(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    for number in range(350):
        sandbox.add_queue(f"queue-{number:03}")
    assert "350 in this account" in html_of(browser, url(account))
    assert sandbox.count("queues") == 4
    now.shift(timedelta(seconds=3))
    html = html_of(browser, url(account))
    assert "of 350 read, first of the rows shown" in html
    assert "Listed 3 s ago." in html
    assert sandbox.count("queues") == 4
    now.shift(timedelta(seconds=3))
    html_of(browser, url(account))
    assert sandbox.count("queues") == 8


def test_many_tabs_that_refresh_ask_as_often_as_one(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    now.shift(timedelta(seconds=5))
    for _ in range(10):
        browser.get(url(account), headers={"HX-Request": "true"})
        now.shift(timedelta(milliseconds=400))
    assert sandbox.count("queues") == 2
    html_of(browser, url(account))
    assert sandbox.count("queues") == 3, "whoever loads the page sees what is there now"
