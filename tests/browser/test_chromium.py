"""Finding the browser: a missing one is a sentence, never a skip."""

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import NoChromiumError, find


def test_a_browser_that_is_not_there_is_said_by_its_name(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(NoChromiumError, match="CHROMIUM=/nowhere/chromium is not a browser that starts"):
        find(browser.browser_type.executable_path)


def test_without_any_browser_it_is_said_how_to_get_one(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoChromiumError, match="run scripts/test"):
        find("/nowhere/chromium")
