"""Take bodies out of Queuescope, on the record. Nothing is asked of the upstream."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from queues_app import audit, bodies, formats
from queues_app.access import Permission
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Action, Batch
from queues_app.operations import allowed, decoding, export_formats, kept
from queues_app.operations.export_formats import Format
from queues_app.operations.masks import MaskedMessage


class RawClosedError(ExpectedError):
    """A body with masked fields is not given as it stands on the wire. Nothing was taken out."""

    sentence = (
        "Fields of this body are masked, so it is not given raw. Take its decoded form, in which they are masked."
    )
    reason = "raw-closed"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A body on its way out. `kind` is what it is by itself: json, text or binary."""

    message_id: str
    data: bytes = field(repr=False)
    kind: str


def body(*, caller: Caller, batch: Batch, position: int, as_it_stood: bool) -> Taken:
    """One body of a kept batch that the caller may see: decoded from base64, or `as_it_stood` on the wire.

    Raises NotAllowedError, RawClosedError, AuditUnavailableError, AuditNotClosedError, VaultError; IndexError for a
    position beyond the batch.
    """
    subject = kept.subject_of(batch)
    parameters = {"batch": str(batch.pk), "position": position, "raw": as_it_stood}
    allowed.require(caller, Permission.EXPORT, action=Action.EXPORT, subject=subject, parameters=parameters)
    with audit.record(caller=caller, action=Action.EXPORT, subject=subject, parameters=parameters) as record:
        message = kept.messages(caller=caller, batch=batch, position=position)[position]
        if as_it_stood and isinstance(message, MaskedMessage):
            raise RawClosedError
        reading = decoding.read(message)
        data = bodies.utf8(message.body) if as_it_stood else reading.data
        record.ok(message_ids=[message.id[:64]], remark=f"{len(data):,} bytes")
    return Taken(message_id=message.id, data=data, kind="text" if as_it_stood else reading.payload_kind)


def require(*, caller: Caller, batch: Batch, positions: Sequence[int], form: Format | None = None) -> None:
    """Raise NotAllowedError, after recording the refused attempt, unless the caller may export messages."""
    allowed.require(
        caller,
        Permission.EXPORT,
        action=Action.EXPORT_MANY,
        subject=kept.subject_of(batch),
        parameters=_parameters(batch, positions, form),
    )


def many(*, caller: Caller, batch: Batch, positions: Sequence[int], form: Format) -> bytes:
    """The messages at these positions of an own batch as one file; without positions all of the batch.

    The entry is committed before the bodies are unsealed, and knows the ids before any of them leaves.

    Raises as `body`.
    """
    require(caller=caller, batch=batch, positions=positions, form=form)
    with audit.record(
        caller=caller,
        action=Action.EXPORT_MANY,
        subject=kept.subject_of(batch),
        parameters=_parameters(batch, positions, form),
    ) as record:
        messages = kept.messages(caller=caller, batch=batch)
        chosen = list(export_formats.each(messages, positions or range(len(messages))))
        ids = [message.id[:64] for _, message in chosen]
        record.note(message_ids=ids)
        data = export_formats.written(chosen, form)
        record.ok(
            message_ids=ids,
            message_count=len(ids),
            remark=f"{formats.plural(len(ids), 'message')} as {form.upper()}, {len(data):,} bytes",
        )
    return data


def _parameters(batch: Batch, positions: Sequence[int], form: Format | None) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "batch": str(batch.pk),
        "chosen": len(set(positions)) or batch.message_count,
        "whole_batch": not positions,
    }
    return parameters if form is None else {**parameters, "format": form.value}
