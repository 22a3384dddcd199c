"""A file goes call after call while its page is open."""

from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.stack import Person


def test_a_file_goes_on_until_all_of_it_is_sent(page: Page, operator: Person, sandbox: Sandbox) -> None:
    queue = acts.add_orders(sandbox, 0)
    page.goto(f"{operator.queue(queue)}send/")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "orders.jsonl", "mimeType": "text/plain", "buffer": b"[9007199254740993]\n" * 250}
    )
    acts.button(page, "Preview the file").click()
    acts.button(page, "Send 250 messages").click()
    expect(page.locator("#sending").get_by_text("250 of 250 sent.")).to_be_visible()
    assert len(queue.messages) == 250
    assert queue.count("push_batch") == 3
