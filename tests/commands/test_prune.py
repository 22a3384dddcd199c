"""`manage.py prune`, and pruning on the way."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from queues_app.models import Account, AuditEntry, Batch, Invitation, Lease, Outcome, Sending, Source
from queues_app.models.batch import BatchQuerySet
from queues_app.operations import batches, look
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast
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


def test_expired_batches_go_and_their_leases_and_entries_stay(account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    queue.push_many(["a", "b"])
    old, young = pull(account, queue), pull(account, queue)
    let_expire(old)

    call_command("prune")

    assert list(Batch.objects.all()) == [young]
    assert set(Lease.objects.values_list("batch", flat=True)) == {None, young.pk}
    assert AuditEntry.objects.count() == 2


def test_a_lease_is_forgotten_when_a_batch_of_its_end_would_be(account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    queue.push_many(["a", "b"])
    old, young = pull(account, queue), pull(account, queue)
    old.leases.update(expires_at=timezone.now() - timedelta(hours=25))

    call_command("prune")

    assert Lease.objects.get().batch == young


def test_an_invitation_that_nobody_took_in_its_time_goes_and_one_that_made_a_person_stays(cast: Cast) -> None:
    now = timezone.now()

    def invitation(name: str, *, hours: int, used: bool = False) -> None:
        Invitation.objects.create(
            word_hash=name,
            full_name=name,
            role="Viewer",
            invited_by="admin",
            created_at=now - timedelta(hours=72),
            expires_at=now + timedelta(hours=hours),
            used_at=now if used else None,
            person=cast.viewer if used else None,
        )

    invitation("open", hours=1)
    invitation("lapsed", hours=-1)
    invitation("taken", hours=-1, used=True)

    call_command("prune")

    assert set(Invitation.objects.values_list("full_name", flat=True)) == {"open", "taken"}


def test_keeping_a_batch_prunes_what_has_expired_once_a_second(account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    queue.push_many(["a", "b"])
    old = pull(account, queue)
    old.leases.update(expires_at=timezone.now() - timedelta(hours=25))
    let_expire(old)
    Sending.objects.create(
        owner=account.credential.owner,
        account=account,
        queue_id=queue.id,
        queue_name=queue.name,
        source=Source.FORM,
        created_at=timezone.now(),
        expires_at=timezone.now() - timedelta(seconds=1),
        message_count=0,
        sealed_messages=b"",
    )

    young = pull(account, queue)
    assert set(Batch.objects.all()) == {old, young}
    cache.clear()  # the second is over
    youngest = pull(account, queue)

    assert set(Batch.objects.all()) == {young, youngest}
    assert set(Lease.objects.values_list("batch", flat=True)) == {young.pk}
    assert not Sending.objects.exists()


def test_a_pull_is_kept_although_pruning_fails(
    account: Account, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> BatchQuerySet:
        raise OperationalError

    monkeypatch.setattr(BatchQuerySet, "expired", locked)
    queue = sandbox.add_queue("orders")
    queue.push_many(["a"])

    kept = pull(account, queue)

    assert Batch.objects.get() == kept
    assert Lease.objects.get().batch == kept
    assert AuditEntry.objects.get().outcome == Outcome.OK


def test_pruning_fetches_no_messages(account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("orders")
    queue.push_many(["a"])
    let_expire(pull(account, queue))

    with CaptureQueriesContext(connection) as asked:
        call_command("prune")

    assert not [query for query in asked.captured_queries if "sealed_messages" in query["sql"]]


def test_more_than_one_transaction_takes_is_pruned_all_the_same(
    account: Account, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PRUNED_AT_ONCE", 1)
    queue = sandbox.add_queue("orders")
    queue.push_many(["a", "b", "c"])
    for old in [pull(account, queue) for _ in range(3)]:
        let_expire(old)
    Lease.objects.update(expires_at=timezone.now() - timedelta(days=60))

    call_command("prune")

    assert not Batch.objects.exists()
    assert not Lease.objects.exists()
