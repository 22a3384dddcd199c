"""A tab that tests use one after the other: a new one costs as much as five loads of a page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from tests.browser.stack import Person
from tests.browser.watch import REPORT_VIOLATIONS, Watch


class Tab:
    """Each test finds it as new: its own cookies, nothing stored, the usual size, the mouse nowhere.

    What a test adds to a page for good (a script, a route, a clock) stays in it: such a test takes its own.
    """

    def __init__(self, make_context: Callable[[], BrowserContext], home: str) -> None:
        self._make_context = make_context
        self._home = home
        self._page: Page | None = None

    @contextmanager
    def lent_to(self, person: Person, watch: Watch) -> Iterator[Page]:
        """The page of this person, under this watch."""
        page = self._page or self._new_page()
        context = page.context
        size = page.viewport_size
        context.add_cookies([{"name": "sessionid", "value": person.session, "url": self._home}])
        context.on("page", watch.put_on)
        watch.listen(page)
        self._page = None
        yield page
        try:
            self._leave(page)
        except PlaywrightError:
            context.close()  # whatever became of it: the next test begins with a new one
            return
        watch.leave(page)
        context.remove_listener("page", watch.put_on)
        if size is not None and page.viewport_size != size:
            page.set_viewport_size(size)
        self._page = page

    def close(self) -> None:
        if self._page is not None:
            self._page.context.close()

    def _new_page(self) -> Page:
        page = self._make_context().new_page()
        page.add_init_script(REPORT_VIOLATIONS)
        return page

    def _leave(self, page: Page) -> None:
        """Go to where no script runs, and take everything along that the test left."""
        for other in page.context.pages:
            if other != page:
                other.close()
        page.goto(f"{self._home}/healthz/")
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.mouse.move(-1, -1)
        page.context.clear_cookies()
