"""A queue that was renamed: what was kept under its old name falls under the rules of both names, whatever is done."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from queues_app.models import (
    Account,
    Action,
    ApprovalRequest,
    AuditEntry,
    Batch,
    Lease,
    MaskingRule,
    Outcome,
    QueueRule,
    Sending,
    TwoPersonRule,
)
from queues_app.operations import names
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_user, signed_in
from tests.views.messages.acts import (
    Elements,
    delete,
    peek,
    peeked,
    pull,
    pulled,
    rename,
    settle,
    text_of,
    url_of,
)

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer

CANARY = "zqx7-canary-4711"
OLD, NEW = "orders", "prod-orders"
# A rule about either name is a rule about the queue.
BOTH = pytest.mark.parametrize("name", [OLD, NEW])
CALLS = ("purge_messages", "settle", "extend", "push", "push_batch", "empty_queue", "pull", "edit_queue")


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 23, 14, 3, 22, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue(OLD, max_retries=5)
    queue.push_many([{"order": number, "password": CANARY} for number in range(3)])
    return queue


@pytest.fixture
def renames(sandbox: Sandbox, orders: QueueHandle, now: time_machine.Traveller) -> Callable[[], None]:
    """The queue gets another name, and a while goes by."""

    def act() -> None:
        rename(sandbox, orders, NEW)
        now.shift(names.READING_S + 1)

    return act


@pytest.fixture
def browser(cast: Cast, account: Account) -> Client:
    """The owner's, who leads."""
    cast.owner.groups.set(Group.objects.filter(name="Lead"))
    return signed_in(cast.owner)


def deny(permission: str, pattern: str) -> QueueRule:
    return QueueRule.objects.create(effect="deny", permissions=[permission], pattern=pattern)


def allow(permission: str, pattern: str) -> QueueRule:
    return QueueRule.objects.create(effect="allow", permissions=[permission], pattern=pattern)


def two_for(permission: str, pattern: str) -> TwoPersonRule:
    return TwoPersonRule.objects.create(permissions=[permission], pattern=pattern, created_by="admin")


def mask(pattern: str) -> MaskingRule:
    return MaskingRule.objects.create(kind="key", value="password", pattern=pattern, created_by="admin")


def nothing_sent(queue: QueueHandle) -> bool:
    return not any(queue.count(call) for call in CALLS)


def refused(action: Action, reason: str = "not-allowed") -> AuditEntry:
    entry = AuditEntry.objects.filter(action=action).latest("pk")
    assert (entry.outcome, entry.reason) == (Outcome.REFUSED, reason)
    return entry


def send_again(browser: Client, account: Account, queue: QueueHandle, batch: Batch, **typed: Any) -> "Answer":
    return browser.post(
        url_of("send_again", account, queue, batch.pk), {"position": [0], "target": f"{account.pk}:{queue.id}", **typed}
    )


def export(browser: Client, account: Account, queue: QueueHandle, batch: Batch) -> "Answer":
    return browser.post(url_of("export", account, queue, batch.pk), {"step": "do", "format": "jsonl"})


@BOTH
def test_chosen_messages_are_not_deleted(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None], name: str
) -> None:
    batch = peeked(browser, account, orders)
    deny("delete", name)
    renames()
    for step in ("confirm", "do"):
        assert delete(browser, account, orders, batch, 0, step=step).status_code == 403
        assert refused(Action.DELETE).queue_name == NEW
    assert nothing_sent(orders)


@BOTH
@pytest.mark.parametrize(
    ("verb", "action"),
    [("ack", Action.ACK), ("retry", Action.RETRY), ("return", Action.RETRY), ("extend", Action.EXTEND)],
)
def test_leases_are_neither_settled_nor_extended(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    renames: Callable[[], None],
    name: str,
    verb: str,
    action: Action,
) -> None:
    pull(browser, account, orders, visibility_timeout="10 min")
    batch = Batch.objects.get()
    deny("settle", name)
    renames()
    assert settle(browser, account, orders, batch, 0, verb=verb).status_code == 403
    refused(action)
    act = {"step": "do", "verb": verb, "lease": Lease.objects.latest("pk").pk, "intent": uuid.uuid4()}
    assert browser.post(reverse("lease_acts"), act).status_code == 403
    assert (orders.count("settle"), orders.count("extend")) == (0, 0)


