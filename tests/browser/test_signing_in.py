"""Signing in and out, and the frame around every page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenContext
from tests.browser.stack import Person, Stack
from tests.browser.watch import Watch

PASSWORD = "a-password-of-the-tests-1"


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_somebody_signs_in_and_lands_on_the_page_that_was_asked_for(stack: Stack, open_context: OpenContext) -> None:
    person = stack.backstage.person(password=PASSWORD)
    page = open_context(None).new_page()
    page.goto("/audit/?kind=leased")
    expect(page).to_have_title("Sign in · Queuescope")
    sign_in(page, person.name, PASSWORD)
    expect(page).to_have_url(f"{stack.url}/audit/?kind=leased")
    assert [(entry["action"], entry["outcome"]) for entry in stack.backstage.entries(person)] == [
        ("session.sign_in", "ok")
    ]


def test_a_wrong_password_is_refused_with_a_sentence_and_the_name_stays(
    stack: Stack, open_context: OpenContext
) -> None:
    person = stack.backstage.person(password=PASSWORD)
    page = open_context(None).new_page()
    page.goto("/sign-in/")
    sign_in(page, person.name, "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value(person.name)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    assert [entry["outcome"] for entry in stack.backstage.entries(person)] == ["failed"]


def test_the_eye_shows_the_password_and_hides_it_again(open_context: OpenContext) -> None:
    page = open_context(None).new_page()
    page.goto("/sign-in/")
    field = page.get_by_label("Password", exact=True)
    page.get_by_role("button", name="Show the password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Show the password").click()
    expect(field).to_have_attribute("type", "password")


@pytest.mark.usefixtures("own_tab")
def test_signing_out_ends_the_session_also_for_the_back_button(page: Page) -> None:
    page.goto("/audit/")
    page.locator("details.user > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · Queuescope")
    page.go_back()
    expect(page).to_have_title("Sign in · Queuescope")


def test_a_session_that_ended_elsewhere_leads_htmx_to_the_sign_in_page(
    open_context: OpenContext, operator: Person
) -> None:
    context = open_context(operator)
    page = context.new_page()
    page.goto("/audit/")
    context.clear_cookies(name="sessionid")
    page.get_by_role("link", name="Refresh now").click()
    expect(page).to_have_title("Sign in · Queuescope")
    expect(page.locator("table")).to_have_count(0)


def test_every_answer_carries_the_exact_policy(page: Page) -> None:
    response = page.goto("/audit/")
    assert response is not None
    directives = set(response.headers["content-security-policy"].split("; "))
    assert directives == {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }


def test_static_files_are_served_by_the_hash_of_their_content(page: Page) -> None:
    with page.expect_response("**/css/tokens.*.css") as found:
        page.goto("/audit/")
    assert "immutable" in found.value.headers["cache-control"]


def test_another_place_answers_for_somebody_who_comes_back_signed_in(
    stack: Stack, open_context: OpenContext, watch: Watch
) -> None:
    watch.allow(stack.provider.address)
    stack.provider.person("bo", groups=["queue-operators"])
    page = open_context(None).new_page()
    page.goto("/audit/?kind=leased")
    page.get_by_role("link", name="Sign in with Acme").click()
    page.get_by_label("Subject").fill("bo")
    page.get_by_role("button", name="Authorize", exact=True).click()

    expect(page).to_have_url(f"{stack.url}/audit/?kind=leased")
    page.goto("/you/")
    expect(page.get_by_text("bo", exact=True).first).to_be_visible()


def test_whom_nobody_gives_a_role_finds_the_way_back(stack: Stack, open_context: OpenContext, watch: Watch) -> None:
    watch.allow(stack.provider.address)
    watch.expect(403)
    page = open_context(None).new_page()
    page.goto("/sign-in/oidc/")
    page.get_by_label("Subject").fill("cleo")
    page.get_by_role("button", name="Authorize", exact=True).click()
    expect(page.get_by_text("You are in no group that has a role here.")).to_be_visible()
    page.get_by_role("link", name="To the sign-in page").click()
    expect(page).to_have_title("Sign in · Queuescope")
