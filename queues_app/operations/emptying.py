"""Empty a whole queue: every message is deleted, no copy is kept, and the end is told by the upstream alone.

This is the only place that asks for it. Nothing about chosen messages (deleting.py) leads here.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from queues_app import access, audit, cloudflare, upstream
from queues_app.access import Permission, Place
from queues_app.audit import Caller
from queues_app.cloudflare import Auth, CloudflareError, EmptyStatus
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, ApprovalRequest, AuditEntry
from queues_app.operations import allowed, approvals, known_queues, queues
from queues_app.operations.approvals import Act
from queues_app.upstream import UpstreamBusyError


class NameChangedError(ExpectedError):
    """The queue was renamed after its name was shown. Nothing was sent."""

    reason = "name-changed"
    is_refusal = True


class NameMistypedError(ExpectedError):
    """What was typed is not the queue's name. Nothing was sent."""

    reason = "name-mistyped"
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many messages a queue held, about, and when that was read; `number` is None where it is unknown."""

    number: int | None
    read_at: datetime | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The queue before it is emptied: what it is called now, and what it holds."""

    name: str
    count: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an emptying is, as the upstream says, and the count read again beside it.

    `status` is None when it could not be read, and `problem` says why. `is_of_another` is set when what the upstream
    tells of began before the emptying that is asked about.
    """

    status: EmptyStatus | None
    read_at: datetime | None
    problem: str
    count: Count
    is_of_another: bool = False

    @property
    def is_done(self) -> bool:
        return self.status is not None and self.status.completed is True and not self.is_of_another

    @property
    def is_untold(self) -> bool:
        """Whether the upstream answered, and told of none at all."""
        return self.status is not None and self.status.completed is None and self.status.started_at is None


def standing(*, caller: Caller, account: Account, queue_id: str) -> Standing:
    """Name and count, read now, for the question. Nothing is changed.

    Raises NotAllowedError, VaultError, UpstreamBusyError, CloudflareError (NotFound for a queue that is not there).
    """
    require(caller=caller, account=account, queue_id=queue_id)
    auth = upstream.auth_of(account.credential)
    name = _name_now(auth, account, queue_id)
    # By the name of now, which was remembered just then.
    require(caller=caller, account=account, queue_id=queue_id)
    with upstream.slot() as client:
        return Standing(name=name, count=_count(client, auth, account, queue_id))


def empty(
    *,
    caller: Caller,
    account: Account,
    queue_id: str,
    shown_name: str,
    typed_name: str,
    intent: uuid.UUID,
    approved: ApprovalRequest | None = None,
) -> AuditEntry:
    """Delete every message of the queue, and return the entry that stands for it.

    `typed_name` has to be the name that the page showed (`shown_name`) and the name that the queue has now: after a
    rename in between, nobody knows which queue was meant.

    Raises NotAllowedError, NameMistypedError, NameChangedError, AlreadySubmittedError, AuditUnavailableError,
    AuditNotClosedError, VaultError, UpstreamBusyError, CloudflareError; and as `approvals.gate`.
    """
    require(caller=caller, account=account, queue_id=queue_id)
    subject = queues.subject_of(account, queue_id)
    with audit.record(
        caller=caller, action=Action.EMPTY, subject=subject, parameters=approvals.named(approved), intent=intent
    ) as record:
        auth = upstream.auth_of(account.credential)
        name = _name_now(auth, account, queue_id)
        record.note(queue_name=name)
        access.require(allowed.signed_in(caller), Permission.EMPTY, Place.of(account, name))
        _agree(shown_name, typed_name, name)
        approvals.gate(record, planned(account, queue_id, name), approved)
        with upstream.slot() as client:
            before = _count(client, auth, account, queue_id)
            if before.number is not None and before.read_at is not None:
                record.note(backlog=(before.number, before.read_at))
            answer = client.empty_queue(auth, account_id=account.account_id, queue_id=queue_id)
        record.answered(answer)
        started_at = answer.value.started_at
        if started_at is not None:
            # By this the status knows whether it is told of this emptying or of an earlier one.
            record.entry.parameters = {**record.entry.parameters, "started_at": started_at.isoformat()}
        held = "an unknown number of messages" if before.number is None else f"about {before.number:,} messages"
        record.ok(
            remark=f"asked for; it held {held} before. How it went on is told by the queue's status",
            backlog_count=before.number,
            backlog_read_at=before.read_at,
        )
    return record.entry


def progress(*, caller: Caller, account: Account, queue_id: str, entry: AuditEntry | None) -> Progress:
    """How far the emptying that `entry` stands for is, or the queue's last one; and the count beside it.

    What cannot be read is said to be unknown.

    Raises NotAllowedError, VaultError.
    """
    queues.require_queue(caller=caller, account=account, queue_id=queue_id)
    auth = upstream.auth_of(account.credential)
    try:
        with upstream.slot() as client:
            answer = client.empty_status(auth, account_id=account.account_id, queue_id=queue_id)
            return Progress(
                status=answer.value,
                read_at=answer.received_at,
                problem="",
                count=_count(client, auth, account, queue_id),
                is_of_another=_began_before(answer.value, entry),
            )
    except (CloudflareError, UpstreamBusyError) as error:
        unread = Count(number=None, read_at=None, problem=error.sentence)
        return Progress(status=None, read_at=None, problem=error.sentence, count=unread)


def own_entry(*, caller: Caller, account: Account, queue_id: str, entry_id: int) -> AuditEntry | None:
    """The caller's own emptying of this queue; None for any other entry."""
    return (
        AuditEntry.objects.of(allowed.signed_in(caller).pk)
        .filter(pk=entry_id, action=Action.EMPTY, account_id=account.account_id, queue_id=queue_id)
        .first()
    )


