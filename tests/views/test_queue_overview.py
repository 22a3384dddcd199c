"""The Overview tab: charts of what was sampled, in the time that the address says, and what was done here."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from queues_app.models import Account, AuditEntry, QueueSample
from queues_app.sandbox import QueueHandle, Sandbox
from tests.security.conftest import new_intent
from tests.support.people import Cast, make_account
from tests.support.queues import NOW
from tests.views.messages.acts import delete, peeked, pulled, settle

pytestmark = pytest.mark.usefixtures("now")

HTMX = {"HX-Request": "true"}


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    queue.push_many([{"order": number} for number in range(12)], age_s=7200)
    return queue


def sample(account: Account, queue: QueueHandle, at: datetime, messages: int | None, size: int | None = None) -> None:
    oldest = at - timedelta(minutes=41) if messages else None
    QueueSample.objects.create(
        account=account, queue_id=queue.id, at=at, messages=messages, bytes=size, oldest_at=oldest
    )


def url(account: Account, queue: QueueHandle, part: str = "overview/") -> str:
    return f"/accounts/{account.pk}/queues/{queue.id}/{part}"


def html_of(browser: Client, address: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
    response = browser.get(address, headers=headers or {})
    assert response.status_code == status
    return response.content.decode()


def sentences(html: str) -> list[str]:
    return re.findall(r'<p class="second" id="chart-[a-z]+-said">([^<]+)</p>', html)


def chart_in(html: str, key: str) -> str:
    found = re.search(rf'<figure[^>]+id="chart-{key}"[^>]*>.*?</figure>', html, re.DOTALL)
    assert found
    return found[0]


def test_the_charts_say_what_was_sampled(browser: Client, account: Account, orders: QueueHandle) -> None:
    for minutes, messages in ((300, 40), (290, 90), (0, 4312)):
        sample(account, orders, NOW - timedelta(minutes=minutes), messages, messages * 100)
    html = html_of(browser, f"{url(account, orders)}?last=6h")
    assert sentences(html) == [
        "Between 09:03 and 14:03 the backlog grew from 40 to 4,312; 2 gaps.",
        "Between 09:03 and 14:03 the backlog grew from 4.0 kB to 431 kB; 2 gaps.",
        "Between 09:03 and 14:03 the age of the oldest message stayed at 41 min; 2 gaps.",
    ]
    assert '<th scope="row">23 Nov 14:03:22</th><td class="num">4,312</td>' in html


def test_the_headline_of_a_wide_time_is_the_latest_count_and_not_the_highest_of_the_last_step(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    for minutes, messages in ((3, 90), (2, 20), (1, 40)):
        sample(account, orders, NOW - timedelta(minutes=minutes), messages)
    since = "2026-11-16T14:02:22Z"
    html = html_of(browser, f"{url(account, orders)}?since={since}&until=2026-11-23T14:02:30Z")
    assert 'data-rest="40 at 23 Nov 14:02:22"' in html
    assert '<td class="num">90</td>' in html


def test_the_sentence_of_a_wide_time_ends_with_the_latest_count_and_tells_the_highest_as_the_highest(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    for minutes, messages in ((182, 30), (181, 60), (3, 90), (2, 20), (1, 40)):
        sample(account, orders, NOW - timedelta(minutes=minutes), messages)
    html = html_of(browser, f"{url(account, orders)}?since=2026-11-16T14:02:22Z&until=2026-11-23T14:02:30Z")
    assert sentences(html)[0] == (
        "Between 23 Nov 11:01 and 23 Nov 14:02 the backlog grew from 30 to 40; highest 90 at 23 Nov 14:00; 1 gap."
    )
    # The line goes there, and the table has it.
    assert re.search(r'id="chart-backlog".*?<td class="num">90</td>.*?<td class="num">40</td>', html, re.DOTALL)
    assert "The highest of each 2 h, and the first and the last value." in html


def test_counts_that_were_thinned_to_hours_are_drawn_by_the_hour_and_a_missing_one_is_a_gap(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    begin = NOW - timedelta(days=60)
    for hour in range(24):
        if hour not in (7, 8, 9):
            sample(account, orders, begin + timedelta(hours=hour), 40 + hour)
    query = "since=2026-09-24T14:02:22Z&until=2026-09-25T13:05:22Z"
    chart = chart_in(html_of(browser, f"{url(account, orders)}?{query}"), "backlog")
    assert '<span class="each">highest of each 1 h</span>' in chart
    assert "grew from 40 to 63; 1 gap." in chart


def test_nothing_sampled_is_nothing_known_and_not_zero(browser: Client, account: Account, orders: QueueHandle) -> None:
    # A time that is over: the look itself counts the queue.
    html = html_of(browser, f"{url(account, orders)}?since=2026-11-23T09%3A00%3A00Z&until=2026-11-23T11%3A00%3A00Z")
    assert sentences(html)[0] == "Nothing is known of the backlog between 09:00 and 11:00."
    assert "nothing known for 2 h 0 min" in html


def test_samples_of_another_account_row_are_not_shown(
    browser: Client, account: Account, orders: QueueHandle, cast: Cast
) -> None:
    other = make_account(cast.owner, secret="x" * 40, account_id=account.account_id, label="other")
    sample(other, orders, NOW, 77_777)
    assert "77,777" not in html_of(browser, url(account, orders))


def test_a_time_that_was_typed_is_the_persons_own_and_its_address_everybodys(
    browser: Client, account: Account, orders: QueueHandle, cast: Cast
) -> None:
    cast.owner.zone = "Europe/Berlin"
    cast.owner.save()
    response = browser.get(f"{url(account, orders)}?since=2026-11-23T09:00&until=2026-11-23T12:30")
    assert response.headers["Location"] == (
        f"{url(account, orders)}?since=2026-11-23T08%3A00%3A00Z&until=2026-11-23T11%3A30%3A00Z"
    )
    html = html_of(browser, response.headers["Location"])
    assert 'name="since" value="2026-11-23T09:00"' in html
    assert "Nothing is known of the backlog between 09:00 and 12:30." in html


def test_an_hour_that_came_twice_is_meant_whole(
    browser: Client, account: Account, orders: QueueHandle, cast: Cast
) -> None:
    cast.owner.zone = "Europe/Berlin"
    cast.owner.save()
    response = browser.get(f"{url(account, orders)}?since=2026-10-25T02:00&until=2026-10-25T02:30")
    assert response.headers["Location"].endswith("?since=2026-10-25T00%3A00%3A00Z&until=2026-10-25T01%3A30%3A00Z")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("last=2y", "Time: Choose one of these: 30 min, "),
        ("since=yesterday&until=now", "From: This is no moment."),
        ("since=2026-11-23T09:00Z", "two moments"),
        ("since=2026-11-23T09:00Z&until=2026-11-23T09:10Z", "Take 30 min at least."),
        ("since=2026-09-23T09:00Z&until=2026-11-23T09:10Z", "Take 30 d at most."),
        ("since=2026-11-23T09:00Z&until=2026-11-22T09:10Z", "To is not after From."),
        ("since=2027-11-23T09:00Z&until=2027-11-24T09:10Z", "still to come"),
        ("since=0001-01-01T00:00%2B14:00&until=9999-12-31T23:59-14:00", "beyond the calendar"),
    ],
)
def test_a_time_that_cannot_be_understood_is_said(
    browser: Client, account: Account, orders: QueueHandle, query: str, sentence: str
) -> None:
    html = html_of(browser, f"{url(account, orders)}?{query}")
    assert sentence in html
    assert "The charts show the last 24 h." in html


@pytest.mark.parametrize(
    ("query", "since", "until", "wrong"),
    [
        ("since=2026-11-23T09:00&until=2026-11-22T09:10", "2026-11-23T09:00", "2026-11-22T09:10", ["since", "until"]),
        ("since=2026-11-23T08:00Z&until=2026-11-22T09:10", "2026-11-23T09:00", "2026-11-22T09:10", ["since", "until"]),
        ("since=2026-11-23T09:00&until=", "2026-11-23T09:00", "", ["until"]),
        ("since=2027-11-23T09:00&until=2027-11-24T09:00", "2027-11-23T09:00", "2027-11-24T09:00", ["since"]),
        ("since=soon&until=2026-11-24T09:00", "", "2026-11-24T09:00", ["since"]),
        ("last=2y", "2026-11-22T15:03", "2026-11-23T15:03", []),
    ],
)
def test_what_was_typed_stays_in_its_fields_and_those_that_are_wrong_are_marked(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    cast: Cast,
    query: str,
    since: str,
    until: str,
    wrong: list[str],
) -> None:
    cast.owner.zone = "Europe/Berlin"
    cast.owner.save()
    html = html_of(browser, f"{url(account, orders)}?{query}")
    fields = re.findall(r'name="(since|until)" value="([^"]*)" required([^>]*)', html)
    assert [value for _, value, _ in fields] == [since, until]
    assert [name for name, _, rest in fields if "aria-invalid" in rest] == wrong


@pytest.mark.parametrize(("was", "back"), [("&was=30d", "30 d"), ("", "24 h"), ("&was=2y", "24 h")])
def test_a_time_of_ones_own_has_a_way_back_to_where_it_was_chosen(
    browser: Client, account: Account, orders: QueueHandle, was: str, back: str
) -> None:
    html = html_of(browser, f"{url(account, orders)}?since=2026-11-23T09:00Z&until=2026-11-23T11:00Z{was}")
    address = f"{url(account, orders)}{'?last=30d' if back == '30 d' else ''}"
    assert f'href="{address}">Back to {back}</a>' in html
    assert "Back to" not in html_of(browser, f"{url(account, orders)}?last=30d")


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Pacific/Kiritimati"])
@pytest.mark.parametrize("part", ["overview/", "overview/charts/", "overview/analytics/"])
@pytest.mark.parametrize("year", ["0001-01", "9999-12"])
def test_the_ends_of_the_calendar_are_times_like_any_other_that_is_refused(
    browser: Client, account: Account, orders: QueueHandle, cast: Cast, zone: str, part: str, year: str
) -> None:
    cast.owner.zone = zone
    cast.owner.save()
    for days in (("01", "02"), ("30", "31")):
        query = f"since={year}-{days[0]}T00:00Z&until={year}-{days[1]}T00:00Z"
        assert browser.get(f"{url(account, orders, part)}?{query}", headers=HTMX).status_code == 200


def test_a_time_that_goes_on_refreshes_itself_and_one_that_is_over_does_not(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    address = f'hx-get="{url(account, orders, "overview/charts/")}?last=6h" hx-trigger="refresh from:body"'
    assert address in html_of(browser, f"{url(account, orders)}?last=6h")
    over = html_of(browser, f"{url(account, orders)}?since=2026-11-23T08:00Z&until=2026-11-23T11:30Z")
    assert "overview/charts/" not in over


def test_the_charts_come_alone(browser: Client, account: Account, orders: QueueHandle) -> None:
    sample(account, orders, NOW, 12)
    part = html_of(browser, url(account, orders, "overview/charts/"), headers=HTMX)
    assert part.strip().startswith('<div class="charts" id="charts"')
    assert "At 14:03" not in part
    assert sentences(part)[0] == "At 23 Nov 14:03 the backlog was 12; 1 gap."


def test_an_act_of_the_time_is_marked_and_told(
    browser: Client, account: Account, orders: QueueHandle, now: time_machine.Traveller
) -> None:
    assert "No change of the queue" in html_of(browser, url(account, orders))
    form = {"batch_size": 3, "visibility_timeout": "30 s", "intent": new_intent()}
    assert browser.post(url(account, orders, "pull/"), form).status_code == 303
    now.shift(timedelta(minutes=1))
    html = html_of(browser, url(account, orders))
    assert re.search(r'data-said="Pull by [^"]+"', html)
    assert "3 messages" in html
    assert html.count('<line class="mark price"') == 3


def test_all_that_the_reader_did_to_its_messages_is_told(
    browser: Client, account: Account, orders: QueueHandle, now: time_machine.Traveller
) -> None:
    batch = pulled(browser, account, orders)
    settle(browser, account, orders, batch, 0)
    settle(browser, account, orders, batch, 1, verb="retry")
    now.shift(timedelta(seconds=1))
    delete(browser, account, orders, peeked(browser, account, orders), 0)
    done = {"action": "messages.send", "outcome": "ok", "at": NOW, "completed_at": NOW}
    owner = account.credential.owner
    AuditEntry.objects.create(**done, user_id=owner.pk, user_name=owner.username, queue_id=orders.id)
    now.shift(timedelta(minutes=1))
    html = html_of(browser, url(account, orders))
    said = re.findall(r'data-said="([A-Za-z ]+) by [^"]+"', html)
    assert {"Pull", "Acknowledge", "Retry", "Delete", "Send"} == set(said)


def test_somebody_elses_acts_are_not_told_to_who_may_not_see_them(
    browser: Client, account: Account, orders: QueueHandle, cast: Cast
) -> None:
    then = NOW - timedelta(minutes=1)
    AuditEntry.objects.create(
        at=then,
        completed_at=then,
        action="messages.pull",
        outcome="ok",
        user_id=987,
        user_name="zoe",
        queue_id=orders.id,
    )
    assert "zoe" not in html_of(browser, url(account, orders))


def change(account: Account, queue: QueueHandle, action: str, minutes: int, **fields: object) -> AuditEntry:
    """What a colleague did."""
    then = NOW - timedelta(minutes=minutes)
    known = {"account_id": account.account_id, "queue_id": queue.id, "user_id": 987, "user_name": "zoe"}
    return AuditEntry.objects.create(
        **{"at": then, "completed_at": then, "action": action, "outcome": "ok"} | known | fields
    )


def test_a_colleagues_change_of_the_queue_is_told_to_all_who_may_see_it_without_its_receipts_page(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    entry = change(account, orders, "queue.pause", 5)
    html = html_of(browser, url(account, orders))
    assert 'data-said="Pause delivery by zoe"' in html
    assert html.count('<line class="mark price"') == 3
    # Who may see what of the audit stays as it is.
    assert entry.receipt in html
    assert f"/audit/{entry.pk}/" not in html
    assert browser.get(f"/audit/{entry.pk}/").status_code == 404


def test_a_change_is_told_only_of_a_queue_that_this_credential_was_shown(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    change(account, orders, "queue.pause", 5)
    change(account, orders, "queue.resume", 4, account_id="e" * 32, user_name="yve")
    # The charts alone ask Cloudflare nothing: an id in the address proves nothing.
    assert "zoe" not in html_of(browser, url(account, orders, "overview/charts/"), headers=HTMX)
    html = html_of(browser, url(account, orders))
    assert "zoe" in html
    assert "yve" not in html


def test_a_paused_queue_says_since_when_and_by_whom_on_every_tab(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    change(account, orders, "queue.pause", 61)
    assert "Paused by" not in html_of(browser, url(account, orders, "settings/"))
    orders.pause()
    cache.clear()
    for tab in ("", "overview/", "settings/", "history/"):
        assert re.search(
            r"<dt>Paused by</dt>\s*<dd[^>]*>zoe<small>, since 13:02:22</small>",
            html_of(browser, url(account, orders, tab)),
        )


def test_a_pause_that_was_not_done_here_names_nobody(browser: Client, account: Account, orders: QueueHandle) -> None:
    change(account, orders, "queue.pause", 61)
    change(account, orders, "queue.resume", 60)
    orders.pause()
    assert "Paused by" not in html_of(browser, url(account, orders))


def test_what_is_about_to_be_lost_stands_over_the_charts(browser: Client, account: Account, sandbox: Sandbox) -> None:
    losing = sandbox.add_queue("losing", consumer=None, retention=3600)
    losing.push("old", age_s=3500)
    assert "Retention deletes the oldest message" in html_of(browser, url(account, losing))


def test_the_history_tab_has_the_entries_beside_cloudflares_own_facts(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    assert browser.post(url(account, orders, "peek/"), {"batch_size": 5, "intent": new_intent()}).status_code == 303
    html = html_of(browser, url(account, orders, "history/"))
    for text in ("By Cloudflare", "Created", "Changed", "Peek", f"/audit/?queue={orders.id}"):
        assert text in html
    # The page is that queue's: each row need not name it.
    assert 'class="c-queue' not in html
    assert 'class="c-queue"' in html_of(browser, f"/audit/?queue={orders.id}")


def test_a_queue_that_cannot_be_asked_still_shows_what_was_sampled(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    sample(account, orders, NOW - timedelta(minutes=5), 40)
    sandbox.fault("html", route="queue")
    html = html_of(browser, url(account, orders), status=502)
    assert "the backlog was 40" in html


def test_the_line_of_an_act_is_named_on_the_chart_and_acts_that_meet_share_a_flag(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    change(account, orders, "queue.pause", 300)
    change(account, orders, "queue.edit", 61)
    change(account, orders, "queue.resume", 60)
    chart = chart_in(html_of(browser, url(account, orders)), "backlog")
    flags = re.findall(r'<svg class="flag"[^>]*><(?:use href="[^"#]+#(\w+)"|text [^>]+>([^<]+)<)', chart)
    assert flags == [("paused", ""), ("", "2\N{MULTIPLICATION SIGN}")]


def test_of_many_acts_the_newest_are_told_and_the_others_are_one_step_away(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    for minutes in range(1, 10):
        change(account, orders, "queue.pause", minutes)
    html = html_of(browser, url(account, orders))
    assert "<summary>3 earlier</summary>" in html
    assert len(re.findall(r"<li data-mark=", html)) == 9
