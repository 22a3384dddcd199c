"""The refresh control: one poll at a time, none while the tab is hidden, fewer when it fails; old rows say so."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Request, Route, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person
from tests.browser.watch import Watch

pytestmark = pytest.mark.usefixtures("own_tab")

HIDE = """(hidden) => {
  const say = (name, value) => Object.defineProperty(document, name, { configurable: true, get: () => value });
  say("hidden", hidden);
  say("visibilityState", hidden ? "hidden" : "visible");
  document.dispatchEvent(new Event("visibilitychange"));
}"""


# An answer that arrived is not yet one that the page has taken in: htmx makes new elements listen when they settle,
# by a timer that it set before this one.
COUNT_ANSWERS = """document.body.addEventListener("htmx:afterRequest", () => setTimeout(() => {
  document.body.dataset.answered = Number(document.body.dataset.answered ?? 0) + 1;
}, htmx.config.defaultSettleDelay + 1))"""


class Polls:
    """What htmx asks of an address: how often, and when the answer has been taken in."""

    def __init__(self, page: Page, path: str) -> None:
        self.page = page
        self.path = path
        self.sent = 0
        self._answered = 0
        page.evaluate(COUNT_ANSWERS)
        page.on("request", self._count)

    @contextmanager
    def answered(self) -> Iterator[None]:
        """What is done inside brings one poll; afterwards its answer is on the page."""
        self._answered += 1
        yield
        expect(self.page.locator("body")).to_have_attribute("data-answered", str(self._answered))

    def _count(self, request: Request) -> None:
        self.sent += self.path in request.url and "hx-request" in request.headers


@pytest.fixture
def polled(page: Page, sandbox: Sandbox, operator: Person) -> Polls:
    """The list of queues on a clock driven by hand, refreshing itself every ten seconds."""
    acts.add_orders(sandbox)
    page.clock.install()
    page.goto(operator.queues)
    expect(acts.rows(page)).to_have_count(1)  # the dead-letter queue is empty, and folded away
    return Polls(page, operator.queues)


def every(page: Page, value: str) -> None:
    page.get_by_label("Refresh by itself").select_option(value)


def refresh_until(page: Page, polled: Polls, is_so: Callable[[], bool]) -> None:
    """The server asks no more often than its floor of one second allows, and that second is a real one."""
    for _ in range(100):
        with polled.answered():
            page.clock.fast_forward(11_000)
        if is_so():
            break


def test_the_counts_refresh_themselves_and_say_when(page: Page, polled: Polls, sandbox: Sandbox) -> None:
    backlog = acts.rows(page).first.locator(".c-backlog")
    expect(backlog).to_contain_text("4")
    sandbox.queue("orders-inbound").push_many(["more"] * 3)
    refresh_until(page, polled, lambda: "7" in backlog.inner_text())
    expect(backlog).to_contain_text("7")
    expect(page.locator("[data-refresh] .updated")).to_have_text(re.compile(r"updated \d s ago"))


def test_what_would_move_rows_is_offered_and_not_done(page: Page, polled: Polls, sandbox: Sandbox) -> None:
    sandbox.add_queue("shipments", consumer=None).push("late", age_s=7200)
    offer = page.get_by_role("link", name="Show the new order")
    refresh_until(page, polled, offer.is_visible)
    expect(offer).to_be_visible()
    expect(acts.rows(page)).to_have_count(1)
    offer.click()
    expect(page.get_by_role("link", name="shipments", exact=True)).to_be_visible()


def test_off_means_off_and_the_button_still_works(page: Page, polled: Polls) -> None:
    every(page, "0")
    page.clock.fast_forward("01:00:00")
    page.clock.run_for(5_000)
    assert polled.sent == 0
    with polled.answered():
        page.get_by_role("link", name="Refresh now").click()
    assert polled.sent == 1


def test_a_hidden_tab_asks_nothing_and_catches_up_when_it_is_seen_again(page: Page, polled: Polls) -> None:
    page.evaluate(HIDE, True)
    page.clock.fast_forward("10:00")
    page.clock.run_for(5_000)
    assert polled.sent == 0
    with polled.answered():
        page.evaluate(HIDE, False)
    assert polled.sent == 1


def test_no_second_poll_before_the_first_is_answered(page: Page, polled: Polls) -> None:
    held: list[Route] = []
    page.route(lambda url: polled.path in url, lambda route: route.continue_() if held else held.append(route))
    page.clock.run_for(11_000)
    page.clock.run_for(25_000)
    page.get_by_role("link", name="Refresh now").click()
    page.clock.run_for(25_000)
    assert polled.sent == 1
    with polled.answered():
        held[0].continue_()
    with polled.answered():
        page.clock.run_for(11_000)
    assert polled.sent == 2


def test_a_failing_list_keeps_its_rows_marks_them_stale_and_asks_less_often(
    page: Page, polled: Polls, sandbox: Sandbox, watch: Watch
) -> None:
    watch.expect(502)
    sandbox.fault("server_error", route="queues")
    refresh_until(page, polled, acts.failed(page).is_visible)
    expect(acts.rows(page)).to_have_count(1)
    expect(acts.failed(page)).to_contain_text("cf-ray")
    expect(page.locator("[data-refresh]")).to_have_attribute("data-stale", "")
    expect(page.locator("[data-refresh] .updated")).to_have_text(re.compile("stale"))

    # 20 s now, no longer 10, and then 40.
    asked = polled.sent
    page.clock.run_for(15_000)
    assert polled.sent == asked
    with polled.answered():
        page.clock.run_for(10_000)

    sandbox.clear_faults()
    with polled.answered():
        page.clock.run_for(45_000)
    expect(acts.failed(page)).to_have_count(0)
    expect(page.locator("[data-refresh]")).not_to_have_attribute("data-stale", "")


def test_the_choice_is_kept_across_pages_and_tabs(
    sandbox: Sandbox, open_context: OpenContext, operator: Person
) -> None:
    queue = acts.add_orders(sandbox)
    context = open_context(operator)
    page = context.new_page()
    page.goto(operator.queues)
    every(page, "60")
    for address in (operator.queue(queue), "/audit/"):
        page.goto(address)
        expect(page.get_by_label("Refresh by itself")).to_have_value("60")
    other = context.new_page()
    other.goto(operator.queues)
    expect(other.get_by_label("Refresh by itself")).to_have_value("60")


def test_a_repeated_peek_offers_what_is_new_and_moves_no_row(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.clock.install()
    page.goto(operator.queue(queue))
    acts.peek(page)
    before = acts.rows(page).all_inner_texts()
    queue.push({"order": "new"})
    with page.expect_response("**/peek-again/"):
        page.clock.run_for(11_000)
    expect(page.locator("#newer")).to_contain_text("1 new")
    assert len(acts.rows(page).all_inner_texts()) == len(before) == 4
    page.locator("#newer").get_by_role("link", name="show").click()
    expect(acts.rows(page)).to_have_count(5)
    assert queue.count("peek") == 2


def test_a_repeated_peek_that_fails_leaves_the_rows_and_says_stale(
    sandbox: Sandbox, page: Page, operator: Person, watch: Watch
) -> None:
    watch.expect(502, 504)
    queue = acts.add_orders(sandbox)
    page.clock.install()
    page.goto(operator.queue(queue))
    acts.peek(page)
    queue.fault("html", route="peek")
    with page.expect_response("**/peek-again/"):
        page.clock.run_for(11_000)
    expect(page.locator("#newer")).to_contain_text("Stale.")
    expect(acts.rows(page)).to_have_count(4)
    sandbox.clear_faults()
    # The good answer, not a failed one that was still under way.
    with page.expect_response(lambda response: response.url.endswith("/peek-again/") and response.ok):
        page.clock.run_for(60_000)
    expect(page.locator("#newer")).not_to_contain_text("Stale.")


def test_a_long_list_fills_itself_and_says_how_far_it_is(page: Page, sandbox: Sandbox, operator: Person) -> None:
    for number in range(150):
        sandbox.add_queue(f"queue-{number:03}").push("waits", age_s=90)
    sandbox.fault("latency", route="queues", count=1, seconds=0)
    sandbox.fault("latency", route="queues", count=1, seconds=2)
    page.goto(operator.queues)
    expect(page.locator(".listing-on")).to_contain_text("100 of 150 queues listed so far")
    expect(page.locator(".listing-on")).to_have_count(0)
    expect(page.locator("#queues-lede")).to_contain_text("150 in this account.")
    expect(acts.rows(page)).to_have_count(100)
