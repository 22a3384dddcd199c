"""Look again after a deletion, and say of each message: gone, still there, or cannot tell.

A peek is a sample. Only one that surely showed everything proves that a message is gone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction

from queues_app import audit, upstream
from queues_app.access import Permission
from queues_app.audit import AuditNotClosedError, Caller, Record
from queues_app.cloudflare import Answer, CloudflareError, Messages
from queues_app.models import Action, AuditEntry, Batch, Deletion, Mode, Seen
from queues_app.operations import allowed, kept
from queues_app.operations.look import MAX_BATCH_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many messages of a deletion are what, by the look that just ended."""

    gone: int
    still_there: int
    cannot_tell: int

    @property
    def sentence(self) -> str:
        parts = ((self.gone, "gone"), (self.still_there, "still there"), (self.cannot_tell, "cannot tell"))
        return ", ".join(f"{count} {word}" for count, word in parts if count)


def look_again(*, caller: Caller, batch: Batch, entry_id: int) -> Found:
    """Peek at the queue once more for the messages that the deletion with this entry was about.

    It leases nothing and keeps nothing but what was found, beside each message.

    Raises Deletion.DoesNotExist when the entry deleted nothing of this batch, NotAllowedError, AuditUnavailableError,
    AuditNotClosedError, VaultError, UpstreamBusyError, CloudflareError.
    """
    rows = list(batch.deletions.filter(entry_id=entry_id))
    if not rows:
        raise Deletion.DoesNotExist
    subject = kept.subject_of(batch)
    parameters: dict[str, Any] = {
        "batch_size": MAX_BATCH_SIZE,
        "looked_again_for": AuditEntry(pk=entry_id).receipt,
        "batch": str(batch.pk),
    }
    allowed.require(caller, Permission.PEEK, action=Action.PEEK, subject=subject, parameters=parameters)
    with audit.record(caller=caller, action=Action.PEEK, subject=subject, parameters=parameters) as record:
        answer, backlog_count, backlog_read_at = _peek(batch)
        record.answered(answer)
        shown = {message.id[:64] for message in answer.value.messages}
        whole = _shows_everything(answer.value, backlog_count)
        for row in rows:
            row.seen = Seen.STILL_THERE if row.message_id in shown else Seen.GONE if whole else Seen.CANNOT_TELL
            row.seen_at = answer.received_at
        return _write_down(record, rows, answer.value, backlog_count, backlog_read_at)


def _peek(batch: Batch) -> tuple[Answer[Messages], int | None, datetime | None]:
    """The same kind of look that the batch came from, and the count right after it; unknown where it cannot be read."""
    auth = upstream.auth_of(batch.account.credential)
    account_id, queue_id = batch.account.account_id, batch.queue_id
    with upstream.slot() as client:
        if batch.mode == Mode.PREVIEW:
            answer = client.preview(auth, account_id=account_id, queue_id=queue_id, batch_size=MAX_BATCH_SIZE)
        else:
            answer = client.peek(auth, account_id=account_id, queue_id=queue_id, batch_size=MAX_BATCH_SIZE)
        if answer.value.backlog_count is not None:
            return answer, answer.value.backlog_count, answer.received_at
        try:
            count = client.metrics(auth, account_id=account_id, queue_id=queue_id)
        except CloudflareError:
            # Without it nothing can be called gone, which is what the result then says.
            return answer, None, None
    return answer, count.value.backlog_count, count.received_at


def _shows_everything(peeked: Messages, backlog_count: int | None) -> bool:
    """Whether the peek left nothing out: it brought less than it asked for, and the count knows of no more.

    Leased and delayed messages may be hidden from a peek, yet the count knows them.
    """
    number = len(peeked.messages)
    return number < MAX_BATCH_SIZE and not peeked.skipped and backlog_count is not None and backlog_count <= number


def _write_down(
    record: Record, rows: list[Deletion], peeked: Messages, backlog_count: int | None, backlog_read_at: datetime | None
) -> Found:
    found = Found(
        gone=sum(row.seen == Seen.GONE for row in rows),
        still_there=sum(row.seen == Seen.STILL_THERE for row in rows),
        cannot_tell=sum(row.seen == Seen.CANNOT_TELL for row in rows),
    )
    try:
        with transaction.atomic():
            Deletion.objects.bulk_update(rows, ["seen", "seen_at"])
            record.ok(
                remark=f"looked again: {found.sentence}",
                message_ids=[message.id[:64] for message in peeked.messages],
                message_count=len(peeked.messages),
                backlog_count=backlog_count,
                backlog_read_at=backlog_read_at,
            )
    except DatabaseError as error:
        raise AuditNotClosedError(record.entry) from error
    return found
