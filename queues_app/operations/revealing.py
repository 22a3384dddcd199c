"""Reveal one masked field, with a reason, on the record. Nothing is asked of the upstream."""

import uuid
from typing import Any, Final

from queues_app import audit
from queues_app.access import Permission
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Action, Batch
from queues_app.operations import allowed, kept, masks

LONGEST_REASON: Final = 200
_LONGEST_PATH: Final = 200


class NotMaskedError(ExpectedError):
    """At this place nothing is masked now. Nothing was revealed."""

    sentence = "The masks have changed since this page was made. Nothing was revealed; open the message again."
    reason = "not-masked"
    is_refusal = True


def require(*, caller: Caller, batch: Batch, position: int) -> None:
    """Whether the caller may reveal fields of this queue, asked also before the question is put.

    Raises NotAllowedError, after recording the refused attempt.
    """
    _require(caller, batch, {"batch": str(batch.pk), "position": position})


def reveal(*, caller: Caller, batch: Batch, position: int, place: int, path: str, why: str, intent: uuid.UUID) -> str:
    """What stands at the masked place of this number, which the page called `path`.

    The entry with the reason is committed before anything is unsealed; the value is in no entry.

    Raises NotAllowedError, NotMaskedError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError,
    VaultError; IndexError for a position beyond the batch.
    """
    parameters = {
        "batch": str(batch.pk),
        "position": position,
        "path": (path or "the whole body")[:_LONGEST_PATH],
        "reason": why[:LONGEST_REASON],
    }
    _require(caller, batch, parameters)
    subject = kept.subject_of(batch)
    with audit.record(
        caller=caller, action=Action.REVEAL, subject=subject, parameters=parameters, intent=intent
    ) as record:
        message = kept.true_messages(caller=caller, batch=batch, position=position)[position]
        rules = masks.rules_at(subject)
        found = masks.values_of(message, rules) if rules else ()
        if not 0 <= place < len(found) or found[place][0] != path:
            raise NotMaskedError
        record.ok(message_ids=[message.id[:64]], message_count=1)
    return found[place][1]


def _require(caller: Caller, batch: Batch, parameters: dict[str, Any]) -> None:
    allowed.require(
        caller, Permission.REVEAL, action=Action.REVEAL, subject=kept.subject_of(batch), parameters=parameters
    )
