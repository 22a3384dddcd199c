"""Light, dark, and what the system says: chosen with one button, kept by a cookie, never a flash of the other."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from queues_app.sandbox import Sandbox
from tests.browser import acts
from tests.browser.conftest import OpenContext
from tests.browser.stack import Person

LIGHT, DARK = "rgb(245, 246, 248)", "rgb(13, 17, 21)"


def canvas(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_auto_follows_the_system(open_context: OpenContext, operator: Person) -> None:
    for scheme, colour in (("light", LIGHT), ("dark", DARK)):
        page = open_context(operator, color_scheme=scheme).new_page()
        page.goto("/audit/")
        assert canvas(page) == colour


def test_a_choice_wins_over_the_system_and_survives_a_reload(open_context: OpenContext, operator: Person) -> None:
    page = open_context(operator, color_scheme="dark").new_page()
    page.goto("/audit/")
    theme = page.locator("header [data-theme-button]").first
    theme.click()
    assert canvas(page) == LIGHT
    page.reload()
    assert canvas(page) == LIGHT
    theme.click()
    page.goto("/credentials/")
    assert canvas(page) == DARK
    theme.click()
    expect(theme).to_contain_text("auto")
    assert canvas(page) == DARK


def test_the_page_comes_in_its_colours_before_any_script_runs(open_context: OpenContext, operator: Person) -> None:
    page = open_context(operator, theme="dark", color_scheme="light", java_script_enabled=False).new_page()
    page.goto("/audit/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_css("background-color", DARK)


def test_without_a_script_the_button_changes_the_theme_and_stays_on_the_page(
    open_context: OpenContext, operator: Person
) -> None:
    page = open_context(operator, color_scheme="dark", java_script_enabled=False).new_page()
    page.goto("/audit/?kind=looked")
    page.locator("header .theme-button button").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.url.endswith("/audit/?kind=looked")


def test_the_sign_in_page_has_the_theme_too(open_context: OpenContext) -> None:
    page = open_context(None, theme="dark", color_scheme="light").new_page()
    page.goto("/sign-in/")
    assert canvas(page) == DARK


def test_the_zone_of_the_reader_is_offered_by_name_and_used_everywhere(
    open_context: OpenContext, operator: Person
) -> None:
    page = open_context(operator, timezone_id="America/Sao_Paulo").new_page()
    page.goto("/audit/")
    expect(page.locator(".foot")).to_contain_text("Times in UTC")
    page.locator("details.user > summary").click()
    acts.button(page, "America/Sao_Paulo here").click()
    expect(page.locator(".foot")).to_contain_text("Times in America/Sao_Paulo")
    page.goto("/audit/?kind=looked")
    expect(page.locator(".foot")).to_contain_text("Times in America/Sao_Paulo")


def test_the_menu_of_a_telephone_leads_everywhere(open_context: OpenContext, operator: Person) -> None:
    page = open_context(operator, viewport={"width": 360, "height": 740}, has_touch=True).new_page()
    page.goto("/audit/")
    expect(page.get_by_role("link", name="Credentials", exact=True)).to_be_hidden()
    page.locator("details.more > summary").tap()
    menu = page.locator("details.more .panel")
    for name in ("Queues", "Audit log", "Credentials"):
        expect(menu.get_by_role("link", name=name, exact=True)).to_be_in_viewport()
    expect(menu.get_by_role("button", name="Sign out")).to_be_visible()
    menu.get_by_role("link", name="Credentials", exact=True).tap()
    expect(page.get_by_role("heading", name="Credentials")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_name_of_the_account_is_whole_on_a_telephone(
    sandbox: Sandbox, page: Page, operator: Person, scheme: Literal["light", "dark"]
) -> None:
    acts.add_orders(sandbox, messages=1)
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme=scheme)
    page.goto(operator.queues)
    name = page.locator(".menu.account > summary > .name")
    expect(name).to_have_text("acme-logistics")
    assert name.evaluate("(element) => element.scrollWidth <= element.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
