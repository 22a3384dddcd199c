"""An opened body by hand: searched, folded, its paths copied, decoded otherwise."""

import gzip
import json
import re

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person
from tests.browser.test_look import found_by_axe

CLIPBOARD = ["clipboard-read", "clipboard-write"]
BODY = {"orders": [{"sku": "TX-1", "deep": {"er": {"mark": "Needle"}}}, {"odd key": "needle", "u\u202ex": 1}]}


def test_a_body_is_searched_folded_and_its_paths_are_copied(
    sandbox: Sandbox, open_context: OpenContext, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=0)
    queue.push(gzip.compress(json.dumps(BODY).encode()))
    page = open_context(operator, permissions=CLIPBOARD).new_page()
    page.goto(operator.queue(queue))
    acts.peek(page)
    opened = acts.open_row(page, 0)
    mark, odd, hidden = (opened.locator(".leaf > b", has_text=key) for key in ("mark", "odd key", "U+202E"))
    expect(mark).not_to_be_visible()

    # By the keyboard alone: the match is unfolded, and its path can be had.
    opened.get_by_label("Search in this body").focus()
    page.keyboard.type("needle")
    expect(opened.locator("[data-search-count]")).to_have_text("1 of 2")
    expect(mark).to_be_visible()
    expect(opened.locator("[data-path] code")).to_have_text("orders[0].deep.er.mark")
    page.keyboard.press("Enter")
    expect(opened.locator("[data-search-count]")).to_have_text("2 of 2")
    copy = opened.get_by_role("button", name="Copy the path")
    copy.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "async (path) => (await navigator.clipboard.readText()) === path", arg='orders[1]["odd key"]'
    )

    opened.get_by_role("button", name="Fold all", exact=True).click()
    expect(odd).not_to_be_visible()
    opened.get_by_role("button", name="Unfold all").click()
    expect(odd).to_be_visible()
    # A key that is shown otherwise than it is has its path all the same.
    hidden.click()
    expect(opened.locator("[data-path] code")).to_have_text('orders[1]["u\u202ex"]')

    opened.get_by_label("Search in this body").fill("nowhere")
    expect(opened.locator("[data-search-count]")).to_have_text("not found")


def test_the_tree_of_a_body_is_walked_by_arrows_and_each_path_copied_by_a_key(
    sandbox: Sandbox, open_context: OpenContext, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=0)
    queue.push(BODY)
    page = open_context(operator, permissions=CLIPBOARD).new_page()
    page.goto(operator.queue(queue))
    acts.peek(page)
    opened = acts.open_row(page, 0)
    path, keyboard = opened.locator(".path code"), page.keyboard

    # One stop for Tab, however many lines there are.
    tree = opened.locator(".tree")
    line, first = tree.locator(":focus"), tree.locator("summary").first
    opened.get_by_label("Search in this body").focus()
    while not line.count():
        keyboard.press("Tab")
        assert opened.locator(":focus").count(), "Tab does not reach the tree"
    expect(first).to_be_focused()
    assert tree.locator(':is(summary, .leaf)[tabindex="0"]').count() == 1
    expect(path).to_be_hidden()  # the whole body has no path

    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        keyboard.press(key)
    expect(line).to_have_accessible_name('"sku": "TX-1"')
    expect(path).to_have_text("orders[0].sku")
    keyboard.press("c")
    page.wait_for_function("async (path) => (await navigator.clipboard.readText()) === path", arg="orders[0].sku")
    expect(line).to_contain_text("TX-1")

    keyboard.press("ArrowDown")
    expect(path).to_have_text("orders[0].deep")
    expect(tree.locator("details:not([open]) > summary:focus")).to_have_count(1)
    keyboard.press("ArrowRight")
    expect(tree.locator("details[open] > summary:focus")).to_have_count(1)
    keyboard.press("ArrowRight")
    expect(path).to_have_text("orders[0].deep.er")
    keyboard.press("ArrowLeft")
    expect(path).to_have_text("orders[0].deep")
    keyboard.press("ArrowLeft")
    expect(tree.locator("details:not([open]) > summary:focus")).to_have_count(1)
    # What is folded away is passed over.
    keyboard.press("ArrowDown")
    expect(path).to_have_text("orders[1]")
    keyboard.press("ArrowRight")
    keyboard.press("End")
    expect(path).to_have_text('orders[1]["u\u202ex"]')
    keyboard.press("Home")
    expect(first).to_be_focused()
    page.evaluate(Axe().axe_script)
    assert found_by_axe(page, {}) == []
    keyboard.press("Shift+Tab")
    expect(tree.locator(":focus")).to_have_count(0)
    keyboard.press("Tab")
    expect(first).to_be_focused()


def test_the_lines_of_a_tree_can_be_hit_without_their_neighbours(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=0)
    queue.push({"orders": [{"lines": [{"sku": "TX", "qty": 1}, {"sku": "TY", "qty": 2}], "to": {"city": "Porto"}}] * 3})
    page.goto(operator.queue(queue))
    acts.peek(page)
    opened = acts.open_row(page, 0)
    page.evaluate(Axe().axe_script)
    targets: dict[str, object] = {"runOnly": {"type": "rule", "values": ["target-size"]}}
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for fold in ("Fold all", "Unfold all"):
            opened.get_by_role("button", name=fold, exact=True).click()
            assert found_by_axe(page, targets) == []
            lines = opened.locator(".tree summary:visible, .tree .as-table a:visible")
            assert lines.count() > 2
            heights = lines.evaluate_all("(lines) => lines.map((line) => line.getBoundingClientRect().height)")
            assert min(heights) >= 24


def test_a_way_to_decode_is_tried_and_remembered_in_place(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=0)
    queue.push(gzip.compress(json.dumps(BODY).encode()))
    page.goto(operator.queue(queue))
    acts.peek(page)
    opened = acts.open_row(page, 0)
    button = opened.get_by_text("Decode as…")
    before = button.bounding_box()
    button.click()
    expect(opened.get_by_label("gzip", exact=True)).to_be_visible()
    assert button.bounding_box() == before
    opened.get_by_label("gzip", exact=True).check()
    opened.get_by_role("button", name="Show", exact=True).click()
    opened.get_by_role("button", name="Remember for this queue").click()
    expect(opened).to_contain_text("Remembered for this queue: gzip off.")
    expect(opened.locator(".hex")).to_be_visible()
    opened.get_by_role("button", name="Forget").click()
    expect(opened.locator(".tree")).to_be_visible()


def test_a_list_inside_a_body_opens_as_a_table_in_its_row(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = sandbox.add_queue("orders")
    queue.push({"order": {"lines": [{"sku": "TX-4410", "qty": 3}, {"sku": "TY", "qty": 1}]}})
    page.goto(operator.queue(queue))
    acts.peek(page)
    opened = acts.open_row(page, 0)
    opened.get_by_role("link", name="lines as a table").click()
    expect(opened.get_by_role("columnheader", name="sku")).to_be_visible()
    expect(opened).to_contain_text("Table of order.lines.")


def test_keys_lead_from_one_message_to_the_next(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=3)
    page.goto(operator.queue(queue))
    acts.peek(page)
    page.goto(f"{page.url}messages/0/")
    page.keyboard.press("j")
    page.wait_for_url(re.compile(r"/1/$"))
    page.wait_for_load_state()
    expect(page.get_by_text("message 2 of 3")).to_be_visible()
    page.keyboard.press("k")
    page.wait_for_url(re.compile(r"/0/$"))
