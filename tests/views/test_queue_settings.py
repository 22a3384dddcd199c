"""The Settings tab: what is set, and each change of it: asked first, done once, told truthfully."""

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from queues_app.models import Account, Action, AuditEntry, Outcome
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.views.messages.acts import HTMX, Elements, pull, text_of, url_of

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer

ADDED = {
    "max_retries": "7",
    "dead_letter_queue": "orders-dlq",
    "retry_delay": "1 min",
    "visibility_timeout": "45 s",
    "batch_size": "9",
}


@pytest.fixture
def lead(cast: Cast, sandbox: Sandbox, upstream_url: str) -> tuple[Client, Account]:
    """Somebody who may change queues, with an account of their own."""
    user = make_user("lead", "Lead")
    account = make_account(user, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"])
    return signed_in(user), account


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue(
        "orders",
        max_retries=5,
        dead_letter_queue="orders-dlq",
        retry_delay=86_400,
        visibility_timeout_ms=1500,
        batch_size=12,
    )
    queue.push({"order": 1})
    return queue


def post(lead: tuple[Client, Account], name: str, queue: QueueHandle, **typed: Any) -> "Answer":
    browser, account = lead
    headers = typed.pop("headers", None)
    fields = {"step": "do", "intent": uuid.uuid4(), **typed}
    return browser.post(url_of(name, account, queue), fields, headers=headers)


def shown(lead: tuple[Client, Account], queue: QueueHandle, **query: object) -> str:
    browser, account = lead
    return text_of(browser.get(url_of("queue_settings", account, queue, **query)))


def form_of(lead: tuple[Client, Account], queue: QueueHandle) -> dict[str, str]:
    """What stands in the consumer's form, with the number of the consumer that it was made from."""
    browser, account = lead
    page = Elements(browser.get(url_of("queue_settings", account, queue)))
    names = (*ADDED, "seen")
    return {str(one["name"]): str(one.get("value") or "") for one in page.all("input") if one.get("name") in names}


def consumer_in(queue: QueueHandle) -> Any:
    return queue._queue.consumer


def after(answer: "Answer", lead: tuple[Client, Account]) -> str:
    assert answer.status_code == 303, answer.content
    return text_of(lead[0].get(answer["Location"]))


def test_everybody_who_sees_queues_reads_the_settings_and_only_some_change_them(
    cast: Cast, account: Account, orders: QueueHandle
) -> None:
    answer = signed_in(cast.owner).get(url_of("queue_settings", account, orders))
    text = text_of(answer)
    for words in ("HTTP pull", "1.5 s", "1 d", "orders-dlq", "Your role may not change queues", "Lead or Admin"):
        assert words in text
    acts = [
        one
        for one in Elements(answer).all("button")
        if {"price", "danger", "primary"} & set((one.get("class") or "").split())
    ]
    assert len(acts) == 2
    assert all("disabled" in one for one in acts)
    # What cannot be changed is text, and why is said once.
    assert not [one for one in Elements(answer).all("input") if (one.get("id") or "").startswith("id_")]
    assert text.count("Your role may not change queues") == 1


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("queue_pause", Action.PAUSE),
        ("queue_resume", Action.RESUME),
        ("queue_times", Action.QUEUE_EDIT),
        ("consumer_add", Action.CONSUMER_ADD),
        ("consumer_edit", Action.CONSUMER_EDIT),
        ("consumer_remove", Action.CONSUMER_REMOVE),
    ],
)
def test_who_may_not_change_is_refused_on_the_record(
    cast: Cast, account: Account, orders: QueueHandle, name: str, action: Action
) -> None:
    answer = post((signed_in(cast.owner), account), name, orders, seen="x")
    entry = AuditEntry.objects.get(action=action)
    assert (answer.status_code, entry.outcome, entry.reason) == (403, Outcome.REFUSED, "not-allowed")
    assert not {"edit_queue", "create_consumer", "replace_consumer", "delete_consumer"} & {
        call.route for call in orders.calls
    }


def test_pausing_asks_first_then_pulls_are_refused_until_delivery_runs_again(
    lead: tuple[Client, Account], orders: QueueHandle
) -> None:
    question = post(lead, "queue_pause", orders, step="confirm", intent="", headers=HTMX)
    assert "a peek still works" in text_of(question)
    assert Elements(question).all("dialog")
    assert not orders._queue.delivery_paused
    text = after(post(lead, "queue_pause", orders), lead)
    assert "Delivery is paused." in text
    assert "pulls are refused, and a peek still works" in text
    assert "Once delivery is resumed, pulls work again" in text
    assert AuditEntry.objects.get(action=Action.PAUSE).parameters == {"delivery": "running → paused"}
    assert pull(*lead, orders).status_code == 409
    assert 'href="' + url_of("queue_settings", lead[1], orders) in text_of(
        lead[0].get(url_of("queue", lead[1], orders))
    )
    assert "Delivery runs again." in after(post(lead, "queue_resume", orders), lead)
    assert pull(*lead, orders).status_code == 303


