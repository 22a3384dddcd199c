"""Bodies, names and metadata that try everything: nothing runs, nothing is asked of elsewhere, nothing breaks out.

The watch on every page fails a test at the first script error, dialog, violation of the policy or foreign request.
"""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from queues_app.sandbox.seed import hostile
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import DrivenClock, Person, Stack

IMG: Final = '"><img src=x onerror=alert(1)>'
# Nothing of a body may become an element: these are what the bodies try to make.
SMUGGLED: Final = (
    "main :is(img, script, iframe, object, embed, svg[onload], [onerror], [data-hx-on\\:load], meta, base, form form)"
)
# Marks that no page may show to the eye as they are: they would turn or hide what stands around them.
RAW_MARKS: Final = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u2028\u2029\x00-\x08\x0b\x0c\x0e-\x1f]")

# What the copy buttons take is exact, and not shown.
WHAT_IS_COPIED: Final = re.compile(r'data-copy="[^"]*"|<textarea.*?</textarea>', re.DOTALL)


@pytest.fixture
def sandbox(stack: Stack, driven_clock: DrivenClock) -> Iterator[Sandbox]:
    """The demo's queues, the hostile one among them."""
    stack.stage.playing = Sandbox(clock=driven_clock, seed="demo")
    yield stack.stage.playing
    stack.stage.playing = None


def test_opening_every_hostile_message_runs_nothing(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = sandbox.queue("hostile-inputs")
    page.goto(operator.queue(queue))
    page.locator("#look .peek").get_by_label("Messages").fill("100")
    acts.peek(page)
    count = len(hostile.drafts())
    expect(acts.rows(page)).to_have_count(count)
    title = page.title()
    page.evaluate("document.querySelectorAll('[data-open]').forEach((link) => link.click())")
    expect(page.locator(".opened")).to_have_count(count)
    assert page.title() == title
    expect(page.locator(SMUGGLED)).to_have_count(0)
    assert page.evaluate("({}).admin") is None


def test_every_hostile_message_has_a_page_of_its_own_in_the_other_views(
    sandbox: Sandbox, page: Page, operator: Person
) -> None:
    queue = sandbox.queue("hostile-inputs")
    page.goto(operator.queue(queue))
    page.locator("#look .peek").get_by_label("Messages").fill("100")
    acts.peek(page)
    batch = page.url
    for number in range(len(hostile.drafts())):
        for view in ("raw", "hex"):
            response = page.request.get(f"{batch}messages/{number}/?view={view}")
            assert response.status == 200
            text = response.text()
            assert IMG not in text
            assert "<script>alert" not in text
            assert not RAW_MARKS.search(WHAT_IS_COPIED.sub("", text)), f"message {number}, {view}"


def test_what_could_hide_is_shown_by_its_name(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=0, name="marks")
    queue.push("user\u202e }\u2066 only\x00\x1b[31m\u200b")
    page.goto(operator.queue(queue))
    acts.peek(page)
    opened = acts.open_row(page, 0)
    for name in ("U+202E", "U+2066", "NUL", "ESC", "U+200B"):
        expect(opened.locator(".ctl", has_text=name).first).to_be_visible()


def test_hostile_names_stay_text_on_every_page(
    sandbox: Sandbox, stack: Stack, newcomer: Person, open_context: OpenContext
) -> None:
    queue = sandbox.add_queue(IMG, script=IMG, dead_letter_queue=IMG)
    queue.push(IMG, metadata={IMG: f"{IMG}\u202e"})
    person = stack.backstage.with_account(
        newcomer, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"], name=IMG
    )
    page = open_context(person).new_page()
    page.goto(person.queues)
    expect(page.get_by_role("link", name=IMG).first).to_be_visible()
    page.goto(person.queue(queue))
    acts.pull(page)
    acts.open_row(page, 0)
    acts.select(page, 0)
    page.locator("#selection").get_by_role("button", name=re.compile("^Acknowledge")).click()
    expect(page.get_by_role("dialog")).to_contain_text(IMG)
    expect(page.locator(SMUGGLED)).to_have_count(0)
    for address in ("/audit/", "/credentials/"):
        page.goto(address)
        expect(page.locator("main")).to_contain_text(IMG)
        expect(page.locator(SMUGGLED)).to_have_count(0)


def test_a_downloaded_body_is_never_shown_as_a_page(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=0, name="markup")
    queue.push("<!doctype html><script>alert(1)</script>")
    page.goto(operator.queue(queue))
    acts.peek(page)
    opened = acts.open_row(page, 0)
    address = opened.get_by_role("link", name="Download the body").get_attribute("href")
    headers = page.request.get(address or "").headers
    assert headers["content-disposition"].startswith("attachment")
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


def test_the_largest_and_deepest_bodies_leave_the_page_usable(sandbox: Sandbox, page: Page, operator: Person) -> None:
    queue = acts.add_orders(sandbox, messages=0, name="giants")
    queue.push("A" * 128_000)
    queue.push("[" * 60_000 + "]" * 60_000, "json")
    queue.push({str(number): {"deep": [number] * 20} for number in range(1500)})
    page.goto(operator.queue(queue))
    acts.peek(page)
    for number in range(3):
        acts.open_row(page, number)
    elements = page.evaluate("document.querySelectorAll('*').length")
    assert elements < 22_000
    page.keyboard.press("j")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
