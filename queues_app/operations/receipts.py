"""Find the entry that stands for what a person did, to show them what came of it."""

import uuid
from datetime import timedelta
from typing import Final

from django.utils import timezone

from queues_app.audit import Caller
from queues_app.models import Action, AuditEntry, Batch
from queues_app.operations import allowed

# Older entries are of other requests; the bound keeps the look-up short, for a request id has no index.
LONGEST_REQUEST: Final = timedelta(minutes=5)


def by_intent(*, caller: Caller, intent: uuid.UUID) -> AuditEntry | None:
    """What the caller's submit of this form stands for; None when nothing was recorded for it."""
    return AuditEntry.objects.of(allowed.signed_in(caller).pk).filter(intent=intent).first()


def of_request(*, caller: Caller) -> AuditEntry | None:
    """The entry that this very request of the caller's left, the newest one; None when it left none."""
    return (
        AuditEntry.objects.of(allowed.signed_in(caller).pk)
        .filter(request_id=caller.request_id, at__gte=timezone.now() - LONGEST_REQUEST)
        .first()
    )


def of_settling(*, caller: Caller, batch: Batch, entry_id: int) -> AuditEntry | None:
    """The caller's own acknowledgement, retry or deletion of messages of this batch; None for any other entry."""
    entry = (
        AuditEntry.objects.of(allowed.signed_in(caller).pk)
        .filter(pk=entry_id, action__in=(Action.ACK, Action.RETRY, Action.DELETE))
        .first()
    )
    return entry if entry is not None and entry.parameters.get("batch") == str(batch.pk) else None
