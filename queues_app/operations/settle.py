"""Settle pulled messages: acknowledge them, which deletes them, or hand them back for a retry."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from queues_app import audit, cloudflare, upstream
from queues_app.access import Permission
from queues_app.audit import AuditNotClosedError, Caller, Record
from queues_app.cloudflare import CloudflareError, Settled
from queues_app.expected import ExpectedError
from queues_app.models import Action, Batch, Lease, LeaseState
from queues_app.operations import allowed, batches, kept

MAX_DELAY_SECONDS = 24 * 60 * 60


class Verb(StrEnum):
    """What to do with the chosen leases."""

    ACK = "ack"
    RETRY = "retry"

    @property
    def action(self) -> Action:
        return Action.ACK if self is Verb.ACK else Action.RETRY

    @property
    def done(self) -> str:
        return "acknowledged" if self is Verb.ACK else "retried"


class NothingHeldError(ExpectedError):
    """None of the chosen messages is leased by this batch any more. Nothing was sent."""

    sentence = (
        "None of the chosen messages is still held: their leases have lapsed or were settled before. Nothing was sent."
    )
    reason = "nothing-held"
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A chosen message that was not settled, and why: in our words, or in the upstream's."""

    message_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it. `counted` is the upstream's own number, None where it gave none."""

    verb: Verb
    chosen: int
    done: int
    counted: int | None
    skipped: tuple[Skipped, ...]

    @property
    def sentence(self) -> str:
        """The numbers in one line, with the upstream's count where it differs from ours."""
        if self.counted is not None and self.counted != self.done:
            return (
                f"Cloudflare counts {self.counted} of {self.chosen} {self.verb.done}, "
                f"yet names {len(self.skipped)} as skipped: what became of each is unknown."
            )
        sentence = f"{self.done} of {self.chosen} {self.verb.done}."
        if self.skipped:
            sentence += f" {len(self.skipped)} skipped: {self.skipped[0].why}"
            sentence += " and other reasons." if len({skip.why for skip in self.skipped}) > 1 else "."
        return sentence


def settle(
    *,
    caller: Caller,
    batch: Batch,
    positions: Sequence[int],
    verb: Verb,
    delay_seconds: int | None,
    intent: uuid.UUID,
) -> Result:
    """Acknowledge or retry the messages at these positions of a pulled batch.

    Only leases that are still held are sent: a lapsed one may be somebody else's by now. `delay_seconds` (0–86,400)
    is for retries; None leaves it to the consumer's own setting.

    Raises NotAllowedError, NothingHeldError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError,
    VaultError, UpstreamBusyError, CloudflareError.
    """
    require(caller=caller, batch=batch, positions=positions, verb=verb)
    parameters = _parameters(batch, positions)
    if verb is Verb.RETRY:
        parameters["delay_seconds"] = delay_seconds
    with audit.record(
        caller=caller, action=verb.action, subject=kept.subject_of(batch), parameters=parameters, intent=intent
    ) as record:
        messages = batches.messages_of(batch)
        now = timezone.now()
        chosen, held = _claim(batch, positions, now)
        record.note(message_ids=[lease.message_id for lease in held])
        if not held:
            raise NothingHeldError
        lease_ids = {lease.pk: messages[lease.position].lease_id or "" for lease in held}
        with _given_back_unless_sent(held):
            answer = _send(batch, verb, lease_ids.values(), delay_seconds)
        record.answered(answer)
        return _write_down(record, verb, chosen, held, lease_ids, answer.value, now)


def require(*, caller: Caller, batch: Batch, positions: Sequence[int], verb: Verb) -> None:
    """Whether the caller may settle, asked also before the question is put.

    Raises NotAllowedError, after recording the refused attempt.
    """
    allowed.require(
        caller,
        Permission.SETTLE,
        action=verb.action,
        subject=kept.subject_of(batch),
        parameters=_parameters(batch, positions),
    )


