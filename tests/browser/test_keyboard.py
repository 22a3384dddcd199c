"""Everything without a mouse: Tab, Enter, Space, Escape, and the keys of the page."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person

# Where the focus is and whether one can see it: an outline of its own, or of the box, label or row around it.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const seen = [at, at.closest(".box, .pick, .inset, label, .refresh")].filter(Boolean).some((element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  // The calendar's button is inside the field, out of our reach: the browser draws its ring itself.
  const isCalendar = at.matches("input[type=date]:focus-within:not(:focus)");
  const box = at.getBoundingClientRect();
  const inView = box.bottom > 0 && box.top < innerHeight;
  return { name: at.outerHTML.slice(0, 120), seen: seen || isCalendar, inView };
}"""


def tab_to(page: Page, target: Locator, *, at_most: int = 60) -> None:
    """Press Tab until the focus is there."""
    for _ in range(at_most):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach {target} in {at_most} steps")


def test_the_whole_job_without_a_mouse(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=4)
    keyboard = page.keyboard
    page.goto(operator.queues)
    keyboard.press("j")
    expect(page.get_by_role("link", name="orders-inbound", exact=True)).to_be_focused()
    keyboard.press("Enter")
    expect(acts.peek_button(page)).to_be_visible()
    page.wait_for_load_state()  # the keys are there when the scripts are

    keyboard.press("p")
    page.wait_for_url(acts.BATCH)
    expect(acts.rows(page)).to_have_count(4)
    keyboard.press("j")
    keyboard.press("j")
    keyboard.press("o")
    expect(page.locator("#opened-1")).to_be_visible()
    keyboard.press("o")
    expect(page.locator("#opened-1")).to_be_hidden()

    peeked = page.url
    page.locator("#look .pull").get_by_label("Messages").focus()
    keyboard.press("Control+a")
    keyboard.type("3")
    tab_to(page, acts.pull_button(page))
    keyboard.press("Space")
    page.wait_for_url(lambda url: url != peeked)
    expect(acts.rows(page)).to_have_count(3)

    keyboard.press("j")
    keyboard.press("x")
    keyboard.press("j")
    keyboard.press("x")
    acknowledge = page.locator("#selection").get_by_role("button", name=re.compile("^Acknowledge"))
    expect(acknowledge).to_contain_text("2")
    tab_to(page, acknowledge)
    keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Cancel")).to_be_focused()
    keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(acknowledge).to_be_focused()
    keyboard.press("Enter")
    tab_to(page, dialog.get_by_role("button", name="Acknowledge 2 messages"))
    keyboard.press("Enter")
    expect(acts.result(page)).to_contain_text("2 of 2 acknowledged.")
    assert len(queue.messages) == 2

    keyboard.press("g")
    keyboard.press("a")
    # Loaded whole: before its scripts are there, no key is heard.
    page.wait_for_url("**/audit/")
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    keyboard.press("j")
    keyboard.press("o")
    expect(page.locator(".receipt")).to_contain_text("acknowledged")
    keyboard.press("g")
    keyboard.press("q")
    expect(page.get_by_role("link", name="orders-inbound", exact=True)).to_be_visible()


def test_a_key_leads_from_a_row_to_what_can_be_done_with_it_and_escape_back(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=12)
    page.goto(operator.queue(queue))
    acts.peek(page)
    page.wait_for_load_state()
    keyboard = page.keyboard
    keyboard.press("s")  # nothing is selected, and nothing happens
    keyboard.press("j")
    keyboard.press("x")
    in_row, selection = acts.rows(page).first.locator(":focus"), page.locator("#selection")
    expect(in_row).to_have_count(1)
    keyboard.press("s")
    expect(selection.locator(".acts button:focus")).to_have_count(1)
    keyboard.press("Escape")
    expect(in_row).to_have_count(1)
    keyboard.press("s")
    tab_to(page, selection.get_by_role("button", name=re.compile("^Delete")), at_most=5)
    keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("Cancel")).to_be_focused()


