"""Credentials, the audit log, and what is on every page."""

import re
from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.browser import acts
from tests.browser.states.scene import Scene, state


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
    acts.add_orders(scene.sandbox)
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
    scene.pull()
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
def audit_forwarding(scene: Scene) -> None:
    scene.as_role("Auditor")
    scene.go("/audit/forwarding/")
    scene.page.get_by_role("button", name="Send a test line to log").click()
    expect(scene.page.get_by_text("A test line went to log.")).to_be_visible()


@state
def audit_export(scene: Scene) -> None:
    scene.as_role("Auditor")
    scene.go("/audit/export/?outcome=ok")
    with scene.page.expect_download():
        acts.button(scene.page, "Export").click()
    expect(scene.page.locator("#progress .badge.ok")).to_be_visible()


@state
def audit_questions(scene: Scene) -> None:
    queue, _ = scene.pull()
    scene.go(f"/audit/questions/?queue={queue.id}")
    expect(scene.page.locator(".answer tbody tr")).not_to_have_count(0)


@state
def audit_person(scene: Scene) -> None:
    scene.pull()
    scene.go(f"/audit/questions/person/?who={scene.operator.name}")
    expect(scene.page.locator(".answer tbody tr")).not_to_have_count(0)


@state
def audit_message(scene: Scene) -> None:
    queue, _ = scene.pull()
    message = queue.messages[0].id
    scene.go(f"/audit/questions/message/?id={message}")
    expect(acts.rows(scene.page)).not_to_have_count(0)


@state
def audit_to_be_explained(scene: Scene) -> None:
    unknown_pull(scene)
    scene.go("/audit/questions/unknown/")
    acts.rows(scene.page).first.get_by_role("link", name="Explain…").click()
    expect(scene.page.get_by_label("What became of it")).to_be_visible()


@state
def audit_explained(scene: Scene) -> None:
    audit_to_be_explained(scene)
    scene.page.get_by_label("What became of it").fill("The answer was lost; the leases ran out, as the queue showed.")
    acts.button(scene.page, "Explain, on the record").click()
    expect(scene.page.locator(".explained")).to_be_visible()


@state
def audit_digest(scene: Scene) -> None:
    scene.pull()
    today = datetime.now(UTC).date()
    scene.go(f"/audit/digest/?week={today:%G}-W{today:%V}")
    expect(scene.page.locator(".answer tbody tr")).not_to_have_count(0)


def unknown_pull(scene: Scene) -> None:
    """A pull whose answer got lost."""
    scene.orders()
    scene.watch.expect(502)
    scene.sandbox.fault("server_error", route="pull")
    acts.pull_button(scene.page).click()
    expect(acts.failed(scene.page)).to_be_visible()


@state
def rules(scene: Scene) -> None:
    admin = scene.as_role("Admin")
    scene.go("/rules/")
    scene.page.get_by_label("pull").check()
    scene.page.get_by_label("Queues", exact=True).first.fill("orders-*")
    # Nobody else's tests shall meet it.
    scene.page.get_by_label("For", exact=True).select_option(f"person:{admin.name}")
    acts.button(scene.page, "Add rule").click()
    expect(scene.page.get_by_role("button", name=re.compile("^Remove: deny pull"))).to_be_visible()


@state
def masks(scene: Scene) -> None:
    masked(scene)
    scene.go("/masking/")
    scene.watch.expect(422)
    acts.button(scene.page, "Add mask").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def masked_message(scene: Scene) -> None:
    masked(scene)
    acts.open_row(scene.page, 0)
    expect(scene.page.locator(".masked")).not_to_have_count(0)
    scene.page.locator(".masks > summary").click()


@state
def reveal_question(scene: Scene) -> None:
    masked(scene)
    acts.open_row(scene.page, 0)
    scene.page.get_by_role("link", name="reveal, on the record").first.click()
    expect(scene.page.get_by_label("Why do you need to see it")).to_be_visible()


@state
def revealed(scene: Scene) -> None:
    reveal_question(scene)
    scene.page.get_by_label("Why do you need to see it").fill("Ticket 4711: the customer asks which card it was")
    acts.button(scene.page, "Reveal, on the record").click()
    expect(scene.page.get_by_role("heading", name="Revealed, on the record")).to_be_visible()


def masked(scene: Scene) -> None:
    """A peek of a queue in which the usual is masked."""
    admin = scene.as_role("Admin")
    queue = scene.sandbox.add_queue("masked-orders", max_retries=5)
    customer = {"name": "Ana Silva", "email": "ana.silva@example.com", "card_number": "4111 1111 1111 1111"}
    queue.push({"order": {"id": "A-88307", "customer": customer, "total": 49.90}, "api_key": "sk_live_0123456789abc"})
    with scene.wire(admin) as wire:
        wire.post("/masking/add/", kind="usual", pattern="masked-*")
        scene.go(wire.peek(admin.queue(queue)))


@state
def rules_why(scene: Scene) -> None:
    scene.as_role("Admin")
    scene.go("/rules/why/")
    scene.page.get_by_placeholder("Name of a queue").fill("orders")
    acts.button(scene.page, "Show").click()
    expect(scene.page.get_by_role("rowheader", name="peek")).to_be_visible()


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


@state
def holds(scene: Scene) -> None:
    scene.as_role("Auditor")
    scene.go("/audit/holds/")
    scene.page.get_by_label("Why").fill("Case 2026-114")
    scene.page.get_by_label("Queues", exact=True).fill("no-such-queue-*")
    acts.button(scene.page, "Hold").click()
    expect(scene.page.get_by_role("link", name="Lift").first).to_be_visible()
    scene.watch.expect(422)
    acts.button(scene.page, "Hold").click()
    expect(scene.page.locator(".error").first).to_be_visible()


@state
def hold_lift(scene: Scene) -> None:
    holds(scene)
    scene.page.get_by_role("link", name="Lift").first.click()
    expect(acts.button(scene.page, "Lift the hold")).to_be_visible()