def test_of_leases_from_before_and_after_no_name_is_forgotten(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None]
) -> None:
    pull(browser, account, orders, batch_size=1, visibility_timeout="10 min")
    renames()
    pull(browser, account, orders, batch_size=1, visibility_timeout="10 min")
    deny("settle", OLD)
    newest_first = [str(lease.pk) for lease in Lease.objects.order_by("-pk")]
    act = {"step": "do", "verb": "ack", "lease": newest_first, "intent": uuid.uuid4()}
    assert browser.post(reverse("lease_acts"), act).status_code == 403
    assert orders.count("settle") == 0


@BOTH
def test_nothing_of_a_kept_copy_is_sent_again(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None], name: str
) -> None:
    batch = peeked(browser, account, orders)
    page = send_again(browser, account, orders, batch)["Location"]
    deny("send", name)
    renames()
    assert browser.post(page, {"act": "send", "step": 0}).status_code == 403
    refused(Action.SEND)
    assert nothing_sent(orders)


def test_what_is_masked_by_the_new_name_goes_to_no_queue_without_the_mask(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, renames: Callable[[], None]
) -> None:
    elsewhere = sandbox.add_queue("playground", max_retries=5)
    browser.get(reverse("queues", args=[account.pk]))
    batch = peeked(browser, account, orders)
    mask(NEW)
    renames()
    answer = send_again(browser, account, orders, batch, target=f"{account.pk}:{elsewhere.id}")
    assert answer.status_code == 403
    refused(Action.SEND, "unmasked-there")
    assert not Sending.objects.exists()


def test_what_is_masked_goes_to_no_queue_that_lost_the_mask_with_its_name(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    elsewhere = sandbox.add_queue("prod-archive", max_retries=5)
    browser.get(reverse("queues", args=[account.pk]))
    batch = peeked(browser, account, orders)
    mask(OLD)
    mask("prod-*")
    rename(sandbox, elsewhere, "public")
    now.shift(names.CHANGING_S + 1)
    answer = send_again(browser, account, orders, batch, target=f"{account.pk}:{elsewhere.id}")
    assert answer.status_code == 403
    refused(Action.SEND, "unmasked-there")


@BOTH
def test_a_kept_copy_is_masked(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None], name: str
) -> None:
    batch = peeked(browser, account, orders)
    assert CANARY in text_of(browser.get(url_of("batch", account, orders, batch.pk)))
    mask(name)
    renames()
    for place in (
        url_of("batch", account, orders, batch.pk),
        url_of("message", account, orders, batch.pk, 0),
        url_of("message_body", account, orders, batch.pk, 0),
    ):
        answer = browser.get(place)
        assert (answer.status_code, CANARY in text_of(answer)) == (200, False), place
    taken = export(browser, account, orders, batch)
    assert (taken.status_code, CANARY in text_of(taken)) == (200, False)


@BOTH
def test_a_kept_copy_is_not_taken_out(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None], name: str
) -> None:
    batch = peeked(browser, account, orders)
    deny("export", name)
    renames()
    assert export(browser, account, orders, batch).status_code == 403
    assert browser.get(url_of("message_body", account, orders, batch.pk, 0)).status_code == 403
    refused(Action.EXPORT)


@BOTH
def test_a_kept_copy_of_a_queue_that_nobody_may_see_is_not_opened(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None], name: str
) -> None:
    batch = peeked(browser, account, orders)
    deny("see_queues", name)
    renames()
    answer = browser.get(url_of("batch", account, orders, batch.pk))
    assert (answer.status_code, CANARY in text_of(answer)) == (403, False)


@BOTH
def test_what_is_on_its_way_in_is_masked_where_it_is_shown(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None], name: str
) -> None:
    browser.get(url_of("queue", account, orders))
    upload = SimpleUploadedFile("messages.jsonl", json.dumps({"password": CANARY}).encode())
    page = browser.post(url_of("send_file", account, orders), {"file": upload, "file_format": "values"})["Location"]
    assert CANARY in text_of(browser.get(page))
    mask(name)
    renames()
    assert CANARY not in text_of(browser.get(page))


