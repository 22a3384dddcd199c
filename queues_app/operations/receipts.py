"""Find the entry that stands for what a person did, to show them what came of it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone

from queues_app.audit import Caller
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, AuditEntry, Batch, Lease
from queues_app.operations import allowed
from queues_app.operations.approvals import ApprovalNeededError
from queues_app.operations.leases import intent_of

# Older entries are of other requests; the bound keeps the look-up short, for a request id has no index.
LONGEST_REQUEST: Final = timedelta(minutes=5)

# What changes how a queue delivers.
OF_SETTINGS: Final = (
    Action.PAUSE,
    Action.RESUME,
    Action.QUEUE_EDIT,
    Action.CONSUMER_ADD,
    Action.CONSUMER_EDIT,
    Action.CONSUMER_REMOVE,
)


def by_intent(*, caller: Caller, intent: uuid.UUID) -> AuditEntry | None:
    """What the caller's submit of this form stands for; None when nothing was recorded for it."""
    return AuditEntry.objects.of(allowed.signed_in(caller).pk).filter(intent=intent).first()


@contextmanager
def told_by_the_record(*, caller: Caller, intent: uuid.UUID) -> Iterator[None]:
    """Around what a submit of a form does: a failure that its entry tells of is not raised once more.

    But for the need of an approval, which is asked for right there.
    """
    try:
        yield
    except ApprovalNeededError:
        # Its page asks for the approval.
        raise
    except (CloudflareError, ExpectedError):
        if by_intent(caller=caller, intent=intent) is None:
            raise


def of_request(*, caller: Caller) -> AuditEntry | None:
    """The entry that this very request of the caller's left, the newest one; None when it left none."""
    return (
        AuditEntry.objects.of(allowed.signed_in(caller).pk)
        .filter(request_id=caller.request_id, at__gte=timezone.now() - LONGEST_REQUEST)
        .first()
    )


def is_own_peek(*, caller: Caller, account: Account, queue_id: str, entry_id: int) -> bool:
    """Whether this entry is a peek of the caller's at this queue."""
    entries = AuditEntry.objects.of(allowed.signed_in(caller).pk)
    return entries.filter(pk=entry_id, action=Action.PEEK, account_id=account.account_id, queue_id=queue_id).exists()


def of_deletion(*, caller: Caller, batch: Batch, entry_id: int) -> AuditEntry | None:
    """The caller's own deletion of messages of this batch; None for any other entry."""
    entry = AuditEntry.objects.of(allowed.signed_in(caller).pk).filter(pk=entry_id, action=Action.DELETE).first()
    return entry if entry is not None and entry.parameters.get("batch") == str(batch.pk) else None


def of_settings(*, caller: Caller, account: Account, queue_id: str, entry_id: int) -> AuditEntry | None:
    """The caller's own change of this queue's delivery or consumer; None for any other entry."""
    return (
        AuditEntry.objects.of(allowed.signed_in(caller).pk)
        .filter(pk=entry_id, action__in=OF_SETTINGS, account_id=account.account_id, queue_id=queue_id)
        .first()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """The calls of one form, in their order, and the leases they were about. `planned` is how many it wanted."""

    entries: tuple[AuditEntry, ...]
    leases: tuple[Lease, ...]
    planned: int


def of_settling(*, caller: Caller, entry_id: int, batch: Batch | None = None) -> Settling | None:
    """What the caller's own form did to leases, by the entry of its first call; None for any other entry.

    With `batch`, only what was done to messages of this batch.
    """
    own = AuditEntry.objects.of(allowed.signed_in(caller).pk)
    first = own.filter(pk=entry_id, action__in=(Action.ACK, Action.RETRY, Action.EXTEND)).first()
    if first is None or (batch is not None and first.parameters.get("batch") != str(batch.pk)):
        return None
    planned = first.parameters.get("parts", 1)
    entries = [first]
    if planned > 1 and first.intent is not None:
        entries += own.filter(intent__in=[intent_of(first.intent, number) for number in range(1, planned)])
    entries.sort(key=lambda entry: entry.pk)
    numbers = [number for entry in entries for number in entry.parameters.get("leases", ())]
    return Settling(entries=tuple(entries), leases=tuple(Lease.objects.filter(pk__in=numbers)), planned=planned)
