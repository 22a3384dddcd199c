"""What removes: chosen messages by keyboard alone, and a whole queue until its end."""

import re

from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import DrivenClock, Person, Stack
from tests.browser.test_keyboard import tab_to


def test_messages_are_deleted_and_looked_for_without_a_mouse(
    stack: Stack, sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=4)
    page.goto(operator.queue(queue))
    acts.peek(page)
    page.wait_for_load_state()
    keyboard = page.keyboard
    for key in ("j", "x", "j", "x"):
        keyboard.press(key)
    bar = page.locator("#selection")
    expect(bar).to_contain_text("2 selected on this page")

    delete = bar.get_by_role("button", name=re.compile("^Delete"))
    tab_to(page, delete)
    keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Cancel")).to_be_focused()
    keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert queue.count("purge_messages") == 0
    expect(delete).to_be_focused()
    keyboard.press("Enter")
    expect(dialog.get_by_text("Cancel")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")

    expect(acts.result(page)).to_contain_text("2 of 2 deleted.")
    expect(acts.rows(page).nth(1)).to_contain_text("deleted")
    assert len(queue.messages) == 2
    page.wait_for_load_state()
    tab_to(page, acts.button(page, "Look again"))
    keyboard.press("Enter")
    expect(acts.result(page)).to_contain_text("2 gone.")
    expect(acts.rows(page).nth(0)).to_contain_text("gone")
    assert [entry["message_count"] for entry in stack.backstage.entries(operator, "messages.delete")] == [2]


def test_a_queue_is_emptied_by_its_name_and_followed_to_the_end(
    stack: Stack, sandbox: Sandbox, open_context: OpenContext, driven_clock: DrivenClock
) -> None:
    lead = stack.backstage.with_account(
        stack.backstage.person("Lead"),
        secret=sandbox.tokens["full"],
        account_id=sandbox.accounts["acme-logistics"],
    )
    queue = acts.add_orders(sandbox, messages=10, name="orders-dead")
    queue.vary(emptying=600)
    page = open_context(lead).new_page()
    page.goto(f"{lead.queue(queue)}settings/")
    page.get_by_role("link", name="Empty this queue…").click()
    dialog = page.get_by_role("dialog")
    name, verb = dialog.get_by_label("Type the name of the queue"), acts.button(page, "Empty orders-dead")
    expect(name).to_be_focused()
    for typed, missing, edge in (("", True, "dashed"), ("orders-dea", True, "dashed"), ("orders-dead", False, "solid")):
        name.fill(typed)
        expect(dialog.get_by_text("Not yet the name")).to_be_visible(visible=missing)
        expect(verb).to_have_css("border-style", edge)
    assert queue.count("empty_queue") == 0

    page.keyboard.press("Enter")
    progress = page.locator("#emptying")
    expect(progress).to_contain_text("under way")
    driven_clock.advance(seconds=300)
    expect(progress).to_contain_text("about 5 at")
    driven_clock.advance(seconds=300)
    expect(progress).to_contain_text("Cloudflare says that it is complete.")
    expect(progress).to_contain_text("about 0 at")
    expect(page.locator("#live")).to_contain_text("complete")
    assert queue.count("empty_queue") == 1
    [entry] = stack.backstage.entries(lead, "queue.empty")
    assert (entry["outcome"], entry["backlog_count"]) == ("ok", 10)
