"""What is masked where: who made which rule stands on the record."""

import uuid
from contextlib import AbstractContextManager
from typing import Any

from queues_app import audit
from queues_app.access import Permission
from queues_app.audit import Caller, Record, Subject
from queues_app.models import Action, MaskingRule
from queues_app.operations import allowed


def require(*, caller: Caller) -> None:
    """Whether the caller may make masks.

    Raises NotAllowedError, after recording the refused attempt.
    """
    _require(caller, Action.MASKING_ADD)


def add(*, caller: Caller, intent: uuid.UUID, **fields: Any) -> MaskingRule:
    """Make a rule of these columns of `MaskingRule`. It holds from the next request of everybody, also for old copies.

    Raises NotAllowedError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError.
    """
    _require(caller, Action.MASKING_ADD)
    rule = MaskingRule(**fields, created_by=caller.user_name[:150])
    with _on_the_record(caller, Action.MASKING_ADD, rule, intent) as record:
        audit.carry_out(record, rule.save, str(rule))
    return rule


def remove(*, caller: Caller, rule: MaskingRule) -> None:
    """Take a rule away: what it masked is shown from the next request on.

    Raises NotAllowedError, AuditUnavailableError, AuditNotClosedError.
    """
    _require(caller, Action.MASKING_REMOVE)
    with _on_the_record(caller, Action.MASKING_REMOVE, rule, None) as record:
        audit.carry_out(record, rule.delete, str(rule))


def _require(caller: Caller, action: Action) -> None:
    allowed.require(caller, Permission.MANAGE_MASKING, action=action, subject=Subject())


def _on_the_record(
    caller: Caller, action: Action, rule: MaskingRule, intent: uuid.UUID | None
) -> AbstractContextManager[Record]:
    parameters = {
        "by": rule.kind,
        "value": rule.value,
        "pattern": rule.pattern,
        "account": rule.account_id or "every account",
    }
    return audit.record(caller=caller, action=action, parameters=parameters, intent=intent)
