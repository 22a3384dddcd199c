"""Passkeys, with Chromium's virtual authenticator: made, shown at sign-in, shown as second step, removed."""

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack
from tests.browser.watch import Watch

PASSWORD = "a-password-of-the-tests-1"


@pytest.fixture
def site(stack: Stack) -> str:
    """A passkey belongs to a name; an address of four numbers has none."""
    return stack.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def person(stack: Stack) -> Person:
    return stack.backstage.person(password=PASSWORD)


@pytest.fixture
def page(open_context: OpenContext, watch: Watch, site: str, person: Person) -> Page:
    """A browser that is signed in, with a device that keeps passkeys."""
    watch.home = site
    page = open_context(None).new_page()
    with_authenticator(page)
    page.goto(f"{site}/sign-in/")
    type_password(page, person)
    page.wait_for_url(f"{site}/credentials/add/**")
    return page


def with_authenticator(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def type_password(page: Page, person: Person) -> None:
    page.get_by_label("User name").fill(person.name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, site: str) -> None:
    page.goto(f"{site}/you/passkeys/add/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name, to tell it from others").fill("My laptop")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("they are not shown again")).to_be_visible()


def sign_out(page: Page, site: str) -> None:
    page.goto(f"{site}/you/")
    page.locator("details.user > summary").click()
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page).to_have_title("Sign in · Queuescope")


def test_a_passkey_signs_in_without_the_password(page: Page, site: str, stack: Stack, person: Person) -> None:
    add_passkey(page, site)
    sign_out(page, site)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{site}/credentials/add/**")
    assert [entry["outcome"] for entry in stack.backstage.entries(person, "factor.add")] == ["ok"]
    assert stack.backstage.entries(person, "session.sign_in")[-1]["parameters"] == {"by": "passkey"}


def test_a_passkey_is_the_second_step_after_the_password(page: Page, site: str, stack: Stack, person: Person) -> None:
    add_passkey(page, site)
    sign_out(page, site)
    type_password(page, person)
    expect(page).to_have_title("Second step · Queuescope")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{site}/credentials/add/**")
    assert stack.backstage.entries(person, "session.sign_in")[-1]["parameters"] == {"by": "password, passkey"}


def test_a_passkey_that_was_removed_opens_nothing(page: Page, site: str, stack: Stack, person: Person) -> None:
    add_passkey(page, site)
    page.goto(f"{site}/you/")
    page.get_by_role("link", name="Remove My laptop").click()
    page.get_by_role("button", name="Remove My laptop").click()
    expect(page.get_by_role("link", name="Remove My laptop")).to_have_count(0)
    sign_out(page, site)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").first).to_contain_text("not accepted")
    assert [entry["outcome"] for entry in stack.backstage.entries(person, "factor.remove")] == ["ok"]
