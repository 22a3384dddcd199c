"""Every page of Queuescope in every state that matters, by name: what the look tests walk through."""

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from playwright.sync_api import Page, expect

from queues_app.sandbox import QueueHandle, Sandbox
from queues_app.sandbox.seed import v8
from queues_app.sandbox.seed.pictures import png
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

    def as_lead(self) -> Person:
        """Somebody with the role Lead and the same account, signed in from here on."""
        person = self.backstage.with_account(
            self.backstage.person("Lead"),
            secret=self.sandbox.tokens["full"],
            account_id=self.sandbox.accounts["acme-logistics"],
        )
        self.page.context.add_cookies([{"name": "sessionid", "value": person.session, "url": self.watch.home}])
        return person

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
def settings_closed(scene: Scene) -> None:
    queue = scene.orders()
    scene.go(f"{scene.operator.queue(queue)}settings/")
    expect(acts.button(scene.page, "Pause delivery…")).to_be_disabled()


@state
def consumer_question(scene: Scene) -> None:
    lead = scene.backstage.with_account(
        scene.backstage.person("Lead"),
        secret=scene.sandbox.tokens["full"],
        account_id=scene.sandbox.accounts["acme-logistics"],
    )
    context = scene.page.context
    context.add_cookies([{**one, "value": lead.session} for one in context.cookies() if one["name"] == "sessionid"])  # type: ignore[typeddict-item]
    made = scene.sandbox.add_queue("worked", consumer="worker", script="thumbnailer", paused=True)
    scene.go(f"{lead.queue(made)}settings/")
    acts.button(scene.page, "Remove consumer…").click()
    expect(scene.page.get_by_label("Type thumbnailer to go on")).to_be_visible()


@state
def peeked(scene: Scene) -> None:
    queue = scene.orders()
    queue.push(b"\x00\x01\xfe" * 20, attempts=5)
    queue.push('"><img src=x onerror=alert(1)>\u202egpj', attempts=4)
    queue.push({"since": 1}, "v8")
    acts.peek(scene.page)


@state
def foreseen(scene: Scene) -> None:
    scene.orders().push("tried often", attempts=5)
    scene.page.locator("#pull-size").focus()
    expect(scene.page.get_by_text("Forecast from your peek")).to_be_visible()


@state
def due(scene: Scene) -> None:
    queue = scene.orders()
    for hours in (76, 90, 95):
        queue.push({"waits": hours}, age_s=hours * 3600)
    acts.peek(scene.page)
    expect(scene.page.get_by_role("region", name="Loss clock")).to_be_visible()


@state
def copy_of_a_colleague(scene: Scene) -> None:
    queue = scene.pulled()
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
    scene.go(scene.operator.queue(queue))
    acts.peek(scene.page)
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
def opened_step_by_step(scene: Scene) -> None:
    queue = scene.orders(messages=0)
    queue.push(gzip.compress(json.dumps([acts.ORDER, {**acts.ORDER, "note": "again\u202e"}]).encode()))
    acts.peek(scene.page)
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
    queue = scene.orders(messages=0)
    queue.push(png(96, 48, 90))
    acts.peek(scene.page)
    acts.open_row(scene.page, 0).get_by_role("link", name="Show the picture").click()
    expect(scene.page.get_by_role("img", name="The body of this message")).to_be_visible()


@state
def opened_v8(scene: Scene) -> None:
    queue = scene.orders(messages=0)
    queue.push(v8.serialise({"at": datetime(2026, 11, 20, tzinfo=UTC), "big": 2**70, "lines": [1.5, None]}), "v8")
    acts.peek(scene.page)
    acts.open_row(scene.page, 0)


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
def exporting(scene: Scene) -> None:
    selected(scene)
    scene.page.locator("#selection").get_by_role("button", name=re.compile("^Export")).click()
    expect(scene.page.get_by_role("dialog").get_by_label(re.compile("^CSV"))).to_be_visible()


@state
def exporting_all(scene: Scene) -> None:
    scene.pulled()
    scene.go(scene.page.url.split("?")[0] + "export/")
    expect(scene.page.get_by_role("button", name="Export 4 messages")).to_be_visible()


@state
def calls_as_curl(scene: Scene) -> None:
    pulled_and_opened(scene)
    for summary in scene.page.locator(".curl > summary").all():
        summary.click()
    expect(scene.page.locator(".curl pre")).to_have_count(3)


@state
def settled(scene: Scene) -> None:
    scene.pulled()
    acts.select(scene.page, 0)
    acts.settle(scene.page, "Acknowledge")
    acts.select(scene.page, 1)
    acts.settle(scene.page, "Retry")
    expect(acts.result(scene.page)).to_contain_text("retried")


