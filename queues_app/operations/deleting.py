"""Delete chosen messages of a kept copy, by the refs that their peek brought. The sealed copy stays."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from queues_app import audit, cloudflare, upstream
from queues_app.access import Permission
from queues_app.audit import AuditNotClosedError, Caller, Record
from queues_app.cloudflare import CloudflareError, Message
from queues_app.expected import ExpectedError
from queues_app.models import Action, ApprovalRequest, Batch, Deletion, DeletionState, Lease, Mode
from queues_app.operations import allowed, approvals, batches, kept
from queues_app.operations.approvals import Act
from queues_app.operations.skipped import LONGEST, Skipped, UnclearAnswerError, counted, reason, unnamed, without

# As many as one call of the API takes.
MOST_AT_ONCE: Final = 100


class NothingToDeleteError(ExpectedError):
    """None of the chosen messages can be deleted through this copy. Nothing was sent."""

    sentence = (
        "None of the chosen messages can be deleted from here: they were deleted before, or this copy has no "
        "reference to them. Nothing was sent."
    )
    reason = "nothing-to-delete"
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it."""

    chosen: int
    done: int
    skipped: tuple[Skipped, ...]

    @property
    def sentence(self) -> str:
        """The numbers in one line, with the first reason."""
        return counted(f"{self.done} of {self.chosen} deleted.", self.skipped)


@dataclass(frozen=True, slots=True)
class _Told:
    """The answer of either route: handle → warning, and errors that name no message."""

    warnings: dict[str, str]
    errors: tuple[str, ...]


def delete(
    *,
    caller: Caller,
    batch: Batch,
    positions: Sequence[int],
    intent: uuid.UUID,
    approved: ApprovalRequest | None = None,
) -> Result:
    """Delete the messages at these positions (100 at most) of a peeked batch, and keep the copy for as long again.

    Positions that were deleted before, or are being deleted, are left out and said to be skipped.

    Raises NotAllowedError, NothingToDeleteError, UnclearAnswerError, AlreadySubmittedError, AuditUnavailableError,
    AuditNotClosedError, VaultError, UpstreamBusyError, CloudflareError; and as `approvals.gate`.
    """
    positions = tuple(dict.fromkeys(positions))[:MOST_AT_ONCE]
    require(caller=caller, batch=batch, positions=positions)
    with audit.record(
        caller=caller,
        action=Action.DELETE,
        subject=kept.subject_of(batch),
        parameters=_parameters(batch, positions) | approvals.named(approved),
        intent=intent,
    ) as record:
        messages = batches.messages_of(batch)
        approvals.gate(record, planned(batch, messages, positions), approved)
        handles = {at: handle for at in positions if (handle := handle_of(batch, messages[at])) is not None}
        rows, left_out = _claim(batch, messages, positions, handles, record.entry.pk)
        if not rows:
            raise NothingToDeleteError
        with _taken_back_unless_sent(rows):
            record.note(message_ids=[row.message_id for row in rows])
            answer = _send(batch, [handles[row.position] for row in rows])
        record.answered(answer)
        return _write_down(record, len(positions), rows, left_out, handles, _told(answer.value))


def require(*, caller: Caller, batch: Batch, positions: Sequence[int]) -> None:
    """Whether the caller may delete, asked also before the question is put.

    Raises NotAllowedError, after recording the refused attempt.
    """
    allowed.require(
        caller,
        Permission.DELETE,
        action=Action.DELETE,
        subject=kept.subject_of(batch),
        parameters=_parameters(batch, positions),
    )


def handle_of(batch: Batch, message: Message) -> str | None:
    """By what a message of this batch is deleted: the ref of a peek, the lease id of the older preview.

    None where there is nothing, as for every pulled message: those are acknowledged.
    """
    return {Mode.PEEK: message.ref, Mode.PREVIEW: message.lease_id}.get(Mode(batch.mode)) or None


def latest_of(batch: Batch) -> dict[int, Deletion]:
    """The newest line about each position of the batch that somebody tried to delete."""
    return {row.position: row for row in batch.deletions.order_by("pk")}


def leased_by(*, caller: Caller, batch: Batch, message_ids: Sequence[str]) -> int:
    """How many of these messages the caller holds by a pull of this queue, by our own ledger."""
    return (
        Lease.objects.held(timezone.now())
        .of_queue(batch.account.account_id, batch.queue_id)
        .filter(holder=allowed.signed_in(caller), message_id__in=message_ids)
        .values("message_id")
        .distinct()
        .count()
    )


def kept_until(batch: Batch) -> datetime:
    """Until when the copy stays at least, when its messages are deleted now."""
    return max(batch.expires_at, timezone.now() + settings.BATCH_RETENTION)


