"""The two-person rule, all the way, by two people in two browsers."""

from playwright.sync_api import expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack


def test_one_asks_in_a_dialog_another_approves_and_the_first_empties_the_queue(
    stack: Stack, sandbox: Sandbox, open_context: OpenContext
) -> None:
    def lead(role: str) -> Person:
        return stack.backstage.with_account(
            stack.backstage.person(role), secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"]
        )

    admin, other = lead("Admin"), lead("Lead")
    queue = acts.add_orders(sandbox, name="with-a-second-person")
    page, theirs = open_context(admin).new_page(), open_context(other).new_page()

    page.goto("/rules/")
    section = page.get_by_role("region", name="Second person")
    section.get_by_label("empty", exact=True).check()
    section.get_by_label("Queues").fill("with-a-second-*")
    acts.button(page, "Ask for a second person").click()

    page.goto(f"{admin.queue(queue)}settings/")
    page.get_by_role("link", name="Empty this queue…").click()
    dialog = page.get_by_role("dialog", name="This needs a second person")
    dialog.get_by_label("Why, for whoever decides").fill("each is a duplicate")
    acts.button(page, "Ask for approval").click()
    expect(page.get_by_text("waiting", exact=True)).to_be_visible()
    address = page.url

    theirs.goto("/approvals/")
    theirs.get_by_role("link", name="Empty with-a-second-person").first.click()
    expect(theirs.get_by_text("each is a duplicate")).to_be_visible()
    acts.button(theirs, "Approve").click()
    expect(theirs.get_by_text("approved", exact=True)).to_be_visible()
    assert queue.count("empty_queue") == 0

    page.goto(address)
    acts.button(page, "Empty with-a-second-person").click()
    expect(page.get_by_text("carried out", exact=True)).to_be_visible()
    assert queue.count("empty_queue") == 1
