"""The forecast of a pull: asked once by the first focus, read again for another number, and named by the pull."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.stack import Person, Stack


def test_the_first_focus_asks_once_and_the_pull_names_what_it_was_told(
    page: Page, operator: Person, sandbox: Sandbox, stack: Stack
) -> None:
    queue = acts.add_orders(sandbox, messages=6)
    queue.push("tried often", attempts=5)
    page.goto(operator.queue(queue))
    assert queue.count("peek") == 0
    number, lease, price = page.locator("#pull-size"), page.get_by_label("Lease"), page.locator("#price")
    number.focus()
    expect(price).to_contain_text("Uses one attempt of each of about 7.")
    expect(number).to_be_focused()
    number.fill("3")
    expect(acts.pull_button(page)).to_have_text(re.compile("Pull 3$"))
    unlike = price.get_by_text("This is for 10, not for the number that stands in the field now.")
    expect(unlike).to_be_visible()
    number.press("Tab")
    expect(price).to_contain_text("Uses one attempt of each of about 3.")
    expect(price.locator("[data-unlike]")).to_be_hidden()
    expect(lease).to_be_focused()
    number.focus()
    assert queue.count("peek") == 1
    acts.pull_button(page).click()
    expect(page.locator("#sample")).to_be_visible()
    (peek,) = stack.backstage.entries(operator, "messages.peek")
    (pull,) = stack.backstage.entries(operator, "messages.pull")
    assert peek["parameters"] == {"batch_size": 10, "forecast": True}
    assert pull["parameters"]["forecast"] == peek["id"]
    assert [message.attempts for message in queue.messages] == [1, 1, 1, 0, 0, 0, 5]


def test_without_a_script_the_button_brings_it_and_keeps_what_was_typed(
    open_context: Callable[..., BrowserContext], operator: Person, sandbox: Sandbox
) -> None:
    queue = acts.add_orders(sandbox)
    page = open_context(operator, java_script_enabled=False).new_page()
    page.goto(operator.queue(queue))
    page.locator("#pull-size").fill("2")
    page.locator("#look .pull").get_by_label("Lease").fill("7 min")
    acts.button(page, "Forecast").click()
    expect(page.locator("#price")).to_contain_text("Uses one attempt of each of about 2.")
    expect(page.locator("#pull-size")).to_have_value("2")
    expect(page.locator("#look .pull").get_by_label("Lease")).to_have_value("7 min")
    assert (queue.count("peek"), queue.count("pull")) == (1, 0)
