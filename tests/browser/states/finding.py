"""Finding in what was fetched."""

import re

from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.states.scene import Scene, state


@state
def filtered(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 0)
    for number in range(14):
        body = {**acts.ORDER, "number": number, "warehouse": "AMS-2" if number < 6 else f"W-{number}"}
        queue.push(body if number else {"order": "A-1"}, attempts=4 if number < 6 else 1, age_s=3600 - number)
    scene.peeked(queue)
    acts.find(scene.page, "attempts:>=2")
    acts.find(scene.page, "ams")
    scene.page.locator("summary", has_text="Columns").click()
    scene.page.get_by_label("warehouse").check()
    acts.button(scene.page, "Show these columns").click()
    expect(scene.page.locator("th.c-field")).to_be_visible()
    scene.page.locator("summary", has_text="Columns").click()


@state
def filters_saved(scene: Scene) -> None:
    scene.peeked()
    acts.find(scene.page, "attempts:>=2")
    scene.page.get_by_text("Saved filters").click()
    expect(scene.page.get_by_role("button", name="Save")).to_be_visible()


@state
def shapes(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 4)
    queue.push({"order": "A-1"})
    scene.peeked(queue)
    scene.page.get_by_text("How they differ").click()


@state
def not_in_this_sample(scene: Scene) -> None:
    scene.peeked()
    acts.find(scene.page, "never")
    expect(scene.page.get_by_role("heading", name="Not in this sample")).to_be_visible()


@state
def filter_wrong(scene: Scene) -> None:
    scene.watch.expect(422)
    scene.peeked()
    box = scene.page.get_by_label("Filter this sample")
    box.fill('sku:TX "late')
    box.press("Enter")
    expect(scene.page.locator("#filter-wrong")).to_contain_text("No field is called")


@state
def compared(scene: Scene) -> None:
    scene.peeked()
    acts.select(scene.page, 0, 2)
    scene.page.locator("#selection").get_by_role("button", name=re.compile("^Compare")).click()
    expect(scene.page.locator(".changes")).to_be_visible()
