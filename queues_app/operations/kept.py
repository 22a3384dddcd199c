"""Read what was kept: an own batch and its leases. Nothing is asked of the upstream."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max
from django.utils import timezone

from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.cloudflare import Message
from queues_app.models import Account, Action, Batch, Lease, Mode
from queues_app.operations import allowed, batches

CONTENT_TYPE = "CF-Content-Type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many messages of a queue a person holds by our own leases, and until when the last of them."""

    count: int
    until: datetime | None


def messages(*, caller: Caller, batch: Batch) -> tuple[Message, ...]:
    """The messages of the caller's own batch. Whoever lost the right to look at messages reads no kept ones either.

    Raises NotAllowedError, VaultError.
    """
    pulled = batch.mode == Mode.PULL
    allowed.require(
        caller,
        Permission.PULL if pulled else Permission.PEEK,
        action=Action.PULL if pulled else Action.PEEK,
        subject=subject_of(batch),
        parameters={"kept_batch": str(batch.pk)},
    )
    return batches.messages_of(batch)


def held(*, caller: Caller, account: Account, queue_id: str) -> Held:
    """What the caller holds of a queue at the moment, by the pulls that are kept here."""
    found = (
        Lease.objects.held(timezone.now())
        .filter(
            holder=allowed.signed_in(caller),
            account=account,
            queue_id=queue_id,
        )
        .aggregate(count=Count("pk"), until=Max("expires_at"))
    )
    return Held(count=found["count"], until=found["until"])


def subject_of(batch: Batch) -> Subject:
    """Where a kept batch came from, in the words of the record."""
    return Subject(
        credential=batch.account.credential,
        account=batch.account,
        queue_id=batch.queue_id,
        queue_name=batch.queue_name,
    )
