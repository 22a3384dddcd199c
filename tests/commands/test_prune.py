"""`manage.py prune`, and pruning on the way."""

import uuid
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from queues_app.models import Account, AuditEntry, Batch, Lease
from queues_app.operations import look
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.stack import calling


def pull(account: Account, queue: QueueHandle) -> Batch:
    return look.pull(
        caller=calling(account.credential.owner),
        account=account,
        queue_id=queue.id,
        batch_size=1,
        visibility_timeout_ms=1000,
        intent=uuid.uuid4(),
    )


def let_expire(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_expired_batches_go_with_their_leases_and_entries_stay(account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    queue.push_many(["a", "b"])
    old, young = pull(account, queue), pull(account, queue)
    let_expire(old)

    call_command("prune")

    assert list(Batch.objects.all()) == [young]
    assert set(Lease.objects.values_list("batch", flat=True)) == {young.pk}
    assert AuditEntry.objects.count() == 2


def test_keeping_a_batch_prunes_what_has_expired(account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    queue.push_many(["a", "b"])
    let_expire(pull(account, queue))

    young = pull(account, queue)

    assert list(Batch.objects.all()) == [young]
