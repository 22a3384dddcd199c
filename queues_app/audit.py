"""The gate that every upstream call about a message or a credential passes.

    with audit.record(caller=…, action=…, subject=…, parameters=…) as record:   # committed as `unknown`
        answer = …                                                             # the call leaves
        record.ok(answer, message_ids=…)                                       # completed

The entry is committed before the block runs: if it cannot be written, the block does not run. Leaving the block by an
expected error completes the entry as refused, failed or unknown. A killed process leaves it `unknown`, which is true.
"""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from queues_app import chain, grants, vault
from queues_app.cloudflare.errors import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, AuditEntry, Credential, Outcome, User
from queues_app.telemetry import metrics

REMARK_LENGTH = 500
LABEL_LENGTH = 100
TEAM_LENGTH = 200

# This process completed an entry that may not be bound yet (operations/binding.py).
completed = threading.Event()


class AuditUnavailableError(ExpectedError):
    """The entry could not be written, so the call was not made."""

    sentence = "The audit log cannot be written at the moment, so nothing was asked of Cloudflare. Try again."
    reason = "audit-unavailable"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    is_refusal = True


class AuditNotClosedError(ExpectedError):
    """The call was made, but its end could not be written; the entry stays `unknown`."""

    reason = "audit-not-closed"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, entry: AuditEntry) -> None:
        self.entry = entry
        super().__init__(
            f"The call was made, but its result could not be kept: entry {entry.receipt} stays unknown. "
            "If it was a pull, its messages come back when their leases lapse."
        )


class AlreadySubmittedError(ExpectedError):
    """The same form was sent before; `entry` stands for what it did the first time."""

    reason = "already-submitted"
    is_refusal = True

    def __init__(self, entry: AuditEntry) -> None:
        self.entry = entry
        super().__init__(
            f"This was already asked for, as {entry.receipt}. It was not done a second time."
            if entry.is_complete
            else f"This is already under way, as {entry.receipt}. It was not started a second time."
        )


