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
    _watched(scene, limit=1000, minutes=5)
    scene.go("/watches/")
    expect(scene.page.get_by_text("more than 1,000 messages wait").first).to_be_visible()


@state
def watches_firing(scene: Scene) -> None:
    """One's own, counted in the header, and the same as somebody of the team sees it."""
    _fired(scene)
    scene.go("/watches/")
    expect(scene.page.get_by_text("cannot be told: no mail server is set").first).to_be_visible()
    expect(scene.page.locator(".count.alarm").first).to_be_attached()


@state
def queue_watched(scene: Scene) -> None:
    """Its page says so, and the form to watch it once more does."""
    watches_firing(scene)
    scene.page.locator("#watches a").first.click()
    expect(scene.page.get_by_role("region", name="Watches of this queue")).to_contain_text("more than 2 messages wait")


@state
def watch_twice(scene: Scene) -> None:
    queue_watched(scene)
    scene.page.get_by_role("link", name="Watch this queue").click()
    scene.page.get_by_role("textbox", name="More than").fill("2")
    scene.page.get_by_role("textbox", name="wait for").fill("0")
    scene.watch.expect(422)
    acts.button(scene.page, "Watch").click()
    expect(scene.page.get_by_label("Make one more all the same")).to_be_focused()


@state
def watch_secret(scene: Scene) -> None:
    _form(scene)
    scene.page.get_by_role("textbox", name="More than").fill("2")
    scene.page.get_by_label("Address").fill("http://127.0.0.1:9/hook")
    acts.button(scene.page, "Watch").click()
    expect(scene.page.get_by_text("It is not shown again")).to_be_visible()


@state
def watch_removal_asked(scene: Scene) -> None:
    watches_firing(scene)
    scene.page.get_by_role("link", name="Remove…").click()
    expect(scene.page.get_by_role("dialog")).to_contain_text("It fires now.")


@state
def watches_of_a_team(scene: Scene) -> None:
    _fired(scene)
    colleague = scene.backstage.person()
    scene.backstage.share(scene.operator, colleague)
    scene.sign_in(colleague)
    scene.go("/watches/")
    expect(scene.page.get_by_role("heading", name="Of your teams")).to_be_visible()


def _watched(scene: Scene, **fields: str | int) -> None:
    queue = scene.operator.queue(acts.add_orders(scene.sandbox, 6))
    with scene.wire() as wire:
        typed = {f"backlog_{name}": fields.pop(name) for name in ("limit", "minutes")}
        wire.post(f"{queue}watches/add/", kind="backlog", **typed, **fields)


def _fired(scene: Scene) -> None:
    _watched(scene, limit=2, minutes=0, mail_to="on-call@example.com", unmailed="on")
    scene.backstage.watch_turn(scene.operator)


def _form(scene: Scene) -> None:
    scene.go(f"{scene.operator.queue(acts.add_orders(scene.sandbox, 6))}watches/add/")
    expect(scene.page.get_by_role("textbox", name="More than")).to_be_visible()
