"""What a person does with leases, below the pages."""

import uuid
from typing import Any

from queues_app import vault
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.models import Account, Batch, Lease, User
from queues_app.operations import ledger, look
from queues_app.operations.leases import Asked, Result, Verb, act, parts_of
from queues_app.sandbox import QueueHandle
from tests.support.stack import calling

type Came = Result | CloudflareError | ExpectedError


def pull(account: Account, queue: QueueHandle, count: int = 3, *, timeout_ms: int = 60_000) -> Batch:
    queue.push_many([{"order": number} for number in range(count)])
    return look.pull(
        caller=calling(account.credential.owner),
        account=account,
        queue_id=queue.id,
        batch_size=count,
        visibility_timeout_ms=timeout_ms,
        intent=uuid.uuid4(),
    )


def do(user: User, verb: Verb, *, intent: uuid.UUID | None = None, **terms: Any) -> tuple[Came, ...]:
    """What a form with every lease there is does."""
    asked = Asked(verb=verb, **terms)
    leases = list(Lease.objects.select_related("holder", "account__credential"))
    parts = parts_of(caller=calling(user), leases=leases, asked=asked)
    return act(caller=calling(user), parts=parts, asked=asked, intent=intent or uuid.uuid4())


def states() -> list[str]:
    return list(Lease.objects.values_list("state", flat=True))


def lease_ids() -> set[str]:
    return {vault.unseal(lease.sealed_lease_id).decode() for lease in Lease.objects.all()}


def sentences(results: tuple[Came, ...]) -> list[str]:
    return [result.sentence for result in results]


def mine(user: User) -> list[Lease]:
    return ledger.find(caller=calling(user), numbers=Lease.objects.values_list("pk", flat=True))
