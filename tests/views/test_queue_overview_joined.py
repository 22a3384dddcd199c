"""The charts of a backlog: what was counted here, and Cloudflare's averages where nothing was; also once that fails."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from queues_app.cloudflare import Client as Upstream
from queues_app.cloudflare import NotPermitted
from queues_app.models import Account
from queues_app.operations import analytics
from queues_app.operations.analytics import Analytics
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.queues import NOW
from tests.views.test_queue_analytics import analytics_of
from tests.views.test_queue_overview import HTMX, chart_in, html_of, sample, url

pytestmark = pytest.mark.usefixtures("now")

MINUTES = 10


@pytest.fixture
def grown(sandbox: Sandbox, clock: ManualClock, now: time_machine.Traveller) -> QueueHandle:
    """A queue that got 30 messages in each of the last ten minutes."""
    queue = sandbox.add_queue("orders")
    for _ in range(MINUTES):
        queue.push_many([{"more": True}] * 30)
        clock.advance(minutes=1)
        now.shift(timedelta(minutes=1))
    return queue


def charts_of(browser: Client, account: Account, queue: QueueHandle) -> str:
    return html_of(browser, f"{url(account, queue, 'overview/charts/')}?last=30min", headers=HTMX)


def read(browser: Client, account: Account, queue: QueueHandle) -> str:
    return analytics_of(browser, account, queue, "?last=30min")


def test_where_nothing_was_counted_here_averages_stand_and_are_named(
    browser: Client, account: Account, grown: QueueHandle
) -> None:
    end = NOW + timedelta(minutes=MINUTES)
    for minute in range(3):
        sample(account, grown, end - timedelta(minutes=minute), 4312, 9000)
    html = read(browser, account, grown)
    chart = chart_in(html, "backlog")
    assert 'hx-swap-oob="outerHTML"' in chart
    assert re.search(
        r"the backlog grew from \d+ to 4,312; averages by Cloudflare where nothing was counted here", chart
    )
    assert re.search(r'<path class="line filled" d="M', chart)
    assert re.search(r'<path class="line s0" d="M', chart)
    legend = re.search(r'<ul class="legend">.*?</ul>', chart, re.DOTALL)
    assert legend
    assert re.findall(r"</svg>([^<]+)<", legend[0]) == ["counted here", "average by Cloudflare"]
    sources = re.findall(r"data-source>([^<]+)</td>", chart)
    assert sources == [*["average by Cloudflare"] * (len(sources) - 3), *["counted here"] * 3]
    assert len(sources) > 8
    assert "average by Cloudflare" in chart_in(html, "bytes")
    assert "chart-oldest" not in html


def test_a_refresh_of_what_is_counted_here_keeps_the_averages_and_asks_nobody(
    browser: Client, account: Account, grown: QueueHandle, sandbox: Sandbox
) -> None:
    assert "average by Cloudflare" not in charts_of(browser, account, grown)
    read(browser, account, grown)
    asked = len(sandbox.calls)
    chart = chart_in(charts_of(browser, account, grown), "backlog")
    assert "average by Cloudflare" in chart
    assert len(sandbox.calls) == asked
    # It is no swap of its own: the part comes as a whole.
    assert "hx-swap-oob" not in chart


def test_charts_that_know_nothing_stand_below_those_that_do(
    browser: Client, account: Account, grown: QueueHandle
) -> None:
    html = read(browser, account, grown)
    keys = re.findall(
        r'<figure class="card chart( is-empty)?" data-chart id="chart-(\w+)"', html.split("</section>")[0]
    )
    empty = [bool(state) for state, _ in keys]
    assert True in empty
    assert empty == sorted(empty)


def test_a_failure_leaves_the_charts_that_stood_and_says_when_they_were_read_and_what_is_next(
    browser: Client, account: Account, grown: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    stood = read(browser, account, grown).count("<figure")
    sandbox.fault("server_error", route="analytics")
    now.shift(timedelta(seconds=70))
    html = read(browser, account, grown)
    assert html.count("<figure") == stood
    assert re.search(r'class="is-price">.*?read 14:13:22</span>', html, re.DOTALL)
    assert "These charts stay as they were read. Next try at 14:15:32." in html


def test_a_refusal_to_go_on_says_at_once_when_it_is_tried_again(
    browser: Client, account: Account, grown: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.fault("rate_limited", route="analytics", seconds=40)
    assert re.search(r"Next try at 14:1\d:\d\d\.", read(browser, account, grown))


def test_a_credential_that_may_read_analytics_no_longer_is_shown_none_of_them(
    browser: Client, account: Account, grown: QueueHandle
) -> None:
    read(browser, account, grown)

    def refused(_client: Upstream) -> Analytics:
        raise NotPermitted(sentence="This credential may not read analytics.", reason="analytics-not-permitted")

    analytics.once(Analytics, account, "analytics", "another-question", refused)
    assert "<figure" not in read(browser, account, grown)
    assert "average by Cloudflare" not in charts_of(browser, account, grown)
