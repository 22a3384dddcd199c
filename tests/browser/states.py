"""Every page of Queuescope in every state that matters, by name: what the look tests walk through."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page, expect

from queues_app.sandbox import QueueHandle, Sandbox
from tests.browser import acts
from tests.browser.stack import Backstage, Person
from tests.browser.watch import Watch


@dataclass(slots=True)
class Scene:
    """What a state is made from. `page` is signed in as `operator`, who has one account without queues."""

    page: Page
    operator: Person
    sandbox: Sandbox
    backstage: Backstage
    watch: Watch

    def go(self, path: str) -> None:
        self.page.goto(path)

    def orders(self, messages: int = 6) -> QueueHandle:
        """The queue that most states are about, opened."""
        queue = acts.add_orders(self.sandbox, messages)
        self.go(self.operator.queue(queue))
        return queue

    def pulled(self) -> QueueHandle:
        queue = self.orders()
        acts.pull(self.page, messages=4, lease="5 min")
        return queue


type State = Callable[[Scene], None]
STATES: Final[dict[str, State]] = {}


def state(make: State) -> State:
    """Register a state under the name of its function."""
    STATES[make.__name__] = make
    return make


@state
def sign_in(scene: Scene) -> None:
    scene.page.context.clear_cookies(name="sessionid")
    scene.go("/sign-in/")
    scene.page.get_by_label("User name").fill("nobody")
    scene.page.get_by_label("Password", exact=True).fill("wrong")
    acts.button(scene.page, "Sign in").click()
    expect(scene.page.get_by_role("alert")).to_be_visible()


@state
def queues(scene: Scene) -> None:
    add = scene.sandbox.add_queue
    acts.add_orders(scene.sandbox)
    add("losing", consumer=None, retention=3600).push("old", age_s=3500)
    add("paused", paused=True).push("waits", age_s=90)
    add("worked", consumer="worker", script="thumbnailer", max_retries=3)
    add("img-src-x-onerror-alert-1-name-as-long-as-one-queue-may-have", consumer="worker", script="<img src=x>")
    add("nobody", consumer=None).push("waits", age_s=9000)
    scene.go(scene.operator.queues)
    expect(scene.page.locator("table.queues")).to_be_visible()


@state
def no_queues(scene: Scene) -> None:
    scene.go(scene.operator.queues)
    expect(scene.page.locator(".state")).to_be_visible()


@state
def no_queue_matches(scene: Scene) -> None:
    acts.add_orders(scene.sandbox)
    scene.go(f"{scene.operator.queues}?q=nothing-is-called-so")
    expect(scene.page.locator(".state")).to_be_visible()


@state
def queues_failed(scene: Scene) -> None:
    scene.watch.expect(502)
    scene.sandbox.fault("html", route="queues")
    scene.go(scene.operator.queues)
    expect(acts.failed(scene.page)).to_be_visible()


@state
def queue(scene: Scene) -> None:
    scene.orders()
    expect(acts.pull_button(scene.page)).to_be_visible()


@state
def queue_without_pull(scene: Scene) -> None:
    made = scene.sandbox.add_queue("worked", consumer="worker", script="thumbnailer", paused=True)
    scene.go(scene.operator.queue(made))
    expect(acts.pull_button(scene.page)).to_be_disabled()


@state
def peeked(scene: Scene) -> None:
    queue = scene.orders()
    queue.push(b"\x00\x01\xfe" * 20, attempts=5)
    queue.push('"><img src=x onerror=alert(1)>\u202egpj', attempts=4)
    queue.push({"since": 1}, "v8")
    acts.peek(scene.page)


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
    scene.orders()
    acts.peek(scene.page)
    acts.open_row(scene.page, 0)


@state
def opened_as_hex(scene: Scene) -> None:
    queue = scene.orders(messages=0)
    queue.push(bytes(range(256)))
    acts.peek(scene.page)
    acts.open_row(scene.page, 0)
    expect(scene.page.locator(".hex")).to_be_visible()


@state
def message(scene: Scene) -> None:
    opened(scene)
    scene.page.get_by_role("link", name="Link to this copy").click()
    expect(scene.page).to_have_url(re.compile(r"/messages/0/"))


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
def settled(scene: Scene) -> None:
    scene.pulled()
    acts.select(scene.page, 0)
    acts.settle(scene.page, "Acknowledge")
    acts.select(scene.page, 1)
    acts.settle(scene.page, "Retry")
    expect(acts.result(scene.page)).to_contain_text("retried")


@state
def no_credentials(scene: Scene) -> None:
    newcomer = scene.backstage.person()
    scene.page.context.add_cookies([{"name": "sessionid", "value": newcomer.session, "url": scene.watch.home}])
    scene.go("/credentials/")
    expect(scene.page.locator(".state")).to_be_visible()


@state
def credentials(scene: Scene) -> None:
    scene.go("/credentials/")
    expect(scene.page.locator("table.credentials")).to_be_visible()


@state
def credential_add(scene: Scene) -> None:
    scene.watch.expect(422)
    scene.go("/credentials/add/")
    acts.button(scene.page, "Save credential").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def credential_global_key(scene: Scene) -> None:
    scene.go("/credentials/add/")
    scene.page.get_by_label("Global API key", exact=True).check()
    expect(scene.page.get_by_label("E-mail address")).to_be_visible()


@state
def credential(scene: Scene) -> None:
    scene.orders()
    scene.go("/credentials/")
    acts.rows(scene.page).first.locator("[data-open]").click()
    acts.button(scene.page, "Check again").click()
    expect(scene.page.locator("#checkup tbody tr")).not_to_have_count(0)


@state
def credential_delete(scene: Scene) -> None:
    scene.go("/credentials/")
    acts.rows(scene.page).first.locator("[data-open]").click()
    scene.page.get_by_role("link", name="Delete…").click()
    expect(scene.page.get_by_role("dialog")).to_be_visible()


@state
def audit(scene: Scene) -> None:
    scene.pulled()
    scene.watch.expect(502)
    scene.sandbox.fault("server_error", route="peek")
    acts.peek_button(scene.page).click()
    expect(acts.failed(scene.page)).to_be_visible()
    scene.go("/audit/")
    expect(acts.rows(scene.page)).not_to_have_count(0)


@state
def audit_receipt(scene: Scene) -> None:
    scene.pulled()
    scene.go("/audit/")
    acts.rows(scene.page).first.locator("[data-open]").click()
    expect(scene.page.locator(".receipt")).to_be_visible()


@state
def audit_entry(scene: Scene) -> None:
    audit_receipt(scene)
    scene.page.get_by_role("link", name="Permanent page").click()
    expect(scene.page).to_have_url(re.compile(r"/audit/\d+/"))


@state
def audit_matches_nothing(scene: Scene) -> None:
    scene.go("/audit/?outcome=refused")
    expect(scene.page.locator(".state")).to_be_visible()


@state
def not_found(scene: Scene) -> None:
    scene.watch.expect(404)
    scene.go("/audit/999999999/")
    expect(scene.page.get_by_role("heading", level=1)).to_be_visible()


@state
def keys(scene: Scene) -> None:
    scene.go("/audit/")
    scene.page.keyboard.press("?")
    expect(scene.page.get_by_role("dialog", name="Keys")).to_be_visible()