def planned(batch: Batch, messages: Sequence[Message], positions: Sequence[int]) -> Act:
    """What deleting these messages would be, as it is asked for."""
    ids = ", ".join(messages[at].id[:64] for at in positions)
    name, others = approvals.named_now(kept.subject_of(batch), Permission.DELETE)
    return Act(
        action=Action.DELETE,
        account=batch.account,
        queue_id=batch.queue_id,
        queue_name=name,
        other_names=others,
        parameters={"batch": str(batch.pk), "positions": list(positions)},
        told=(("Messages", str(len(positions))), ("Their ids", ids)),
    )


def _parameters(batch: Batch, positions: Sequence[int]) -> dict[str, Any]:
    by = {"by": "preview"} if batch.mode == Mode.PREVIEW else {}
    return {"chosen": len(positions), "batch": str(batch.pk), **by}


def _claim(
    batch: Batch, messages: tuple[Message, ...], positions: Sequence[int], handles: dict[int, str], entry_id: int
) -> tuple[list[Deletion], list[Skipped]]:
    """A line for each message that is going to be deleted, and why the others are not.

    The lines are `unknown` from here until the answer is written down: a second form finds nothing to delete, and a
    process killed in the middle leaves the truth behind. The copy is kept on from here, too.
    """
    rows, left_out = [], []
    now = timezone.now()
    with transaction.atomic():
        # Two forms about the same batch wait for each other here.
        Batch.objects.select_for_update().only("pk").get(pk=batch.pk)
        earlier = latest_of(batch)
        for at in positions:
            message_id = messages[at].id[:64]
            before = earlier.get(at)
            if at not in handles:
                left_out.append(Skipped(message_id=message_id, why="this copy has no reference to it"))
            elif before is not None and before.bars_another:
                left_out.append(Skipped(message_id=message_id, why=why_barred(before)))
            else:
                rows.append(
                    Deletion(batch=batch, position=at, message_id=message_id, entry_id=entry_id, deleted_at=now)
                )
        Deletion.objects.bulk_create(rows)
        if rows:
            batch.expires_at = kept_until(batch)
            batch.save(update_fields=["expires_at"])
    return rows, left_out


def why_barred(before: Deletion) -> str:
    """Why a message is not deleted once more, in the middle of a sentence."""
    return "already deleted" if before.is_gone else "it is being deleted, or what came of that is unknown"


@contextmanager
def _taken_back_unless_sent(rows: Sequence[Deletion]) -> Iterator[None]:
    """What surely did not reach the upstream leaves no line."""
    try:
        yield
    except (CloudflareError, ExpectedError) as error:
        if isinstance(error, ExpectedError) or not error.may_have_happened:
            Deletion.objects.filter(pk__in=[row.pk for row in rows]).delete()
        raise


def _send(
    batch: Batch, handles: Sequence[str]
) -> cloudflare.Answer[cloudflare.Purged] | cloudflare.Answer[cloudflare.Settled]:
    """Delete by refs; what came by preview is acknowledged by the lease ids that it brought."""
    auth = upstream.auth_of(batch.account.credential)
    account_id, queue_id = batch.account.account_id, batch.queue_id
    with upstream.slot() as client:
        if batch.mode == Mode.PREVIEW:
            return client.preview_settle(auth, account_id=account_id, queue_id=queue_id, acks=tuple(handles))
        return client.purge_messages(auth, account_id=account_id, queue_id=queue_id, refs=tuple(handles))


def _told(value: cloudflare.Purged | cloudflare.Settled) -> _Told:
    return _Told(value.warnings, value.errors if isinstance(value, cloudflare.Purged) else ())


def _write_down(
    record: Record,
    chosen: int,
    rows: Sequence[Deletion],
    left_out: Sequence[Skipped],
    handles: dict[int, str],
    told: _Told,
) -> Result:
    """Set the state of each line by its warning, and complete the entry with the same numbers.

    Where the answer says something that names no message, only the named warnings are believed: the rest stays unknown.
    """
    secrets = [handles[row.position] for row in rows]
    told_of_none = [*(without(secrets, text) for text in told.errors), unnamed(told.warnings, secrets)]
    unclear = " ".join(filter(None, told_of_none))[:LONGEST]
    skipped = list(left_out)
    for row in rows:
        warning = told.warnings.get(handles[row.position])
        if warning is not None:
            row.state = DeletionState.SKIPPED
            row.warning = reason(warning, secrets)
            skipped.append(Skipped(message_id=row.message_id, why=row.warning.rstrip(".")))
        elif unclear:
            row.warning = unclear
        else:
            row.state = DeletionState.DELETED
    done = sum(row.state == DeletionState.DELETED for row in rows)
    result = Result(chosen=chosen, done=done, skipped=tuple(skipped))
    try:
        with transaction.atomic():
            Deletion.objects.bulk_update(rows, ["state", "warning"])
            if not unclear:
                record.ok(remark=result.sentence, message_ids=[row.message_id for row in rows], message_count=done)
    except DatabaseError as error:
        raise AuditNotClosedError(record.entry) from error
    if unclear:
        perhaps = len(rows) - len(skipped) + len(left_out)
        raise UnclearAnswerError(unclear, perhaps=perhaps, chosen=chosen, done="deleted")
    return result
