"""The dead-letter map in a browser: its filter while one types, and what of it comes on paper."""

import pytest
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.stack import Person


@pytest.fixture
def address(sandbox: Sandbox, operator: Person) -> str:
    for name in ("orders", "billing"):
        sandbox.add_queue(name, dead_letter_queue=f"{name}-dlq")
        sandbox.add_queue(f"{name}-dlq", consumer=None).push("dead", age_s=60)
    return f"{operator.queues.removesuffix('queues/')}dead-letters/"


def test_the_map_follows_what_is_typed_and_so_does_its_address(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".dead-letter")).to_have_count(2)
    page.keyboard.press("/")
    field = page.get_by_role("searchbox", name="Filter the map")
    expect(field).to_be_focused()
    page.keyboard.type("bill")
    expect(field).to_have_value("bill")
    expect(page.locator(".dead-letter")).to_have_count(1)
    expect(page.get_by_role("link", name="billing-dlq")).to_be_visible()
    expect(page).to_have_url(f"{address}?q=bill")
    expect(page.locator("#live")).to_have_text("1 of 2 dead-letter queues.")


@pytest.mark.usefixtures("own_tab")
def test_on_paper_nothing_stands_that_only_can_be_pressed(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("searchbox", name="Filter the map")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("searchbox", name="Filter the map")).to_be_hidden()
    expect(page.get_by_role("link", name="orders-dlq")).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="orders-dlq").click()
    expect(acts.button(page, "Pin")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="orders-dlq")).to_be_visible()
    expect(acts.button(page, "Pin")).to_be_hidden()
    expect(acts.peek_button(page)).to_be_hidden()
    expect(page.get_by_role("navigation", name="This queue")).to_be_hidden()
