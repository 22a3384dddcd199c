"""Read what was kept: the messages of an own batch, and one body taken out of it. Nothing is asked of the upstream."""

from dataclasses import dataclass

from queues_app import audit, bodies
from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.cloudflare import Message
from queues_app.models import Action, Batch, Mode
from queues_app.operations import allowed, batches

CONTENT_TYPE = "CF-Content-Type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body on its way out. `kind` is what it was read as: json, text, binary or v8."""

    message_id: str
    data: bytes
    kind: str


def messages(*, caller: Caller, batch: Batch) -> tuple[Message, ...]:
    """The messages of the caller's own batch. Whoever lost the right to look at messages reads no kept ones either.

    Raises NotAllowedError, VaultError.
    """
    pulled = batch.mode == Mode.PULL
    allowed.require(
        caller,
        Permission.PULL if pulled else Permission.PEEK,
        action=Action.PULL if pulled else Action.PEEK,
        subject=_subject(batch),
        parameters={"kept_batch": str(batch.pk)},
    )
    return batches.messages_of(batch)


def export_body(*, caller: Caller, batch: Batch, position: int, as_it_stood: bool) -> Body:
    """Take one body out of Queuescope: decoded from base64, or `as_it_stood` on the wire. It is on the record.

    Raises NotAllowedError, AuditUnavailableError, VaultError, IndexError for a position beyond the batch.
    """
    subject = _subject(batch)
    parameters = {"batch": str(batch.pk), "position": position, "raw": as_it_stood}
    allowed.require(caller, Permission.EXPORT, action=Action.EXPORT, subject=subject, parameters=parameters)
    message = messages(caller=caller, batch=batch)[position]
    reading = bodies.read(message.body, message.metadata.get(CONTENT_TYPE), message.body_is_string)
    data = reading.body.encode("utf-8", "surrogatepass") if as_it_stood else reading.data
    with audit.record(caller=caller, action=Action.EXPORT, subject=subject, parameters=parameters) as record:
        record.ok(message_ids=[message.id[:64]], remark=f"{len(data):,} bytes")
    return Body(message_id=message.id, data=data, kind="text" if as_it_stood else reading.kind)


def _subject(batch: Batch) -> Subject:
    return Subject(
        credential=batch.account.credential,
        account=batch.account,
        queue_id=batch.queue_id,
        queue_name=batch.queue_name,
    )
