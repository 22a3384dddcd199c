"""The same job in a browser that runs no script: forms, links and pages alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack
from tests.browser.watch import Watch

PASSWORD = "a-password-of-the-tests-2"


@pytest.fixture
def page(open_context: OpenContext, operator: Person) -> Page:
    """The operator's tab, without JavaScript."""
    return open_context(operator, java_script_enabled=False).new_page()


def test_somebody_signs_in_and_out(stack: Stack, open_context: OpenContext) -> None:
    person = stack.backstage.person(password=PASSWORD)
    page = open_context(None, java_script_enabled=False).new_page()
    page.goto("/audit/")
    page.get_by_label("User name").fill(person.name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    acts.button(page, "Sign in").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    page.locator("details.user > summary").click()
    acts.button(page, "Sign out").click()
    expect(page).to_have_title("Sign in · Queuescope")


def test_the_whole_job(stack: Stack, sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=5)
    page.goto("/")
    page.get_by_role("link", name="orders-inbound", exact=True).click()
    acts.peek(page)
    expect(acts.rows(page)).to_have_count(5)

    acts.rows(page).first.locator("[data-open]").click()
    expect(page).to_have_url(re.compile(r"/messages/0/$"))
    expect(page.locator(".tree")).to_contain_text("9007199254740993")
    page.get_by_role("link", name="Raw").click()
    expect(page.get_by_label("Body", exact=True)).to_contain_text('{"order":"A-88240"')
    page.get_by_role("link", name="Back to the batch").click()

    acts.pull(page, messages=3)
    expect(acts.rows(page)).to_have_count(3)
    acts.select(page, 0, 1)
    page.locator("#selection").get_by_role("button", name=re.compile("^Acknowledge")).click()
    expect(page.get_by_role("heading", name="Acknowledge 2 messages?")).to_be_visible()
    assert queue.count("settle") == 0
    acts.button(page, "Acknowledge 2 messages").click()
    expect(acts.result(page)).to_contain_text("2 of 2 acknowledged.")
    page.reload()
    assert queue.count("settle") == 1

    acts.select(page, 2)
    page.locator("#selection").get_by_role("button", name=re.compile("^Retry")).click()
    page.get_by_label(re.compile("^Delay")).fill("5 min")
    acts.button(page, "Retry 1 message").click()
    expect(acts.result(page)).to_contain_text("1 of 1 retried.")
    assert sorted(one.state for one in queue.messages) == ["delayed", "ready", "ready"]

    page.get_by_role("navigation", name="Places").get_by_role("link", name="Audit log").click()
    expect(acts.rows(page).first).to_contain_text("Retry")
    acts.rows(page).first.locator("[data-open]").click()
    expect(page.locator(".receipt")).to_contain_text("orders-inbound")


def test_the_list_is_filtered_and_sorted_by_its_address(sandbox: Sandbox, page: Page, operator: Person) -> None:
    for name in ("alpha", "beta"):
        sandbox.add_queue(name).push("waits", age_s=9000)
    page.goto(operator.queues)
    page.get_by_role("searchbox", name="Filter queues").fill("alp")
    acts.button(page, "Show").click()
    expect(page).to_have_url(re.compile("q=alp"))
    expect(acts.rows(page)).to_have_count(1)
    page.get_by_role("columnheader").get_by_role("link", name="Backlog").click()
    expect(page).to_have_url(re.compile("q=alp"))
    expect(acts.rows(page)).to_have_count(1)


def test_a_credential_is_added_and_deleted(sandbox: Sandbox, newcomer: Person, open_context: OpenContext) -> None:
    page = open_context(newcomer, java_script_enabled=False).new_page()
    page.goto("/credentials/add/")
    page.get_by_label("Label").fill("mine")
    page.get_by_role("textbox", name="Token").fill(sandbox.tokens["full"])
    page.locator("input[name=environment][value=sandbox]").check()
    acts.button(page, "Save credential").click()
    expect(page.locator("#checkup")).to_contain_text("valid and active")
    page.get_by_role("link", name="Delete…").click()
    acts.button(page, "Delete this credential").click()
    expect(page.locator(".state")).to_contain_text("No credential yet")


def test_a_mistake_is_said_at_its_field_and_nothing_is_lost(
    sandbox: Sandbox, page: Page, operator: Person, watch: Watch
) -> None:
    watch.expect(422)
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    half = page.locator("#look .pull")
    half.get_by_label("Messages").fill("700")
    half.get_by_label("Lease").fill("soon")
    acts.pull_button(page).click()
    expect(half.locator(".error")).to_have_count(2)
    expect(half.get_by_label("Messages")).to_have_value("700")
    expect(half.get_by_label("Lease")).to_have_value("soon")
    assert queue.count("pull") == 0


def test_a_failed_pull_is_a_page_with_the_diagnosis(
    stack: Stack, sandbox: Sandbox, page: Page, operator: Person, watch: Watch
) -> None:
    watch.expect(504)
    queue = acts.add_orders(sandbox)
    queue.fault("reset", route="pull")
    page.goto(operator.queue(queue))
    acts.pull_button(page).click()
    expect(acts.failed(page)).to_contain_text("POST …/queues/…/messages/pull")
    assert [entry["outcome"] for entry in stack.backstage.entries(operator, "messages.pull")] == ["unknown"]


def test_no_dead_control_is_shown(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox)
    page.goto(operator.queue(queue))
    acts.pull(page)
    for address in (page.url, operator.queues, "/audit/", "/credentials/add/"):
        page.goto(address)
        dead = page.locator("button[type=button]:visible").all_inner_texts()
        assert dead == [], address
