"""Keep what was fetched, sealed and for a while, so that nothing need be fetched twice to be read twice."""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import zstandard
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from queues_app import remembered, vault
from queues_app.cloudflare import Message, Queue
from queues_app.models import Account, ApprovalRequest, Batch, Invitation, Lease, Mode, Sending, User
from queues_app.models.inserting import insert_alike

logger = logging.getLogger(__name__)

# What a repeated peek found is kept this long unless somebody opens it, and never longer than any other batch.
OFFER_KEPT = timedelta(minutes=15)
# And only so many of a queue's: a page that repeats its peek all day must not fill the disk.
OFFERS_KEPT = 5
# So many go in one transaction: whoever waits to write waits for a moment.
PRUNED_AT_ONCE = 100
# And no more often on the way: a crowd of pulls would look for what has expired again and again.
_PRUNED_EACH_S: Final = 1
_SEALED: Final[dict[type[Model], tuple[str, ...]]] = {
    Batch: ("sealed_messages",),
    Lease: ("sealed_lease_id",),
    Sending: ("sealed_messages",),
    Invitation: (),
    ApprovalRequest: (),
}

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[Message, ...]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one look brought, on its way to being kept."""

    mode: Mode
    messages: tuple[Message, ...]
    fetched_at: datetime
    asked_for: int
    queue: Queue
    backlog_count: int | None = None
    backlog_read_at: datetime | None = None
    visibility_timeout_ms: int | None = None
    # A lease surely lasts until then: counted from when the request left.
    leased_until: datetime | None = None
    is_offer: bool = False
    # What came and could not be read as a message; a pull leased it all the same.
    unreadable: int = 0


def keep(*, owner: User, account: Account, entry_id: int, fetched: Fetched) -> Batch:
    """Seal and keep a batch, and one held lease for each message that a pull leased.

    Raises VaultError.
    """
    consumer = fetched.queue.consumer
    kept_for = min(OFFER_KEPT, settings.BATCH_RETENTION) if fetched.is_offer else settings.BATCH_RETENTION
    batch = Batch(
        owner=owner,
        account=account,
        entry_id=entry_id,
        queue_id=fetched.queue.id,
        queue_name=fetched.queue.name,
        mode=fetched.mode,
        fetched_at=fetched.fetched_at,
        expires_at=fetched.fetched_at + kept_for,
        is_offer=fetched.is_offer,
        asked_for=fetched.asked_for,
        message_count=len(fetched.messages),
        sealed_messages=_seal(fetched.messages),
        backlog_count=fetched.backlog_count,
        backlog_read_at=fetched.backlog_read_at,
        visibility_timeout_ms=fetched.visibility_timeout_ms,
        max_retries=consumer.max_retries if consumer else None,
        dead_letter_queue=(consumer.dead_letter_queue or "") if consumer else "",
        message_retention_period=fetched.queue.message_retention_period,
    )
    with transaction.atomic():
        batch.save()
        if fetched.leased_until is not None:
            _keep_leases(batch, fetched.messages, fetched.leased_until)
        if batch.is_offer:
            _forget_older_offers(batch)
    return batch


def _keep_leases(batch: Batch, messages: tuple[Message, ...], until: datetime) -> None:
    alike = Lease(
        holder=batch.owner,
        account=batch.account,
        queue_id=batch.queue_id,
        queue_name=batch.queue_name,
        batch=batch,
        entry_id=batch.entry_id,
        pulled_at=batch.fetched_at,
        expires_at=until,
        visibility_timeout_ms=batch.visibility_timeout_ms or 0,
        max_retries=batch.max_retries,
        dead_letter_queue=batch.dead_letter_queue,
    )
    different = [
        {
            "position": position,
            "message_id": message.id[:64],
            "sealed_lease_id": vault.seal(message.lease_id.encode()),
            "attempts": message.attempts,
        }
        for position, message in enumerate(messages)
        if message.lease_id
    ]
    insert_alike(alike, different)


def messages_of(batch: Batch) -> tuple[Message, ...]:
    """The messages of a kept batch, in the order they came.

    Raises VaultError when the key that sealed them is gone.
    """
    packed = vault.unseal(batch.sealed_messages)
    return _unpack(zstandard.decompress(packed, max_output_size=0))


def open_batch(*, owner: User, account: Account, queue_id: str, batch_id: uuid.UUID) -> Batch:
    """The owner's own batch, still kept. Opening an offer keeps it for as long as any other.

    Raises Batch.DoesNotExist.
    """
    batch = Batch.objects.kept(timezone.now()).get(pk=batch_id, owner=owner, account=account, queue_id=queue_id)
    if batch.is_offer:
        batch.is_offer = False
        batch.expires_at = batch.fetched_at + settings.BATCH_RETENTION
        batch.save(update_fields=["is_offer", "expires_at"])
    return batch


def recent(*, owner: User, account: Account, queue_id: str, at_most: int = 5) -> list[Batch]:
    """The owner's newest kept batches of a queue, without their messages."""
    return list(
        Batch.objects.kept(timezone.now())
        .filter(owner=owner, account=account, queue_id=queue_id, is_offer=False)
        .defer("sealed_messages")[:at_most]
    )


def prune(*, now: datetime) -> int:
    """Delete the batches whose time is over, and what is done with in the ledger; how many batches that were."""
    numbers = []
    for expired in _expired(now):
        number = 0
        while pruned := _prune_some(expired):
            number += pruned
        numbers.append(number)
    return numbers[0]


def prune_on_the_way() -> None:
    """Some of the same after a batch was kept, now and then. Whatever becomes of it, the batch stays: its leases exist
    upstream.
    """
    if not remembered.first("pruned-on-the-way", _PRUNED_EACH_S):
        return
    try:
        for expired in _expired(timezone.now()):
            _prune_some(expired)
    except DatabaseError as error:
        logger.warning("Expired batches could not be deleted: %s", error)


def _expired(now: datetime) -> tuple[QuerySet[Any], ...]:
    """Batches first; leases, which are told of as long as a batch would be after its end; what was to be sent;
    invitations that nobody took; and what a second person was asked for.
    """
    return (
        Batch.objects.expired(now),
        Lease.objects.filter(expires_at__lte=now - settings.BATCH_RETENTION),
        Sending.objects.filter(expires_at__lte=now),
        Invitation.objects.lapsed(now),
        ApprovalRequest.objects.filter(expires_at__lte=now - settings.BATCH_RETENTION),
    )


def _prune_some(expired: QuerySet[Any]) -> int:
    if not expired.exists():
        return 0
    with transaction.atomic():
        # What another process is deleting is left to it: waiting for each other could end in a deadlock.
        found = expired.order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True)
        # Never with their messages: a night's batches would not fit into memory.
        pruned = expired.model.objects.filter(pk__in=list(found[:PRUNED_AT_ONCE])).defer(*_SEALED[expired.model])
        _, rows = pruned.delete()
    return int(rows.get(expired.model._meta.label, 0))


def _forget_older_offers(newest: Batch) -> None:
    offers = Batch.objects.filter(
        owner=newest.owner, account=newest.account, queue_id=newest.queue_id, is_offer=True
    ).values_list("pk", flat=True)
    Batch.objects.filter(pk__in=list(offers[OFFERS_KEPT:])).defer("sealed_messages").delete()


def _seal(messages: tuple[Message, ...]) -> bytes:
    return vault.seal(zstandard.compress(_pack(messages), level=1))
