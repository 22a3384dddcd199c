"""What goes wrong on the way to Cloudflare, each through the page: what the operator sees, what the audit log says."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from queues_app.sandbox import QueueHandle, Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack
from tests.browser.watch import Watch


@dataclass(frozen=True)
class Trouble:
    """A fault of the sandbox, the status of the page that tells of it, and what a pull's entry ends as."""

    kind: str
    status: int
    pull: str
    came: str  # what stands beside "Came back"
    ray: bool = True
    options: dict[str, Any] = field(default_factory=dict)


TROUBLES: Final = {
    trouble.kind: trouble
    for trouble in (
        Trouble("latency", 504, "unknown", "after", ray=False, options={"seconds": 30}),
        # Told to wait no time at all: other tests share this token, and would be held back with it.
        Trouble("rate_limited", 429, "failed", "429", options={"seconds": 0}),
        Trouble("server_error", 502, "unknown", "500"),
        Trouble("html", 502, "unknown", "502"),
        Trouble("truncated", 502, "unknown", "200"),
        Trouble("empty", 502, "unknown", "200"),
        Trouble("reset", 504, "unknown", "after", ray=False),
        Trouble("drip", 504, "unknown", "after", options={"seconds": 1.0, "size": 1}),
        Trouble("huge", 502, "unknown", "200"),
        Trouble("redirect", 502, "unknown", "302"),
    )
}


@pytest.fixture
def queue(sandbox: Sandbox) -> QueueHandle:
    return acts.add_orders(sandbox)


def sees_the_diagnosis(page: Page, trouble: Trouble, asked: str) -> None:
    card = acts.failed(page)
    expect(card.locator("[data-sentence]")).to_have_text(re.compile(r"\w{3,}.*\."))
    expect(card).to_contain_text(asked)
    expect(card).to_contain_text(trouble.came)
    if trouble.ray:
        expect(card).to_contain_text(re.compile(r"[0-9a-f]{16}-AMS"))
    assert "this must never run" not in page.title()


@pytest.mark.parametrize("kind", TROUBLES)
def test_a_pull_that_gets_no_good_answer(
    kind: str, stack: Stack, sandbox: Sandbox, queue: QueueHandle, page: Page, operator: Person, watch: Watch
) -> None:
    trouble = TROUBLES[kind]
    watch.expect(trouble.status)
    page.goto(operator.queue(queue))
    queue.fault(kind, route="pull", **trouble.options)
    acts.pull_button(page).click()
    sees_the_diagnosis(page, trouble, "POST …/queues/…/messages/pull")
    assert queue.count("pull") == 1
    [entry] = stack.backstage.entries(operator, "messages.pull")
    assert entry["outcome"] == trouble.pull
    assert bool(entry["cf_ray"]) == trouble.ray
    if trouble.pull == "unknown":
        expect(acts.failed(page)).to_contain_text("may have happened")

    # The page is whole: its form has a new number, and the next press works.
    sandbox.clear_faults()
    acts.pull(page, messages=1)
    assert queue.count("pull") == 2
    page.goto("/audit/?kind=not-ok")
    expect(acts.rows(page).first.locator(".c-outcome")).to_have_text(trouble.pull)


@pytest.mark.parametrize("kind", TROUBLES)
def test_a_peek_that_gets_no_good_answer(
    kind: str, stack: Stack, sandbox: Sandbox, queue: QueueHandle, page: Page, operator: Person, watch: Watch
) -> None:
    trouble = TROUBLES[kind]
    watch.expect(trouble.status)
    page.goto(operator.queue(queue))
    acts.peek(page)
    queue.fault(kind, route="peek", **trouble.options)
    acts.peek_button(page).click()
    sees_the_diagnosis(page, trouble, "POST …/queues/…/messages/peek")
    expect(acts.rows(page)).to_have_count(4)  # the old rows stay
    assert [entry["outcome"] for entry in stack.backstage.entries(operator, "messages.peek")] == ["ok", "failed"]


@pytest.mark.parametrize("kind", TROUBLES)
def test_a_list_that_gets_no_good_answer(
    kind: str, sandbox: Sandbox, stack: Stack, page: Page, operator: Person, watch: Watch
) -> None:
    trouble = TROUBLES[kind]
    watch.expect(trouble.status)
    sandbox.fault(kind, route="queues", **trouble.options)
    page.goto(operator.queues)
    sees_the_diagnosis(page, trouble, "GET …/queues")
    sandbox.clear_faults()
    page.get_by_role("link", name="Try again").click()
    expect(page.locator(".state")).to_contain_text("no queues")


def test_counts_that_cannot_be_read_are_unknown_and_the_list_is_there(
    queue: QueueHandle, page: Page, operator: Person
) -> None:
    queue.fault("html", route="metrics")
    page.goto(operator.queues)
    row = acts.rows(page).filter(has=page.get_by_role("link", name="orders-inbound", exact=True))
    expect(row.locator(".c-backlog")).to_contain_text("unknown")
    expect(row.locator(".c-backlog")).not_to_contain_text("0")


