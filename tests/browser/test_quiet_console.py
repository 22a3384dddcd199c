"""The console stays quiet where something is refused or swapped: no script of ours or of htmx's sets a style."""

import re

from playwright.sync_api import expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person
from tests.browser.watch import Watch

# Whatever is refused says so here, with what was to be applied.
COLLECT = """
window.refusals = [];
addEventListener("securitypolicyviolation", (event) => {
  window.refusals.push(`${event.effectiveDirective} ${event.sample}`);
});
"""


def test_after_filtering_and_in_refused_questions_the_policy_refuses_nothing(
    sandbox: Sandbox, open_context: OpenContext, operator: Person, watch: Watch
) -> None:
    watch.expect(422)
    queue = acts.add_orders(sandbox, messages=4)
    context = open_context(operator)
    context.add_init_script(COLLECT)
    page = context.new_page()
    page.goto(operator.queue(queue))
    acts.peek(page)
    acts.find(page, "attempts:<9 | age:>1s")
    page.get_by_label("Filter this sample").fill("body.order:")
    page.get_by_label("Filter this sample").press("Enter")
    expect(page.locator("#filter-wrong")).not_to_be_empty()
    acts.pull(page, messages=2)
    acts.select(page, 0, 1)
    page.locator("#selection").get_by_role("button", name=re.compile("^Retry")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill("never")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Write a time")
    assert page.evaluate("window.refusals") == []
