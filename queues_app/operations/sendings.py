"""Keep messages on their way into a queue, sealed, and read them again. Nothing is asked of the upstream."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import zstandard
from django.conf import settings
from django.utils import timezone

from queues_app import audit, vault
from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.models import Account, Action, ApprovalRequest, AuditEntry, Sending, Source, User
from queues_app.operations import allowed, known_queues, masks, names, queues
from queues_app.operations.drafts import Draft, Flaw

WAITING = ("waiting", "single")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a sending holds: what can be sent, and what was found that cannot.

    masks   how many values are nothing but masks, as in an exported file; `shown` counts them
    """

    drafts: tuple[Draft, ...]
    flaws: tuple[Flaw, ...]
    masks: int = 0


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Contents).decode


def require(*, caller: Caller, account: Account, queue_id: str) -> None:
    """Whether the caller may send at all.

    Raises NotAllowedError, after recording the refused attempt.
    """
    subject = queues.subject_of(account, queue_id)
    allowed.require(caller, Permission.SEND, action=Action.SEND, subject=subject)


def prepare(*, caller: Caller, account: Account, queue_id: str, **kept: Any) -> Sending:
    """Keep what a person wants to send, as `keep` takes it. Nothing is sent.

    Raises NotAllowedError, VaultError.
    """
    require(caller=caller, account=account, queue_id=queue_id)
    return keep(owner=allowed.signed_in(caller), account=account, queue_id=queue_id, **kept)


def keep(
    *,
    owner: User,
    account: Account,
    queue_id: str,
    found: Sequence[Draft | Flaw],
    source: Source,
    file_name: str = "",
    batch_id: uuid.UUID | None = None,
) -> Sending:
    """Seal and keep messages on their way, and what was found that cannot be sent.

    Raises VaultError.
    """
    drafts = tuple(each for each in found if isinstance(each, Draft))
    flaws = tuple(each for each in found if isinstance(each, Flaw))
    now = timezone.now()
    return Sending.objects.create(
        owner=owner,
        account=account,
        queue_id=queue_id,
        queue_name=known_queues.remembered_name(account=account, queue_id=queue_id) or queue_id,
        source=source,
        file_name=file_name[:200],
        batch_id=batch_id,
        created_at=now,
        expires_at=now + settings.BATCH_RETENTION,
        message_count=len(drafts),
        sealed_messages=vault.seal(zstandard.compress(_pack(Contents(drafts=drafts, flaws=flaws)), level=1)),
        outcomes=["waiting"] * len(drafts),
    )


def contents(sending: Sending) -> Contents:
    """What it holds.

    Raises VaultError when the key that sealed it is gone.
    """
    packed = vault.unseal(sending.sealed_messages)
    return _unpack(zstandard.decompress(packed, max_output_size=0))


def shown(sending: Sending) -> Contents:
    """What it holds, as it may be shown: with the masks of the queue that it goes to.

    Raises VaultError.
    """
    return _shown(sending, subject_of(sending))


def _shown(sending: Sending, queue: Subject) -> Contents:
    found = contents(sending)
    rules = masks.rules_at(queue)
    # Before the masks of this queue lie over it.
    found = replace(found, masks=sum(masks.count_in(each.body) for each in found.drafts))
    if not rules:
        return found
    return replace(
        found,
        drafts=tuple(replace(each, body=masks.of_draft(each.body, rules)) for each in found.drafts),
        flaws=tuple(replace(each, excerpt=masks.of_draft(each.excerpt, rules)) for each in found.flaws),
    )


def asked_for(*, caller: Caller, request: ApprovalRequest) -> Contents | None:
    """What a request would send, as it may be shown to who decides; None where it is no longer kept.

    That somebody else read it is on the record before anything is unsealed.

    Raises NotAllowedError, VaultError, AuditUnavailableError, AuditNotClosedError.
    """
    kept = Sending.objects.filter(
        pk=request.parameters["sending"], owner_id=request.asker_id, expires_at__gt=timezone.now()
    )
    sending = kept.select_related("account__credential").first()
    if sending is None:
        return None
    if request.asker_id == allowed.signed_in(caller).pk:
        return shown(sending)
    # Without the credential: it is the asker's, and nothing is asked with it here.
    kept_as = (request.queue_name, sending.queue_name)
    subject = replace(names.subject(sending.account, request.queue_id, kept_as=kept_as), credential=None)
    parameters = {"owner": request.asker.get_username(), "request": request.pk}
    for permission in (Permission.APPROVE, Permission.SEND):
        allowed.require(caller, permission, action=Action.OPEN_COPY, subject=subject, parameters=parameters)
    with audit.record(caller=caller, action=Action.OPEN_COPY, subject=subject, parameters=parameters) as record:
        found = _shown(sending, subject)
        record.ok(remark=f"prepared by {parameters['owner']}", message_count=len(found.drafts))
    return found


def open_sending(*, owner: User, account: Account, queue_id: str, sending_id: uuid.UUID) -> Sending:
    """The owner's own sending, still kept.

    Raises Sending.DoesNotExist.
    """
    return Sending.objects.get(
        pk=sending_id, owner=owner, account=account, queue_id=queue_id, expires_at__gt=timezone.now()
    )


def recent(*, owner: User, account: Account, queue_id: str, at_most: int = 8) -> list[Sending]:
    """The owner's newest sendings to a queue, without their messages."""
    kept = Sending.objects.filter(owner=owner, account=account, queue_id=queue_id, expires_at__gt=timezone.now())
    return list(kept.defer("sealed_messages")[:at_most])


def entries(sending: Sending) -> list[AuditEntry]:
    """The record of its calls, in their order."""
    return list(
        AuditEntry.objects.filter(
            user_id=sending.owner_id,
            action=Action.SEND,
            at__gte=sending.created_at,
            parameters__sending=str(sending.pk),
        ).order_by("pk")
    )


def subject_of(sending: Sending) -> Subject:
    """Where it goes, in the words of the record."""
    return names.subject(sending.account, sending.queue_id, kept_as=(sending.queue_name,))
