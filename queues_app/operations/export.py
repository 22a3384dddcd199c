"""Take a body out of Queuescope, on the record. Nothing is asked of the upstream."""

from dataclasses import dataclass, field

from queues_app import audit, bodies
from queues_app.access import Permission
from queues_app.audit import Caller
from queues_app.models import Action, Batch
from queues_app.operations import allowed, kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A body on its way out. `kind` is what it is by itself: json, text or binary."""

    message_id: str
    data: bytes = field(repr=False)
    kind: str


def body(*, caller: Caller, batch: Batch, position: int, as_it_stood: bool) -> Taken:
    """One body of an own batch: decoded from base64, or `as_it_stood` on the wire.

    Raises NotAllowedError, AuditUnavailableError, AuditNotClosedError, VaultError; IndexError for a position beyond
    the batch.
    """
    subject = kept.subject_of(batch)
    parameters = {"batch": str(batch.pk), "position": position, "raw": as_it_stood}
    allowed.require(caller, Permission.EXPORT, action=Action.EXPORT, subject=subject, parameters=parameters)
    with audit.record(caller=caller, action=Action.EXPORT, subject=subject, parameters=parameters) as record:
        message = kept.messages(caller=caller, batch=batch)[position]
        reading = bodies.read(message.body, message.metadata.get(kept.CONTENT_TYPE), message.body_is_string)
        data = message.body.encode("utf-8", "surrogatepass") if as_it_stood else reading.data
        record.ok(message_ids=[message.id[:64]], remark=f"{len(data):,} bytes")
    return Taken(message_id=message.id, data=data, kind="text" if as_it_stood else reading.payload_kind)
