"""The main job, end to end, as on somebody's first day."""

import re

from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack
from tests.browser.watch import Watch


def add_credential(page: Page, label: str, token: str) -> None:
    page.get_by_label("Label").fill(label)
    page.get_by_role("textbox", name="Token").fill(token)
    page.locator("input[name=environment][value=sandbox]").check()
    acts.button(page, "Save credential").click()


def test_from_the_first_sign_in_to_the_audit_log(
    stack: Stack, sandbox: Sandbox, newcomer: Person, open_context: OpenContext
) -> None:
    queue = acts.add_orders(sandbox, messages=5)
    page = open_context(newcomer).new_page()

    # Without a credential the first page leads to where one comes from.
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Add"))
    add_credential(page, "mine", sandbox.tokens["full"])
    expect(page.get_by_role("heading", name="Check-up")).to_be_visible()
    expect(page.locator("#checkup")).to_contain_text("valid and active")
    assert sandbox.tokens["full"] not in page.content()

    # The token reaches two accounts; the header switches between them.
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Queues").click()
    page.locator("details.account > summary").click()
    page.locator("details.account").get_by_role("link", name="acme-logistics").click()
    page.get_by_role("link", name="orders-inbound", exact=True).click()
    expect(page).to_have_title(re.compile("orders-inbound.*acme-logistics"))

    acts.peek(page)
    expect(acts.rows(page)).to_have_count(5)
    opened = acts.open_row(page, 0)
    expect(opened.locator(".tree")).to_contain_text('"id": 9007199254740993', use_inner_text=True)
    assert [one.attempts for one in queue.messages] == [0] * 5

    acts.pull(page, messages=4)
    expect(acts.rows(page)).to_have_count(4)
    assert sorted(one.state for one in queue.messages) == ["leased"] * 4 + ["ready"]

    acts.select(page, 0, 1, 2)
    acts.settle(page, "Acknowledge")
    expect(acts.result(page)).to_contain_text("3 of 3 acknowledged.")
    assert len(queue.messages) == 2
    acts.select(page, 3)
    acts.settle(page, "Retry")
    expect(acts.result(page)).to_contain_text("1 of 1 retried.")
    assert sorted((one.state, one.attempts) for one in queue.messages) == [("ready", 0), ("ready", 1)]

    page.get_by_role("navigation", name="Places").get_by_role("link", name="Audit log").click()
    seen = [
        (
            row.locator(".c-what").inner_text(),
            row.locator(".c-count").inner_text(),
            row.locator(".c-outcome").inner_text(),
        )
        for row in acts.rows(page).all()
    ]
    assert seen[:4] == [("Retry", "1", "ok"), ("Acknowledge", "3", "ok"), ("Pull", "4", "ok"), ("Peek", "5", "ok")]
    assert {"Add credential"} <= {what for what, _, _ in seen}
    assert [
        (entry["outcome"], entry["message_count"]) for entry in stack.backstage.entries(newcomer, "messages.pull")
    ] == [("ok", 4)]


def test_a_receipt_opens_in_place_and_names_each_message(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=2)
    page.goto(operator.queue(queue))
    acts.pull(page)
    page.goto("/audit/")
    acts.rows(page).first.locator("[data-open]").click()
    receipt = page.locator(".receipt")
    expect(receipt).to_contain_text("orders-inbound")
    expect(receipt.locator(".timeline li")).to_have_count(3)
    expect(receipt.locator("tbody tr")).to_have_count(2)


def test_a_token_that_is_not_accepted_is_explained_and_nothing_typed_is_lost(
    sandbox: Sandbox, newcomer: Person, open_context: OpenContext, watch: Watch
) -> None:
    watch.expect(422)
    page = open_context(newcomer).new_page()
    page.goto("/credentials/add/")
    add_credential(page, "mine", sandbox.tokens["expired"])
    expect(page.locator(".field.secret")).to_contain_text("expired")
    expect(page.get_by_label("Label")).to_have_value("mine")
    expect(page.get_by_role("textbox", name="Token")).to_have_value(sandbox.tokens["expired"])
    expect(page.locator("input[name=environment][value=sandbox]")).to_be_checked()


def test_a_link_to_a_batch_shows_the_kept_copy_and_asks_nothing_about_messages(
    stack: Stack, sandbox: Sandbox, page: Page, operator: Person, open_context: OpenContext
) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2)
    sandbox.forget_calls()
    other = open_context(operator).new_page()
    other.goto(page.url)
    expect(acts.rows(other)).to_have_count(2)
    opened = acts.open_row(other, 1)
    opened.get_by_role("link", name="Link to this copy").click()
    expect(other.locator(".tree")).to_contain_text("A-88240")
    assert sandbox.count("pull") + sandbox.count("peek") == 0
    assert stack.backstage.batches(operator) == 2  # the pull, and the peek that foretold it


def test_somebody_elses_batch_is_not_found(
    stack: Stack, sandbox: Sandbox, page: Page, operator: Person, open_context: OpenContext, watch: Watch
) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.peek(page)
    watch.expect(404)
    stranger = open_context(stack.backstage.person()).new_page()
    stranger.goto(page.url)
    expect(stranger.get_by_role("heading", level=1)).to_be_visible()
    expect(acts.rows(stranger)).to_have_count(0)
