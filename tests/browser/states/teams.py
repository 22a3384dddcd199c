"""The pages about teams, and about what is shared with them."""

from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.stack import Person
from tests.browser.states.scene import Scene, state


def _shared(scene: Scene) -> tuple[Person, int]:
    """The operator's account is shared with somebody who has no other; who that is, and the team."""
    borrower = scene.backstage.person("Viewer")
    return borrower, scene.backstage.share(scene.operator, borrower)


def _lent(scene: Scene) -> None:
    """The same, after the borrower pulled with it."""
    borrower, _ = _shared(scene)
    queue = acts.add_orders(scene.sandbox)
    with scene.wire(borrower) as wire:
        wire.pull(scene.operator.queue(queue), messages=2)


@state
def no_team(scene: Scene) -> None:
    scene.go("/teams/")
    expect(scene.page.get_by_text("You belong to no team.")).to_be_visible()


@state
def teams(scene: Scene) -> None:
    _shared(scene)
    scene.as_admin()
    scene.go("/teams/")
    expect(acts.rows(scene.page).first).to_be_visible()


@state
def team(scene: Scene) -> None:
    scene.watch.expect(422)
    _, number = _shared(scene)
    scene.as_admin()
    scene.go(f"/teams/{number}/")
    scene.page.get_by_label("Name").fill(" ")
    acts.button(scene.page, "Rename").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def team_of_mine(scene: Scene) -> None:
    _, number = _shared(scene)
    scene.go(f"/teams/{number}/")
    expect(scene.page.get_by_role("heading", name="Shared with this team")).to_be_visible()


@state
def team_add(scene: Scene) -> None:
    scene.as_admin()
    scene.go("/teams/add/")
    expect(acts.button(scene.page, "Make the team")).to_be_visible()


@state
def team_remove(scene: Scene) -> None:
    _, number = _shared(scene)
    scene.as_admin()
    scene.go(f"/teams/{number}/remove/")
    expect(acts.button(scene.page, "Remove the team")).to_be_visible()


@state
def share_form(scene: Scene) -> None:
    _shared(scene)
    scene.go("/credentials/")
    acts.rows(scene.page).first.locator("[data-open]").click()
    scene.page.get_by_role("link", name="Change what").click()
    expect(acts.button(scene.page, "Share it so")).to_be_visible()


@state
def shared_credential(scene: Scene) -> None:
    _lent(scene)
    scene.go("/credentials/")
    acts.rows(scene.page).first.locator("[data-open]").click()
    expect(scene.page.get_by_text("Used by others lately")).to_be_visible()


@state
def audit_lent(scene: Scene) -> None:
    _lent(scene)
    scene.go("/audit/?kind=lent")
    expect(acts.rows(scene.page).first).to_be_visible()


@state
def leases_lent(scene: Scene) -> None:
    _lent(scene)
    scene.go("/leases/")
    expect(scene.page.get_by_text("others hold 2 messages by your credentials")).to_be_visible()


@state
def you_borrowing(scene: Scene) -> None:
    borrower, _ = _shared(scene)
    scene.sign_in(borrower)
    scene.go("/you/")
    expect(scene.page.get_by_role("main").get_by_role("link", name="on-call")).to_be_visible()


@state
def batch_borrowed(scene: Scene) -> None:
    borrower, _ = _shared(scene)
    queue = acts.add_orders(scene.sandbox)
    scene.sign_in(borrower)
    with scene.wire(borrower) as wire:
        scene.go(wire.peek(scene.operator.queue(queue)))
    expect(scene.page.get_by_text("by you, with")).to_be_visible()
