"""Fixtures of the browser tests. Each test has its own person, account and sandbox; the stack is shared."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from queues_app.sandbox import Sandbox
from tests.browser.chromium import NoChromiumError, launch
from tests.browser.stack import DrivenClock, Person, Stack
from tests.browser.tab import Tab
from tests.browser.watch import Watch

type OpenContext = Callable[..., BrowserContext]

# Milliseconds. The machines that run CI are slow, and what is asked of the sandbox may take its whole timeout.
PATIENCE = 30_000
USUAL: Final[dict[str, Any]] = {
    "viewport": {"width": 1280, "height": 900},
    "locale": "en-GB",
    "timezone_id": "UTC",
    "reduced_motion": "reduce",  # no colours half-way through a transition
}
# How many ids the sandboxes of earlier tests may have made.
IDS_MADE = count(step=1000)
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Gunicorn, its database and the sandbox's server, once for a worker."""
    with Stack.running(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: its event loop would keep Django's ORM out of the other tests of this thread."""
    with sync_playwright() as playwright:
        try:
            chromium = launch(playwright)
        except NoChromiumError as error:
            pytest.fail(str(error), pytrace=False)
        yield chromium
        chromium.close()


@pytest.fixture
def driven_clock() -> DrivenClock:
    """The sandbox's: the machine's time, until a test pushes it forward."""
    return DrivenClock()


@pytest.fixture
def sandbox(stack: Stack, driven_clock: DrivenClock) -> Iterator[Sandbox]:
    """A fresh sandbox without queues, served to the dashboard for the length of a test.

    Its ids are its own: the dashboard's database outlives the test, and knows leases and copies of a queue by them.
    """
    playing = Sandbox(clock=driven_clock, seed="empty")
    for _ in range(next(IDS_MADE)):
        playing.store.new_id()
    stack.stage.playing = playing
    yield playing
    stack.stage.playing = None


@pytest.fixture
def watch(stack: Stack) -> Iterator[Watch]:
    """On every page of a test; what it saw fails the test."""
    watch = Watch(stack.url)
    yield watch
    assert not watch.problems, "\n".join(watch.problems)


@pytest.fixture
def newcomer(stack: Stack, sandbox: Sandbox) -> Person:
    """An Operator without any credential."""
    return stack.backstage.person()


@pytest.fixture
def operator(stack: Stack, sandbox: Sandbox, newcomer: Person) -> Person:
    """An Operator with a token of full power for acme-logistics."""
    return stack.backstage.with_account(
        newcomer, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"]
    )


@pytest.fixture
def open_context(browser: Browser, stack: Stack, watch: Watch) -> Iterator[OpenContext]:
    """Make a browser of somebody's (None: nobody's); `options` are Playwright's, `theme` is light, dark or auto."""
    opened: list[BrowserContext] = []

    def make(person: Person | None, *, theme: str = "", **options: Any) -> BrowserContext:
        context = make_context(browser, stack, **options)
        context.on("page", watch.put_on)
        cookies = {"sessionid": person.session if person else "", "theme": theme}
        context.add_cookies(
            [{"name": name, "value": value, "url": stack.url} for name, value in cookies.items() if value]
        )
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def tab(browser: Browser, stack: Stack) -> Iterator[Tab]:
    """One tab for the tests of a module, as long as each leaves nothing in it."""
    tab = Tab(lambda: make_context(browser, stack), stack.url)
    yield tab
    tab.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, stack: Stack, operator: Person, watch: Watch) -> Iterator[Page]:
    """The operator's tab, 1280 px wide: as new. `own_tab` makes it a new one."""
    if "own_tab" in request.fixturenames:
        yield request.getfixturevalue("open_context")(operator).new_page()
        return
    with request.getfixturevalue("tab").lent_to(operator, watch) as page:
        yield page


@pytest.fixture
def own_tab() -> None:
    """For tests that change more of a page than the next one could undo: its clock, its routes, its scripts."""


def make_context(browser: Browser, stack: Stack, **options: Any) -> BrowserContext:
    context = browser.new_context(base_url=stack.url, **{**USUAL, **options})
    context.set_default_timeout(PATIENCE)
    return context
