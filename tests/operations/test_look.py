"""Peek and pull, against the sandbox over real HTTP."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from queues_app import cloudflare, upstream
from queues_app.access import NotAllowedError
from queues_app.audit import AlreadySubmittedError, AuditNotClosedError, AuditUnavailableError
from queues_app.models import Account, Action, AuditEntry, Batch, Lease, Mode, Outcome
from queues_app.operations import batches, look
from queues_app.sandbox import QueueHandle, Sandbox
from queues_app.vault import VaultError
from tests.support.people import Cast, make_account
from tests.support.stack import calling


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=3, dead_letter_queue="orders-dlq")
    queue.push_many([{"order": number} for number in range(5)])
    return queue


def peek(account: Account, queue: QueueHandle, batch_size: int = 10) -> Batch:
    return look.peek(
        caller=calling(account.credential.owner), account=account, queue_id=queue.id, batch_size=batch_size
    )


def pull(account: Account, queue: QueueHandle, *, batch_size: int = 2, intent: uuid.UUID | None = None) -> Batch:
    return look.pull(
        caller=calling(account.credential.owner),
        account=account,
        queue_id=queue.id,
        batch_size=batch_size,
        visibility_timeout_ms=30_000,
        intent=intent or uuid.uuid4(),
    )


def only_entry() -> AuditEntry:
    return AuditEntry.objects.get()


def test_a_peek_costs_no_attempt_and_keeps_a_sealed_batch(account: Account, orders: QueueHandle) -> None:
    batch = peek(account, orders)

    assert [message.attempts for message in orders.messages] == [0] * 5
    assert (batch.mode, batch.message_count, batch.backlog_count) == (Mode.PEEK, 5, 5)
    assert b"order" not in bytes(batch.sealed_messages)
    assert [message.body for message in batches.messages_of(batch)] == [f'{{"order":{n}}}' for n in range(5)]
    assert not Lease.objects.exists()


def test_a_peek_leaves_one_entry_with_everything_but_bodies(account: Account, orders: QueueHandle) -> None:
    batch = peek(account, orders)

    entry = only_entry()
    assert (entry.action, entry.outcome, entry.status) == (Action.PEEK, Outcome.OK, 200)
    assert (entry.user_name, entry.client_address, entry.request_id) == ("owner", "127.0.0.1", "test-request")
    assert (entry.queue_id, entry.queue_name) == (orders.id, "orders")
    assert (entry.credential_label, entry.account_name) == (account.credential.display, "acme-logistics")
    assert entry.message_ids == [message.id for message in orders.messages]
    assert (entry.message_count, entry.backlog_count, entry.batch_id) == (5, 5, batch.pk)
    assert entry.parameters == {"batch_size": 10}
    assert entry.cf_ray
    assert entry.duration_ms is not None
    assert entry.completed_at is not None
    assert entry.completed_at >= entry.at


def test_a_pull_uses_one_attempt_of_each_and_leases_what_it_returns(account: Account, orders: QueueHandle) -> None:
    batch = pull(account, orders)

    assert sorted(message.attempts for message in orders.messages) == [0, 0, 0, 1, 1]
    assert [lease.state for lease in batch.leases.all()] == ["held", "held"]
    entry = only_entry()
    assert (entry.action, entry.outcome, entry.remark) == (Action.PULL, Outcome.OK, "2 attempts used")
    assert entry.parameters == {"batch_size": 2, "visibility_timeout_ms": 30_000}


def test_lease_ids_stand_nowhere_but_in_the_sealed_batch(account: Account, orders: QueueHandle) -> None:
    batch = pull(account, orders)

    lease_id = batches.messages_of(batch)[0].lease_id
    assert lease_id
    rows = [*AuditEntry.objects.values(), *Lease.objects.values(), *Batch.objects.values()]
    assert lease_id not in str(rows)


def test_a_pull_says_which_attempts_were_the_last(account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("worn", max_retries=3)
    queue.push("worn out", attempts=2)
    queue.push("fresh")

    pull(account, queue)

    assert only_entry().remark == "2 attempts used; 1 message is at the limit of 3"


def test_the_same_form_pulls_once(account: Account, orders: QueueHandle) -> None:
    intent = uuid.uuid4()
    batch = pull(account, orders, intent=intent)

    with pytest.raises(AlreadySubmittedError) as again:
        pull(account, orders, intent=intent)

    assert orders.count("pull") == 1
    assert again.value.entry.batch_id == batch.pk


def test_the_intent_of_one_person_says_nothing_to_another(
    cast: Cast, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    intent = uuid.uuid4()
    pull(account, orders, intent=intent)

    look.pull(
        caller=calling(cast.teammate),
        account=make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id),
        queue_id=orders.id,
        batch_size=1,
        visibility_timeout_ms=1000,
        intent=intent,
    )

    assert orders.count("pull") == 2


@pytest.mark.parametrize("person", ["viewer", "auditor", "stranger"])
def test_who_may_not_is_refused_on_the_record_and_nothing_is_sent(
    cast: Cast, account: Account, orders: QueueHandle, person: str
) -> None:
    caller = calling(getattr(cast, person))

    with pytest.raises(NotAllowedError):
        look.peek(caller=caller, account=account, queue_id=orders.id, batch_size=1)

    assert orders.calls == []
    entry = only_entry()
    assert (entry.action, entry.outcome, entry.reason) == (Action.PEEK, Outcome.REFUSED, "not-allowed")
    assert entry.user_name == person


def test_without_an_entry_nothing_is_asked(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: AuditEntry, *args: object, **kwargs: object) -> None:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr(AuditEntry, "save", full)

    with pytest.raises(AuditUnavailableError):
        pull(account, orders)

    assert orders.calls == []


def test_an_end_that_cannot_be_written_leaves_the_entry_unknown(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**kwargs: object) -> Batch:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr(batches, "keep", full)

    with pytest.raises(AuditNotClosedError) as error:
        pull(account, orders)

    entry = only_entry()
    assert (entry.outcome, entry.completed_at) == (Outcome.UNKNOWN, None)
    assert entry.receipt in error.value.sentence


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("reset", Outcome.UNKNOWN),
        ("html", Outcome.UNKNOWN),
        ("truncated", Outcome.UNKNOWN),
        ("rate_limited", Outcome.FAILED),
    ],
)
def test_a_pull_without_a_good_answer_is_unknown_where_a_lease_may_exist(
    account: Account, orders: QueueHandle, fault: str, outcome: Outcome
) -> None:
    orders.fault(fault, route="pull")

    with pytest.raises(cloudflare.CloudflareError):
        pull(account, orders)

    assert orders.count("pull") == 1
    assert only_entry().outcome == outcome
    assert only_entry().reason


def test_a_pull_from_a_paused_queue_fails_with_its_status(account: Account, orders: QueueHandle) -> None:
    orders.pause()

    with pytest.raises(cloudflare.DeliveryPaused):
        pull(account, orders)

    entry = only_entry()
    assert (entry.outcome, entry.status) == (Outcome.FAILED, 409)
    assert "paused" in entry.remark


def test_the_surplus_is_told_at_once_that_too_many_wait(
    account: Account, orders: QueueHandle, settings: Settings
) -> None:
    settings.UPSTREAM_SLOTS = 1
    peek(account, orders)  # so that the queue is known

    with upstream.slot(), pytest.raises(upstream.UpstreamBusyError):
        pull(account, orders)

    assert orders.count("pull") == 0
    assert AuditEntry.objects.get(action=Action.PULL).outcome == Outcome.REFUSED


def test_where_there_is_no_peek_the_preview_is_used_and_said(account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    queue.push("hello")
    sandbox.vary(account="acme-logistics", peek="absent")

    first, second = peek(account, queue), peek(account, queue)

    assert (first.mode, second.mode) == (Mode.PREVIEW, Mode.PREVIEW)
    assert queue.count("peek") == 1
    assert all("by preview" in entry.remark for entry in AuditEntry.objects.all())


def test_a_repeated_peek_offers_what_differs_and_moves_nothing(account: Account, orders: QueueHandle) -> None:
    shown = peek(account, orders)
    orders.push({"order": "new"})

    difference = look.peek_again(caller=calling(account.credential.owner), account=account, shown=shown)

    assert (difference.new, difference.gone, difference.changed) == (1, 0, 0)
    assert difference.batch is not None
    assert difference.batch.is_offer
    assert batches.messages_of(Batch.objects.get(pk=shown.pk)) == batches.messages_of(shown)


def test_a_repeated_peek_that_finds_the_same_keeps_nothing(account: Account, orders: QueueHandle) -> None:
    shown = peek(account, orders)

    difference = look.peek_again(caller=calling(account.credential.owner), account=account, shown=shown)

    assert difference.batch is None
    assert Batch.objects.count() == 1
    assert AuditEntry.objects.count() == 2


def test_a_page_cannot_look_more_often_than_the_floor(account: Account, orders: QueueHandle) -> None:
    shown = peek(account, orders)
    caller = calling(account.credential.owner)
    look.peek_again(caller=caller, account=account, shown=shown)

    with pytest.raises(look.RepeatedTooSoonError):
        look.peek_again(caller=caller, account=account, shown=shown)

    assert orders.count("peek") == 2


def test_a_key_that_is_gone_stops_before_anything_is_sent(
    account: Account, orders: QueueHandle, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS = ["b3RoZXItb25seS1rZXktbnVtYmVyLW9uZS0wMDAxISE="]

    with pytest.raises(VaultError):
        peek(account, orders)

    assert orders.calls == []
    assert only_entry().outcome == Outcome.REFUSED


def test_an_entry_is_committed_before_the_call_and_says_unknown_until_its_end(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    real_pull = cloudflare.Client.pull

    def watched(client: cloudflare.Client, *args: object, **kwargs: object) -> object:
        seen.append((only_entry().outcome, only_entry().is_complete))
        return real_pull(client, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(cloudflare.Client, "pull", watched)
    pull(account, orders)

    assert seen == [(Outcome.UNKNOWN, False)]
    assert AuditEntry.objects.get().outcome == Outcome.OK


def test_an_offer_is_kept_no_longer_than_any_other_batch(
    account: Account, orders: QueueHandle, settings: Settings
) -> None:
    settings.BATCH_RETENTION = timedelta(minutes=5)
    shown = peek(account, orders)
    orders.push("one more")

    found = look.peek_again(caller=calling(account.credential.owner), account=account, shown=shown).batch

    assert found is not None
    assert found.expires_at - found.fetched_at == settings.BATCH_RETENTION


def test_what_was_pulled_and_cannot_be_read_used_an_attempt_all_the_same(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = cloudflare.Client.pull

    def with_two_unreadable(client: cloudflare.Client, auth: cloudflare.Auth, **asked: Any) -> Any:
        answer = good(client, auth, **asked)
        return replace(answer, value=replace(answer.value, messages=answer.value.messages[:1], skipped=2))

    monkeypatch.setattr(cloudflare.Client, "pull", with_two_unreadable)

    pull(account, orders, batch_size=3)

    assert only_entry().remark == "3 attempts used, 2 of them by messages that could not be read"