def require(*, caller: Caller, account: Account, queue_id: str) -> None:
    """Whether the caller may empty queues, asked also before the question is put.

    Raises NotAllowedError, after recording the refused attempt.
    """
    allowed.require(caller, Permission.EMPTY, action=Action.EMPTY, subject=queues.subject_of(account, queue_id))


def planned(account: Account, queue_id: str, name: str) -> Act:
    """What emptying this queue would be, as it is asked for."""
    return Act(
        action=Action.EMPTY,
        account=account,
        queue_id=queue_id,
        queue_name=name,
        parameters={"name": name},
        told=(("Deletes", "every message, and any that arrive before it ends; no copy is kept"),),
    )


def _name_now(auth: Auth, account: Account, queue_id: str) -> str:
    """Never from memory: all of it goes, so the rules of no other moment will do."""
    known_queues.forget(account=account, queue_id=queue_id)
    return known_queues.ask_queue(auth, account, queue_id).queue.name


def _agree(shown: str, typed: str, present: str) -> None:
    if typed != shown:
        raise NameMistypedError("What was typed is not the name of the queue. Nothing was sent.")
    if shown != present:
        raise NameChangedError(
            "The queue was renamed after this page was made: it has another name now. Nothing was sent. "
            "Load the page again and look whether it is the queue you mean."
        )


def _count(client: cloudflare.Client, auth: Auth, account: Account, queue_id: str) -> Count:
    try:
        answer = client.metrics(auth, account_id=account.account_id, queue_id=queue_id)
    except CloudflareError as error:
        return Count(number=None, read_at=None, problem=error.sentence)
    queues.remember_reading(account=account, queue_id=queue_id, metrics=answer.value, read_at=answer.received_at)
    return Count(number=answer.value.backlog_count, read_at=answer.received_at)


def _began_before(status: EmptyStatus, entry: AuditEntry | None) -> bool:
    """Whether the status is about an emptying before this one, by the upstream's own clock alone."""
    began = entry.parameters.get("started_at") if entry is not None else None
    return bool(began) and status.started_at is not None and status.started_at < datetime.fromisoformat(str(began))
