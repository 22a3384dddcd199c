"""The Overview tab in a browser: a backlog that grows shows in the chart and in its table; a time is chosen there."""

import re

from playwright.sync_api import Page, expect

from queues_app.sandbox import QueueHandle, Sandbox
from tests.browser import acts
from tests.browser.stack import Person, Stack

MINUTE = 60


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
    expect(page.locator("#chart-backlog-said")).to_contain_text("grew from 71 to 4,312")
    expect(page.locator("#chart-backlog").get_by_role("cell", name="4,312")).to_be_visible()
    assert page.locator("#chart-backlog path.line:not(.dots)").first.get_attribute("d") != before
    expect(page.locator("#chart-backlog-plot")).to_be_focused()
    expect(page.locator("#chart-backlog .read-out")).to_contain_text("71 at ")


def test_dragging_leads_to_that_time(page: Page, stack: Stack, sandbox: Sandbox, operator: Person) -> None:
    queue = opened(page, stack, sandbox, operator)
    page.goto(f"{operator.queue(queue)}overview/?last=2h")
    box = page.locator("#chart-backlog-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    page.mouse.up()
    page.wait_for_url(re.compile(r"\?since=2[^&]+Z&until=2[^&]+Z$"))
    expect(page.get_by_label("How long").locator("[aria-current]")).to_have_count(0)
    expect(page.locator("#range-problem")).to_have_count(0)
