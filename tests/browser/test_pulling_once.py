"""A pull happens by a deliberate press, once. Never by a reload, by going back, by a refresh or by a second press."""

import pytest
from playwright.sync_api import Page, Route, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack

pytestmark = pytest.mark.usefixtures("own_tab")


def test_a_double_click_pulls_once(stack: Stack, sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    page.locator("#look .pull").get_by_label("Messages").fill("2")
    acts.pull_button(page).dblclick()
    page.wait_for_url(acts.BATCH)
    expect(acts.rows(page)).to_have_count(2)
    assert queue.count("pull") == 1
    assert len(stack.backstage.entries(operator, "messages.pull")) == 1


def test_enter_held_down_in_the_field_pulls_once(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    field = page.locator("#look .pull").get_by_label("Lease")
    field.focus()
    for _ in range(5):  # a key that repeats: down, down, down …
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.wait_for_url(acts.BATCH)
    expect(acts.rows(page)).to_have_count(4)
    assert queue.count("pull") == 1


def test_the_same_form_sent_twice_by_the_browser_pulls_once(
    stack: Stack, sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    # Past every script of ours: two posts of the same form, as a proxy or a script gone wrong would send them.
    urls = page.evaluate(
        """async () => {
          const form = document.querySelector("#look .pull");
          const send = () => fetch(form.action, { method: "POST", body: new FormData(form) });
          const first = await send(), second = await send();
          return [first.url, second.url];
        }"""
    )
    assert urls[0] == urls[1]
    assert queue.count("pull") == 1
    assert len(stack.backstage.entries(operator, "messages.pull")) == 1


def test_reload_back_and_forward_show_the_kept_copy(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queues)
    page.goto(operator.queue(queue))
    acts.peek(page)
    acts.pull(page, messages=3)
    batch = page.url
    asked = (queue.count("peek"), queue.count("pull"))
    page.reload()
    expect(acts.rows(page)).to_have_count(3)
    page.go_back()
    expect(acts.rows(page)).to_have_count(4)
    page.go_back()
    expect(acts.peek_button(page)).to_be_visible()
    page.go_forward()
    page.go_forward()
    expect(page).to_have_url(batch)
    expect(acts.rows(page)).to_have_count(3)
    assert (queue.count("peek"), queue.count("pull")) == asked == (1, 1)


def test_a_form_reached_by_going_back_can_be_sent_and_finds_the_first_pull(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2)
    first = page.url
    page.go_back()
    acts.pull_button(page).click()
    page.wait_for_url(acts.BATCH)
    expect(acts.rows(page)).not_to_have_count(0)
    # A browser may bring the form back as it was, with its number, or load it anew: a deliberate press is one of both.
    assert queue.count("pull") == (1 if page.url == first else 2)


def test_the_address_of_a_pull_leads_to_the_queue(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    for act in ("pull", "peek"):
        page.goto(f"{operator.queue(queue)}{act}/")
        expect(acts.pull_button(page)).to_be_visible()
    assert queue.count("pull") + queue.count("peek") == 0


def test_two_tabs_pull_each_for_itself_and_neither_moves_the_other(
    sandbox: Sandbox, open_context: OpenContext, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=5)
    context = open_context(operator)
    one, other = context.new_page(), context.new_page()
    for tab in (one, other):
        tab.goto(operator.queue(queue))
    acts.pull(one, messages=2)
    acts.pull(other, messages=2)
    ids = [tab.locator("td.c-id button").evaluate_all("all => all.map((b) => b.dataset.copy)") for tab in (one, other)]
    assert len({*ids[0], *ids[1]}) == 4
    assert queue.count("pull") == 2
    one.reload()
    expect(acts.rows(one)).to_have_count(2)
    assert queue.count("pull") == 2


def test_a_pulled_batch_is_never_repeated_by_the_refresh_control(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox)
    page.clock.install()
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    with page.expect_response("**/facts/"):
        page.clock.fast_forward(61_000)
    with page.expect_response("**/facts/"):
        page.get_by_role("link", name="Refresh now").click()
    assert all(line.startswith("GET") for line in sent)
    assert queue.count("pull") == 1
    assert queue.count("peek") == 1  # the forecast's, before the pull


def test_a_second_press_while_the_first_waits_sends_nothing(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    held: list[Route] = []
    page.route("**/pull/", lambda route: held.append(route))
    acts.pull_button(page).click()
    expect(acts.pull_button(page)).to_have_attribute("aria-busy", "true")
    acts.pull_button(page).click()
    page.locator("#look .pull").get_by_label("Lease").press("Enter")
    assert len(held) == 1
    held[0].continue_()
    page.wait_for_url(acts.BATCH)
    assert queue.count("pull") == 1
