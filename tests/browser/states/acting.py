"""Sending, settling, taking out, deleting."""

import re

from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.states.looking import opened
from tests.browser.states.scene import Scene, state


@state
def send(scene: Scene) -> None:
    scene.watch.expect(422)
    scene.go(f"{scene.operator.queue(scene.orders())}send/")
    scene.page.get_by_label("Message", exact=True).fill('{"order": 1,\n "lines" [}')
    acts.button(scene.page, "Preview").click()
    expect(scene.page.locator(".caret")).to_be_visible()


@state
def sending(scene: Scene) -> None:
    scene.go(f"{scene.operator.queue(scene.orders())}send/")
    data = b'{"order": 1}\n{"order" 2}\n"<img src=x onerror=alert(1)>"\n' * 3
    scene.page.get_by_label("File", exact=True).set_input_files(
        {"name": "orders.jsonl", "mimeType": "text/plain", "buffer": data}
    )
    acts.button(scene.page, "Preview the file").click()
    expect(scene.page.get_by_role("button", name="Send 6 messages")).to_be_visible()


@state
def sent(scene: Scene) -> None:
    sending(scene)
    scene.page.get_by_label("Leave out").check()
    acts.button(scene.page, "Send 6 messages").click()
    expect(scene.page.locator("#sending").get_by_text("6 of 6 sent.")).to_be_visible()


@state
def send_again(scene: Scene) -> None:
    opened(scene)
    scene.page.get_by_role("link", name="Send a copy").click()
    expect(scene.page.get_by_label("Body")).to_be_visible()


@state
def selected(scene: Scene) -> None:
    scene.pulled()
    acts.select(scene.page, 0, 2)
    expect(scene.page.locator("#selection")).to_be_visible()


@state
def pulled_and_opened(scene: Scene) -> None:
    scene.pulled()
    acts.open_row(scene.page, 1)


@state
def acknowledging(scene: Scene) -> None:
    selected(scene)
    scene.page.locator("#selection").get_by_role("button", name=re.compile("^Acknowledge")).click()
    expect(scene.page.get_by_role("dialog")).to_be_visible()


@state
def retrying(scene: Scene) -> None:
    selected(scene)
    scene.page.locator("#selection").get_by_role("button", name=re.compile("^Retry")).click()
    expect(scene.page.get_by_role("dialog").get_by_label(re.compile("Delay"))).to_be_visible()


@state
def exporting(scene: Scene) -> None:
    selected(scene)
    scene.page.locator("#selection").get_by_role("button", name=re.compile("^Export")).click()
    expect(scene.page.get_by_role("dialog").get_by_label(re.compile("^CSV"))).to_be_visible()


@state
def exporting_all(scene: Scene) -> None:
    _, copy = scene.pull()
    scene.go(f"{copy}export/")
    expect(scene.page.get_by_role("button", name="Export 4 messages")).to_be_visible()


@state
def calls_as_curl(scene: Scene) -> None:
    pulled_and_opened(scene)
    for summary in scene.page.locator(".curl > summary").all():
        summary.click()
    expect(scene.page.locator(".curl pre")).to_have_count(3)


@state
def settled(scene: Scene) -> None:
    scene.go(half_settled(scene))
    expect(acts.result(scene.page)).to_contain_text("retried")


def half_settled(scene: Scene) -> str:
    """The page of four messages that were pulled: one acknowledged, one retried, two held."""
    _, copy = scene.pull()
    with scene.wire() as wire:
        wire.settle(copy, "ack", 0)
        return wire.settle(copy, "retry", 1)


@state
def deleting(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 6)
    with scene.wire() as wire:
        wire.pull(scene.operator.queue(queue), messages=1, lease="5 min")
    scene.peeked(queue)
    acts.select(scene.page, 0, 1, 2)
    scene.page.locator("#selection").get_by_role("button", name=re.compile("^Delete")).click()
    expect(scene.page.get_by_role("dialog")).to_contain_text("leased by you")


@state
def deleting_without_script(scene: Scene) -> None:
    opened(scene)
    # As a browser without scripts sends it: past htmx, and to a page of its own.
    scene.page.locator("#opened-0 form[action$='/delete/']").evaluate("(form) => form.submit()")
    expect(scene.page.get_by_role("heading", name="Delete 1 message?")).to_be_visible()


def deleted(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 6)
    with scene.wire() as wire:
        copy = wire.peek(scene.operator.queue(queue))
        queue.push({"number": 7})
        scene.go(wire.post(f"{copy}delete/", step="do", position=[0, 1]))


@state
def deleted_and_looked_again(scene: Scene) -> None:
    deleted(scene)
    acts.button(scene.page, "Look again").click()
    expect(acts.result(scene.page)).to_contain_text("2 gone")
    acts.open_row(scene.page, 0)


@state
def deletion_receipt(scene: Scene) -> None:
    deleted(scene)
    acts.button(scene.page, "Look again").click()
    expect(acts.result(scene.page)).to_contain_text("2 gone")
    acts.result(scene.page).get_by_role("link", name=re.compile("^Receipt")).click()
    expect(scene.page.get_by_role("columnheader", name="Looked again")).to_be_visible()
