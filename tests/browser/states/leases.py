"""The ledger of leases."""

import re

from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.states.acting import half_settled
from tests.browser.states.scene import Scene, state


@state
def leases(scene: Scene) -> None:
    """Held, extended, acknowledged, retried; of two queues."""
    held(scene)
    scene.go("/leases/")
    acts.rows(scene.page).first.get_by_role("button", name=re.compile("^Extend")).click()
    expect(acts.result(scene.page)).to_contain_text("1 of 1 extended.")


@state
def leases_selected(scene: Scene) -> None:
    leases(scene)
    acts.select(scene.page, 0, 1)
    expect(scene.page.locator("#selection")).to_be_visible()


@state
def leases_return_everything(scene: Scene) -> None:
    leases(scene)
    scene.page.get_by_role("link", name=re.compile("^Return everything")).click()
    expect(scene.page.get_by_role("dialog")).to_be_visible()


@state
def leases_skipped(scene: Scene) -> None:
    """What was done in several calls, one of which failed."""
    leases(scene)
    scene.sandbox.fault("server_error", route="extend", count=1)
    acts.rows(scene.page).nth(4).get_by_role("checkbox").check()
    acts.select(scene.page, 0, 1)
    scene.page.locator("#selection").get_by_role("button", name=re.compile("^Extend")).click()
    expect(acts.result(scene.page)).to_contain_text("in 2 calls")


@state
def leases_none(scene: Scene) -> None:
    scene.go("/leases/")
    expect(scene.page.locator(".state")).to_be_visible()


@state
def leases_everybodys(scene: Scene) -> None:
    held(scene)
    scene.as_role("Lead")
    scene.go("/leases/all/")
    expect(acts.rows(scene.page)).not_to_have_count(0)


@state
def leases_of_a_queue(scene: Scene) -> None:
    scene.pulled()
    scene.page.get_by_role("link", name="Leases", exact=True).last.click()
    expect(scene.page).to_have_url(re.compile(r"/queues/[0-9a-f]{32}/leases/"))
    expect(acts.rows(scene.page)).to_have_count(4)


def held(scene: Scene) -> None:
    """Leases of two queues, some of them settled."""
    half_settled(scene)
    invoices = acts.add_orders(scene.sandbox, 3, name="invoices-to-send")
    with scene.wire() as wire:
        wire.pull(scene.operator.queue(invoices), messages=3, lease="10 min")
