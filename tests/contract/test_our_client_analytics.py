"""Our client and the sandbox about analytics and event subscriptions, over a real socket."""

from datetime import timedelta

import pytest

from queues_app.cloudflare import (
    ApiToken,
    Client,
    Conflict,
    InvalidRequest,
    NotFound,
    NotPermitted,
    QueueHistory,
    ServerFault,
    Step,
)
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.contract.asking import Where, lease_of, pull


@pytest.fixture
def busy(client: Client, full: ApiToken, where: Where, orders: QueueHandle, clock: ManualClock) -> QueueHandle:
    """A queue with three messages in one minute, one of them acknowledged two minutes later, 5 s after it was read."""
    orders.push_many(["one", "two", "three"])
    clock.advance(minutes=2)
    lease = lease_of(pull(client, full, where, batch_size=1))
    clock.advance(seconds=5)
    client.settle(full, **where, acks=(lease,))
    return orders


def read(client: Client, auth: ApiToken, queue: QueueHandle, clock: ManualClock, **asked: object) -> QueueHistory:
    back = asked.get("back", timedelta(hours=1))
    assert isinstance(back, timedelta)
    step = asked.get("step", Step.MINUTE)
    assert isinstance(step, Step)
    answer = client.analytics(
        auth,
        account_id=queue.account_id,
        queue_id=queue.id,
        since=clock.now() - back,
        until=clock.now(),
        step=step,
    )
    return answer.value


def test_what_a_queue_did_is_told_minute_by_minute(
    client: Client, full: ApiToken, busy: QueueHandle, clock: ManualClock
) -> None:
    first, second = read(client, full, busy, clock).points
    assert (second.at - first.at).total_seconds() == 120
    assert (first.written, first.read, first.deleted) == (3, 0, 0)
    assert (second.written, second.read, second.deleted, second.dead_lettered) == (0, 1, 1, 0)
    assert (second.lag_ms, second.retries) == (125_000, 0)
    assert second.messages is not None
    assert 2 < second.messages < 3
    assert second.concurrency is None


@pytest.mark.parametrize("step", Step)
def test_every_step_is_one_that_the_api_knows(
    client: Client, full: ApiToken, busy: QueueHandle, clock: ManualClock, step: Step
) -> None:
    found = read(client, full, busy, clock, step=step, back=timedelta(days=29))
    assert sum(point.written or 0 for point in found.points) == 3
    assert found.step_s == step.seconds
    assert found.missing == ()


def test_numbers_written_as_floats_are_the_same(
    client: Client, sandbox: Sandbox, full: ApiToken, busy: QueueHandle, clock: ManualClock
) -> None:
    plain = read(client, full, busy, clock)
    sandbox.vary(numbers="floats")
    assert read(client, full, busy, clock) == plain


def test_each_variant_of_the_answer_is_understood(
    client: Client, sandbox: Sandbox, full: ApiToken, busy: QueueHandle, clock: ManualClock
) -> None:
    sandbox.vary(analytics="no_delayed")
    found = read(client, full, busy, clock)
    assert (found.missing, found.points[0].written, found.points[0].delayed) == (("delayed",), 3, None)
    sandbox.vary(analytics="partial")
    found = read(client, full, busy, clock)
    assert (found.missing, found.points[0].written) == (("consumer",), 3)
    sandbox.vary(analytics="empty")
    assert read(client, full, busy, clock).points == ()


@pytest.mark.parametrize("name", ["read_only", "account_owned", "wrong_account"])
def test_a_credential_that_may_not_read_analytics_is_told_so(
    client: Client, sandbox: Sandbox, busy: QueueHandle, clock: ManualClock, name: str
) -> None:
    with pytest.raises(NotPermitted) as refused:
        read(client, ApiToken(secret=sandbox.tokens[name]), busy, clock)
    assert refused.value.reason == "analytics-not-permitted"
    assert refused.value.sentence == "This credential may not read analytics."


def test_a_time_beyond_the_history_is_refused_by_name(
    client: Client, full: ApiToken, busy: QueueHandle, clock: ManualClock
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(client, full, busy, clock, step=Step.DAY, back=timedelta(days=90))
    assert refused.value.reason == "analytics-range"


def test_a_fault_on_the_way_is_met_by_asking_again(
    client: Client, sandbox: Sandbox, full: ApiToken, busy: QueueHandle, clock: ManualClock
) -> None:
    sandbox.fault("server_error", route="analytics", count=2)
    assert len(read(client, full, busy, clock).points) == 2
    sandbox.fault("server_error", route="analytics")
    with pytest.raises(ServerFault):
        read(client, full, busy, clock)


def test_subscriptions_are_made_listed_changed_and_ended(
    client: Client, sandbox: Sandbox, full: ApiToken, account: str, orders: QueueHandle
) -> None:
    made = client.create_subscription(
        full,
        account_id=account,
        name="builds",
        source={"type": "workersBuilds.worker", "worker_name": "shop"},
        events=("build.failed",),
        queue_id=orders.id,
    ).value
    assert (made.source_type, made.source_name, made.queue_id) == ("workersBuilds.worker", "shop", orders.id)
    assert client.subscription(full, account_id=account, subscription_id=made.id).value == made
    assert client.subscriptions(full, account_id=account).value == (made,)
    other = sandbox.add_queue("other")
    changed = client.edit_subscription(
        full, account_id=account, subscription_id=made.id, name="more", enabled=False, queue_id=other.id
    ).value
    assert (changed.name, changed.enabled, changed.queue_id, changed.events) == (
        "more",
        False,
        other.id,
        ("build.failed",),
    )
    client.delete_subscription(full, account_id=account, subscription_id=made.id)
    assert client.subscriptions(full, account_id=account).value == ()
    with pytest.raises(NotFound):
        client.subscription(full, account_id=account, subscription_id=made.id)


def test_all_subscriptions_of_all_pages_are_listed(
    client: Client, sandbox: Sandbox, full: ApiToken, account: str, orders: QueueHandle
) -> None:
    for number in range(120):
        client.create_subscription(
            full,
            account_id=account,
            name=f"model-{number:03}",
            source={"type": "workersAi.model", "model_name": f"model-{number}"},
            events=("batch.failed",),
            queue_id=orders.id,
        )
    found = client.subscriptions(full, account_id=account).value
    assert [one.name for one in found] == [f"model-{number:03}" for number in range(120)]
    assert sandbox.count("subscriptions") == 3


def test_a_second_subscription_of_a_resource_and_an_unknown_event_are_refused(
    client: Client, full: ApiToken, account: str, orders: QueueHandle
) -> None:
    def subscribe(event: str) -> None:
        client.create_subscription(
            full, account_id=account, name="kv", source={"type": "kv"}, events=(event,), queue_id=orders.id
        )

    with pytest.raises(InvalidRequest) as unknown:
        subscribe("namespace.stolen")
    assert "Unrecognized event types" in unknown.value.errors[0].message
    subscribe("namespace.created")
    with pytest.raises((Conflict, InvalidRequest)):
        subscribe("namespace.created")
