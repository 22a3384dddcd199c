"""Acts that need a second person: the rule, the question, and who decides."""

from playwright.sync_api import expect

from queues_app.sandbox import QueueHandle
from tests.browser import acts
from tests.browser.stack import Person
from tests.browser.states.scene import Scene, state


@state
def two_person_rules(scene: Scene) -> None:
    ruled(scene)
    scene.go("/rules/")
    scene.watch.expect(422)
    acts.button(scene.page, "Ask for a second person").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def approval_question(scene: Scene) -> None:
    asker, queue = ruled(scene)
    scene.go(f"{asker.queue(queue)}empty/")
    expect(scene.page.get_by_role("heading", name="This needs a second person")).to_be_visible()
    scene.watch.expect(422)
    acts.button(scene.page, "Ask for approval").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def approval_asked(scene: Scene) -> None:
    _, request = asked(scene)
    scene.go(request)
    expect(acts.button(scene.page, "Withdraw")).to_be_visible()


@state
def approval_to_decide(scene: Scene) -> None:
    _, request = asked(scene)
    scene.as_role("Lead")
    scene.go(request)
    expect(acts.button(scene.page, "Approve")).to_be_visible()


@state
def approval_to_send(scene: Scene) -> None:
    """Who decides reads what would be sent."""
    asker, queue = ruled(scene, "send")
    scene.go(f"{asker.queue(queue)}send/")
    scene.page.get_by_label("Message", exact=True).first.fill('{"order": 4711, "note": "once more"}')
    acts.button(scene.page, "Preview").click()
    acts.button(scene.page, "Send 1 message…").click()
    scene.page.get_by_label("Why, for whoever decides").fill("Ticket 4711: lost by the consumer")
    acts.button(scene.page, "Ask for approval").click()
    expect(acts.button(scene.page, "Withdraw")).to_be_visible()
    number = scene.page.url
    scene.as_role("Lead")
    scene.go(number)
    expect(scene.page.get_by_text("once more")).to_be_visible()


@state
def approvals(scene: Scene) -> None:
    asker, queue = ruled(scene)
    first = ask(scene, asker, queue, "Ticket 4699: a test wrote into it")
    ask(scene, asker, queue)
    with scene.wire(scene.as_role("Lead")) as wire:
        wire.post(f"{first}decide/", decision="decline")
    scene.go("/approvals/")
    expect(scene.page.get_by_text("declined", exact=True)).to_be_visible()


@state
def approval_approved(scene: Scene) -> None:
    asker, request = asked(scene)
    with scene.wire(scene.as_role("Lead")) as wire:
        wire.post(f"{request}decide/", decision="approve")
    scene.sign_in(asker)
    scene.go(request)
    expect(acts.button(scene.page, "Empty two-person-orders")).to_be_visible()


def ruled(scene: Scene, what: str = "empty") -> tuple[Person, QueueHandle]:
    """An Admin at a queue where this is not done without another."""
    admin = scene.as_role("Admin")
    with scene.wire(admin) as wire:
        # Nobody else's tests shall meet it.
        wire.post("/rules/two-person/add/", permissions=[what], pattern="two-person-*")
    return admin, scene.sandbox.add_queue("two-person-orders", max_retries=5)


def asked(scene: Scene) -> tuple[Person, str]:
    """Who asked, and the page of the request, which waits."""
    asker, queue = ruled(scene)
    return asker, ask(scene, asker, queue)


def ask(scene: Scene, asker: Person, queue: QueueHandle, why: str = "Ticket 4711: each is a duplicate") -> str:
    """The page of the request."""
    with scene.wire(asker) as wire:
        return wire.post("/approvals/ask/", act=wire.hidden(f"{asker.queue(queue)}empty/", "act"), reason=why)
