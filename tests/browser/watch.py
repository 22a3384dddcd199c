"""What no page may ever do, whatever a test is about: errors, CSP violations, dialogs, requests to elsewhere."""

from playwright.sync_api import ConsoleMessage, Dialog, Error, Page, Request, Response

# Runs before the page's own scripts. The console says it too, but in words that change with the browser.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile, lineNumber }) =>
  console.error(`CSP: ${effectiveDirective} refused ${blockedURI} at ${sourceFile}:${lineNumber}`));
"""
# Chromium's own line for every answer of 400 and above; those are judged by `_answered`.
FAILED_TO_LOAD = "Failed to load resource"
CANCELLED = "net::ERR_ABORTED"


class Watch:
    """Collects what went wrong on every page that it was put on; the fixture asks for `problems` at the end."""

    def __init__(self, home: str) -> None:
        self.problems: list[str] = []
        self.home = home
        self._others: tuple[str, ...] = ()
        self._expected: set[int] = set()
        self._may_fail = False

    def expect(self, *statuses: int) -> None:
        """From now on answers with these statuses are what the test is about."""
        self._expected.update(statuses)

    def allow(self, place: str) -> None:
        """From now on pages may also ask there: somebody goes to sign in."""
        self._others = (*self._others, f"{place}/")

    def expect_failures(self) -> None:
        """From now on requests may also get no answer at all."""
        self._may_fail = True

    def put_on(self, page: Page) -> None:
        """On a new page, for as long as there is one."""
        page.add_init_script(REPORT_VIOLATIONS)
        self.listen(page)

    def listen(self, page: Page) -> None:
        """On a page that reports violations already, until the watch leaves it."""
        page.on("console", self._said)
        page.on("pageerror", self._broke)
        page.on("dialog", self._asked)
        page.on("request", self._requested)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def leave(self, page: Page) -> None:
        """What the page does from now on is another watch's."""
        page.remove_listener("console", self._said)
        page.remove_listener("pageerror", self._broke)
        page.remove_listener("dialog", self._asked)
        page.remove_listener("request", self._requested)
        page.remove_listener("requestfailed", self._failed)
        page.remove_listener("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if self._may_fail and message.text.startswith("htmx:"):
            return  # htmx's own line for a request without an answer
        if message.type in ("error", "warning") and FAILED_TO_LOAD not in message.text:
            self.problems.append(f"console {message.type}: {message.text}")

    def _broke(self, error: Error) -> None:
        self.problems.append(f"uncaught: {error.message}\n{error.stack}")

    def _asked(self, dialog: Dialog) -> None:
        self.problems.append(f"a browser dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.home}/", *self._others)):
            self.problems.append(f"a request to elsewhere: {request.url[:200]}")

    def _failed(self, request: Request) -> None:
        failure = request.failure or ""
        if not self._may_fail and CANCELLED not in failure:
            self.problems.append(f"no answer to {request.method} {request.url}: {failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.problems.append(f"{response.status} for {response.request.method} {response.url}")
