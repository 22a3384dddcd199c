"""Reading queues and counts, against the sandbox over real HTTP."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from queues_app.access import NotAllowedError
from queues_app.models import Account, Action, AuditEntry, Outcome
from queues_app.operations import queues
from queues_app.operations.queues import Reading
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast
from tests.support.stack import calling


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=3)
    queue.push_many(["a", "b"])
    return queue


def read(account: Account, *handles: QueueHandle, budget_s: float = 5.0) -> dict[str, Reading]:
    return queues.read_metrics(
        caller=calling(account.credential.owner),
        account=account,
        queue_ids=[queue.id for queue in handles],
        budget_s=budget_s,
    )


def test_all_queues_of_all_pages_are_listed_and_nothing_is_on_the_record(account: Account, sandbox: Sandbox) -> None:
    names = {sandbox.add_queue(f"queue-{number:03}").name for number in range(45)}

    found = queues.list_queues(caller=calling(account.credential.owner), account=account)

    assert {queue.name for queue in found.queues} == names
    assert not AuditEntry.objects.exists()


def test_a_person_without_a_role_sees_no_queues_and_the_attempt_is_on_the_record(
    cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    with pytest.raises(NotAllowedError):
        queues.list_queues(caller=calling(cast.stranger), account=account)

    assert sandbox.calls == []
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome) == (Action.SEE_QUEUES, Outcome.REFUSED)


def test_counts_carry_the_time_they_were_read(account: Account, orders: QueueHandle) -> None:
    before = timezone.now()

    reading = read(account, orders)[orders.id]

    assert reading.metrics is not None
    assert reading.metrics.backlog_count == 2
    assert before <= reading.read_at <= timezone.now()


def test_a_queue_that_fails_costs_its_own_row_only(account: Account, orders: QueueHandle, sandbox: Sandbox) -> None:
    broken = sandbox.add_queue("broken")
    broken.fault("server_error", route="metrics")

    readings = read(account, orders, broken)

    assert readings[orders.id].metrics is not None
    assert readings[broken.id].metrics is None
    assert readings[broken.id].problem


def test_what_was_read_last_is_remembered_when_a_new_reading_fails(account: Account, orders: QueueHandle) -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=1)):
        first = read(account, orders)[orders.id]
    orders.fault("server_error", route="metrics")

    later = read(account, orders)[orders.id]

    assert later.metrics is None
    assert (later.earlier, later.earlier_read_at) == (first.metrics, first.read_at)


def test_below_the_floor_counts_are_not_asked_again(account: Account, orders: QueueHandle) -> None:
    read(account, orders)
    read(account, orders)

    assert orders.count("metrics") == 1


def test_counts_that_take_too_long_are_left_for_later(account: Account, orders: QueueHandle) -> None:
    orders.fault("latency", route="metrics", seconds=0.5)

    reading = read(account, orders, budget_s=0.05)[orders.id]

    assert reading.metrics is None
    assert reading.problem == "Not answered yet."


def test_a_queue_is_taken_from_memory_for_half_a_minute(account: Account, orders: QueueHandle) -> None:
    caller = calling(account.credential.owner)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        queues.read_queue(caller=caller, account=account, queue_id=orders.id)
    with time_machine.travel(now + timedelta(seconds=29), tick=False):
        queues.read_queue(caller=caller, account=account, queue_id=orders.id)
    with time_machine.travel(now + timedelta(seconds=31), tick=False):
        queues.read_queue(caller=caller, account=account, queue_id=orders.id)

    assert orders.count("queue") == 2
