"""The pages about oneself and about people, and those around signing in."""

from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.states.scene import PASSWORD, Scene, state


@state
def you(scene: Scene) -> None:
    scene.as_admin()
    scene.go("/you/")
    expect(scene.page.get_by_text("this browser", exact=True)).to_be_visible()


@state
def you_password(scene: Scene) -> None:
    scene.watch.expect(422)
    scene.as_admin()
    scene.go("/you/password/")
    scene.page.get_by_label("Present password", exact=True).fill(PASSWORD)
    scene.page.get_by_label("New password", exact=True).fill("short")
    acts.button(scene.page, "Change the password").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def you_app(scene: Scene) -> None:
    scene.as_admin()
    scene.go("/you/app/")
    scene.page.get_by_label("Password", exact=True).fill(PASSWORD)
    acts.button(scene.page, "Go on").click()
    expect(scene.page.get_by_role("img", name="QR code")).to_be_visible()


@state
def people(scene: Scene) -> None:
    scene.as_admin()
    scene.go("/people/invite/")
    scene.page.get_by_text("Operator").click()
    acts.button(scene.page, "Make the link").click()
    scene.go("/people/")
    expect(scene.page.get_by_text("Open invitations")).to_be_visible()


@state
def person(scene: Scene) -> None:
    scene.as_admin()
    scene.go("/people/")
    acts.rows(scene.page).first.locator("[data-open]").click()
    expect(scene.page.get_by_role("button", name="Give this role")).to_be_visible()


@state
def join(scene: Scene) -> None:
    scene.watch.expect(422)
    scene.as_admin()
    scene.go("/people/invite/")
    scene.page.get_by_text("Operator").click()
    acts.button(scene.page, "Make the link").click()
    scene.go(scene.page.get_by_label("Link").input_value())
    scene.page.get_by_label("User name").fill("mia")
    scene.page.get_by_label("Password", exact=True).fill("short")
    acts.button(scene.page, "Join").click()
    expect(scene.page.locator(".error").first).to_be_visible()
