"""What was approved is carried out once, however many threads of whichever host want it at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from queues_app import audit
from queues_app.audit import Caller, Subject
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, ApprovalRequest, ApprovalState, AuditEntry, Outcome
from queues_app.operations import approvals
from tests.support.people import Cast, make_account, make_user

# Committed, for the other threads to see. The roles are there again for each test.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# And the test itself has one of the pool's connections.
THREADS = 2


@pytest.fixture
def account(cast: Cast) -> Account:
    return make_account(make_user("lead", "Lead"), secret="x" * 40, account_id="a" * 32)


@pytest.fixture
def approved(account: Account, cast: Cast) -> ApprovalRequest:
    now = timezone.now()
    return ApprovalRequest.objects.create(
        asker=account.credential.owner,
        account=account,
        action=Action.EMPTY,
        queue_id="b" * 32,
        queue_name="orders",
        parameters={"name": "orders"},
        reason="poisoned",
        state=ApprovalState.APPROVED,
        asked_at=now,
        expires_at=now + timedelta(minutes=5),
        decided_by=cast.admin.username,
        decided_at=now,
    )


def test_of_threads_at_the_same_moment_one_carries_it_out(approved: ApprovalRequest) -> None:
    barrier = Barrier(THREADS)
    act = approvals.Act(
        action=Action.EMPTY,
        account=approved.account,
        queue_id=approved.queue_id,
        queue_name=approved.queue_name,
        parameters=approved.parameters,
    )

    def carry_out(number: int) -> str:
        mine = ApprovalRequest.objects.select_related("account__credential", "asker").get(pk=approved.pk)
        caller = Caller(user=mine.asker, user_name="lead", address=None, request_id="")
        subject = Subject(account=mine.account, queue_id=mine.queue_id, queue_name=mine.queue_name)
        try:
            with audit.record(caller=caller, action=Action.EMPTY, subject=subject) as record:
                barrier.wait(timeout=10)
                approvals.gate(record, act, mine)
                record.ok()
        except ExpectedError as error:
            return error.reason
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        came = sorted(pool.map(carry_out, range(THREADS)))

    assert came == ["done", *["request-over"] * (THREADS - 1)]
    entry = AuditEntry.objects.get(outcome=Outcome.OK)
    approved.refresh_from_db()
    assert (approved.state, approved.entry_id) == (ApprovalState.RUN, entry.pk)
