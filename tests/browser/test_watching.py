"""A watch in a browser, while the sandbox's clock runs fast: a dead-letter queue fills, it fires once and ends once."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from playwright.sync_api import Page, expect

from queues_app.delivery import SigningKey
from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.stack import DrivenClock, Person, Stack
from tests.support.receivers import HttpReceiver

SECRET: Final = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MINUTE: Final = 61.0


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().serving() as receiver:
        yield receiver


def types(receiver: HttpReceiver) -> list[str]:
    """Of what arrived; whatever is not signed by the watch's secret fails."""
    return [_type(headers, body) for headers, body in receiver.taken]


def _type(headers: httpx.Headers, body: bytes) -> str:
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == SigningKey.read(SECRET).sign(signed)
    return str(json.loads(body)["type"])


def names(page: Page) -> list[str]:
    """The queues of the list, in its order."""
    return acts.rows(page).locator("a.name").all_inner_texts()


def test_a_dead_letter_queue_fills_and_its_watch_fires_once_and_ends_once(
    page: Page, operator: Person, sandbox: Sandbox, stack: Stack, driven_clock: DrivenClock, receiver: HttpReceiver
) -> None:
    dead = sandbox.add_queue("orders-dlq", consumer=None)
    orders = sandbox.add_queue("orders", consumer="worker", max_retries=1, dead_letter_queue="orders-dlq")
    invoices = sandbox.add_queue("invoices")
    invoices.push_many(range(3), age_s=300)
    stack.backstage.add_samples(operator, dead, *((ago, 0, 0, None) for ago in (900, 600, 300)))

    # It is watched by its page; nothing is wrong with it yet.
    page.goto(operator.queues)
    expect(page.get_by_role("link", name="invoices", exact=True)).to_be_visible()
    assert names(page) == ["invoices"]
    page.goto(operator.queue(dead))
    page.get_by_role("link", name="Watch this queue").click()
    page.get_by_role("textbox", name="More than").fill("2")
    page.get_by_role("textbox", name="wait for").fill("0")
    page.get_by_label("Address").fill(f"{receiver.url}/hook")
    page.get_by_label("Signing secret").fill(SECRET)
    acts.button(page, "Watch").click()
    stack.backstage.watch_turn(operator)
    page.reload()
    expect(page.get_by_text("last: 0 messages wait")).to_be_visible()
    expect(page.locator(".watches-button .count")).to_have_count(0)

    # What the Worker cannot process comes there while the clock runs.
    orders.push_many(range(40), fails=True)
    driven_clock.advance(seconds=600)
    for turn in (1, 2):
        stack.backstage.watch_turn(operator, ahead=turn * MINUTE)
    assert types(receiver) == ["watch.fired"]
    page.reload()
    expect(page.get_by_text("last: 40 messages wait")).to_be_visible()
    expect(page.get_by_role("link", name="Watches, 1 firing")).to_be_visible()
    page.goto(operator.queues)
    expect(page.get_by_role("link", name="orders-dlq", exact=True)).to_be_visible()
    expect(page.get_by_text("Dead-letter queue fills").first).to_be_visible()
    assert names(page) == ["orders-dlq", "invoices"], "it needs somebody more than what only waits"
    page.goto(f"{operator.queue(dead)}overview/?last=30min")
    expect(page.locator("#chart-backlog-said")).to_contain_text(re.compile("grew from 0 to 40"))

    # Somebody has dealt with them.
    with sandbox.locked():
        dead._queue.messages.clear()
    for turn in (3, 4):
        stack.backstage.watch_turn(operator, ahead=turn * MINUTE)

    assert types(receiver) == ["watch.fired", "watch.resolved"]
    page.goto("/watches/")
    expect(page.locator(".watches-button .count")).to_have_count(0)
    assert [entry["action"] for entry in stack.backstage.entries(operator) if entry["action"].startswith("watch.")] == [
        "watch.add",
        "watch.fire",
        "watch.resolve",
    ]


def test_a_long_remark_of_before_is_folded_so_that_it_does_not_stretch_the_list(
    page: Page, operator: Person, sandbox: Sandbox
) -> None:
    """Watches once wrote every message that they found into theirs."""
    page.goto(operator.queue(acts.add_orders(sandbox, 2)))
    acts.peek(page)
    page.goto("/audit/")
    said = page.locator(".c-remark .said").first
    said.evaluate("(said, ids) => { said.textContent = ids; }", ", ".join(["b3f0fca2fce4746dfe05bd262243d2b1"] * 15))

    height = "(said) => said.getBoundingClientRect().height / parseFloat(getComputedStyle(said).lineHeight)"
    for width, lines in ((1280, 6), (360, 3)):
        page.set_viewport_size({"width": width, "height": 800})
        assert round(said.evaluate(height)) == lines
