"""Pause and resume from the Settings tab, without a mouse."""

from playwright.sync_api import expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Stack
from tests.browser.watch import Watch


def test_delivery_is_paused_and_resumed_by_keyboard(stack: Stack, sandbox: Sandbox, open_context: OpenContext) -> None:
    lead = stack.backstage.with_account(
        stack.backstage.person("Lead"), secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"]
    )
    queue = acts.add_orders(sandbox)
    page = open_context(lead).new_page()
    page.goto(f"{lead.queue(queue)}settings/")
    acts.button(page, "Pause delivery…").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("producers go on sending")
    expect(page.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Delivery is paused")).to_be_visible()
    acts.button(page, "Resume delivery").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Delivery is running")).to_be_visible()
    assert queue.count("edit_queue") == 2


def test_a_wrong_field_has_the_focus_and_is_wrong_until_something_else_is_typed(
    stack: Stack, sandbox: Sandbox, open_context: OpenContext, watch: Watch
) -> None:
    lead = stack.backstage.with_account(
        stack.backstage.person("Lead"), secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"]
    )
    queue = acts.add_orders(sandbox)
    page = open_context(lead).new_page()
    page.goto(f"{lead.queue(queue)}settings/")
    field = page.locator("#times-form").get_by_label("Retention")
    field.fill("abc")
    watch.expect(422)
    acts.button(page, "Change queue…").click()
    error = page.locator("#times-form .error")
    expect(error).to_be_visible()
    expect(field).to_be_focused()
    field.fill("6 d")
    expect(error).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    acts.button(page, "Change queue…").click()
    expect(page.get_by_role("dialog")).to_contain_text("4 d → 6 d")