@state
def deleting(scene: Scene) -> None:
    queue = scene.orders()
    acts.pull(scene.page, messages=1, lease="5 min")
    scene.go(scene.operator.queue(queue))
    acts.peek(scene.page)
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
    queue = scene.orders()
    acts.peek(scene.page)
    queue.push({"number": 7})
    acts.select(scene.page, 0, 1)
    acts.delete(scene.page)


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


def lead(scene: Scene) -> QueueHandle:
    """Somebody who may empty queues, at a queue that is slow to empty."""
    person = scene.as_lead()
    queue = acts.add_orders(scene.sandbox, 12, name="orders-dead")
    queue.vary(emptying=600)
    scene.go(f"{person.queue(queue)}settings/")
    return queue


@state
def danger_zone(scene: Scene) -> None:
    lead(scene)
    expect(scene.page.get_by_role("link", name="Empty this queue…")).to_be_visible()


@state
def emptying(scene: Scene) -> None:
    danger_zone(scene)
    scene.page.get_by_role("link", name="Empty this queue…").click()
    expect(scene.page.get_by_role("dialog")).to_contain_text("Not yet the name")


@state
def emptying_named(scene: Scene) -> None:
    emptying(scene)
    scene.page.get_by_label("Type the name of the queue").fill("orders-dead")
    expect(scene.page.get_by_role("dialog")).to_contain_text("This is the name.")


@state
def emptying_mistyped(scene: Scene) -> None:
    scene.watch.expect(422)
    danger_zone(scene)
    scene.go(scene.page.url.replace("/settings/", "/empty/"))
    scene.page.get_by_label("Type the name of the queue").fill("orders-d")
    acts.button(scene.page, "Empty orders-dead").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def emptying_under_way(scene: Scene) -> None:
    emptying_named(scene)
    acts.button(scene.page, "Empty orders-dead").click()
    expect(scene.page.locator("#emptying")).to_contain_text("under way")


@state
def leases(scene: Scene) -> None:
    """Held, extended, acknowledged, retried; of two queues."""
    settled(scene)
    scene.page.goto(scene.operator.queue(acts.add_orders(scene.sandbox, 3, name="invoices-to-send")))
    acts.pull(scene.page, messages=3, lease="10 min")
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
    leases(scene)
    scene.as_lead()
    scene.go("/leases/all/")
    expect(acts.rows(scene.page)).not_to_have_count(0)


@state
def leases_of_a_queue(scene: Scene) -> None:
    scene.pulled()
    scene.page.get_by_role("link", name="Leases", exact=True).last.click()
    expect(scene.page).to_have_url(re.compile(r"/queues/[0-9a-f]{32}/leases/"))
    expect(acts.rows(scene.page)).to_have_count(4)


@state
def filtered(scene: Scene) -> None:
    queue = scene.orders(messages=0)
    for number in range(14):
        body = {**acts.ORDER, "number": number, "warehouse": "AMS-2" if number < 6 else f"W-{number}"}
        queue.push(body if number else {"order": "A-1"}, attempts=4 if number < 6 else 1, age_s=3600 - number)
    acts.peek(scene.page)
    acts.find(scene.page, "attempts:>=2")
    acts.find(scene.page, "ams")
    scene.page.locator("summary", has_text="Columns").click()
    scene.page.get_by_label("warehouse").check()
    acts.button(scene.page, "Show these columns").click()
    expect(scene.page.locator("th.c-field")).to_be_visible()
    scene.page.get_by_text("Saved filters").click()
    scene.page.get_by_text("How they differ").click()
    scene.page.locator("summary", has_text="Columns").click()


@state
def not_in_this_sample(scene: Scene) -> None:
    scene.orders()
    acts.peek(scene.page)
    acts.find(scene.page, "never")
    expect(scene.page.get_by_role("heading", name="Not in this sample")).to_be_visible()


@state
def filter_wrong(scene: Scene) -> None:
    scene.watch.expect(422)
    scene.orders()
    acts.peek(scene.page)
    box = scene.page.get_by_label("Filter this sample")
    box.fill('sku:TX "late')
    box.press("Enter")
    expect(scene.page.locator("#filter-wrong")).to_contain_text("No field is called")


@state
def compared(scene: Scene) -> None:
    scene.orders()
    acts.peek(scene.page)
    acts.select(scene.page, 0, 2)
    scene.page.locator("#selection").get_by_role("button", name=re.compile("^Compare")).click()
    expect(scene.page.locator(".changes")).to_be_visible()


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
