"""What an operator does on the pages, by the names that stand on them."""

import re

from playwright.sync_api import Locator, Page, expect

from queues_app.sandbox import QueueHandle, Sandbox

BATCH = re.compile(r"/batches/[0-9a-f-]{36}/")
ORDER = {"order": "A-88240", "customer": {"id": 9007199254740993, "name": "Ann"}, "lines": [{"sku": "TX-4410"}]}


def add_orders(sandbox: Sandbox, messages: int = 4, *, name: str = "orders-inbound") -> QueueHandle:
    """A queue with a pull consumer, a limit of five and a dead-letter queue, filled with orders of an hour ago."""
    sandbox.add_queue(f"{name}-dlq", consumer=None)
    queue = sandbox.add_queue(name, max_retries=5, dead_letter_queue=f"{name}-dlq")
    for number in range(messages):
        queue.push({**ORDER, "number": number}, age_s=3600 - number)
    return queue


def rows(page: Page) -> Locator:
    return page.locator("main tr[data-row]")


def button(page: Page, name: str) -> Locator:
    """A button of the page or of the open dialog, by its exact name."""
    return page.get_by_role("button", name=name, exact=True)


def peek_button(page: Page) -> Locator:
    """It says "Peek", and on the page of a peek "Peek again"; its key stands on it."""
    return page.locator("#look .peek button[type=submit]")


def pull_button(page: Page) -> Locator:
    return page.locator("#look .pull button.price")


def peek(page: Page) -> None:
    """Press Peek and wait for the kept copy."""
    before = page.url
    peek_button(page).click()
    _wait_for_batch(page, before)


def pull(page: Page, *, messages: int = 10, lease: str = "60 s") -> None:
    """Fill in the half that costs, press Pull and wait for the kept copy."""
    before = page.url
    half = page.locator("#look .pull")
    half.get_by_label("Messages").fill(str(messages))
    half.get_by_label("Lease").fill(lease)
    # The forecast that the first focus asked for has come.
    expect(half.locator(".htmx-request")).to_have_count(0)
    pull_button(page).click()
    _wait_for_batch(page, before)


def open_row(page: Page, number: int) -> Locator:
    """Open the row at this place and return what opened under it."""
    rows(page).nth(number).locator("[data-open]").click()
    opened = page.locator(f"#opened-{number}")
    expect(opened).to_be_visible()
    return opened


def find(page: Page, text: str) -> None:
    """Type a term into the filter box and wait for its chip."""
    box = page.get_by_label("Filter this sample")
    chips = page.locator("#filter .chip").count()
    box.fill(text)
    box.press("Enter")
    expect(page.locator("#filter .chip")).to_have_count(chips + 1)


def select(page: Page, *numbers: int) -> None:
    for number in numbers:
        rows(page).nth(number).get_by_role("checkbox").check()


def settle(page: Page, verb: str) -> None:
    """Press "Acknowledge…" or "Retry…" of the selection bar and answer the question."""
    page.locator("#selection").get_by_role("button", name=re.compile(f"^{verb}")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{verb}")).click()


def delete(page: Page) -> None:
    """Press "Delete…" of the selection bar, answer the question, and wait for what came of it."""
    page.locator("#selection").get_by_role("button", name=re.compile("^Delete")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Delete")).click()
    page.wait_for_url(re.compile(r"settled="))
    expect(result(page)).to_be_visible()


def result(page: Page) -> Locator:
    """The bar that says what came of it."""
    return page.locator(".result")


def failed(page: Page) -> Locator:
    """The card with the diagnosis."""
    return page.locator(".failed")


def _wait_for_batch(page: Page, before: str) -> None:
    page.wait_for_url(lambda url: url != before and BATCH.search(url) is not None)
    expect(page.locator("#sample")).to_be_visible()
