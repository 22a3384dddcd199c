"""Leases across batches, queues and people, against the sandbox over real HTTP."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission as Grant
from django.utils import timezone

from queues_app import cloudflare, vault
from queues_app.access import NotAllowedError
from queues_app.audit import AlreadySubmittedError
from queues_app.cloudflare import Answer, CloudflareError, Extended
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, AuditEntry, Batch, Lease, LeaseState, Outcome, User
from queues_app.operations import ledger, look
from queues_app.operations.lease_rows import PERHAPS_EXTENDED
from queues_app.operations.leases import (
    Asked,
    LeaseIdsLostError,
    NoAccountError,
    NothingHeldError,
    Result,
    Verb,
    act,
    parts_of,
    require,
)
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user
from tests.support.stack import calling

type Came = Result | CloudflareError | ExpectedError


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("orders", max_retries=5)


@pytest.fixture
def lead(cast: Cast, sandbox: Sandbox, account: Account) -> User:
    """Somebody who may settle for the owner, with a credential of their own for the same account."""
    lead = make_user("lead", "Lead")
    make_account(lead, secret=sandbox.tokens["full"], account_id=account.account_id, name="acme", label="lead's")
    return lead


def pull(account: Account, queue: QueueHandle, count: int = 3, *, timeout_ms: int = 60_000) -> Batch:
    queue.push_many([{"order": number} for number in range(count)])
    return look.pull(
        caller=calling(account.credential.owner),
        account=account,
        queue_id=queue.id,
        batch_size=count,
        visibility_timeout_ms=timeout_ms,
        intent=uuid.uuid4(),
    )


def do(
    user: User, verb: Verb, *, leases: list[Lease] | None = None, intent: uuid.UUID | None = None, **terms: Any
) -> tuple[Came, ...]:
    """What a form with all these leases (or every lease there is) does."""
    asked = Asked(verb=verb, **terms)
    chosen = leases if leases is not None else list(Lease.objects.select_related("holder", "account__credential"))
    parts = parts_of(caller=calling(user), leases=chosen, asked=asked)
    return act(caller=calling(user), parts=parts, asked=asked, intent=intent or uuid.uuid4())


def states() -> list[str]:
    return list(Lease.objects.values_list("state", flat=True))


def lease_ids() -> set[str]:
    return {vault.unseal(lease.sealed_lease_id).decode() for lease in Lease.objects.all()}


def sentences(results: tuple[Came, ...]) -> list[str]:
    return [result.sentence for result in results]


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


def test_an_extended_lease_has_a_new_id_and_end_and_no_attempt_was_used(
    account: Account, orders: QueueHandle, clock: ManualClock
) -> None:
    pull(account, orders, timeout_ms=60_000)
    before, ends = lease_ids(), list(Lease.objects.values_list("expires_at", flat=True))
    clock.advance(seconds=40)

    results = do(account.credential.owner, Verb.EXTEND)

    assert sentences(results) == ["3 of 3 extended."]
    assert not before & lease_ids()
    assert all(lease.expires_at > end for lease, end in zip(Lease.objects.all(), ends, strict=True))
    assert {(lease.state, lease.extensions, lease.settled_at) for lease in Lease.objects.all()} == {("held", 1, None)}
    clock.advance(seconds=40)  # beyond the first end, before the second
    assert {(message.state, message.attempts) for message in orders.messages} == {("leased", 1)}
    assert sentences(do(account.credential.owner, Verb.ACK)) == ["3 of 3 acknowledged."]
    assert orders.messages == []


def test_each_lease_is_held_on_as_long_as_before_unless_one_says_how_long(
    account: Account, orders: QueueHandle
) -> None:
    pull(account, orders, 1, timeout_ms=60_000)
    pull(account, orders, 1, timeout_ms=600_000)
    owner = account.credential.owner

    do(owner, Verb.EXTEND)
    asked = [entry.parameters["visibility_timeout_ms"] for entry in AuditEntry.objects.filter(action=Action.EXTEND)]
    assert sorted(asked) == [60_000, 600_000]

    do(owner, Verb.EXTEND, visibility_timeout_ms=3_600_000)
    assert set(Lease.objects.values_list("visibility_timeout_ms", "extensions")) == {(3_600_000, 2)}
    assert Lease.objects.filter(expires_at__gt=timezone.now() + timedelta(minutes=59)).count() == 2


def answering(monkeypatch: pytest.MonkeyPatch, change: Callable[[Extended, list[str]], Extended]) -> None:
    """Let the upstream extend, and say something else about it. `change` also gets the old lease ids."""
    real = cloudflare.Client.extend

    def extend(client: cloudflare.Client, *args: Any, **kwargs: Any) -> Answer[Extended]:
        answer = real(client, *args, **kwargs)
        return replace(answer, value=change(answer.value, list(kwargs["lease_ids"])))

    monkeypatch.setattr(cloudflare.Client, "extend", extend)


@pytest.mark.parametrize("named", ["nowhere", "on both sides"])
def test_whether_a_message_was_extended_that_the_answer_does_not_tell_is_unknown(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    pull(account, orders)
    first = Lease.objects.earliest("pk")

    def change(extended: Extended, old: list[str]) -> Extended:
        if named == "nowhere":
            return Extended({key: new for key, new in extended.leases.items() if key != first.message_id})
        return Extended(extended.leases, {old[0]: "lease is no longer valid"})

    answering(monkeypatch, change)

    results = do(account.credential.owner, Verb.EXTEND)

    assert sentences(results) == [f"2 of 3 extended. 1 skipped: {PERHAPS_EXTENDED}."]
    lease = Lease.objects.get(pk=first.pk)
    assert (lease.state, lease.extensions, lease.warning) == ("held", 0, PERHAPS_EXTENDED)
    assert (lease.expires_at, bytes(lease.sealed_lease_id)) == (first.expires_at, bytes(first.sealed_lease_id))


def test_an_extension_of_which_nothing_is_told_leaves_every_lease_as_it_was(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(account, orders)
    answering(monkeypatch, lambda extended, old: Extended({"somebody-else": "x"}))

    results = do(account.credential.owner, Verb.EXTEND)

    assert sentences(results) == [f"0 of 3 extended. 3 skipped: {PERHAPS_EXTENDED}."]
    assert states() == ["held"] * 3


def test_an_extension_whose_answer_was_lost_leaves_the_old_end(account: Account, orders: QueueHandle) -> None:
    pull(account, orders)
    ends = list(Lease.objects.values_list("expires_at", flat=True))
    orders.fault("reset", route="extend")

    (lost,) = do(account.credential.owner, Verb.EXTEND)

    assert isinstance(lost, cloudflare.AnswerLost)
    assert states() == ["held"] * 3
    assert list(Lease.objects.values_list("expires_at", flat=True)) == ends
    assert set(Lease.objects.values_list("warning", flat=True)) == {PERHAPS_EXTENDED}
    assert AuditEntry.objects.get(action=Action.EXTEND).outcome == Outcome.UNKNOWN


def test_what_the_upstream_says_is_stale_is_not_held_on(
    account: Account, orders: QueueHandle, clock: ManualClock
) -> None:
    pull(account, orders)
    clock.advance(seconds=61)

    results = do(account.credential.owner, Verb.EXTEND)

    assert sentences(results) == ["0 of 3 extended. 3 skipped: lease is no longer valid."]
    assert states() == ["skipped"] * 3


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


def test_a_colleague_settles_with_a_credential_of_their_own_and_the_record_says_for_whom(
    account: Account, orders: QueueHandle, lead: User
) -> None:
    pull(account, orders, 1)

    (result,) = do(lead, Verb.ACK)

    assert result.sentence == "1 of 1 acknowledged."
    entry = AuditEntry.objects.get(action=Action.ACK)
    assert (entry.user_name, entry.parameters["for"]) == ("lead", "owner")
    assert entry.credential_label.startswith("lead's")
    assert Lease.objects.get().settled_by == "lead"


def test_without_a_way_of_ones_own_to_the_account_nothing_is_sent_for_a_colleague(
    account: Account, orders: QueueHandle
) -> None:
    lead = make_user("lead", "Lead")
    pull(account, orders)

    (refusal,) = do(lead, Verb.RETURN)

    assert isinstance(refusal, NoAccountError)
    assert "None of your credentials reaches the account acme-logistics" in refusal.sentence
    entry = AuditEntry.objects.get(action=Action.RETRY)
    assert (entry.outcome, entry.reason) == (Outcome.REFUSED, "no-account")
    assert orders.count("settle") == 0
    assert states() == ["held"] * 3


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("who", ["teammate", "viewer", "stranger", "auditor"])
def test_whoever_may_not_settle_for_others_is_refused_on_the_record(
    cast: Cast, account: Account, orders: QueueHandle, verb: Verb, who: str
) -> None:
    pull(account, orders)

    with pytest.raises(NotAllowedError):
        do(getattr(cast, who), verb)

    entry = AuditEntry.objects.get(action=verb.action)
    assert (entry.outcome, entry.user_name, entry.parameters["for"]) == (Outcome.REFUSED, who, "owner")
    assert orders.count("settle") + orders.count("extend") == 0
    assert states() == ["held"] * 3


@pytest.mark.parametrize("verb", list(Verb))
def test_whoever_lost_the_right_to_settle_is_refused_for_their_own(
    account: Account, orders: QueueHandle, verb: Verb
) -> None:
    owner = account.credential.owner
    pull(account, orders)
    owner.groups.clear()
    owner = User.objects.get(pk=owner.pk)
    asked = Asked(verb=verb)

    with pytest.raises(NotAllowedError):
        require(
            caller=calling(owner), parts=parts_of(caller=calling(owner), leases=mine(owner), asked=asked), asked=asked
        )

    assert AuditEntry.objects.get(action=verb.action).outcome == Outcome.REFUSED


def mine(user: User) -> list[Lease]:
    return ledger.find(caller=calling(user), numbers=Lease.objects.values_list("pk", flat=True))


def test_ones_own_are_reached_by_the_account_they_were_pulled_with(
    account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    owner = account.credential.owner
    pull(account, orders, 1)
    other = make_account(owner, secret=sandbox.tokens["full"], account_id=account.account_id, label="newer")
    owner.credentials.update(is_default=False)
    owner.credentials.filter(pk=other.credential.pk).update(is_default=True)

    do(owner, Verb.ACK)

    assert AuditEntry.objects.get(action=Action.ACK).credential_id == account.credential.pk


def test_a_process_killed_while_it_extends_leaves_the_lease_unknown(
    account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(account, orders)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cloudflare.Client, "extend", killed)
    with pytest.raises(KeyboardInterrupt):
        do(account.credential.owner, Verb.EXTEND)

    assert states() == [LeaseState.UNKNOWN] * 3


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


def test_own_leases_are_visible_and_others_only_by_permission(
    cast: Cast, account: Account, orders: QueueHandle, lead: User
) -> None:
    pull(account, orders)
    assert len(mine(account.credential.owner)) == 3
    assert len(mine(lead)) == 3
    assert mine(cast.teammate) == []
    cast.teammate.user_permissions.add(Grant.objects.get(codename="see_all_leases"))
    assert len(mine(User.objects.get(pk=cast.teammate.pk))) == 3
