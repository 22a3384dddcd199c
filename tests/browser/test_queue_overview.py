"""The Overview tab in a browser: a backlog that grows shows in the chart and in its table; a time is chosen there."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from queues_app.sandbox import QueueHandle, Sandbox
from queues_app.sandbox.ratelimit import RateLimit
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack

MINUTE = 60
# The end, or the highest: a refresh counts the queue itself as well, and whichever came last is the end.
PEAK = re.compile("(to|highest) 4,312")


def opened(page: Page, stack: Stack, sandbox: Sandbox, operator: Person) -> QueueHandle:
    queue = acts.add_orders(sandbox, 6)
    stack.backstage.add_samples(
        operator, queue, *((MINUTE * ago, 100 - ago, 1000, 60) for ago in range(1, 30) if not 10 < ago < 20)
    )
    page.goto(f"{operator.queue(queue)}overview/?last=30min")
    return queue


def test_a_moment_is_read_by_keys_and_by_pointing_in_all_charts_at_once(
    page: Page, stack: Stack, sandbox: Sandbox, operator: Person
) -> None:
    opened(page, stack, sandbox, operator)
    slider = page.get_by_role("slider", name=re.compile("the backlog grew from 71 to 99; "))
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#chart-backlog .read-out")).to_contain_text("71 at ")
    expect(page.locator("#chart-bytes .read-out")).to_contain_text("1.0 kB at ")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^72 at "))
    page.locator("#chart-oldest-plot").hover(position={"x": 1, "y": 30})
    expect(page.locator("#chart-backlog .read-out")).to_contain_text("71 at ")


def test_what_grows_is_seen_growing_and_what_is_open_stays_open(
    page: Page, stack: Stack, sandbox: Sandbox, operator: Person
) -> None:
    queue = opened(page, stack, sandbox, operator)
    page.locator("#chart-backlog").get_by_text("Values").click()
    page.locator("#chart-backlog-plot").focus()
    page.keyboard.press("Home")
    before = page.locator("#chart-backlog path.line:not(.dots)").first.get_attribute("d")
    stack.backstage.add_samples(operator, queue, (1, 4312, 9000, 60))
    page.keyboard.press("r")
    expect(page.locator("#chart-backlog-said")).to_contain_text(PEAK)
    expect(page.locator("#chart-backlog").get_by_role("cell", name="4,312")).to_be_visible()
    assert page.locator("#chart-backlog path.line:not(.dots)").first.get_attribute("d") != before
    expect(page.locator("#chart-backlog-plot")).to_be_focused()
    expect(page.locator("#chart-backlog .read-out")).to_contain_text("71 at ")


def test_dragging_leads_to_that_time(page: Page, stack: Stack, sandbox: Sandbox, operator: Person) -> None:
    queue = opened(page, stack, sandbox, operator)
    page.goto(f"{operator.queue(queue)}overview/?last=2h")
    # With them the chart comes anew, joined.
    expect(page.locator("#chart-operations")).to_be_visible()
    box = page.locator("#chart-backlog-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    page.mouse.up()
    page.wait_for_url(re.compile(r"\?since=2[^&]+Z&until=2[^&]+Z&was=2h$"))
    expect(page.get_by_label("How long").locator("[aria-current]")).to_have_count(0)
    expect(page.locator("#range-problem")).to_have_count(0)


def test_a_drag_goes_on_when_the_joined_chart_comes(
    own_tab: None, page: Page, stack: Stack, sandbox: Sandbox, operator: Person
) -> None:
    queue = opened(page, stack, sandbox, operator)
    held: list[Route] = []
    page.route("**/overview/analytics/**", lambda route: held.append(route))
    page.goto(f"{operator.queue(queue)}overview/?last=2h")
    box = page.locator("#chart-backlog-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    expect(page.locator("#analytics .loading > .chart")).to_have_count(6)
    for route in held:
        route.continue_()
    expect(page.locator("#chart-operations")).to_be_visible()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    page.mouse.up()
    page.wait_for_url(re.compile(r"\?since=2[^&]+Z&until=2[^&]+Z&was=2h$"))


def own_samples_can_be_read(page: Page, stack: Stack, operator: Person, queue: QueueHandle) -> None:
    """The charts of what is sampled here are there, follow a key, and are made anew by a refresh."""
    plot = page.get_by_role("slider", name=re.compile("the backlog grew from 71 to 99; "))
    plot.focus()
    page.keyboard.press("Home")
    expect(page.locator("#chart-backlog .read-out")).to_contain_text("71 at ")
    stack.backstage.add_samples(operator, queue, (1, 4312, 9000, 60))
    page.keyboard.press("r")
    expect(page.locator("#chart-backlog-said")).to_contain_text(PEAK)


def test_nothing_on_the_page_waits_for_slow_analytics(
    page: Page, stack: Stack, sandbox: Sandbox, operator: Person
) -> None:
    sandbox.fault("latency", route="analytics", seconds=30)
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url))
    queue = opened(page, stack, sandbox, operator)
    own_samples_can_be_read(page, stack, operator, queue)
    assert not [address for address in answered if "/overview/analytics/" in address]
    expect(page.locator("#analytics .loading > .chart")).to_have_count(6)

    expect(page.locator("#analytics h3")).to_have_text(re.compile("did not answer in time"), timeout=30_000)
    expect(page.locator("#analytics figure")).to_have_count(0)
    expect(page.locator("#chart-backlog-said")).to_contain_text(PEAK)


@pytest.mark.parametrize("kind", ["server_error", "html", "truncated", "empty", "reset", "redirect", "null_result"])
def test_analytics_that_fail_cost_their_own_charts_only(
    kind: str, page: Page, stack: Stack, sandbox: Sandbox, operator: Person
) -> None:
    sandbox.fault(kind, route="analytics")
    queue = opened(page, stack, sandbox, operator)
    expect(page.locator("#analytics h3")).to_have_text(re.compile(r"\w{3,}.*\."))
    expect(page.locator("#analytics figure")).to_have_count(0)
    # What feeds the queue is another question, and has its answer.
    expect(page.locator("#feeds-part")).to_contain_text("None sends into this queue.")
    own_samples_can_be_read(page, stack, operator, queue)


@pytest.mark.parametrize(
    ("variant", "said", "charts"),
    [
        ("empty", "Cloudflare has no rows of this time. That is not zero", 6),
        ("partial", "answer tells nothing of the consumer's concurrency", 5),
        ("no_delayed", "answer tells nothing of what is delayed", 5),
    ],
)
def test_what_analytics_leave_out_is_said_beside_what_there_is(
    variant: str, said: str, charts: int, page: Page, stack: Stack, sandbox: Sandbox, operator: Person
) -> None:
    sandbox.vary(analytics=variant)
    queue = opened(page, stack, sandbox, operator)
    expect(page.locator("#analytics")).to_contain_text(said)
    expect(page.locator("#analytics figure")).to_have_count(charts)
    own_samples_can_be_read(page, stack, operator, queue)


@pytest.mark.parametrize(
    ("token", "calls", "said", "advice"),
    [
        ("read_only", 300, "This credential may not read analytics.", "Account Analytics: Read"),
        # Of a token that no other test has: they would be held back with it.
        ("account_owned", 0, "Cloudflare refused: analytics were asked for too often.", "Only these charts wait"),
    ],
)
def test_a_credential_that_is_refused_analytics_reads_what_is_sampled_here(
    token: str,
    calls: int,
    said: str,
    advice: str,
    stack: Stack,
    sandbox: Sandbox,
    newcomer: Person,
    open_context: OpenContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "_graphql_limit", RateLimit(calls))
    account_id = sandbox.accounts["acme-logistics"]
    person = stack.backstage.with_account(newcomer, secret=sandbox.tokens[token], account_id=account_id)
    page = open_context(person).new_page()
    queue = opened(page, stack, sandbox, person)
    expect(page.locator("#analytics h3")).to_have_text(said)
    expect(page.locator("#analytics")).to_contain_text(advice)
    own_samples_can_be_read(page, stack, person, queue)


@pytest.mark.parametrize("width", [1280, 1680])
def test_what_stands_below_analytics_stays_where_it_is_when_they_come(
    width: int, stack: Stack, sandbox: Sandbox, operator: Person, open_context: OpenContext
) -> None:
    page = open_context(operator, viewport={"width": width, "height": 900}).new_page()
    held: list[Route] = []
    page.route("**/overview/analytics/**", lambda route: held.append(route))
    opened(page, stack, sandbox, operator)
    below = page.get_by_role("region", name=re.compile("^Consumer"))
    expect(page.locator("#analytics .loading > .chart")).to_have_count(6)
    expect(page.locator("#feeds-part")).to_contain_text("None sends into this queue.")
    before = below.bounding_box()
    for route in held:
        route.continue_()
    expect(page.locator("#chart-operations")).to_be_visible()
    after = below.bounding_box()
    assert before
    assert after
    # A sentence may take a line or two more than were kept for it; charts are hundreds high.
    assert abs(after["y"] - before["y"]) < 48


def test_a_history_stands_beside_cloudflares_facts_where_there_is_room(
    page: Page, sandbox: Sandbox, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, 6)
    page.goto(f"{operator.queue(queue)}history/")
    facts = page.get_by_role("region", name="By Cloudflare")
    entries = page.get_by_role("region", name="Done here")
    for width, is_beside in ((1180, True), (1179, False)):
        page.set_viewport_size({"width": width, "height": 900})
        here, there = entries.bounding_box(), facts.bounding_box()
        assert here
        assert there
        assert (there["x"] > here["x"] + here["width"]) == is_beside
        assert (there["y"] + there["height"] < here["y"]) != is_beside
    heading = page.get_by_role("heading", name="Nothing by you here yet").bounding_box()
    title = page.get_by_role("heading", name="Done here").bounding_box()
    assert heading
    assert title
    assert heading["x"] == title["x"]