def test_a_slow_and_a_failing_queue_mark_their_own_rows_and_no_other(
    queue: QueueHandle, sandbox: Sandbox, page: Page, operator: Person
) -> None:
    failing, slow = sandbox.add_queue("billing"), sandbox.add_queue("mails")
    failing.fault("html", route="metrics")
    slow.fault("latency", route="metrics", seconds=30)
    page.goto(operator.queues)

    def row(name: str) -> Locator:
        return acts.rows(page).filter(has=page.get_by_role("link", name=name, exact=True))

    expect(row("orders-inbound").locator(".c-backlog")).to_contain_text("4")
    expect(row("orders-inbound")).not_to_contain_text("unknown")
    for name in ("billing", "mails"):
        expect(row(name).locator(".c-backlog")).to_contain_text("unknown")
    expect(row("billing")).to_contain_text("Not read: ")
    expect(acts.failed(page)).to_have_count(0)


def test_a_failing_account_leaves_the_others_whole(
    queue: QueueHandle, stack: Stack, sandbox: Sandbox, page: Page, operator: Person, watch: Watch
) -> None:
    watch.expect(502)
    labs = sandbox.accounts["acme-labs"]
    other = stack.backstage.with_account(operator, secret=sandbox.tokens["full"], account_id=labs, name="acme-labs")
    sandbox.fault("server_error", path=f"*/accounts/{labs}/*")
    page.goto(other.queues)
    expect(acts.failed(page).first).to_be_visible()

    page.locator("details.account > summary").click()
    page.locator("details.account").get_by_role("link", name="acme-logistics").click()

    expect(acts.rows(page).first).to_be_visible()
    expect(acts.failed(page)).to_have_count(0)
    expect(page.get_by_role("link", name="orders-inbound", exact=True)).to_be_visible()
    acts.rows(page).filter(has=page.get_by_role("link", name="orders-inbound", exact=True)).get_by_role(
        "link", name="orders-inbound", exact=True
    ).click()
    acts.peek(page)
    expect(acts.rows(page)).to_have_count(4)


def test_other_pages_stay_quick_while_a_pull_waits(
    queue: QueueHandle, operator: Person, open_context: OpenContext, watch: Watch
) -> None:
    watch.expect(504)
    context = open_context(operator)
    waiting, other = context.new_page(), context.new_page()
    waiting.goto(operator.queue(queue))
    queue.fault("latency", route="pull", seconds=30)
    answered: list[str] = []
    waiting.on("response", lambda response: answered.append(response.url))
    acts.pull_button(waiting).click()
    for address in ("/audit/", "/credentials/"):
        other.goto(address)
    assert not [url for url in answered if url.endswith("/pull/")]
    # The entry is there before the answer is, and its outcome is not known yet.
    other.goto("/audit/?kind=leased")
    expect(acts.rows(other).first.locator(".c-outcome")).to_have_text("unknown")
    expect(acts.failed(waiting)).to_be_visible()


def test_a_settling_that_gets_no_answer_is_unknown_for_each_message(
    stack: Stack, queue: QueueHandle, page: Page, operator: Person
) -> None:
    page.goto(operator.queue(queue))
    acts.pull(page, messages=2)
    queue.fault("reset", route="settle")
    acts.select(page, 0, 1)
    acts.settle(page, "Acknowledge")
    expect(acts.result(page)).to_contain_text("unknown")
    expect(acts.rows(page).first.locator(".c-lease")).to_contain_text("unknown")
    assert queue.count("settle") == 1
    [entry] = stack.backstage.entries(operator, "messages.ack")
    assert entry["outcome"] == "unknown"


def test_a_paused_queue_and_one_without_a_pull_consumer_say_why(
    sandbox: Sandbox, queue: QueueHandle, page: Page, operator: Person, watch: Watch
) -> None:
    worked = sandbox.add_queue("worked", consumer="worker", script="thumbnailer")
    page.goto(operator.queue(worked))
    expect(acts.pull_button(page)).to_be_disabled()
    expect(page.locator("#pull-closed")).to_contain_text("not HTTP pull")
    # Paused after the page was made: the answer of the API is explained.
    watch.expect(409)
    page.goto(operator.queue(queue))
    queue.pause()
    acts.pull_button(page).click()
    expect(acts.failed(page)).to_contain_text("paused")


@pytest.mark.usefixtures("own_tab")
def test_our_own_server_that_does_not_answer_is_said_and_points_to_the_audit_log(
    queue: QueueHandle, page: Page, operator: Person, watch: Watch
) -> None:
    watch.expect_failures()
    page.goto(operator.queue(queue))

    def cut(route: Route) -> None:
        route.abort("connectionreset")

    page.route("**/pull/", cut)
    acts.pull_button(page).click()
    expect(acts.result(page)).to_contain_text("audit log")
    expect(acts.pull_button(page)).not_to_have_attribute("aria-busy", "true")


def test_an_account_without_peek_is_previewed_and_says_so(
    stack: Stack, sandbox: Sandbox, queue: QueueHandle, page: Page, operator: Person
) -> None:
    sandbox.vary(peek="absent")
    page.goto(operator.queue(queue))
    acts.peek(page)
    expect(acts.rows(page)).to_have_count(4)
    expect(page.locator(".sample-bar")).to_contain_text(re.compile("preview", re.IGNORECASE))
