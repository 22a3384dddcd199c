"""Legal holds: who keeps which audit entries from being deleted, and lifts that again, stands on the record."""

import uuid
from datetime import datetime
from typing import Any

from django.utils import timezone

from queues_app import audit, chain
from queues_app.access import Permission
from queues_app.audit import Caller, Record
from queues_app.expected import ExpectedError
from queues_app.models import Action, AuditHead, AuditHold
from queues_app.operations import allowed, marks


class AlreadyLiftedError(ExpectedError):
    """Somebody else lifted it meanwhile."""

    reason = "hold-already-lifted"
    is_refusal = True

    def __init__(self, hold: AuditHold) -> None:
        super().__init__(f"Hold {hold.number} was lifted by {hold.lifted_by} already.")


def require(*, caller: Caller, action: Action = Action.HOLD_ADD) -> None:
    """Whether the caller may hold audit entries.

    Raises NotAllowedError, after recording the refused attempt.
    """
    allowed.require(caller, Permission.HOLD_AUDIT, action=action, subject=audit.Subject())


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


def _make(hold: AuditHold, record: Record) -> None:
    # Whoever prunes has the head, too: once this is committed, nothing that it holds goes any more.
    AuditHead.objects.select_for_update().first()
    hold.number, hold.made_at = marks.next_hold(), timezone.now()
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
