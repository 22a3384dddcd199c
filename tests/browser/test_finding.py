"""Find in a kept batch by keyboard: the rows change in place, and the address with them."""

import re

from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.stack import Person
from tests.browser.watch import Watch


def test_a_filter_is_typed_mended_taken_back_and_acted_upon(
    page: Page, operator: Person, sandbox: Sandbox, watch: Watch
) -> None:
    watch.expect(422)
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.peek(page)
    page.keyboard.press("/")
    page.keyboard.type('body.number:>=2 "half')
    page.keyboard.press("Enter")
    expect(page.locator("#filter-wrong")).to_contain_text("This quote is not closed.")
    expect(acts.rows(page)).to_have_count(4)
    # The focus stayed in the box, and what was typed with it.
    page.keyboard.press("End")
    for _ in '"half':
        page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(acts.rows(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?q=body\.number%3A%3E%3D2$"))
    expect(page.locator("#live")).to_contain_text("2 of 4 match")
    # What is shown first is the third of the batch, and opens as that.
    acts.rows(page).first.locator("[data-open]").click()
    expect(page.locator("#opened-2")).to_contain_text('"number": 2')
    acts.select(page, 0, 1)
    page.locator("#selection").get_by_role("button", name=re.compile("^Compare")).click()
    expect(page).to_have_url(re.compile(r"/compare/\?a=2&b=3$"))
    page.go_back()
    page.get_by_role("link", name=re.compile("^Remove body.number")).click()
    expect(acts.rows(page)).to_have_count(4)
    expect(page).to_have_url(re.compile(r"/batches/[0-9a-f-]{36}/$"))
