"""Acknowledge and retry, against the sandbox over real HTTP."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from queues_app import cloudflare, upstream
from queues_app.access import NotAllowedError
from queues_app.models import Account, Action, AuditEntry, Batch, Lease, LeaseState, Outcome
from queues_app.operations import batches, look
from queues_app.operations.leases import NothingHeldError, Result, Verb
from queues_app.operations.settle import settle
from queues_app.operations.skipped import UnclearAnswerError
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.people import Cast
from tests.support.stack import calling


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=3)
    queue.push_many([{"order": number} for number in range(3)])
    return queue


@pytest.fixture
def pulled(account: Account, orders: QueueHandle) -> Batch:
    return look.pull(
        caller=calling(account.credential.owner),
        account=account,
        queue_id=orders.id,
        batch_size=3,
        visibility_timeout_ms=60_000,
        intent=uuid.uuid4(),
    )


def settle_all(batch: Batch, verb: Verb = Verb.ACK, delay_seconds: int | None = None) -> Result:
    return settle(
        caller=calling(batch.owner),
        batch=batch,
        positions=[0, 1, 2],
        verb=verb,
        delay_seconds=delay_seconds,
        intent=uuid.uuid4(),
    )


def states(batch: Batch) -> list[str]:
    return list(batch.leases.values_list("state", flat=True))


def lapse(batch: Batch, position: int) -> None:
    Lease.objects.filter(batch=batch, position=position).update(expires_at=timezone.now() - timedelta(seconds=1))


def entry_of(action: Action) -> AuditEntry:
    return AuditEntry.objects.get(action=action)


def test_acknowledged_messages_leave_the_queue(pulled: Batch, orders: QueueHandle) -> None:
    result = settle_all(pulled)

    assert result.sentence == "3 of 3 acknowledged."
    assert orders.messages == []
    assert states(pulled) == ["acked"] * 3
    entry = entry_of(Action.ACK)
    assert (entry.outcome, entry.message_count, len(entry.message_ids)) == (Outcome.OK, 3, 3)


def test_retried_messages_come_back_after_their_delay(pulled: Batch, orders: QueueHandle, clock: ManualClock) -> None:
    result = settle_all(pulled, Verb.RETRY, delay_seconds=120)

    assert result.sentence == "3 of 3 retried."
    assert {message.state for message in orders.messages} == {"delayed"}
    clock.advance(seconds=121)
    assert {message.state for message in orders.messages} == {"ready"}
    assert entry_of(Action.RETRY).parameters["delay_seconds"] == 120


def test_a_lapsed_lease_is_not_sent_and_said_to_be_skipped(pulled: Batch, orders: QueueHandle) -> None:
    lapse(pulled, 1)

    result = settle_all(pulled)

    assert result.sentence == "2 of 3 acknowledged. 1 skipped: its lease had lapsed."
    assert len(orders.messages) == 1
    assert states(pulled) == ["acked", "held", "acked"]


def test_a_lease_that_the_upstream_calls_stale_is_told_with_its_warning(
    pulled: Batch, orders: QueueHandle, clock: ManualClock
) -> None:
    clock.advance(seconds=61)  # upstream they have lapsed; on our clock they are still held

    result = settle_all(pulled)

    assert (result.done, result.counted) == (0, 0)
    assert len(result.skipped) == 3
    assert states(pulled) == [LeaseState.SKIPPED] * 3
    assert len(orders.messages) == 3


@pytest.mark.parametrize("cut", [0, 10])
def test_no_lease_id_stands_in_a_warning_about_another_message(
    pulled: Batch, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    first, second, _ = [message.lease_id or "" for message in batches.messages_of(pulled)]
    told = f"no such lease, see {second[: len(second) - cut]}{'…' if cut else ''}"
    speak(monkeypatch, {first: told})

    settle_all(pulled)

    remark, warning = entry_of(Action.ACK).remark, pulled.leases.get(position=0).warning
    assert "no such lease" in remark
    assert "no such lease" in warning
    assert second[: len(second) - cut] not in remark + warning


def test_a_lease_that_is_named_without_a_reason_is_not_called_acknowledged(
    pulled: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = batches.messages_of(pulled)[0].lease_id or ""
    speak(monkeypatch, {first: ""})

    result = settle_all(pulled)

    assert result.sentence == "2 of 3 acknowledged. 1 skipped: no reason was given."
    assert states(pulled) == ["skipped", "acked", "acked"]


def test_a_warning_that_names_no_lease_leaves_unknown_what_it_may_be_about(
    pulled: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = [message.lease_id or "" for message in batches.messages_of(pulled)]
    speak(monkeypatch, {first: "stale lease", "": f"one of {second} and others was not found"})

    with pytest.raises(UnclearAnswerError) as told:
        settle_all(pulled)

    assert told.value.sentence == (
        "Cloudflare answered with errors: one of … and others was not found. 2 of 3 may be acknowledged or not."
    )
    assert states(pulled) == ["skipped", "unknown", "unknown"]
    assert entry_of(Action.ACK).outcome == Outcome.UNKNOWN
    # What is unknown can be tried again; what was skipped is over.
    with pytest.raises(UnclearAnswerError) as again:
        settle_all(pulled)
    assert "2 of 3 may be acknowledged or not" in again.value.sentence


def test_a_count_that_fits_is_believed_beside_a_warning_that_names_no_lease(
    pulled: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch, {"": "deprecated"}, counted=3)

    assert settle_all(pulled).sentence == "3 of 3 acknowledged."
    assert states(pulled) == ["acked"] * 3


def speak(monkeypatch: pytest.MonkeyPatch, warnings: dict[str, str], counted: int | None = None) -> None:
    """Let the upstream settle and say this beside."""
    really = cloudflare.Client.settle

    def settled(client: cloudflare.Client, *args: Any, **kwargs: Any) -> cloudflare.Answer[cloudflare.Settled]:
        answer = really(client, *args, **kwargs)
        return replace(answer, value=cloudflare.Settled(counted, None, warnings))

    monkeypatch.setattr(cloudflare.Client, "settle", settled)


def test_a_warning_is_kept_without_the_lease_id_in_it(pulled: Batch, clock: ManualClock) -> None:
    lease_ids = [message.lease_id for message in batches.messages_of(pulled)]
    clock.advance(seconds=61)

    settle_all(pulled)

    rows = str([*Lease.objects.values(), *AuditEntry.objects.values()])
    assert all(lease_id not in rows for lease_id in lease_ids if lease_id)


def test_when_nothing_is_held_any_more_nothing_is_sent(pulled: Batch, orders: QueueHandle) -> None:
    settle_all(pulled)

    with pytest.raises(NothingHeldError):
        settle_all(pulled)

    assert orders.count("settle") == 1
    assert AuditEntry.objects.filter(action=Action.ACK, outcome=Outcome.REFUSED).count() == 1


def test_a_lost_answer_leaves_the_leases_unknown(pulled: Batch, orders: QueueHandle) -> None:
    orders.fault("reset", route="settle")

    with pytest.raises(cloudflare.AnswerLost):
        settle_all(pulled)

    assert orders.count("settle") == 1
    assert states(pulled) == [LeaseState.UNKNOWN] * 3
    assert entry_of(Action.ACK).outcome == Outcome.UNKNOWN


def test_a_viewer_cannot_settle_and_the_attempt_is_on_the_record(
    cast: Cast, pulled: Batch, orders: QueueHandle
) -> None:
    with pytest.raises(NotAllowedError):
        settle(
            caller=calling(cast.viewer),
            batch=pulled,
            positions=[0],
            verb=Verb.ACK,
            delay_seconds=None,
            intent=uuid.uuid4(),
        )

    assert orders.count("settle") == 0
    assert entry_of(Action.ACK).outcome == Outcome.REFUSED


@pytest.mark.parametrize(("counted", "named"), [(2, "2 of 3"), (0, "0 of 3")])
def test_counts_that_do_not_fit_are_told_and_nothing_is_claimed(
    pulled: Batch, monkeypatch: pytest.MonkeyPatch, counted: int, named: str
) -> None:
    real_settle = cloudflare.Client.settle

    def miscounting(client: cloudflare.Client, *args: object, **kwargs: object) -> object:
        answer = real_settle(client, *args, **kwargs)  # type: ignore[arg-type]
        return cloudflare.Answer(
            value=cloudflare.Settled(ack_count=counted, retry_count=None, warnings={}),
            status=answer.status,
            cf_ray=answer.cf_ray,
            duration_ms=answer.duration_ms,
            rate_limit=answer.rate_limit,
            received_at=answer.received_at,
        )

    monkeypatch.setattr(cloudflare.Client, "settle", miscounting)

    result = settle_all(pulled)

    assert named in result.sentence
    assert states(pulled) == [LeaseState.UNKNOWN] * 3


def test_two_forms_settle_a_lease_once(pulled: Batch, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    real_settle = cloudflare.Client.settle

    def overtaken(client: cloudflare.Client, *args: object, **kwargs: object) -> object:
        with pytest.raises(NothingHeldError):
            settle_all(pulled)
        return real_settle(client, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(cloudflare.Client, "settle", overtaken)

    settle_all(pulled)

    assert orders.count("settle") == 1
    assert states(pulled) == [LeaseState.ACKED] * 3


def test_a_process_killed_in_the_middle_leaves_the_leases_unknown(
    pulled: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cloudflare.Client, "settle", killed)

    with pytest.raises(KeyboardInterrupt):
        settle_all(pulled)

    assert states(pulled) == [LeaseState.UNKNOWN] * 3


def test_what_was_declined_is_still_held(pulled: Batch, orders: QueueHandle) -> None:
    orders.fault("rate_limited", route="settle")

    with pytest.raises(cloudflare.RateLimited):
        settle_all(pulled)

    assert states(pulled) == [LeaseState.HELD] * 3


def test_what_was_not_sent_for_want_of_a_place_is_still_held(pulled: Batch, settings: Settings) -> None:
    settings.UPSTREAM_SLOTS = 1

    with upstream.slot(), pytest.raises(upstream.UpstreamBusyError):
        settle_all(pulled)

    assert states(pulled) == [LeaseState.HELD] * 3