def empty(browser: Client, account: Account, queue: QueueHandle) -> "Answer":
    form = {"name": NEW, "shown_name": NEW, "intent": uuid.uuid4()}
    return browser.post(url_of("queue_empty", account, queue), form)


def test_a_queue_is_not_emptied_by_a_name_that_is_seconds_old(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    browser.get(url_of("queue", account, orders))
    deny("empty", NEW)
    rename(sandbox, orders, NEW)
    told = browser.get(empty(browser, account, orders)["Location"])
    assert "A rule does not let you empty queues here" in text_of(told)
    assert refused(Action.EMPTY).queue_name == NEW
    assert browser.get(url_of("queue_empty", account, orders)).status_code == 403
    assert nothing_sent(orders)


def test_a_rule_about_the_old_name_alone_lets_a_queue_be_emptied(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None]
) -> None:
    """Nothing kept is touched: what it was called is past."""
    browser.get(url_of("queue", account, orders))
    deny("empty", OLD)
    renames()
    assert empty(browser, account, orders).status_code == 303
    assert orders.count("empty_queue") == 1


def test_a_queue_is_not_changed_by_a_name_that_is_seconds_old(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    browser.get(url_of("queue", account, orders))
    deny("edit", NEW)
    rename(sandbox, orders, NEW)
    answer = browser.post(url_of("queue_pause", account, orders), {"step": "do", "intent": uuid.uuid4()})
    assert answer.status_code == 403
    assert refused(Action.PAUSE).queue_name == NEW
    assert nothing_sent(orders)


@pytest.mark.parametrize(("permission", "act", "action"), [("pull", pull, Action.PULL), ("peek", peek, Action.PEEK)])
def test_nothing_is_looked_at_by_the_old_name(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    renames: Callable[[], None],
    permission: str,
    act: Any,
    action: Action,
) -> None:
    browser.get(url_of("queue", account, orders))
    deny(permission, NEW)
    renames()
    assert act(browser, account, orders).status_code == 403
    refused(action)
    assert (orders.count("pull"), orders.count("peek")) == (0, 0)


@BOTH
def test_a_second_person_is_asked_for(
    browser: Client, account: Account, orders: QueueHandle, renames: Callable[[], None], name: str
) -> None:
    batch = peeked(browser, account, orders)
    page = send_again(browser, account, orders, batch)["Location"]
    for permission in ("delete", "send"):
        two_for(permission, name)
    renames()
    question = delete(browser, account, orders, batch, 0, step="confirm")
    assert (question.status_code, "This needs a second person" in text_of(question)) == (200, True)
    assert delete(browser, account, orders, batch, 0).status_code == 409
    refused(Action.DELETE, "approval-needed")
    assert "This needs a second person" in text_of(browser.post(page, {"act": "send", "step": 0}))
    assert nothing_sent(orders)


def test_a_second_person_is_asked_for_before_a_renamed_queue_is_emptied(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    browser.get(url_of("queue", account, orders))
    two_for("empty", NEW)
    rename(sandbox, orders, NEW)
    assert "This needs a second person" in text_of(empty(browser, account, orders))
    assert nothing_sent(orders)


@pytest.fixture
def request_to_delete(browser: Client, account: Account, orders: QueueHandle) -> ApprovalRequest:
    """Asked for under the old name."""
    two_for("delete", "*")
    batch = peeked(browser, account, orders)
    (act,) = Elements(delete(browser, account, orders, batch, 0, step="confirm")).all("input", name="act")
    browser.post(reverse("approval_ask"), {"act": act["value"], "reason": "poison", "intent": uuid.uuid4()})
    return ApprovalRequest.objects.get()


def test_what_was_approved_under_another_name_is_not_carried_out(
    browser: Client, account: Account, orders: QueueHandle, request_to_delete: ApprovalRequest, renames: Any
) -> None:
    other = signed_in(make_user("bo", "Lead"))
    other.post(reverse("approval_decide", args=[request_to_delete.pk]), {"decision": "approve", "remark": ""})
    renames()
    answer = browser.post(reverse("approval_run", args=[request_to_delete.pk]), {"intent": uuid.uuid4()})
    assert answer.status_code == 409
    refused(Action.DELETE, "not-what-was-approved")
    assert nothing_sent(orders)


def test_nobody_approves_what_they_may_not_do_by_the_name_that_is_known_now(
    browser: Client, account: Account, orders: QueueHandle, request_to_delete: ApprovalRequest, renames: Any
) -> None:
    other = signed_in(make_user("bo", "Lead"))
    deny("delete", NEW)
    renames()
    browser.get(url_of("queue", account, orders))
    decision = reverse("approval_decide", args=[request_to_delete.pk])
    assert other.post(decision, {"decision": "approve", "remark": ""}).status_code == 403


def test_what_a_rule_gives_it_has_to_give_by_both_names(
    cast: Cast, account: Account, orders: QueueHandle, renames: Callable[[], None]
) -> None:
    cast.owner.groups.set(Group.objects.filter(name="Viewer"))
    browser = signed_in(cast.owner)
    for permission in ("peek", "delete"):
        allow(permission, OLD)
    batch = peeked(browser, account, orders)
    renames()
    assert delete(browser, account, orders, batch, 0).status_code == 403
    assert nothing_sent(orders)
    for permission in ("peek", "delete"):
        allow(permission, "prod-*")
    QueueRule.objects.filter(pattern=OLD).delete()
    assert delete(browser, account, orders, batch, 0).status_code == 403
    allow("delete", OLD)
    assert delete(browser, account, orders, batch, 0).status_code == 303
    assert orders.count("purge_messages") == 1


def test_where_the_present_name_cannot_be_had_the_newest_known_one_counts_and_is_not_asked_for_again(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    batch = peeked(browser, account, orders)
    rename(sandbox, orders, NEW)
    now.shift(names.READING_S + 1)
    browser.get(url_of("queue", account, orders))
    mask(NEW)
    deny("delete", NEW)
    rename(sandbox, orders, "another")
    now.shift(names.READING_S + 1)
    sandbox.fault("html", route="queue", status=403, count=100)
    before = orders.count("queue")
    for _ in range(3):
        answer = browser.get(url_of("message_body", account, orders, batch.pk, 0))
        assert (answer.status_code, CANARY in text_of(answer)) == (200, False)
    assert orders.count("queue") == before + 1
    assert delete(browser, account, orders, batch, 0).status_code == 403
    assert nothing_sent(orders)


def test_where_nothing_is_known_but_how_it_was_kept_that_name_counts(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    batch = peeked(browser, account, orders)
    mask(OLD)
    cache.clear()
    sandbox.fault("html", route="queue", status=403, count=100)
    answer = browser.get(url_of("message_body", account, orders, batch.pk, 0))
    assert (answer.status_code, CANARY in text_of(answer)) == (200, False)


def test_a_name_is_asked_for_only_where_a_rule_goes_by_it(
    browser: Client, account: Account, orders: QueueHandle, now: time_machine.Traveller
) -> None:
    batch = pulled(browser, account, orders)
    mask("*")
    deny("export", "elsewhere-*")
    now.shift(names.READING_S - 1)
    before = orders.count("queue")
    settle(browser, account, orders, batch, 0)
    assert orders.count("queue") == before
    deny("settle", "elsewhere-*")
    for position in (1, 2):
        settle(browser, account, orders, batch, position)
    assert orders.count("settle") == 3
    assert orders.count("queue") == before + 1


def test_what_others_hold_of_a_queue_that_is_hidden_now_is_not_listed(
    browser: Client, cast: Cast, account: Account, orders: QueueHandle, renames: Callable[[], None]
) -> None:
    pull(browser, account, orders, visibility_timeout="10 min")
    lead = signed_in(make_user("lead", "Lead"))
    first = Lease.objects.earliest("pk").message_id
    assert first in text_of(lead.get("/leases/all/"))
    deny("see_queues", NEW)
    renames()
    browser.get(reverse("queues", args=[account.pk]))
    assert first not in text_of(lead.get("/leases/all/"))
