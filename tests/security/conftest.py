"""One of everything for everybody: whoever a test sends, it has own objects, and so has somebody else."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest
from django.utils import timezone

from queues_app.cloudflare import Message, Queue
from queues_app.models import (
    Account,
    Action,
    ApprovalRequest,
    AuditEntry,
    AuditHold,
    Batch,
    Deletion,
    DeletionState,
    Effect,
    MaskingRule,
    Membership,
    Mode,
    Outcome,
    QueueRule,
    SavedFilter,
    Sending,
    Source,
    Team,
    TwoPersonRule,
    User,
    Watch,
)
from queues_app.operations import batches, drafts, sendings
from queues_app.operations.batches import Fetched
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account
from tests.support.queues import make_consumer, make_queue

# What must never leave a sealed batch but as a header or a request's body.
LEASE_ID: Final = "lease-Zm9yLXRoZS1zZWN1cml0eS10ZXN0cy1vbmx5"


@dataclass(frozen=True, slots=True)
class Belongings:
    """What one person owns. The messages of both batches are in the upstream's queue, too."""

    owner: User
    account: Account
    queue_id: str
    peeked: Batch
    pulled: Batch
    entry: AuditEntry
    saved: SavedFilter
    sending: Sending
    rule: QueueRule
    mask: MaskingRule
    team: Team
    two_person: TwoPersonRule
    request: ApprovalRequest
    hold: AuditHold
    watch: Watch


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    queue.push_many([{"order": number} for number in range(3)])
    return queue


@pytest.fixture
def give(sandbox: Sandbox, orders: QueueHandle, upstream_url: str) -> Callable[[User], Belongings]:
    """Make one of everything for a person. Nothing is asked of the upstream."""

    def make(owner: User) -> Belongings:
        account = make_account(
            owner, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"], label="main"
        )
        entry = AuditEntry.objects.create(
            at=timezone.now(),
            completed_at=timezone.now(),
            action=Action.PULL,
            outcome=Outcome.OK,
            user_id=owner.pk,
            user_name=owner.username,
            queue_id=orders.id,
            queue_name=orders.name,
        )
        queue = make_queue("orders", make_consumer(), id=orders.id)
        peeked = _keep(account, queue, entry, orders, Mode.PEEK)
        Deletion.objects.create(
            batch=peeked,
            position=0,
            message_id=orders.messages[0].id,
            entry_id=entry.pk,
            deleted_at=timezone.now(),
            state=DeletionState.DELETED,
        )
        pulled = _keep(account, queue, entry, orders, Mode.PULL)
        saved = SavedFilter.objects.create(owner=owner, name="mine", text="order")
        sending = _sending(account, orders)
        # About no queue that there is. Rules belong to nobody.
        rule = QueueRule.objects.create(effect=Effect.DENY, permissions=["pull"], pattern="no-such-queue")
        mask = MaskingRule.objects.create(kind="key", value="password", pattern="no-such-queue")
        team = Team.objects.create(name=f"team of {owner.username}", created_by="admin")
        Membership.objects.create(team=team, user=owner, role="Viewer")
        two_person = TwoPersonRule.objects.create(permissions=["empty"], pattern="no-such-queue")
        request = _request(account, orders)
        hold = AuditHold.objects.create(number=owner.pk, reason="Case 7", made_by="auditor", made_at=timezone.now())
        return Belongings(
            owner,
            account,
            orders.id,
            peeked,
            pulled,
            entry,
            saved,
            sending,
            rule,
            mask,
            team,
            two_person,
            request,
            hold,
            _watch(account, orders),
        )

    return make


@pytest.fixture
def mine(cast: Cast, give: Callable[[User], Belongings]) -> Belongings:
    """What the owner has."""
    return give(cast.owner)


def _watch(account: Account, orders: QueueHandle) -> Watch:
    """It tells nobody."""
    return Watch.objects.create(
        owner=account.credential.owner,
        account=account,
        account_name=account.name,
        queue_id=orders.id,
        queue_name=orders.name,
        kind="backlog",
        threshold=100,
    )


def _sending(account: Account, orders: QueueHandle) -> Sending:
    """Kept without asking who may: some of these people may not send."""
    found = (drafts.Draft(line=1, body='{"order": 1}', content_type="json"),)
    return sendings.keep(
        owner=account.credential.owner, account=account, queue_id=orders.id, found=found, source=Source.FORM
    )


def _request(account: Account, orders: QueueHandle) -> ApprovalRequest:
    """Waits for a second person."""
    now = timezone.now()
    return ApprovalRequest.objects.create(
        asker=account.credential.owner,
        account=account,
        action=Action.EMPTY,
        queue_id=orders.id,
        queue_name=orders.name,
        parameters={"name": orders.name},
        reason="poisoned",
        asked_at=now,
        expires_at=now + timedelta(minutes=1),
    )


def _keep(account: Account, queue: Queue, entry: AuditEntry, orders: QueueHandle, mode: Mode) -> Batch:
    now = timezone.now()
    pull: dict[str, Any] = {}
    if mode == Mode.PULL:
        pull = {"visibility_timeout_ms": 60_000, "leased_until": now + timedelta(minutes=1)}
    fetched = Fetched(
        mode=mode,
        messages=tuple(
            Message(
                id=held.id,
                body=str(held.body),
                body_is_string=True,
                timestamp_ms=held.sent_ms,
                attempts=held.attempts,
                metadata={"CF-Content-Type": "json"},
                lease_id=f"{LEASE_ID}{place}" if mode == Mode.PULL else None,
                ref=f"{LEASE_ID}-ref{place}" if mode == Mode.PEEK else None,
            )
            for place, held in enumerate(orders.messages)
        ),
        fetched_at=now,
        asked_for=10,
        queue=queue,
        **pull,
    )
    return batches.keep(owner=account.credential.owner, account=account, entry_id=entry.pk, fetched=fetched)


def new_intent() -> str:
    return str(uuid.uuid4())