def _parameters(batch: Batch, positions: Sequence[int]) -> dict[str, Any]:
    return {"chosen": len(positions), "batch": str(batch.pk)}


def _claim(batch: Batch, positions: Sequence[int], now: datetime) -> tuple[list[Lease], list[Lease]]:
    """The chosen leases as they stood, and those of them that are still held.

    The held ones are `unknown` from here until the answer is written down: a second form finds nothing to settle, and
    a process killed in the middle leaves the truth behind.
    """
    with transaction.atomic():
        chosen = list(batch.leases.select_for_update().filter(position__in=positions))
        held = [lease for lease in chosen if lease.state == LeaseState.HELD and lease.expires_at > now]
        _rows_of(held).update(state=LeaseState.UNKNOWN, settled_at=now)
    return chosen, held


@contextmanager
def _given_back_unless_sent(held: Sequence[Lease]) -> Iterator[None]:
    """What surely did not reach the upstream leaves the leases held, as they were."""
    try:
        yield
    except (CloudflareError, ExpectedError) as error:
        if isinstance(error, ExpectedError) or not error.may_have_happened:
            _rows_of(held).update(state=LeaseState.HELD, settled_at=None)
        raise


def _rows_of(leases: Sequence[Lease]) -> QuerySet[Lease]:
    return Lease.objects.filter(pk__in=[lease.pk for lease in leases])


def _send(batch: Batch, verb: Verb, lease_ids: Iterable[str], delay_seconds: int | None) -> cloudflare.Answer[Settled]:
    auth = upstream.auth_of(batch.account.credential)
    acks: tuple[str, ...] = ()
    retries: tuple[cloudflare.Retry, ...] = ()
    if verb is Verb.ACK:
        acks = tuple(lease_ids)
    else:
        retries = tuple(cloudflare.Retry(lease_id=lease_id, delay_seconds=delay_seconds) for lease_id in lease_ids)
    with upstream.slot() as client:
        return client.settle(
            auth,
            account_id=batch.account.account_id,
            queue_id=batch.queue_id,
            acks=acks,
            retries=retries,
        )


def _write_down(
    record: Record,
    verb: Verb,
    chosen: Sequence[Lease],
    held: Sequence[Lease],
    lease_ids: dict[int, str],
    settled: Settled,
    now: datetime,
) -> Result:
    """Set the state of each lease by its warning, and complete the entry with the same numbers."""
    skipped = [Skipped(message_id=lease.message_id, why=_why_not_held(lease)) for lease in chosen if lease not in held]
    done = 0
    for lease in held:
        lease_id = lease_ids[lease.pk]
        # A warning is foreign text and may repeat the lease id, which is kept nowhere but sealed.
        warning = settled.warnings.get(lease_id, "").replace(lease_id, "…")[:300]
        lease.settled_at = now
        lease.warning = warning
        if warning:
            lease.state = LeaseState.SKIPPED
            skipped.append(Skipped(message_id=lease.message_id, why=warning.rstrip(".")))
        else:
            lease.state = LeaseState.ACKED if verb is Verb.ACK else LeaseState.RETRIED
            done += 1
    result = Result(
        verb=verb,
        chosen=len(chosen),
        done=done,
        counted=settled.ack_count if verb is Verb.ACK else settled.retry_count,
        skipped=tuple(skipped),
    )
    if result.counted not in (None, done):
        for lease in held:
            lease.state = LeaseState.UNKNOWN
    try:
        with transaction.atomic():
            Lease.objects.bulk_update(held, ["state", "settled_at", "warning"])
            record.ok(remark=result.sentence, message_ids=[lease.message_id for lease in held], message_count=done)
    except DatabaseError as error:
        raise AuditNotClosedError(record.entry) from error
    return result


def _why_not_held(lease: Lease) -> str:
    if lease.state == LeaseState.UNKNOWN:
        return "it is being settled, or what came of that is unknown"
    if lease.state != LeaseState.HELD:
        return f"already {lease.get_state_display()}"
    return "its lease had lapsed"
