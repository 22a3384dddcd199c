"""Analytics and event subscriptions: asked once for all, remembered, and refusals too."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from time_machine import Traveller

from queues_app.access import NotAllowedError
from queues_app.models import Account, Action, AuditEntry, Outcome
from queues_app.operations import analytics
from queues_app.operations.analytics import Analytics, Feeding
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from queues_app.sandbox.clock import DEFAULT_START
from tests.support.people import Cast, make_account
from tests.support.stack import calling

# The sandbox's clock stands at DEFAULT_START; a minute later what happened there is history.
NOW = DEFAULT_START + timedelta(minutes=1)


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=3)
    queue.push_many(["a", "b"])
    return queue


def read(account: Account, queue: QueueHandle, *, hours: float = 1, points: int = 60, ago_s: float = 0) -> Analytics:
    until = NOW - timedelta(seconds=ago_s)
    return analytics.read(
        caller=calling(account.credential.owner),
        account=account,
        queue_id=queue.id,
        since=until - timedelta(hours=hours),
        until=until,
        points=points,
    )


def feeding(account: Account, queue: QueueHandle) -> Feeding:
    return analytics.subscriptions_of(caller=calling(account.credential.owner), account=account, queue_id=queue.id)


@pytest.fixture(autouse=True)
def travelled() -> Iterator[Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def poor(cast: Cast, sandbox: Sandbox, upstream_url: str) -> Account:
    """An account reached with a token that may not read analytics."""
    return make_account(
        cast.owner, secret=sandbox.tokens["read_only"], account_id=sandbox.accounts["acme-logistics"], label="poor"
    )


def test_a_queue_s_history_is_read_and_nothing_is_on_the_record(account: Account, orders: QueueHandle) -> None:
    found = read(account, orders)
    assert found.history is not None
    assert (found.problem, found.is_refused) == ("", False)
    (point,) = found.history.points
    assert (point.at, point.written) == (datetime(2026, 11, 23, 14, 3, tzinfo=UTC), 2)
    assert found.history.step_s == 60
    assert not AuditEntry.objects.exists()


def test_the_same_question_is_asked_once_a_minute(
    account: Account, orders: QueueHandle, sandbox: Sandbox, travelled: Traveller
) -> None:
    first = read(account, orders)
    assert read(account, orders, ago_s=5) == first
    assert sandbox.count("analytics") == 1
    read(account, orders, hours=5, points=60)
    assert sandbox.count("analytics") == 2
    travelled.shift(61)
    read(account, orders)
    assert sandbox.count("analytics") == 3


def test_nothing_older_than_thirty_days_is_asked_for(account: Account, orders: QueueHandle) -> None:
    found = read(account, orders, hours=24 * 400, points=40)
    assert found.history is not None
    assert found.history.since >= NOW - timedelta(days=30)
    assert found.history.step_s == 86_400


@pytest.mark.parametrize("points", [1, 40, 1000])
def test_the_time_asked_for_is_never_wider_than_cloudflare_answers(
    account: Account, orders: QueueHandle, points: int, travelled: Traveller
) -> None:
    travelled.shift(12_345.6)
    found = read(account, orders, hours=24 * 60, points=points)
    assert found.history is not None
    assert found.history.until - found.history.since <= timedelta(days=30)


def test_a_time_that_cloudflare_has_forgotten_is_not_asked_for(
    account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    found = read(account, orders, ago_s=86_400 * 40)
    assert (found.history, found.reason) == (None, "analytics-range")
    assert sandbox.calls == []


def test_a_time_that_is_no_time_still_asks_for_a_minute(account: Account, orders: QueueHandle) -> None:
    found = read(account, orders, hours=-3)
    assert found.history is not None
    assert found.history.since < found.history.until


def test_a_refusal_is_an_answer_and_is_not_asked_for_again(
    poor: Account, orders: QueueHandle, sandbox: Sandbox, travelled: Traveller
) -> None:
    found = read(poor, orders)
    assert found.history is None
    assert found.is_refused
    assert (found.problem, found.reason) == ("This credential may not read analytics.", "analytics-not-permitted")
    read(poor, sandbox.add_queue("other"), hours=9)
    travelled.shift(300)
    assert read(poor, orders) == found
    assert sandbox.count("analytics") == 1


def test_a_check_up_or_a_new_secret_lets_it_be_asked_again(
    poor: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    read(poor, orders)
    poor.credential.checked_at = NOW
    read(poor, orders)
    assert sandbox.count("analytics") == 2
    poor.credential.last_four = "9999"
    read(poor, orders)
    assert sandbox.count("analytics") == 3


def test_what_one_credential_may_not_another_may(account: Account, orders: QueueHandle, poor: Account) -> None:
    assert read(poor, orders).is_refused
    assert not read(account, orders).is_refused


def test_a_failure_is_an_answer_and_is_remembered_for_a_minute_only(
    account: Account, orders: QueueHandle, sandbox: Sandbox, travelled: Traveller
) -> None:
    sandbox.fault("wrong_shape", route="analytics", count=1)
    found = read(account, orders)
    assert (found.history, found.reason, found.is_refused) == (None, "wrong-shape", False)
    assert read(account, orders) == found
    assert sandbox.count("analytics") == 1
    travelled.shift(61)
    assert read(account, orders).history is not None


def test_a_person_without_a_role_reads_neither_and_the_attempts_are_on_the_record(
    cast: Cast, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    caller = calling(cast.stranger)
    with pytest.raises(NotAllowedError):
        analytics.read(
            caller=caller, account=account, queue_id=orders.id, since=NOW - timedelta(hours=1), until=NOW, points=60
        )
    with pytest.raises(NotAllowedError):
        analytics.subscriptions_of(caller=caller, account=account, queue_id=orders.id)
    assert sandbox.calls == []
    entries = AuditEntry.objects.values_list("action", "outcome")
    assert list(entries) == [(Action.SEE_QUEUES, Outcome.REFUSED)] * 2


def test_what_feeds_a_queue_is_asked_for_once_for_all_queues(
    account: Account, orders: QueueHandle, sandbox: Sandbox, clock: ManualClock
) -> None:
    other = sandbox.add_queue("other")
    held = sandbox.store.accounts[orders.account_id]
    for name, kind, queue in (("buckets", "r2", orders), ("images", "images", other)):
        sandbox.store.add_subscription(
            held, clock.now_ms(), name=name, source={"type": kind}, events=["x"], queue_id=queue.id
        )
    mine, others = feeding(account, orders).subscriptions, feeding(account, other).subscriptions
    assert mine is not None
    assert others is not None
    assert [one.name for one in mine] == ["buckets"]
    assert [one.name for one in others] == ["images"]
    assert feeding(account, sandbox.add_queue("third")).subscriptions == ()
    assert sandbox.count("subscriptions") == 1


def test_subscriptions_that_cannot_be_read_are_unknown_and_not_none(
    account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    sandbox.fault("null_result", route="subscriptions")
    found = feeding(account, orders)
    assert found.subscriptions is None
    assert found.problem