def test_enter_and_space_open_a_row_and_tab_goes_on_into_it(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.peek(page)
    expander = acts.rows(page).nth(1).locator("[data-open]")
    expander.focus()
    page.keyboard.press("Space")
    expect(page.locator("#opened-1")).to_be_visible()
    expect(expander).to_have_attribute("aria-expanded", "true")
    expect(expander).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#opened-1")).to_be_hidden()
    expect(expander).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#opened-1").get_by_role("link", name="Raw"), at_most=15)
    page.keyboard.press("Enter")
    expect(page.locator("#opened-1 .body-well.text")).to_contain_text('{"order":"A-88240"')


def test_the_keys_are_silent_while_somebody_types(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queues)
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Filter queues")
    expect(search).to_be_focused()
    page.keyboard.type("gatprx?jk")
    expect(search).to_have_value("gatprx?jk")
    expect(page).to_have_url(re.compile(r"q=gatprx"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.documentElement.dataset.theme") == "auto"
    assert queue.count("peek") == 0


def test_slash_leads_to_the_search_where_a_page_has_no_field(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Name or id of a queue")
    expect(search).to_be_focused()
    page.keyboard.type("inbound")
    expect(acts.rows(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/search/\?q=inbound"))
    acts.rows(page).first.get_by_role("button", name="Pin").click()
    expect(acts.button(page, "Unpin")).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(queue.id))


def test_slash_once_more_in_the_empty_filter_of_the_list_leads_to_the_search(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    acts.add_orders(sandbox, 1)
    page.goto(operator.queues)
    page.keyboard.press("/")
    page.keyboard.type("a/")
    expect(page.locator("#queue-q")).to_have_value("a/")
    page.keyboard.press("Control+A")
    page.keyboard.press("Backspace")
    page.keyboard.press("/")

    expect(page.locator("#search-q")).to_be_focused()


def test_enter_in_the_search_opens_the_first_hit_or_the_one_that_was_walked_to(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    first, second = sandbox.add_queue("invoices-a"), sandbox.add_queue("invoices-b")
    page.goto("/search/")
    page.keyboard.type("invoices")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/queues/{first.id}/"))

    page.goto("/search/?q=invoices")
    page.locator("#search-q").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/queues/{second.id}/"))


def test_the_keys_leave_the_browsers_own_shortcuts_alone(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    for chord in ("Control+p", "Alt+t", "Meta+p"):
        page.keyboard.press(chord)
    assert page.evaluate("document.documentElement.dataset.theme") == "auto"
    assert queue.count("peek") == 0


def test_the_help_opens_with_a_key_and_closes_with_escape(page: Page) -> None:
    page.goto("/audit/")
    button = page.get_by_role("button", name="Keys", exact=True)
    button.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("t")  # silent behind a dialog
    assert page.evaluate("document.documentElement.dataset.theme") == "auto"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_the_keys_can_be_switched_off_and_stay_off(page: Page) -> None:
    page.goto("/audit/")
    page.keyboard.press("?")
    page.get_by_label("Use keys in this browser").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("t")
    page.keyboard.press("?")
    assert page.evaluate("document.documentElement.dataset.theme") == "auto"
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_from_the_filter_the_arrow_down_goes_to_the_rows_and_escape_leaves_it_when_it_is_empty(
    page: Page, sandbox: Sandbox, operator: Person
) -> None:
    acts.add_orders(sandbox)
    page.goto(operator.queues)
    field = page.get_by_role("searchbox", name="Filter queues")
    page.keyboard.press("/")
    page.keyboard.type("orders")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="orders-inbound", exact=True).first).to_be_focused()


def test_what_the_keys_do_stands_in_the_help(page: Page, sandbox: Sandbox, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    named = set()
    for address in (operator.queues, operator.queue(queue), "/audit/"):
        page.goto(address)
        named |= set(page.locator("[data-key]").evaluate_all("all => all.map((each) => each.dataset.key)"))
    page.keyboard.press("?")
    told = {" ".join(line.split()) for line in page.locator("#keys .keys span:first-child").all_inner_texts()}
    assert {"s", "c"} <= told
    assert named <= told | {word for line in told for word in line.split()}


def test_a_menu_opens_by_enter_and_escape_gives_the_focus_back(page: Page) -> None:
    page.goto("/audit/")
    summary = page.locator("details.user > summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="You", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_first_tab_leads_past_the_header(page: Page) -> None:
    page.goto("/audit/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the page")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_is_visible_at_every_stop(
    sandbox: Sandbox, open_context: OpenContext, operator: Person, theme: str
) -> None:
    queue = acts.add_orders(sandbox, messages=2)
    page = open_context(operator, theme=theme).new_page()
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2)
    acts.open_row(page, 0)
    acts.select(page, 1)
    for address in ("", operator.queues, "/audit/", "/credentials/add/"):
        if address:
            page.goto(address)
        stops = 0
        page.keyboard.press("Tab")
        while (stop := page.evaluate(FOCUS)) is not None and stops < 120:
            assert stop["seen"], f"no focus to be seen at {stop['name']}"
            assert stop["inView"], f"the focus is out of view at {stop['name']}"
            stops += 1
            page.keyboard.press("Tab")
        assert stops >= 5


def test_the_live_region_says_what_happened(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.peek(page)
    acts.rows(page).first.get_by_role("button", name=re.compile("Copy the id")).click()
    expect(page.locator("#live")).to_have_text(re.compile("Copied|does not allow"))
    page.keyboard.press("t")
    expect(page.locator("#live")).to_have_text("Theme: light")


def test_a_queue_is_pinned_in_its_row_and_the_focus_stays_there(sandbox: Sandbox, page: Page, operator: Person) -> None:
    for number in range(30):
        sandbox.add_queue(f"orders-{number:02}").push("one")
    page.goto(operator.queues)
    page.wait_for_load_state()
    star = page.get_by_role("button", name="Pin orders-24", exact=True)
    star.focus()
    at = page.evaluate("scrollY")
    assert at > 0
    page.evaluate("document.body.dataset.same = 'yes'")
    page.keyboard.press("Enter")
    pinned = page.get_by_role("button", name="Unpin orders-24", exact=True)
    expect(pinned).to_be_focused()
    assert page.evaluate("[document.body.dataset.same, scrollY]") == ["yes", at]
    page.keyboard.press("Enter")
    expect(star).to_be_focused()
