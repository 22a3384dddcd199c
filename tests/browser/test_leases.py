"""The countdown of a lease, from the server's clock to its end, and what can no longer be done then."""

import re

import pytest
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import DrivenClock, Person, Stack
from tests.browser.watch import Watch

pytestmark = pytest.mark.usefixtures("own_tab")

LAPSED = re.compile(r"lapsed \d\d:\d\d:\d\d")


def pulled(page: Page, sandbox: Sandbox, operator: Person, *, lease: str) -> None:
    queue = acts.add_orders(sandbox)
    page.clock.install()
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2, lease=lease)


def test_the_countdown_steps_and_ends_in_the_time_it_lapsed(sandbox: Sandbox, page: Page, operator: Person) -> None:
    pulled(page, sandbox, operator, lease="5 min")
    clock = acts.rows(page).first.locator(".lease .clock")
    expect(clock).to_have_text(re.compile(r"[45]:\d\d"))
    page.clock.run_for(60_000)
    expect(clock).to_have_text(re.compile(r"3:\d\d"))
    acts.select(page, 0, 1)
    expect(page.locator("#selection")).to_contain_text("2 selected")
    page.clock.run_for(241_000)
    expect(acts.rows(page).first).to_contain_text(LAPSED)
    expect(page.locator("#selection")).to_contain_text("2 not held by you")
    expect(page.locator("#selection").get_by_role("button", name=re.compile("^Acknowledge"))).to_be_disabled()


def test_a_tab_that_was_hidden_shows_the_right_time_at_once(sandbox: Sandbox, page: Page, operator: Person) -> None:
    pulled(page, sandbox, operator, lease="1 h")
    page.clock.fast_forward("30:00")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(acts.rows(page).first.locator(".lease .clock")).to_have_text(re.compile(r"(29|30):\d\d"))


def test_the_clock_is_the_servers_also_where_the_browsers_is_wrong(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox)
    page.clock.install(time="2031-01-01T00:00:00Z")
    page.goto(operator.queue(queue))
    acts.pull(page, messages=1, lease="5 min")
    expect(acts.rows(page).first.locator(".lease .clock")).to_have_text(re.compile(r"[45]:\d\d"))
    expect(acts.rows(page).first.locator(".c-age")).to_have_text(re.compile("^1 h"))


def test_an_opened_message_counts_down_with_its_row(sandbox: Sandbox, page: Page, operator: Person) -> None:
    pulled(page, sandbox, operator, lease="5 min")
    opened = acts.open_row(page, 0)
    expect(acts.button(page, "Acknowledge…").first).to_be_visible()
    page.clock.run_for(301_000)
    expect(opened.locator(".lease")).to_have_text(LAPSED)
    expect(opened.get_by_role("button", name=re.compile("^(Acknowledge|Retry)"))).to_have_count(0)


def test_what_has_lapsed_can_no_longer_be_settled(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=1, lease="1 s")
    expect(acts.rows(page).first).to_contain_text(LAPSED)
    page.reload()
    expect(acts.rows(page).first).to_contain_text(LAPSED)
    acts.select(page, 0)
    expect(page.locator("#selection").get_by_role("button", name=re.compile("^Acknowledge"))).to_be_disabled()
    assert queue.count("settle") == 0


def test_a_lease_that_the_queue_took_back_early_is_skipped_with_its_reason(
    stack: Stack, sandbox: Sandbox, page: Page, operator: Person, driven_clock: DrivenClock
) -> None:
    queue = acts.add_orders(sandbox, messages=2)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2, lease="5 min")
    driven_clock.advance(seconds=600)
    acts.select(page, 0, 1)
    acts.settle(page, "Acknowledge")
    expect(acts.result(page)).to_contain_text("0 of 2 acknowledged. 2 skipped:")
    assert len(queue.messages) == 2
    [entry] = stack.backstage.entries(operator, "messages.ack")
    assert (entry["outcome"], entry["message_count"]) == ("ok", 0)


def test_a_retry_waits_as_long_as_was_asked(
    sandbox: Sandbox, page: Page, operator: Person, driven_clock: DrivenClock, watch: Watch
) -> None:
    watch.expect(422)
    queue = acts.add_orders(sandbox, messages=1)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=1)
    acts.select(page, 0)
    page.locator("#selection").get_by_role("button", name=re.compile("^Retry")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("^Delay")).fill("ten minutes")
    acts.button(page, "Retry 1 message").click()
    expect(dialog.locator(".error")).to_contain_text("Write a time such as")
    expect(dialog.get_by_label(re.compile("^Delay"))).to_have_value("ten minutes")
    assert queue.count("settle") == 0
    dialog.get_by_label(re.compile("^Delay")).fill("10 min")
    acts.button(page, "Retry 1 message").click()
    expect(acts.result(page)).to_contain_text("1 of 1 retried.")
    driven_clock.advance(seconds=590)
    assert [one.state for one in queue.messages] == ["delayed"]
    driven_clock.advance(seconds=15)
    assert [one.state for one in queue.messages] == ["ready"]


def test_escape_and_cancel_settle_nothing(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2)
    acts.select(page, 0, 1)
    acknowledge = page.locator("#selection").get_by_role("button", name=re.compile("^Acknowledge"))
    dialog = page.get_by_role("dialog")
    for leave in ("Escape", "Cancel"):
        acknowledge.click()
        expect(dialog.get_by_text("Cancel")).to_be_focused()
        expect(dialog).to_contain_text("orders-inbound")
        if leave == "Escape":
            page.keyboard.press("Escape")
        else:
            dialog.get_by_text("Cancel").click()
        expect(dialog).to_have_count(0)
        expect(acknowledge).to_be_focused()
    assert queue.count("settle") == 0


def test_the_page_box_and_shift_select_what_is_held(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=6)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=6)
    boxes = acts.rows(page).get_by_role("checkbox")
    bar = page.locator("#selection")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(bar).to_contain_text("4 selected on this page")
    page.get_by_label("page", exact=True).check()
    expect(bar).to_contain_text("6 selected on this page")
    expect(bar.get_by_role("button", name=re.compile("^Acknowledge"))).to_contain_text("6")
    acts.button(page, "Clear").click()
    expect(bar).to_be_hidden()


def test_a_viewer_sees_why_not_and_the_server_refuses_all_the_same(
    stack: Stack, sandbox: Sandbox, open_context: OpenContext
) -> None:
    viewer = stack.backstage.with_account(
        stack.backstage.person("Viewer"),
        secret=sandbox.tokens["full"],
        account_id=sandbox.accounts["acme-logistics"],
    )
    queue = acts.add_orders(sandbox)
    page = open_context(viewer).new_page()
    page.goto(viewer.queue(queue))
    expect(acts.pull_button(page)).to_be_disabled()
    expect(acts.peek_button(page)).to_be_disabled()
    expect(page.locator("#look")).to_contain_text("role")
    assert queue.count("pull") + queue.count("peek") == 0
