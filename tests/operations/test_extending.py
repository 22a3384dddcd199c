"""Extensions of leases, against the sandbox over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from queues_app import cloudflare
from queues_app.cloudflare import Answer, Extended
from queues_app.models import Account, Action, AuditEntry, Lease, LeaseState, Outcome
from queues_app.operations.lease_rows import PERHAPS_EXTENDED
from queues_app.operations.leases import Verb
from queues_app.sandbox import ManualClock, QueueHandle
from tests.operations.holding import do, lease_ids, pull, sentences, states


def answering(monkeypatch: pytest.MonkeyPatch, change: Callable[[Extended, list[str]], Extended]) -> None:
    """Let the upstream extend, and say something else about it. `change` also gets the old lease ids."""
    real = cloudflare.Client.extend

    def extend(client: cloudflare.Client, *args: Any, **kwargs: Any) -> Answer[Extended]:
        answer = real(client, *args, **kwargs)
        return replace(answer, value=change(answer.value, list(kwargs["lease_ids"])))

    monkeypatch.setattr(cloudflare.Client, "extend", extend)


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
