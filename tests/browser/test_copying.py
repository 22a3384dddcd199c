"""Copying ids and bodies, with the browser's clipboard and where a page may not use it."""

import re

import pytest
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack

pytestmark = pytest.mark.usefixtures("own_tab")

CLIPBOARD = ["clipboard-read", "clipboard-write"]
# As over plain HTTP, where there is no navigator.clipboard; what is copied is caught on its way.
WITHOUT_CLIPBOARD = """
Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined });
document.addEventListener("copy", () => { window.copied = getSelection().toString() || document.activeElement.value; });
"""


def test_an_id_and_a_body_are_copied_whole(
    stack: Stack, sandbox: Sandbox, open_context: OpenContext, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=0)
    body = '{"big": 9007199254740993, "text": "<b>&amp; \\u202e"}'
    message_id = queue.push(body, "json")
    page = open_context(operator, permissions=CLIPBOARD).new_page()
    page.goto(operator.queue(queue))
    acts.peek(page)
    acts.rows(page).first.locator(".c-id button").click()
    expect(page.locator("#live")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == message_id
    opened = acts.open_row(page, 0)
    opened.get_by_role("link", name="Raw").click()
    expect(opened.get_by_label("Body", exact=True)).to_be_visible()
    opened.get_by_role("button", name="Copy the body").click()
    page.wait_for_function("async (body) => (await navigator.clipboard.readText()) === body", arg=body)


def test_without_the_clipboard_it_is_copied_the_older_way(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=1)
    page.add_init_script(WITHOUT_CLIPBOARD)
    page.goto(operator.queue(queue))
    acts.peek(page)
    button = acts.rows(page).first.locator(".c-id button")
    button.click()
    expect(page.locator("#live")).to_have_text("Copied.")
    assert page.evaluate("window.copied") == queue.messages[0].id
    expect(button).to_be_focused()


def test_the_sign_says_that_it_was_copied_for_a_moment(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=1)
    page.add_init_script(WITHOUT_CLIPBOARD)
    page.clock.install()
    page.goto(operator.queue(queue))
    acts.peek(page)
    sign = acts.rows(page).first.locator(".c-id button use")
    before = sign.get_attribute("href")
    acts.rows(page).first.locator(".c-id button").click()
    expect(sign).to_have_attribute("href", (before or "").replace("#copy", "#check"))
    page.clock.run_for(2_000)
    expect(sign).to_have_attribute("href", before or "")


def test_a_body_is_downloaded_byte_by_byte_and_stands_on_the_record(
    stack: Stack, sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = acts.add_orders(sandbox, messages=0)
    queue.push(bytes(range(256)))
    page.goto(operator.queue(queue))
    acts.peek(page)
    opened = acts.open_row(page, 0)
    with page.expect_download() as download:
        opened.get_by_role("link", name="Download the body").click()
    assert download.value.path().read_bytes() == bytes(range(256))
    [entry] = stack.backstage.entries(operator, "messages.export")
    assert entry["outcome"] == "ok"


def test_chosen_messages_are_saved_as_a_file_and_the_question_is_gone(
    stack: Stack, sandbox: Sandbox, page: Page, operator: Person
) -> None:
    page.goto(operator.queue(acts.add_orders(sandbox, messages=3)))
    acts.peek(page)
    acts.select(page, 0, 2)
    for form in ("ZIP", "CSV"):  # answered once, it can be asked again
        page.locator("#selection").get_by_role("button", name=re.compile("^Export 2")).click()
        page.get_by_role("dialog").get_by_label(re.compile(f"^{form}")).check()
        with page.expect_download() as download:
            page.get_by_role("dialog").get_by_role("button", name="Export 2 messages").click()
        assert download.value.suggested_filename.endswith(f".{form.lower()}")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert {entry["outcome"] for entry in stack.backstage.entries(operator, "messages.export_many")} == {"ok"}
