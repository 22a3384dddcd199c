"""Takes the pictures of the README from a running demo: `scripts/pictures` starts the demo and calls this.

python -m tests.browser.pictures http://127.0.0.1:8000 NAME PASSWORD docs/images
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import acts
from tests.browser.chromium import NoChromiumError, launch

WIDTH: Final = 1280
# A README is loaded whole: no picture of it may weigh more.
MOST_BYTES: Final = 300_000


def sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    acts.button(page, "Sign in").click()
    expect(page.get_by_role("navigation", name="Places")).to_be_visible()


def queues(page: Page) -> None:
    """The account with two dozen queues, what needs somebody first."""
    page.goto("/")
    page.locator("details.account > summary").click()
    page.locator("details.account").get_by_role("link", name="acme-logistics").click()
    expect(page.get_by_role("link", name="orders-inbound", exact=True)).to_be_visible()


def messages(page: Page) -> None:
    """A peek with one of its messages open."""
    queues(page)
    page.get_by_role("link", name="orders-inbound", exact=True).click()
    page.locator("#look .peek").get_by_label("Messages").fill("20")
    acts.peek(page)
    acts.open_row(page, 2)


def audit(page: Page) -> None:
    """The log of a short visit: peeked, pulled, some settled."""
    messages(page)
    acts.pull(page, messages=6)
    acts.select(page, 0, 1, 2, 3)
    acts.settle(page, "Acknowledge")
    expect(acts.result(page)).to_be_visible()
    acts.select(page, 4)
    acts.settle(page, "Retry")
    expect(acts.result(page)).to_contain_text("retried")
    page.goto("/audit/")
    acts.rows(page).nth(1).locator("[data-open]").click()
    expect(page.locator(".receipt")).to_be_visible()


def credential(page: Page) -> None:
    """A credential with its check-up."""
    page.goto("/credentials/")
    acts.rows(page).first.locator("[data-open]").click()
    expect(page.locator("#checkup tbody tr")).not_to_have_count(0)


# The scene, and how much of its page is shown.
PICTURES: Final[dict[str, tuple[Callable[[Page], None], int]]] = {
    "queues": (queues, 900),
    "messages": (messages, 1000),
    "audit": (audit, 760),
    "credential": (credential, 860),
}


def take(url: str, name: str, password: str, directory: Path) -> None:
    """Write all pictures.

    Raises NoChromiumError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(base_url=url, color_scheme="light", reduced_motion="reduce", locale="en-GB")
        sign_in(page, name, password)
        for picture, (scene, height) in PICTURES.items():
            page.set_viewport_size({"width": WIDTH, "height": height})
            scene(page)
            page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
            page.mouse.move(0, 0)
            file = directory / f"{picture}.png"
            page.screenshot(path=file)
            size = file.stat().st_size
            sys.stdout.write(f"{file} {size:,} bytes\n")
            if size > MOST_BYTES:
                message = f"{file} is larger than {MOST_BYTES:,} bytes."
                raise SystemExit(message)
        browser.close()


if __name__ == "__main__":
    try:
        take(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    except NoChromiumError as error:
        sys.exit(f"scripts/pictures: {error}")
