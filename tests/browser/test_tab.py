"""The tab that tests hand on: as new for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import make_context
from tests.browser.stack import Person, Stack
from tests.browser.tab import Tab
from tests.browser.watch import Watch

WIDTH, HEIGHT = 1280, 900
# Ends when the browser has told of it, which is a moment later.
REFUSED = """() => new Promise((done) => {
  document.addEventListener("securitypolicyviolation", () => done(), { once: true });
  document.body.append(Object.assign(document.createElement("script"), { text: "0" }));
})"""


@pytest.fixture
def handed_on(browser: Browser, stack: Stack) -> Iterator[Tab]:
    tab = Tab(lambda: make_context(browser, stack), stack.url)
    yield tab
    tab.close()


def test_the_next_test_finds_nothing_of_the_one_before(handed_on: Tab, stack: Stack, operator: Person) -> None:
    with handed_on.lent_to(operator, Watch(stack.url)) as first:
        first.goto("/audit/")
        first.evaluate("localStorage.left = sessionStorage.left = 'left'; document.cookie = 'left=1; path=/'")
        first.locator("details.user > summary").click()
        first.set_viewport_size({"width": 360, "height": 740})
        first.context.new_page()
    other = stack.backstage.person()
    with handed_on.lent_to(other, Watch(stack.url)) as second:
        assert second is first
        second.goto("/audit/")
        left = "[localStorage.left, sessionStorage.left, document.cookie].join().includes('left')"
        assert not second.evaluate(left)
        assert second.evaluate("[innerWidth, innerHeight]") == [WIDTH, HEIGHT]
        assert second.evaluate("document.querySelectorAll(':hover, details[open]').length") == 0
        assert second.context.pages == [second]
        assert other.name in second.locator("details.user").inner_text()


def test_each_watch_sees_what_happened_in_its_own_time(handed_on: Tab, stack: Stack, operator: Person) -> None:
    watches = [Watch(stack.url), Watch(stack.url)]
    for number, watch in enumerate(watches):
        with handed_on.lent_to(operator, watch) as page:
            page.goto("/audit/")
            page.evaluate(f"console.error('trouble {number}')")
            with page.expect_event("pageerror"):
                page.evaluate(f"setTimeout(() => {{ throw new Error('uncaught {number}') }})")
            page.evaluate(REFUSED)
    for number, watch in enumerate(watches):
        said = "\n".join(watch.problems)
        assert f"trouble {number}" in said
        assert f"uncaught {number}" in said
        assert said.count("CSP: script-src-elem refused inline") == 1
        assert f"trouble {1 - number}" not in said


def test_a_tab_that_broke_is_not_handed_on(handed_on: Tab, stack: Stack, operator: Person) -> None:
    with handed_on.lent_to(operator, Watch(stack.url)) as first:
        first.close()
    with handed_on.lent_to(operator, Watch(stack.url)) as second:
        second.goto("/audit/")
        assert second is not first
