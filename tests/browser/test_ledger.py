"""The ledger in a browser: held on where one reads, returned by keyboard, and told when it lapses."""

import re

import pytest
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.stack import Person


def test_an_extended_lease_counts_on_in_the_opened_message_and_in_its_row(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2, lease="5 min")
    opened = acts.open_row(page, 1)
    places = (acts.rows(page).nth(1).locator(".lease"), opened.locator(".lease"))
    before = places[0].get_attribute("data-until") or ""

    opened.get_by_role("button", name="Extend 5 min").click()

    expect(opened).to_contain_text("1 of 1 extended.")
    for place in places:
        expect(place).not_to_have_attribute("data-until", before)
        expect(place.locator(".clock")).to_have_text(re.compile(r"[45]:\d\d"))
    expect(acts.rows(page).nth(0).locator(".lease")).to_have_count(1)
    # The new form has a number of its own: pressed again, it holds on again.
    before = places[0].get_attribute("data-until") or ""
    opened.get_by_role("button", name="Extend 5 min").click()
    expect(places[0]).not_to_have_attribute("data-until", before)
    page.goto("/leases/")
    expect(page.locator("main")).to_contain_text("held, extended 2×")
    assert queue.count("extend") == 2


def test_everything_is_returned_by_keyboard_alone(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=3)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=3, lease="5 min")
    expect(page.get_by_role("navigation", name="Places")).to_contain_text("Leases 3")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile(r"/leases/$"))
    page.locator("main").focus()
    everything = page.get_by_role("link", name=re.compile("^Return everything"))
    page.keyboard.press("Tab")
    expect(everything).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Cancel")).to_be_focused()
    expect(dialog).to_contain_text("orders-inbound")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(acts.result(page)).to_contain_text("3 of 3 returned.")
    assert [(message.state, message.attempts) for message in queue.messages] == [("ready", 1)] * 3


@pytest.mark.usefixtures("own_tab")
def test_a_lease_that_lapses_while_one_looks_says_so_and_loses_its_buttons(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=2)
    page.clock.install()
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2, lease="5 min")
    page.goto("/leases/")
    row = acts.rows(page).first
    acts.select(page, 0)
    expect(row.get_by_role("button", name=re.compile("^Return"))).to_be_visible()
    page.clock.run_for(301_000)
    expect(row).to_contain_text("probably visible again")
    expect(row.get_by_role("button", name=re.compile("^(Return|Extend)"))).to_have_count(0)
    expect(page.locator("#selection")).to_contain_text("1 over, or not yours to settle")
    expect(acts.rows(page)).to_have_count(2)


def test_return_now_asks_in_a_dialog_where_no_attempt_is_left(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = sandbox.add_queue("billing", max_retries=3)
    queue.push({"invoice": 1}, attempts=3)
    queue.push({"invoice": 2})
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2, lease="5 min")
    opened = acts.open_row(page, 0)
    opened.get_by_role("button", name="Return now").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This deletes 1 message: no dead-letter queue.")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    dialog.get_by_role("link", name="Cancel").click()
    expect(opened).to_be_visible()

    page.goto("/leases/")
    row = page.locator("tr[data-row]", has_text="spent")
    row.get_by_role("button", name=re.compile("^Return")).click()
    page.get_by_role("dialog").get_by_role("button", name="Return 1 message").click()

    expect(acts.result(page)).to_contain_text("it is deleted, as there is no dead-letter queue")
    assert len(queue.messages) == 1
