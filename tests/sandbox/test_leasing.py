"""Pull, acknowledge, retry, extend: what a lease is, and how it ends."""

import pytest

from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.sandbox.conftest import Api


def test_a_pull_leases_and_counts_an_attempt(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    orders.push_many(["a", "b", "c"])
    answer = api.result("POST", f"{orders.path}/messages/pull", {"batch_size": 2})
    assert answer["message_backlog_count"] == 3
    assert answer["metadata"]["metrics"]["backlog_count"] == 3
    first = answer["messages"][0]
    assert (first["body"], first["attempts"], first["timestamp_ms"]) == ("a", 1, clock.now_ms())
    assert len(first["id"]) == 32
    assert first["lease_id"].startswith("eyJ")
    assert first["lease_id"].split(".")[1] == ""
    assert [message["body"] for message in api.pull(orders)] == ["c"]
    assert [held.state for held in orders.messages] == ["leased"] * 3
    assert api.pull(orders) == []


def test_a_lease_lapses_and_the_message_comes_back_with_another(
    api: Api, orders: QueueHandle, clock: ManualClock
) -> None:
    orders.push("a")
    first = api.pull(orders, visibility_timeout_ms=5000)[0]
    clock.advance(seconds=4.999)
    assert api.pull(orders) == []
    clock.advance(seconds=0.001)
    second = api.pull(orders)[0]
    assert second["id"] == first["id"]
    assert second["attempts"] == 2
    assert second["lease_id"] != first["lease_id"]


def test_the_consumer_sets_the_defaults_of_a_pull(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    queue = sandbox.add_queue("own", batch_size=2, visibility_timeout_ms=1000)
    queue.push_many(["a", "b", "c"])
    assert len(api.pull(queue)) == 2
    clock.advance(seconds=1)
    assert [message["attempts"] for message in api.pull(queue, batch_size=3)] == [2, 2, 1]


def test_a_lease_of_no_time_lapses_at_once(api: Api, orders: QueueHandle) -> None:
    orders.push("a")
    lease = api.pull(orders, visibility_timeout_ms=0)[0]["lease_id"]
    assert orders.messages[0].state == "ready"
    assert api.settle(orders, acks=[lease])["ackCount"] == 0


def test_after_the_last_attempt_the_message_goes_to_the_dead_letter_queue(
    api: Api, orders: QueueHandle, dead: QueueHandle, clock: ManualClock
) -> None:
    message_id = orders.push("a", age_s=100)
    for attempt in (1, 2, 3):
        assert [message["attempts"] for message in api.pull(orders)] == [attempt]
        assert dead.messages == []
        clock.advance(seconds=30)
    assert orders.messages == []
    (moved,) = dead.messages
    assert (moved.id, moved.attempts, moved.state) == (message_id, 0, "ready")


def test_without_a_dead_letter_queue_the_message_is_deleted(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    queue = sandbox.add_queue("loses", max_retries=0)
    queue.push("a")
    assert len(api.pull(queue)) == 1
    clock.advance(seconds=30)
    assert queue.messages == []


def test_a_retry_waits_its_delay_and_counts(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    queue = sandbox.add_queue("patient", retry_delay=60)
    queue.push_many(["a", "b", "c"])
    default, own, now = (message["lease_id"] for message in api.pull(queue))
    retries = [
        {"lease_id": default},
        {"lease_id": own, "delay_seconds": 10},
        {"lease_id": now, "delay_seconds": 0},
    ]
    assert api.settle(queue, retries=retries) == {"ackCount": 0, "retryCount": 3, "warnings": {}}
    assert [message["body"] for message in api.pull(queue, visibility_timeout_ms=900_000)] == ["c"]
    clock.advance(seconds=10)
    assert [message["body"] for message in api.pull(queue, visibility_timeout_ms=900_000)] == ["b"]
    clock.advance(seconds=50)
    assert [message["attempts"] for message in api.pull(queue)] == [2]


def test_a_retry_of_the_last_attempt_moves_the_message(api: Api, orders: QueueHandle, dead: QueueHandle) -> None:
    orders.push("a", attempts=2)
    lease = api.pull(orders)[0]["lease_id"]
    assert api.settle(orders, retries=[{"lease_id": lease, "delay_seconds": 60}])["retryCount"] == 1
    assert len(dead.messages) == 1


def test_stale_and_foreign_leases_are_warnings_not_failures(
    api: Api, orders: QueueHandle, sandbox: Sandbox, clock: ManualClock
) -> None:
    other = sandbox.add_queue("other")
    other.push("x")
    orders.push_many(["a", "b"])
    foreign = api.pull(other)[0]["lease_id"]
    stale, good = (message["lease_id"] for message in api.pull(orders))
    api.settle(orders, acks=[stale])
    answer = api.settle(orders, acks=[stale, good, good, foreign, "made up", "é.é", ""])
    assert answer["ackCount"] == 1
    assert set(answer["warnings"]) == {stale, good, foreign, "made up", "é.é", ""}
    orders.push("late")
    late = api.pull(orders)[0]["lease_id"]
    clock.advance(seconds=30)
    assert list(api.settle(orders, acks=[late])["warnings"]) == [late]
    assert [held.body for held in orders.messages] == ["late"]


@pytest.mark.parametrize("route", ["acks", "retries"])
def test_a_settle_that_is_malformed_changes_nothing(api: Api, orders: QueueHandle, route: str) -> None:
    orders.push("a")
    lease = api.pull(orders)[0]["lease_id"]
    for wrong in ("x", [lease], {"lease_id": lease}):
        assert api.refusal("POST", f"{orders.path}/messages/ack", {route: wrong}) == (400, 10207)
    assert orders.messages[0].state == "leased"
    late = {"acks": [{"lease_id": lease}], "retries": [{"lease_id": lease, "delay_seconds": 90_000}]}
    assert api.refusal("POST", f"{orders.path}/messages/ack", late) == (400, 10207)
    assert orders.messages[0].state == "leased"


def test_extending_gives_a_new_lease_and_uses_no_attempt(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    orders.push("a")
    old = api.pull(orders, visibility_timeout_ms=10_000)[0]["lease_id"]
    clock.advance(seconds=9)
    body = {"extend": [{"lease_id": old}, {"lease_id": "gone"}], "visibility_timeout_ms": 20_000}
    answer = api.result("POST", f"{orders.path}/messages/extend", body)
    assert list(answer["warnings"]) == ["gone"]
    new = answer["messages"][0]["lease_id"]
    assert new != old
    clock.advance(seconds=19)
    assert orders.messages[0].attempts == 1
    assert list(api.settle(orders, acks=[old])["warnings"]) == [old]
    assert api.settle(orders, acks=[new])["ackCount"] == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"batch_size": 0},
        {"batch_size": 101},
        {"batch_size": 1.5},
        {"batch_size": "10"},
        {"batch_size": True},
        {"visibility_timeout_ms": -1},
        {"visibility_timeout_ms": 43_200_001},
        {"visibility_timeout_ms": 10**400},
    ],
)
def test_a_pull_out_of_bounds_is_refused_and_leases_nothing(
    api: Api, orders: QueueHandle, asked: dict[str, object]
) -> None:
    orders.push("a")
    assert api.refusal("POST", f"{orders.path}/messages/pull", asked) == (400, 10207)
    assert orders.messages[0].attempts == 0


def test_a_pull_from_a_paused_queue_conflicts(api: Api, orders: QueueHandle) -> None:
    orders.push("a")
    orders.pause()
    response = api.call("POST", f"{orders.path}/messages/pull", {})
    assert response.status == 409
    assert response.json()["errors"][0]["message"] == "queue_delivery_paused"
    orders.resume()
    assert len(api.pull(orders)) == 1


@pytest.mark.parametrize("consumer", [None, "worker", "notification"])
def test_only_an_http_pull_consumer_allows_leases(api: Api, sandbox: Sandbox, consumer: str | None) -> None:
    queue = sandbox.add_queue("other", consumer=consumer)
    for route in ("pull", "ack", "extend"):
        response = api.call("POST", f"{queue.path}/messages/{route}", {})
        error = response.json()["errors"][0]
        assert (response.status, error["code"]) == (405, 0)
        assert error["message"] == "messages cannot be pulled unless http_pull mode is enabled"
