"""Looking into a queue, and reading what was found."""

import gzip
import json
import re
from datetime import UTC, datetime

from playwright.sync_api import expect

from queues_app.sandbox.seed import v8
from queues_app.sandbox.seed.pictures import png
from tests.browser import acts
from tests.browser.states.scene import Scene, state


@state
def peeked(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 6)
    queue.push(b"\x00\x01\xfe" * 20, attempts=5)
    queue.push('"><img src=x onerror=alert(1)>\u202egpj', attempts=4)
    queue.push({"since": 1}, "v8")
    scene.peeked(queue)


@state
def foreseen(scene: Scene) -> None:
    scene.orders().push("tried often", attempts=5)
    scene.page.locator("#pull-size").focus()
    expect(scene.page.get_by_text("Forecast from your peek")).to_be_visible()


@state
def due(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 6)
    for hours in (76, 90, 95):
        queue.push({"waits": hours}, age_s=hours * 3600)
    scene.peeked(queue)
    expect(scene.page.get_by_role("region", name="Loss clock")).to_be_visible()


@state
def copy_of_a_colleague(scene: Scene) -> None:
    queue, _ = scene.pull()
    lead = scene.backstage.with_account(
        scene.backstage.person("Lead"),
        secret=scene.sandbox.tokens["full"],
        account_id=scene.sandbox.accounts["acme-logistics"],
    )
    scene.page.context.add_cookies([{"name": "sessionid", "value": lead.session, "url": scene.watch.home}])
    scene.go(lead.queue(queue))
    scene.page.get_by_role("navigation", name="Kept copies").get_by_role("link").first.click()
    expect(scene.page.get_by_text("your reading it is on the record")).to_be_visible()


@state
def peeked_nothing_of_many(scene: Scene) -> None:
    queue = scene.sandbox.add_queue("waiting", delay=900)
    queue.push_many(["later"] * 37)
    scene.peeked(queue)
    expect(scene.page.locator(".reasons")).to_be_visible()


@state
def peeked_nothing(scene: Scene) -> None:
    scene.orders(messages=0)
    acts.peek(scene.page)
    expect(scene.page.locator(".state")).to_be_visible()


@state
def peek_failed(scene: Scene) -> None:
    scene.watch.expect(502)
    scene.orders().fault("server_error", route="peek")
    acts.peek_button(scene.page).click()
    expect(acts.failed(scene.page)).to_be_visible()


@state
def opened(scene: Scene) -> None:
    scene.peeked()
    acts.open_row(scene.page, 0)


@state
def opened_as_hex(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 0)
    queue.push(bytes(range(256)))
    scene.peeked(queue)
    acts.open_row(scene.page, 0)
    expect(scene.page.locator(".hex")).to_be_visible()


@state
def opened_step_by_step(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 0)
    queue.push(gzip.compress(json.dumps([acts.ORDER, {**acts.ORDER, "note": "again\u202e"}]).encode()))
    scene.peeked(queue)
    opened = acts.open_row(scene.page, 0)
    opened.get_by_label("Search in this body").fill("sku")
    expect(opened.locator("[data-search-count]")).to_have_text("1 of 2")
    opened.get_by_text("Decode as…").click()


@state
def opened_as_a_table(scene: Scene) -> None:
    opened_step_by_step(scene)
    scene.page.get_by_role("link", name="Table", exact=True).click()
    expect(scene.page.locator(".body-table")).to_be_visible()


@state
def decoded_by_hand(scene: Scene) -> None:
    opened_step_by_step(scene)
    scene.page.get_by_label("gzip", exact=True).check()
    scene.page.get_by_role("button", name="Show", exact=True).click()
    expect(scene.page.locator(".by-hand")).to_contain_text("gzip off")


@state
def opened_as_a_picture(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 0)
    queue.push(png(96, 48, 90))
    scene.peeked(queue)
    acts.open_row(scene.page, 0).get_by_role("link", name="Show the picture").click()
    expect(scene.page.get_by_role("img", name="The body of this message")).to_be_visible()


@state
def opened_v8(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 0)
    queue.push(v8.serialise({"at": datetime(2026, 11, 20, tzinfo=UTC), "big": 2**70, "lines": [1.5, None]}), "v8")
    scene.peeked(queue)
    acts.open_row(scene.page, 0)


@state
def message(scene: Scene) -> None:
    opened(scene)
    scene.page.get_by_role("link", name="Link to this copy").click()
    expect(scene.page).to_have_url(re.compile(r"/messages/0/"))