class Answered(Protocol):
    """What the record takes from an answer of the client, whatever its value is."""

    @property
    def status(self) -> int: ...
    @property
    def cf_ray(self) -> str | None: ...
    @property
    def duration_ms(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and from where. `user` is None for a sign-in that failed, for joining, and at the console."""

    user: User | None
    user_name: str
    address: str | None
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is touched: with which credential, in which account, which queue. All of it is copied."""

    credential: Credential | None = None
    account: Account | None = None
    queue_id: str = ""
    queue_name: str = ""
    # What it was called when something of it was kept; in no entry, but rules hold by each.
    other_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the queue is called and was called, the newest first; nothing where nobody read a name yet."""
        # What was prepared before the name was known has the id in its place.
        nameless = ("", self.queue_id)
        return tuple(dict.fromkeys(name for name in (self.queue_name, *self.other_names) if name not in nameless))

    def columns(self, user: User | None) -> dict[str, Any]:
        """Of the entry; where `user` uses a credential of somebody else's, with both names."""
        columns: dict[str, Any] = {"queue_id": self.queue_id, "queue_name": self.queue_name}
        if self.credential is not None:
            columns |= {
                "credential_id": self.credential.pk,
                "credential_label": self.credential.display[:LABEL_LENGTH],
            }
            if user is not None and self.credential.owner_id != user.pk:
                columns |= {
                    "credential_owner_id": self.credential.owner_id,
                    "credential_owner": self.credential.owner.get_username(),
                    "credential_team": grants.through(user, self.credential)[:TEAM_LENGTH],
                }
        if self.account is not None:
            columns |= {
                "account_id": self.account.account_id,
                "account_name": self.account.name,
                "environment": self.account.environment,
            }
        return columns


@dataclass(slots=True)
class Record:
    """An open entry, to be completed once by one of these methods."""

    entry: AuditEntry
    completed: bool = field(default=False, init=False)
    _answered: bool = field(default=False, init=False)

    def note(
        self,
        *,
        queue_name: str | None = None,
        message_ids: Sequence[str] | None = None,
        backlog: tuple[int, datetime] | None = None,
        remark: str | None = None,
    ) -> None:
        """Write what was learned since the entry was opened, before the next call leaves: it may be the last we know.

        `backlog` is a count and when it was read, `remark` how far something is that takes long.

        Raises AuditUnavailableError.
        """
        known = (self.entry.queue_name, self.entry.message_ids, self.entry.backlog_count, self.entry.remark)
        if queue_name is not None:
            self.entry.queue_name = queue_name
        if message_ids is not None:
            self.entry.message_ids = list(message_ids)
        if backlog is not None:
            self.entry.backlog_count, self.entry.backlog_read_at = backlog
        if remark is not None:
            self.entry.remark = remark[:REMARK_LENGTH]
        if (self.entry.queue_name, self.entry.message_ids, self.entry.backlog_count, self.entry.remark) == known:
            return
        try:
            self.entry.save()
        except DatabaseError as error:
            raise AuditUnavailableError from error

    def answered(self, answer: Answered) -> None:
        """The upstream answered: from here on, whatever goes wrong on our side, it has acted."""
        self._answered = True
        self._took(answer.status, answer.cf_ray, answer.duration_ms)

    def ok(
        self,
        *,
        remark: str = "",
        message_ids: Sequence[str] = (),
        message_count: int | None = None,
        backlog_count: int | None = None,
        backlog_read_at: datetime | None = None,
        batch_id: uuid.UUID | None = None,
    ) -> None:
        """It went as it should. Counts that are not known stay None, never 0."""
        self.entry.message_ids = list(message_ids)
        self.entry.message_count = len(message_ids) if message_count is None and message_ids else message_count
        self.entry.backlog_count = backlog_count
        self.entry.backlog_read_at = backlog_read_at
        self.entry.batch_id = batch_id
        self._complete(Outcome.OK, remark=remark)

    def stopped(self, why: ExpectedError) -> None:
        """It came to nothing: refused by us, or tried in vain. After an answer it is unknown what is left of it."""
        outcome = Outcome.REFUSED if why.is_refusal else Outcome.FAILED
        if self._answered:
            outcome = Outcome.UNKNOWN
        self._complete(outcome, reason=why.reason, remark=why.sentence)

    def declined(self, error: CloudflareError) -> None:
        """The upstream gave no good answer. Where it may have acted all the same, the outcome is unknown."""
        self.entry.asked = error.asked or ""
        self.entry.code = error.errors[0].code if error.errors else None
        self._took(error.status, error.cf_ray, error.duration_ms)
        outcome = Outcome.UNKNOWN if error.may_have_happened else Outcome.FAILED
        self._complete(outcome, reason=error.reason, remark=error.sentence)

    def broken(self) -> None:
        """Our own code failed in the middle; whether something happened upstream cannot be said."""
        self._complete(Outcome.UNKNOWN, reason="internal-error", remark="Queuescope failed in the middle.")

    def _took(self, status: int | None, cf_ray: str | None, duration_ms: int | None) -> None:
        self.entry.status = status
        self.entry.cf_ray = (cf_ray or "")[:64]
        self.entry.duration_ms = duration_ms

    def _complete(self, outcome: Outcome, *, reason: str = "", remark: str = "") -> None:
        self.completed = True
        self.entry.outcome = outcome
        self.entry.reason = reason[:64]
        self.entry.remark = remark[:REMARK_LENGTH]
        self.entry.completed_at = timezone.now()
        # Without keys nothing is asked of Cloudflare. That is told all the same; verify_audit names it.
        with suppress(vault.KeysUnusableError):
            self.entry.signature = chain.sign_entry(self.entry)
        try:
            self.entry.save()
        except DatabaseError as error:
            raise AuditNotClosedError(self.entry) from error
        completed.set()
        metrics.AUDIT_ENTRIES.labels(self.entry.action, self.entry.outcome).inc()


@contextmanager
def record(
    *,
    caller: Caller,
    action: Action,
    subject: Subject | None = None,
    parameters: dict[str, Any] | None = None,
    intent: uuid.UUID | None = None,
) -> Iterator[Record]:
    """Commit an entry, run the block, complete the entry.

    `parameters` are plain numbers and words, never bodies, lease ids or secrets. `intent` is the number of the form
    that was submitted.

    Raises AuditUnavailableError when the entry cannot be written, AlreadySubmittedError when the intent was used
    before, AuditNotClosedError when the end cannot be written; errors of the block go on after being recorded.
    """
    entry = _open(caller, action, subject or Subject(), parameters or {}, intent)
    record = Record(entry)
    try:
        yield record
    except AuditNotClosedError:
        raise
    except CloudflareError as error:
        if not record.completed:
            record.declined(error)
        raise
    except ExpectedError as error:
        if not record.completed:
            record.stopped(error)
        raise
    except Exception:
        if not record.completed:
            record.broken()
        raise
    if not record.completed:
        record.broken()
        raise RuntimeError("An audit record was left without an outcome.")


def carry_out(record: Record, change: Callable[[], object], remark: str) -> None:
    """Change something of ours and complete its entry: both or neither.

    Raises AuditNotClosedError.
    """
    try:
        with transaction.atomic():
            change()
            record.ok(remark=remark)
    except DatabaseError as error:
        raise AuditNotClosedError(record.entry) from error


def happened(
    change: Callable[[], bool],
    *,
    caller: Caller,
    action: Action,
    subject: Subject,
    parameters: dict[str, Any],
    remark: str,
    message_ids: Sequence[str] = (),
) -> bool:
    """What came about of itself: change something of ours and put it on the record, both or neither.

    Nothing is asked of anybody, so nothing has to be on the record before. `change` says whether there was anything to
    change; where not, there is no entry either.

    Raises AuditUnavailableError.
    """
    try:
        with transaction.atomic():
            is_changed = change()
            if is_changed:
                entry = _entry(caller, action, subject, parameters, None)
                # Open first, as every entry: what is signed holds its number.
                entry.save()
                Record(entry).ok(remark=remark, message_ids=message_ids)
    except DatabaseError as error:
        raise AuditUnavailableError from error
    return is_changed


def refuse(
    *,
    caller: Caller,
    action: Action,
    why: ExpectedError,
    subject: Subject | None = None,
    parameters: dict[str, Any] | None = None,
) -> AuditEntry:
    """Record an attempt that we did not let happen.

    Raises AuditUnavailableError.
    """
    entry = _open(caller, action, subject or Subject(), parameters or {}, None)
    Record(entry).stopped(why)
    return entry


def _open(
    caller: Caller,
    action: Action,
    subject: Subject,
    parameters: dict[str, Any],
    intent: uuid.UUID | None,
) -> AuditEntry:
    entry = _entry(caller, action, subject, parameters, intent)
    try:
        # Durable: leaving this block means that the line is on disk, and no outer rollback can take it back.
        with transaction.atomic(durable=True):
            entry.save()
    except IntegrityError as error:
        earlier = AuditEntry.objects.filter(intent=intent, user_id=entry.user_id).first() if intent else None
        if earlier is None:
            raise AuditUnavailableError from error
        raise AlreadySubmittedError(earlier) from error
    except DatabaseError as error:
        raise AuditUnavailableError from error
    return entry


def _entry(
    caller: Caller, action: Action, subject: Subject, parameters: dict[str, Any], intent: uuid.UUID | None
) -> AuditEntry:
    """Not saved yet."""
    return AuditEntry(
        at=timezone.now(),
        action=action,
        user_id=caller.user.pk if caller.user else None,
        user_name=caller.user_name[:150],
        client_address=caller.address,
        request_id=caller.request_id,
        parameters=parameters,
        intent=intent,
        **subject.columns(caller.user),
    )