def test_a_second_submit_does_nothing_more(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    intent = uuid.uuid4()
    first, second = (post(lead, "queue_pause", orders, intent=intent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert AuditEntry.objects.filter(action=Action.PAUSE).count() == 1
    assert sum(call.method == "PATCH" for call in orders.calls) == 1


def test_a_lost_answer_is_unknown_and_never_tried_again(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    orders.fault("server_error", route="edit_queue")
    text = after(post(lead, "queue_pause", orders), lead)
    assert "Whether it was changed is unknown." in text
    assert AuditEntry.objects.get(action=Action.PAUSE).outcome == Outcome.UNKNOWN
    assert sum(call.method == "PATCH" for call in orders.calls) == 1


def test_an_edit_shows_before_and_after_and_keeps_every_other_setting(
    lead: tuple[Client, Account], orders: QueueHandle
) -> None:
    typed = form_of(lead, orders) | {"max_retries": "100"}
    question = text_of(post(lead, "consumer_edit", orders, **typed | {"step": "confirm"}))
    assert "5 → 100" in question
    assert "A higher limit keeps messages longer" in question
    assert "The consumer was changed: max retries 5 → 100." in after(post(lead, "consumer_edit", orders, **typed), lead)
    held = consumer_in(orders)
    assert held.settings == {
        "batch_size": 12,
        "max_retries": 100,
        "retry_delay": 86_400,
        "visibility_timeout_ms": 1500,
    }
    assert held.dead_letter_queue == "orders-dlq"
    assert AuditEntry.objects.get(action=Action.CONSUMER_EDIT).parameters == {"max_retries": "5 → 100"}


def dead_letters_asked(lead: tuple[Client, Account], queue: QueueHandle, name: str) -> str:
    typed = form_of(lead, queue) | {"dead_letter_queue": name, "step": "confirm"}
    return text_of(post(lead, "consumer_edit", queue, **typed))


def list_queues(lead: tuple[Client, Account]) -> None:
    assert lead[0].get(reverse("queues", args=[lead[1].pk])).status_code == 200


def test_a_dead_letter_queue_that_leads_back_is_warned_of(
    lead: tuple[Client, Account], sandbox: Sandbox, orders: QueueHandle
) -> None:
    sandbox.add_queue("orders-far", dead_letter_queue="orders")
    dead = sandbox.add_queue("orders-dlq", dead_letter_queue="orders-far")
    list_queues(lead)
    # As the way to it was remembered, also where another change meets it.
    assert "would go round: orders-dlq → orders → orders-dlq" in dead_letters_asked(lead, dead, "orders")
    assert "would go round: orders → orders-far → orders" in dead_letters_asked(lead, orders, "orders-far")


def test_a_way_that_ends_or_goes_round_without_the_queue_is_no_cycle_of_it(
    lead: tuple[Client, Account], sandbox: Sandbox, orders: QueueHandle
) -> None:
    sandbox.add_queue("left", dead_letter_queue="right")
    sandbox.add_queue("right", dead_letter_queue="left")
    sandbox.add_queue("end")
    list_queues(lead)
    for name in ("left", "end"):
        assert "go round" not in dead_letters_asked(lead, orders, name)


def test_that_a_dead_letter_queue_does_not_exist_is_said_only_of_one_that_the_list_does_not_have(
    lead: tuple[Client, Account], sandbox: Sandbox, orders: QueueHandle
) -> None:
    sandbox.add_queue("spare")
    # No list is remembered yet.
    assert "No queue of this account is named" not in dead_letters_asked(lead, orders, "other-dlq")
    assert "Where no queue has this name, Cloudflare makes one" in dead_letters_asked(lead, orders, "other-dlq")
    list_queues(lead)
    assert "No queue of this account is named other-dlq" in dead_letters_asked(lead, orders, "other-dlq")
    there = dead_letters_asked(lead, orders, "spare")
    assert "No queue of this account" not in there
    assert "Cloudflare makes" not in there


def test_an_added_consumer_is_asked_about_its_dead_letter_queue_likewise(
    lead: tuple[Client, Account], sandbox: Sandbox, orders: QueueHandle
) -> None:
    dead = sandbox.add_queue("orders-dlq", consumer=None)
    list_queues(lead)
    asked = text_of(post(lead, "consumer_add", dead, step="confirm", **ADDED | {"dead_letter_queue": "orders"}))
    assert "would go round: orders-dlq → orders → orders-dlq" in asked


def test_the_log_says_which_settings_were_changed(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    typed = form_of(lead, orders) | {"max_retries": "3", "dead_letter_queue": ""}
    assert post(lead, "consumer_edit", orders, **typed).status_code == 303
    words = "Changed: max retries 5 → 3, dead-letter queue orders-dlq → none."
    browser, account = lead
    assert words in text_of(browser.get(url_of("queue_history", account, orders)))
    assert words in text_of(browser.get(reverse("audit")))


def test_what_was_refused_is_not_told_as_a_change(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    typed = form_of(lead, orders) | {"max_retries": "3"}
    consumer_in(orders).settings["batch_size"] = 50
    post(lead, "consumer_edit", orders, **typed)
    assert "5 → 3" not in text_of(lead[0].get(url_of("queue_history", lead[1], orders)))


def test_who_does_not_see_everything_is_told_that_others_may_have_been_there(
    lead: tuple[Client, Account], cast: Cast, account: Account, orders: QueueHandle
) -> None:
    text = text_of(signed_in(cast.owner).get(url_of("queue_history", account, orders)))
    assert "Nothing by you here" in text
    assert "Others may have" in text
    assert "an Auditor sees" in text


def test_a_consumer_that_changed_meanwhile_is_left_alone(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    typed = form_of(lead, orders) | {"max_retries": "100"}
    consumer_in(orders).settings["batch_size"] = 50
    for name, action in (("consumer_edit", Action.CONSUMER_EDIT), ("consumer_remove", Action.CONSUMER_REMOVE)):
        assert "The consumer was changed meanwhile" in after(post(lead, name, orders, **typed), lead)
        assert AuditEntry.objects.get(action=action).reason == "changed-meanwhile"
    assert consumer_in(orders).settings["max_retries"] == 5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_retries", "101"),
        ("max_retries", "-1"),
        ("batch_size", "0"),
        ("batch_size", "101"),
        ("retry_delay", "86401 s"),
        ("visibility_timeout", "13 h"),
        ("visibility_timeout", "soon"),
        ("dead_letter_queue", "no spaces"),
        ("dead_letter_queue", "orders"),
        ("dead_letter_queue", "a" * 64),
    ],
)
def test_what_is_out_of_bounds_is_said_beside_its_field_and_sends_nothing(
    lead: tuple[Client, Account], orders: QueueHandle, field: str, value: str
) -> None:
    for headers in (None, HTMX):
        answer = post(lead, "consumer_edit", orders, **form_of(lead, orders) | {field: value}, headers=headers)
        assert answer.status_code == 422
        (wrong,) = [one for one in Elements(answer).all("input") if one.get("aria-invalid") == "true"]
        assert (wrong["name"], wrong["value"]) == (field, value)
    assert not AuditEntry.objects.exists()


def test_an_added_consumer_is_not_yet_enabled_and_works_after_some_seconds(
    lead: tuple[Client, Account], sandbox: Sandbox, clock: ManualClock
) -> None:
    queue = sandbox.add_queue("bare", consumer=None)
    queue.vary(consumer_delay=5)
    assert "some seconds" in text_of(post(lead, "consumer_add", queue, step="confirm", **ADDED))
    assert "some seconds" in after(post(lead, "consumer_add", queue, **ADDED), lead)
    held = consumer_in(queue)
    assert held.settings["visibility_timeout_ms"] == 45_000
    assert held.settings["retry_delay"] == 60
    assert pull(*lead, queue).status_code == 409
    clock.advance(seconds=6)
    assert pull(*lead, queue).status_code == 303


def test_a_second_consumer_is_refused(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    assert "has a consumer already" in after(post(lead, "consumer_add", orders, **ADDED), lead)
    assert AuditEntry.objects.get(action=Action.CONSUMER_ADD).reason == "has-consumer"


def test_a_removed_pull_consumer_leaves_the_messages(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    seen = form_of(lead, orders)["seen"]
    assert "cannot be settled" in text_of(post(lead, "consumer_remove", orders, step="confirm", seen=seen))
    assert "The messages stay." in after(post(lead, "consumer_remove", orders, seen=seen), lead)
    assert consumer_in(orders) is None
    assert len(orders.messages) == 1
    assert "Add an HTTP pull consumer" in shown(lead, orders)


@pytest.mark.parametrize("script_field", ["script", "script_name"])
def test_a_worker_is_named_by_hand_before_it_is_taken_off(
    lead: tuple[Client, Account], sandbox: Sandbox, script_field: str
) -> None:
    queue = sandbox.add_queue("worked", consumer="worker", script="thumbnailer")
    queue.vary(script_field=script_field)
    assert "thumbnailer receives nothing" in shown(lead, queue)
    seen = form_of(lead, queue)["seen"]
    assert "deploying that Worker" in text_of(post(lead, "consumer_remove", queue, step="confirm", seen=seen))
    assert post(lead, "consumer_remove", queue, seen=seen, typed="other").status_code == 422
    assert consumer_in(queue) is not None
    after(post(lead, "consumer_remove", queue, seen=seen, typed="thumbnailer"), lead)
    assert consumer_in(queue) is None


def test_a_consumer_of_an_unknown_type_is_shown_and_not_edited(lead: tuple[Client, Account], sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("told", consumer="notification")
    assert "notification" in shown(lead, queue)
    typed = {**ADDED, "seen": form_of(lead, queue)["seen"]}
    assert "Only an HTTP pull consumer" in after(post(lead, "consumer_edit", queue, **typed), lead)


def times_of(lead: tuple[Client, Account], queue: QueueHandle) -> dict[str, str]:
    """The form of delay and retention as the tab shows it."""
    browser, account = lead
    page = browser.get(url_of("queue_settings", account, queue)).context["page"]
    return {"seen": page.times_seen, **{field.name: field.value for field in page.times}}


def test_delay_and_retention_are_changed_after_a_question_that_shows_before_and_after(
    lead: tuple[Client, Account], orders: QueueHandle
) -> None:
    typed = times_of(lead, orders)
    assert (typed["delivery_delay"], typed["message_retention_period"]) == ("0 s", "4 d")
    typed |= {"delivery_delay": "5 min", "message_retention_period": "7 d"}
    asked = text_of(post(lead, "queue_times", orders, step="confirm", headers=HTMX, **typed))
    assert "0 s → 5 min" in asked
    assert "4 d → 7 d" in asked
    assert not AuditEntry.objects.exists()
    text = after(post(lead, "queue_times", orders, **typed), lead)
    assert "Delay and retention were changed: delivery delay 0 s → 5 min, retention 4 d → 7 d." in text
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome) == (Action.QUEUE_EDIT, Outcome.OK)
    assert entry.parameters == {"delivery_delay": "0 → 300", "message_retention_period": "345600 → 604800"}
    assert times_of(lead, orders)["message_retention_period"] == "7 d"


def test_a_shorter_retention_says_what_it_may_delete(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    typed = times_of(lead, orders) | {"message_retention_period": "1 h"}
    asked = text_of(post(lead, "queue_times", orders, step="confirm", headers=HTMX, **typed))
    assert "waited longer than 1 h may be deleted at once" in asked
    assert "The retention may hold at once, also for messages that wait already." in asked
    assert "from then on" not in asked
    assert "The oldest has waited" in asked


def test_times_that_changed_meanwhile_are_left_alone(lead: tuple[Client, Account], orders: QueueHandle) -> None:
    typed = times_of(lead, orders)
    assert post(lead, "queue_times", orders, **(typed | {"delivery_delay": "1 min"})).status_code == 303
    assert post(lead, "queue_times", orders, **(typed | {"delivery_delay": "2 min"})).status_code == 303
    last = AuditEntry.objects.first()
    assert last is not None
    assert (last.outcome, last.reason) == (Outcome.REFUSED, "changed-meanwhile")
    assert times_of(lead, orders)["delivery_delay"] == "1 min"


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("delivery_delay", "25 h", "Between 0 s and 24 h."),
        ("message_retention_period", "30 s", "Between 1 min and 14 d."),
        ("message_retention_period", "soon", "Write a time"),
    ],
)
def test_times_out_of_bounds_are_said_beside_their_field(
    lead: tuple[Client, Account], orders: QueueHandle, name: str, typed: str, said: str
) -> None:
    answer = post(lead, "queue_times", orders, step="confirm", headers=HTMX, **(times_of(lead, orders) | {name: typed}))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert answer.headers["HX-Retarget"] == "#times-form"
