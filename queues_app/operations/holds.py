"""Legal holds: who keeps which audit entries from being deleted, and lifts that again, stands on the record."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from queues_app import audit, chain
from queues_app.access import Permission
from queues_app.audit import Caller, Record
from queues_app.expected import ExpectedError
from queues_app.models import Action, AuditArchive, AuditHead, AuditHold, AuditPruned
from queues_app.operations import allowed, notes
from queues_app.vault import VaultError


class AlreadyLiftedError(ExpectedError):
    """Somebody else lifted it meanwhile."""

    reason = "hold-already-lifted"
    is_refusal = True

    def __init__(self, hold: AuditHold) -> None:
        super().__init__(f"Hold {hold.number} was lifted by {hold.lifted_by} already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """For how many days entries are kept (None: for ever), how far they were archived and pruned, and all holds.

    A note that is not as Queuescope wrote it counts as none; `problems` says so, in sentences.
    """

    days: int | None
    archive: AuditArchive | None
    mark: AuditPruned | None
    holds: list[AuditHold]
    problems: list[str]


def require(*, caller: Caller, action: Action = Action.HOLD_ADD) -> None:
    """Whether the caller may hold audit entries.

    Raises NotAllowedError, after recording the refused attempt.
    """
    allowed.require(caller, Permission.HOLD_AUDIT, action=action, subject=audit.Subject())


def kept(*, caller: Caller) -> Kept:
    """What is kept, as far as the signed notes are to be believed.

    Raises NotAllowedError, after recording the refused attempt.
    """
    require(caller=caller)
    problems: list[str] = []
    mark = _believed(notes.pruned, problems)
    archive = _believed(notes.newest_archive, problems)
    try:
        problems += [f"{flaw[0].upper()}{flaw[1:]}. Run manage.py verify_audit." for flaw in notes.flaws_of_holds(mark)]
    except VaultError as error:
        problems.append(error.sentence)
    return Kept(
        days=settings.AUDIT_RETENTION_DAYS,
        archive=archive,
        mark=mark,
        holds=list(AuditHold.objects.all()),
        problems=list(dict.fromkeys(problems)),
    )


def find(*, caller: Caller, number: int) -> AuditHold:
    """One to lift.

    Raises NotAllowedError, after recording the refused attempt; AuditHold.DoesNotExist.
    """
    require(caller=caller, action=Action.HOLD_LIFT)
    return AuditHold.objects.get(pk=number)


def add(*, caller: Caller, intent: uuid.UUID, **fields: Any) -> AuditHold:
    """Hold what fits these columns of `AuditHold`, from the next entry that prune_audit looks at.

    Raises NotAllowedError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError, KeysUnusableError.
    """
    require(caller=caller)
    hold = AuditHold(**fields, made_by=caller.user_name[:150])
    with audit.record(caller=caller, action=Action.HOLD_ADD, parameters=_told(hold), intent=intent) as record:
        audit.carry_out(record, lambda: _make(hold, record), hold.reason)
    return hold


def lift(*, caller: Caller, hold: AuditHold) -> None:
    """From now on it holds nothing; it stays in the list for good.

    Raises NotAllowedError, AlreadyLiftedError, AuditUnavailableError, AuditNotClosedError, KeysUnusableError.
    """
    require(caller=caller, action=Action.HOLD_LIFT)
    parameters = {"hold": hold.number, **_told(hold)}
    with audit.record(caller=caller, action=Action.HOLD_LIFT, parameters=parameters) as record:
        audit.carry_out(record, lambda: _lift(caller, hold), hold.reason)


def _believed[T](read: Callable[[], T | None], problems: list[str]) -> T | None:
    try:
        return read()
    except (notes.NoteChangedError, VaultError) as error:
        problems.append(error.sentence)
        return None


def _make(hold: AuditHold, record: Record) -> None:
    # Whoever prunes has the head, too: once this is committed, nothing that it holds goes any more.
    AuditHead.objects.select_for_update().first()
    hold.number, hold.made_at = notes.next_hold(), timezone.now()
    hold.signature = chain.sign_row(hold)
    hold.save(force_insert=True)
    record.entry.parameters = {"hold": hold.number, **_told(hold)}


def _lift(caller: Caller, hold: AuditHold) -> None:
    found = AuditHold.objects.select_for_update().get(pk=hold.pk)
    if found.lifted_at is not None:
        raise AlreadyLiftedError(found)
    found.lifted_by, found.lifted_at = caller.user_name[:150], timezone.now()
    found.signature = chain.sign_row(found)
    found.save(force_update=True)


def _told(hold: AuditHold) -> dict[str, Any]:
    moments: dict[str, datetime | None] = {"since": hold.since, "until": hold.until}
    told = {"queue": hold.queue, "held_person": hold.person, "reason": hold.reason}
    return {name: value for name, value in told.items() if value} | {
        name: at.isoformat(timespec="seconds") for name, at in moments.items() if at is not None
    }
