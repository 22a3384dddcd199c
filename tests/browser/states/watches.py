"""A person's watches, and the form of one."""

from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.states.scene import Scene, state


@state
def no_watches(scene: Scene) -> None:
    newcomer = scene.backstage.person()
    scene.page.context.add_cookies([{"name": "sessionid", "value": newcomer.session, "url": scene.watch.home}])
    scene.go("/watches/")
    expect(scene.page.locator(".state")).to_be_visible()


@state
def watch_add(scene: Scene) -> None:
    _form(scene)
    scene.watch.expect(422)
    acts.button(scene.page, "Watch").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def watches(scene: Scene) -> None:
    _form(scene)
    scene.page.get_by_label("Limit").fill("1000")
    acts.button(scene.page, "Watch").click()
    expect(scene.page.get_by_text("more than 1,000 messages wait").first).to_be_visible()


def _form(scene: Scene) -> None:
    scene.orders()
    scene.page.get_by_role("link", name="Watch this queue").click()
    expect(scene.page.get_by_label("Limit")).to_be_visible()
