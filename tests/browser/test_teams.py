"""A credential is shared with a team, used, and withdrawn."""

from playwright.sync_api import expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack
from tests.browser.watch import Watch


def test_an_owner_shares_a_member_peeks_and_after_the_end_the_next_click_says_so(
    stack: Stack, sandbox: Sandbox, operator: Person, open_context: OpenContext, watch: Watch
) -> None:
    acts.add_orders(sandbox)
    borrower = stack.backstage.person("Viewer")
    admin = open_context(stack.backstage.person("Admin")).new_page()
    admin.goto("/teams/add/")
    admin.get_by_label("Name").fill(f"on-call {operator.name}")
    acts.button(admin, "Make the team").click()
    for person, role in ((operator, "Lead"), (borrower, "Operator")):
        adding = admin.locator("form.adding")
        adding.locator("[name=person]").select_option(person.name)
        adding.locator("[name=role]").select_option(role)
        acts.button(admin, "Add to the team").click()
        expect(admin.locator(".lines")).to_contain_text(person.name)

    owner = open_context(operator).new_page()
    owner.goto("/credentials/")
    acts.rows(owner).first.locator("[data-open]").click()
    owner.get_by_role("link", name="Share it with").click()
    acts.button(owner, "Share it so").click()
    expect(owner.get_by_text("Operator: see, peek")).to_be_visible()

    member = open_context(borrower).new_page()
    member.goto("/")
    member.get_by_role("link", name="orders-inbound", exact=True).click()
    expect(acts.pull_button(member)).to_be_disabled()
    acts.peek(member)
    expect(acts.rows(member)).to_have_count(4)
    member.locator("details.account > summary").click()
    expect(member.locator("details.account .panel")).to_contain_text(
        f"of {operator.name}, through on-call {operator.name}"
    )

    owner.reload()
    expect(owner.get_by_text("Used by others lately")).to_be_visible()
    owner.get_by_role("button", name="Withdraw it from").click()
    expect(owner.get_by_text("not shared")).to_be_visible()

    watch.expect(404)
    member.get_by_role("navigation", name="Places").get_by_role("link", name="Queues").click()
    expect(member.get_by_text("What colleagues shared, they may withdraw.")).to_be_visible()
    assert {entry["action"] for entry in stack.backstage.entries(borrower)} == {"messages.peek"}
