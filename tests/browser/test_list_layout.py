"""The list of queues keeps its shape at any width: low rows, whole names, and a first row that is seen at once."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.stack import Person, Stack
from tests.browser.states import STATES, Scene
from tests.browser.states.approvals import asked
from tests.browser.watch import Watch

type Fill = Callable[[], Page]

# A name in two lines, what stands below it in one, and the padding of the cell. What a watch says is added to that.
HIGHEST_ROW: Final = 2 * 20 + 18 + 15
TELEPHONE: Final = 740

# Names of which a piece between dashes stands in two lines.
BROKEN: Final = """() => [...document.querySelectorAll("table.queues .name")].filter((name) => {
  const text = name.firstChild, range = document.createRange();
  return [...text.data.matchAll(/[^-]+/g)].some((piece) => {
    range.setStart(text, piece.index);
    range.setEnd(text, piece.index + piece[0].length);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
  });
}).map((name) => name.textContent)"""


@pytest.fixture
def fill(page: Page, operator: Person, sandbox: Sandbox, stack: Stack, watch: Watch) -> Fill:
    """Show the list of an account as companies have it, while a watch fires."""

    def show() -> Page:
        STATES["watches_firing"](Scene(page, operator, sandbox, stack.backstage, watch))
        add, day = sandbox.add_queue, 86_400
        add("orders-dlq", consumer=None).push_many(["dead"] * 42, age_s=4 * day - 1800)
        add("telemetry-raw", consumer=None, retention=day).push("old", age_s=18 * 3600)
        add("invoices-render", consumer="worker", script="invoice-renderer", paused=True, retention=2 * day).push(
            "waits", age_s=day + 4 * 3600
        )
        add("body-gallery", dead_letter_queue="body-gallery-dlq", max_retries=100).push("waits", age_s=3 * 3600)
        add("emails-transactional", consumer="worker", script="mailer", dead_letter_queue="emails-dlq").push(
            "waits", age_s=300
        )
        add("reminders-delayed", max_retries=3).push("waits", age_s=360)
        page.goto(operator.queues)
        expect(acts.rows(page)).not_to_have_count(0)
        return page

    return show


def account_is_whole(page: Page) -> bool:
    name = page.locator("details.account .name")
    return bool(name.evaluate("(name) => name.scrollWidth <= name.clientWidth"))


@pytest.mark.parametrize("width", [1000, 1180, 1280, 1400, 1680])
def test_names_are_whole_and_the_head_of_the_list_is_in_order(fill: Fill, width: int) -> None:
    page = fill()
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate(BROKEN) == []
    assert account_is_whole(page)
    tops = page.locator(".queue-filter").evaluate(
        "(form) => [...form.querySelectorAll(':scope > .search, .segments, .pick')]"
        ".map((part) => Math.round(part.getBoundingClientRect().top))"
    )
    # Box and segments, then both choices: in one line, and where they do not fit in two.
    assert tops[0] == tops[1]
    assert tops[2] == tops[3]
    assert (tops[0] == tops[2]) is (width >= 1180)
    if width >= 1180:
        heights = (
            acts.rows(page)
            .filter(has_not_text="Your watch fired")
            .evaluate_all("(rows) => rows.map((row) => row.getBoundingClientRect().height)")
        )
        assert len(heights) == 6
        assert max(heights) <= HIGHEST_ROW


def test_the_strip_names_the_account_whole_when_everything_on_it_counts(
    page: Page, operator: Person, sandbox: Sandbox, stack: Stack, watch: Watch
) -> None:
    scene = Scene(page, operator, sandbox, stack.backstage, watch)
    asked(scene)
    scene.operator = scene.as_role("Lead")
    STATES["watches_firing"](scene)
    queue = acts.add_orders(sandbox, 12)
    with scene.wire() as wire:
        wire.pull(scene.operator.queue(queue), messages=12, lease="5 min")
    scene.go(scene.operator.queues)
    menu, zone = page.locator("details:is(.user, .more)"), page.locator(".menu.zone > summary, .panel [name=zone]")
    for width in (360, 979, 980, 1179, 1180, 1279, 1280, 1359, 1360, 1449, 1450, 1479, 1480, 1679, 1680):
        page.set_viewport_size({"width": width, "height": 900})
        menu.locator("> summary").filter(visible=True).click()
        expect(page.get_by_role("link", name="Leases 12 held by you")).to_be_visible()
        expect(page.get_by_role("link", name=re.compile(r"Approvals \d+ waiting for you"))).to_be_visible()
        # What gave way is in the menu.
        expect(page.get_by_role("button", name="Theme auto")).to_be_visible()
        expect(zone.filter(visible=True).first).to_be_visible()
        page.keyboard.press("Escape")
        assert account_is_whole(page), width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_telephone_shows_the_first_row_and_the_search_at_once(fill: Fill) -> None:
    page = fill()
    for name in ("emails-transactional", "reminders-delayed"):
        acts.button(page, f"Pin {name}").click()
        expect(acts.button(page, f"Unpin {name}")).to_be_attached()
    for name in ("body-gallery", "telemetry-raw"):
        page.get_by_role("link", name=name, exact=True).first.click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        page.go_back()
    page.set_viewport_size({"width": 360, "height": TELEPHONE})
    page.goto(page.url)
    expect(page.get_by_role("region", name="Loss clock")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pinned and recent queues")).to_be_visible()
    reason = acts.rows(page).first.locator(".reason").bounding_box()
    assert reason is not None
    assert reason["y"] + reason["height"] <= TELEPHONE
    expect(page.locator(".watches-button .count")).to_be_visible()
    expect(page.locator(".strip").get_by_role("link", name="Search all queues")).to_be_visible()
