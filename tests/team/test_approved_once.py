"""What was asked for is approved once and carried out once, however many of whichever host want it at one moment."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from queues_app import audit
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, ApprovalRequest, ApprovalState, AuditEntry, Outcome, User
from queues_app.operations import approvals, approved
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user
from tests.support.stack import calling
from tests.support.waiting import LONG_ENOUGH

# Committed, for the other threads to see. The roles are there again for each test.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# And the test itself has one of the pool's connections.
THREADS = 2


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    orders = sandbox.add_queue("orders", max_retries=5)
    orders.push({"order": 1})
    return orders


@pytest.fixture
def account(cast: Cast, sandbox: Sandbox, upstream_url: str) -> Account:
    lead, account_id = make_user("lead", "Lead"), sandbox.accounts["acme-logistics"]
    return make_account(lead, secret=sandbox.tokens["full"], account_id=account_id)


@pytest.fixture
def waiting(account: Account, orders: QueueHandle) -> ApprovalRequest:
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
        expires_at=now + timedelta(minutes=5),
    )


@pytest.fixture
def granted(waiting: ApprovalRequest, cast: Cast) -> ApprovalRequest:
    waiting.state = ApprovalState.APPROVED
    waiting.decided_by, waiting.decided_at = cast.admin.username, timezone.now()
    waiting.save()
    return waiting


def at_once(act: Callable[[User], object], *people: User) -> list[str]:
    """How it ends for each of them, in a thread of their own: the reason of a refusal, or "done"."""

    def end_of(person: User) -> str:
        try:
            act(person)
        except ExpectedError as error:
            return error.reason
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(max_workers=len(people)) as hosts:
        return sorted(hosts.map(end_of, people))


def own(request: ApprovalRequest) -> ApprovalRequest:
    """The request as each thread reads it for itself."""
    return ApprovalRequest.objects.select_related("account__credential", "asker").get(pk=request.pk)


def test_of_two_who_approve_it_at_the_same_moment_one_is_told_that_it_was(
    waiting: ApprovalRequest, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, record = Barrier(THREADS, timeout=LONG_ENOUGH), audit.record

    # Each of them was asked for their rights by now.
    def meet(**what: Any) -> Any:
        both.wait()
        return record(**what)

    monkeypatch.setattr(audit, "record", meet)
    people = (cast.admin, make_user("another-lead", "Lead"))
    requests = {person.pk: own(waiting) for person in people}

    ends = at_once(
        lambda who: approvals.decide(caller=calling(who), request=requests[who.pk], approve=True, remark=""), *people
    )

    assert ends == ["done", "request-over"]
    entry = AuditEntry.objects.get(outcome=Outcome.OK)
    refused = AuditEntry.objects.exclude(pk=entry.pk).get()
    assert (refused.action, refused.outcome, refused.reason) == ("approval.approve", Outcome.REFUSED, "request-over")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == (ApprovalState.APPROVED, entry.user_name)


def test_run_twice_at_the_same_moment_it_reaches_cloudflare_once(
    granted: ApprovalRequest, orders: QueueHandle, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, gate = Barrier(THREADS, timeout=LONG_ENOUGH), approvals.gate

    def meet(*passing: Any) -> None:
        both.wait()
        gate(*passing)

    monkeypatch.setattr(approvals, "gate", meet)
    asker = granted.asker

    # In two tabs, so that the form is not the same.
    ends = at_once(
        lambda who: approved.run(caller=calling(who), approved=own(granted), intent=uuid.uuid4()), asker, asker
    )

    assert ends == ["done", "request-over"]
    assert sandbox.count("empty_queue") == 1
    assert orders.messages == []
    entry = AuditEntry.objects.get(action="queue.empty", outcome=Outcome.OK)
    refused = AuditEntry.objects.exclude(pk=entry.pk).get()
    assert (refused.action, refused.outcome, refused.reason) == ("queue.empty", Outcome.REFUSED, "request-over")
    granted.refresh_from_db()
    assert (granted.state, granted.entry_id) == (ApprovalState.RUN, entry.pk)
