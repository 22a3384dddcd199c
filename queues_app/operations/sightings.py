"""The other kept batches of a person in which the same message stood."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from queues_app.audit import Caller
from queues_app.models import AuditEntry, Batch
from queues_app.operations import allowed, batches

# Newest first: to unseal a batch costs time, and the newest say most.
MOST_BATCHES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A message in one batch. `attempts` None is unknown."""

    batch_id: UUID
    position: int
    at: datetime
    mode: str
    attempts: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """Where a message was seen, the earliest first. `looked_into` of `kept` batches of the queue were opened for it."""

    found: tuple[Sighting, ...]
    looked_into: int
    kept: int


def sightings(*, caller: Caller, batch: Batch, message_id: str) -> Sightings:
    """Look for a message of `batch` in it, and in the caller's own kept batches of the same queue.

    Raises VaultError.
    """
    kept = Batch.objects.kept(timezone.now()).filter(
        owner=allowed.signed_in(caller), account_id=batch.account_id, queue_id=batch.queue_id
    )
    # The record knows the ids, so that only what holds the message is read and unsealed.
    newest = list(kept.defer("sealed_messages")[:MOST_BATCHES])
    listed = dict(AuditEntry.objects.filter(pk__in=[each.entry_id for each in newest]).values_list("pk", "message_ids"))
    found = [
        Sighting(batch_id=each.pk, position=position, at=each.fetched_at, mode=each.mode, attempts=message.attempts)
        # The one it is looked at in has it, whoever's copy that is and whatever the record knows of it.
        for each in (batch, *(other for other in newest if other.pk != batch.pk))
        if each.pk == batch.pk or message_id[:64] in listed.get(each.entry_id, ())
        for position, message in enumerate(batches.messages_of(each))
        if message.id == message_id
    ]
    found.sort(key=lambda each: each.at)
    return Sightings(found=tuple(found), looked_into=len(newest), kept=kept.count())
