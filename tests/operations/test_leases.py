"""Leases across batches and queues, against the sandbox over real HTTP."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from queues_app import cloudflare
from queues_app.audit import AlreadySubmittedError
from queues_app.models import Account, Action, AuditEntry, Batch, Lease, Outcome
from queues_app.operations import look
from queues_app.operations.leases import (
    LeaseIdsLostError,
    NothingHeldError,
    Result,
    Verb,
)
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.operations.holding import do, lease_ids, pull, sentences, states
from tests.support.stack import calling


def test_many_leases_go_in_calls_of_a_hundred_for_each_queue(
    account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    invoices = sandbox.add_queue("invoices")
    for queue, count in ((orders, 100), (orders, 50), (invoices, 100)):
        pull(account, queue, count)

    results = do(account.credential.owner, Verb.ACK)

    assert sorted(sentences(results)) == [
        "100 of 100 acknowledged.",
        "100 of 100 acknowledged.",
        "50 of 50 acknowledged.",
    ]
    assert (orders.count("settle"), invoices.count("settle")) == (2, 1)
    assert (orders.messages, invoices.messages) == ([], [])
    entries = AuditEntry.objects.filter(action=Action.ACK)
    assert [entry.parameters["parts"] for entry in entries] == [3, 3, 3]
    assert sum(entry.message_count or 0 for entry in entries) == 250


def test_a_call_that_fails_in_the_middle_leaves_the_others_their_truth(
    account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    invoices = sandbox.add_queue("invoices")
    refunds = sandbox.add_queue("refunds")
    for queue in (orders, invoices, refunds):
        pull(account, queue, 2)
    invoices.fault("rate_limited", route="settle")
    refunds.fault("reset", route="settle")

    done, declined, lost = do(account.credential.owner, Verb.RETURN)

    assert isinstance(done, Result)
    assert isinstance(declined, cloudflare.RateLimited)
    assert isinstance(lost, cloudflare.AnswerLost)
    assert states() == ["retried"] * 2 + ["held"] * 2 + ["unknown"] * 2
    outcomes = dict(AuditEntry.objects.filter(action=Action.RETRY).values_list("queue_name", "outcome"))
    assert outcomes == {"orders": Outcome.OK, "invoices": Outcome.FAILED, "refunds": Outcome.UNKNOWN}


def test_the_same_form_twice_does_each_call_once(account: Account, orders: QueueHandle, sandbox: Sandbox) -> None:
    invoices = sandbox.add_queue("invoices")
    pull(account, orders)
    pull(account, invoices)
    intent = uuid.uuid4()

    do(account.credential.owner, Verb.EXTEND, intent=intent)
    again = do(account.credential.owner, Verb.EXTEND, intent=intent)

    assert [type(result) for result in again] == [AlreadySubmittedError] * 2
    assert (orders.count("extend"), invoices.count("extend")) == (1, 1)
    assert set(Lease.objects.values_list("extensions", flat=True)) == {1}


def test_what_is_returned_is_there_at_once_and_its_attempt_stays_used(
    account: Account, orders: QueueHandle, clock: ManualClock
) -> None:
    pull(account, orders, 2)

    results = do(account.credential.owner, Verb.RETURN)

    assert sentences(results) == ["2 of 2 returned."]
    assert [(message.state, message.attempts) for message in orders.messages] == [("ready", 1)] * 2
    assert AuditEntry.objects.get(action=Action.RETRY).parameters["delay_seconds"] == 0


def test_what_is_returned_at_its_limit_goes_to_the_dead_letter_queue(account: Account, sandbox: Sandbox) -> None:
    dead = sandbox.add_queue("dead", consumer=None)
    queue = sandbox.add_queue("last-tries", max_retries=1, dead_letter_queue="dead")
    queue.push("again", attempts=1)
    pull(account, queue, 1)

    do(account.credential.owner, Verb.RETURN)

    assert len(dead.messages) == 1


@pytest.mark.parametrize(("late", "left"), [("warned", 1), ("accepted", 0)])
def test_a_late_acknowledgement_is_told_as_the_upstream_takes_it(
    account: Account, orders: QueueHandle, sandbox: Sandbox, clock: ManualClock, late: str, left: int
) -> None:
    sandbox.vary(late_acks=late)
    pull(account, orders, 1)
    clock.advance(seconds=61)

    do(account.credential.owner, Verb.ACK)

    assert len(orders.messages) == left
    assert states() == ["skipped" if left else "acked"]


def test_two_leases_of_one_message_never_share_a_call(
    account: Account, orders: QueueHandle, clock: ManualClock
) -> None:
    pull(account, orders, 1)
    clock.advance(seconds=61)  # lapsed upstream; on our clock it is held on
    look.pull(
        caller=calling(account.credential.owner),
        account=account,
        queue_id=orders.id,
        batch_size=1,
        visibility_timeout_ms=60_000,
        intent=uuid.uuid4(),
    )

    results = do(account.credential.owner, Verb.EXTEND)

    assert orders.count("extend") == 2
    assert sentences(results) == ["0 of 1 extended. 1 skipped: lease is no longer valid.", "1 of 1 extended."]
    assert states() == ["skipped", "held"]


def test_a_lease_whose_id_is_lost_cannot_be_settled_and_says_so(account: Account, orders: QueueHandle) -> None:
    pull(account, orders)
    Lease.objects.filter(position=1).update(sealed_lease_id=b"")
    Lease.objects.filter(position=2).update(sealed_lease_id=b"sealed by a key that is gone")

    (result,) = do(account.credential.owner, Verb.ACK)
    (again,) = do(account.credential.owner, Verb.ACK)

    assert result.sentence.startswith("1 of 3 acknowledged. 2 skipped: its lease id is lost")
    assert isinstance(again, LeaseIdsLostError)
    assert states() == ["acked", "held", "held"]


def test_what_has_lapsed_is_not_sent(account: Account, orders: QueueHandle) -> None:
    pull(account, orders)
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for verb in Verb:
        (result,) = do(account.credential.owner, verb)
        assert isinstance(result, NothingHeldError)
    assert orders.count("settle") + orders.count("extend") == 0


def test_no_lease_id_stands_anywhere_but_sealed(account: Account, orders: QueueHandle, clock: ManualClock) -> None:
    owner = account.credential.owner
    pull(account, orders)
    known = lease_ids()
    do(owner, Verb.EXTEND)
    known |= lease_ids()
    clock.advance(seconds=600)
    do(owner, Verb.EXTEND)

    kept = str([*Lease.objects.values(), *AuditEntry.objects.values(), *Batch.objects.values()])
    assert len(known) == 6
    assert not [lease_id for lease_id in known if lease_id in kept]
