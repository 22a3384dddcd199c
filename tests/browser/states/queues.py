"""Queues: the list, one queue, its settings, and emptying it."""

from playwright.sync_api import expect

from queues_app.sandbox import QueueHandle
from tests.browser import acts
from tests.browser.states.scene import Scene, state


@state
def sign_in(scene: Scene) -> None:
    scene.page.context.clear_cookies(name="sessionid")
    scene.go("/sign-in/")
    scene.page.get_by_label("User name").fill("nobody")
    scene.page.get_by_label("Password", exact=True).fill("wrong")
    acts.button(scene.page, "Sign in").click()
    expect(scene.page.get_by_role("alert")).to_be_visible()


@state
def sign_in_refused(scene: Scene) -> None:
    scene.watch.expect(403)
    scene.page.context.clear_cookies(name="sessionid")
    scene.go("/sign-in/oidc/return/?code=x&state=y")
    expect(scene.page.get_by_role("link", name="To the sign-in page")).to_be_visible()


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
def queues_under_way(scene: Scene) -> None:
    for number in range(150):
        scene.sandbox.add_queue(f"queue-{number:03}").push("waits", age_s=90)
    scene.sandbox.fault("latency", route="queues", count=1, seconds=0)
    scene.sandbox.fault("latency", route="queues", seconds=3)
    # Where the machine is slow it has failed by then, and what came of it is shown all the same.
    scene.watch.expect(504)
    scene.go(f"{scene.operator.queues}?q=queue-01")
    expect(scene.page.locator(".listing-on")).to_contain_text("100 of 150 queues listed so far")
    # It must not become another page while it is looked at.
    scene.page.evaluate("document.getElementById('queues').removeAttribute('hx-get')")


@state
def queues_by_prefix(scene: Scene) -> None:
    for name in ("orders-inbound", "orders-out", "billing-in", "billing-out", "alone"):
        scene.sandbox.add_queue(name).push("waits", age_s=90)
    scene.go(f"{scene.operator.queues}?group=prefix&open=orders")
    expect(acts.rows(scene.page)).to_have_count(2)


@state
def dead_letter_map(scene: Scene) -> None:
    add = scene.sandbox.add_queue
    for name in ("orders", "returns", "refunds"):
        add(name, dead_letter_queue="orders-dlq")
    add("orders-dlq", consumer=None).push_many(["dead"] * 12, age_s=9000)
    add("round", dead_letter_queue="and-round")
    add("and-round", dead_letter_queue="round")
    add("lost", dead_letter_queue="nowhere")
    add("billing", consumer="worker", script="biller")
    scene.go(f"{scene.operator.queues.removesuffix('queues/')}dead-letters/")
    expect(scene.page.locator(".dead-letter")).to_have_count(4)


@state
def dead_letter_map_of_many(scene: Scene) -> None:
    add = scene.sandbox.add_queue
    for number in range(52):
        add(f"team-{number:02}", dead_letter_queue=f"team-{number:02}-dlq")
        add(f"team-{number:02}-dlq")
    for number in range(9):
        add(f"sender-{number:02}", dead_letter_queue="team-51-dlq")
    scene.go(f"{scene.operator.queues.removesuffix('queues/')}dead-letters/?page=2")
    expect(scene.page.locator(".dead-letter")).to_have_count(2)
    expect(scene.page.get_by_role("link", name="Show all 52")).to_be_visible()


@state
def deleted_at_the_limit(scene: Scene) -> None:
    for number in range(101):
        scene.sandbox.add_queue(f"sender-{number:03}")
    scene.go(f"{scene.operator.queues.removesuffix('queues/')}dead-letters/?show=deleting")
    expect(scene.page.get_by_role("link", name="Next")).to_be_visible()


@state
def search(scene: Scene) -> None:
    orders = acts.add_orders(scene.sandbox)
    scene.sandbox.add_queue("orders-outbound")
    scene.go(scene.operator.queue(orders))
    acts.button(scene.page, "Pin").click()
    expect(acts.button(scene.page, "Unpin")).to_be_visible()
    scene.go("/search/?q=orders")
    expect(acts.rows(scene.page)).to_have_count(3)


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
    queue = acts.add_orders(scene.sandbox)
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


def lead(scene: Scene) -> QueueHandle:
    """Somebody who may empty queues, at a queue that is slow to empty."""
    person = scene.as_role("Lead")
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
def overview(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 6)
    grows = [(60 * ago, 4312 - 12 * ago, 900_000 - 2500 * ago, 7200) for ago in range(1, 300) if not 90 < ago < 140]
    scene.backstage.add_samples(scene.operator, queue, *grows)
    with scene.wire() as wire:
        wire.pull(scene.operator.queue(queue))
    scene.go(f"{scene.operator.queue(queue)}overview/?last=6h")
    scene.page.get_by_text("Values").first.click()
    expect(scene.page.locator("#chart-operations-plot")).to_have_role("slider")


@state
def overview_without_analytics(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 6)
    person = scene.backstage.with_account(
        scene.operator, secret=scene.sandbox.tokens["read_only"], account_id=scene.sandbox.accounts["acme-logistics"]
    )
    scene.go(f"{person.queue(queue)}overview/?since=yesterday")
    expect(scene.page.get_by_role("alert")).to_be_visible()
    expect(scene.page.get_by_text("Account Analytics: Read")).to_be_visible()


@state
def queue_history(scene: Scene) -> None:
    scene.peeked()
    scene.page.get_by_role("link", name="History").click()
    expect(scene.page.get_by_role("heading", name="By Cloudflare")).to_be_visible()


@state
def settings_shorter_retention(scene: Scene) -> None:
    queue = acts.add_orders(scene.sandbox, 3)
    lead = scene.as_role("Lead")
    scene.go(f"{lead.queue(queue)}settings/")
    scene.page.get_by_label("Retention", exact=True).fill("1 h")
    acts.button(scene.page, "Change queue…").click()
    expect(scene.page.get_by_role("dialog")).to_contain_text("may be deleted at once")
