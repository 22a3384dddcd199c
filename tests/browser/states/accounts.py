"""What an account is for, as everybody sees it who reaches it."""

from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.states.scene import Scene, state


@state
def account_environment(scene: Scene) -> None:
    lead = scene.as_role("Lead")
    scene.go(f"/accounts/{lead.account}/environment/")
    expect(acts.button(scene.page, "Mark for everybody")).to_be_visible()


@state
def account_environment_closed(scene: Scene) -> None:
    """Somebody else reaches it, too, and this person is an Operator."""
    scene.backstage.share(scene.operator, scene.backstage.person("Viewer"))
    scene.go(f"/accounts/{scene.operator.account}/environment/")
    expect(scene.page.get_by_text("Ask an administrator for the role")).to_be_visible()


@state
def account_menu(scene: Scene) -> None:
    scene.go("/credentials/")
    scene.page.locator("details.account > summary").click()
    expect(scene.page.locator("details.account").get_by_role("link", name="Mark")).to_be_visible()
