"""Finds the Chromium that the tests and the pictures drive. `scripts/test` makes sure that there is one."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoChromiumError(Exception):
    """There is no browser to drive."""


def launch(playwright: Playwright) -> Browser:
    """Start the browser, headless and with no way to any host but this machine.

    Raises NoChromiumError.
    """
    arguments = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium's own sandbox refuses to start as root
    return playwright.chromium.launch(executable_path=find(playwright.chromium.executable_path), args=arguments)


def find(of_playwright: str) -> str:
    """The path in CHROMIUM, else the system's browser, else Playwright's own.

    Raises NoChromiumError.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None or not _starts(found):
            raise NoChromiumError(f"CHROMIUM={named} is not a browser that starts.")
        return found
    for candidate in (*(shutil.which(name) for name in NAMES), of_playwright):
        if candidate and Path(candidate).exists() and _starts(candidate):
            return candidate
    raise NoChromiumError(
        "No Chromium here. The browser tests need one: run scripts/test, which installs it, "
        "or name a browser: CHROMIUM=/path/to/chromium."
    )


@functools.cache
def _starts(path: str) -> bool:
    """Whether it answers: a packaged name may be a stub that only says "install me"."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0  # noqa: S603 - a browser's path
    except (OSError, subprocess.SubprocessError):
        return False
