"""Event subscriptions: made, listed, changed and ended as the API does."""

from typing import Any

import pytest

from queues_app.sandbox import ManualClock, QueueHandle
from tests.sandbox.conftest import Api


@pytest.fixture
def path(api: Api) -> str:
    return f"/accounts/{api.account}/event_subscriptions/subscriptions"


def wanted(queue: QueueHandle, **members: Any) -> dict[str, Any]:
    return {
        "name": "buckets",
        "enabled": True,
        "source": {"type": "r2"},
        "events": ["bucket.created"],
        "destination": {"type": "queues.queue", "queue_id": queue.id},
    } | members


def test_a_subscription_is_made_read_changed_and_ended(
    api: Api, path: str, orders: QueueHandle, dead: QueueHandle, clock: ManualClock
) -> None:
    made = api.result("POST", path, wanted(orders))
    assert made["created_at"] == made["modified_at"] == "2026-11-23T14:03:22.000000Z"
    assert api.result("GET", f"{path}/{made['id']}") == made
    clock.advance(minutes=1)
    destination = {"type": "queues.queue", "queue_id": dead.id}
    changed = api.result("PATCH", f"{path}/{made['id']}", {"enabled": False, "destination": destination})
    assert (changed["enabled"], changed["name"], changed["destination"]) == (False, "buckets", destination)
    assert changed["modified_at"] == "2026-11-23T14:04:22.000000Z"
    api.result("DELETE", f"{path}/{made['id']}")
    assert api.result("GET", path) == []
    assert api.refusal("GET", f"{path}/{made['id']}")[0] == 404


def test_subscriptions_are_listed_in_pages_in_the_order_asked_for(
    api: Api, path: str, orders: QueueHandle, dead: QueueHandle, clock: ManualClock
) -> None:
    for name, kind, event, queue in (
        ("b", "r2", "bucket.created", orders),
        ("a", "kv", "namespace.created", dead),
        ("c", "images", "image.uploaded", orders),
    ):
        api.result("POST", path, wanted(queue, name=name, source={"type": kind}, events=[event]))
        clock.advance(seconds=1)

    def names(query: str) -> list[str]:
        return [one["name"] for one in api.result("GET", f"{path}?{query}")]

    assert names("") == ["a", "b", "c"]
    assert names("direction=desc&per_page=2") == ["c", "b"]
    assert names("direction=desc&per_page=2&page=2") == ["a"]
    assert names("order=created_at") == ["b", "a", "c"]
    assert names("order=source") == ["c", "a", "b"]
    assert names(f"queue_id={orders.id}") == ["b", "c"]
    assert api.refusal("GET", f"{path}?order=size")[0] == 400
    assert api.refusal("GET", f"{path}?per_page=101")[0] == 400


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ({"name": ""}, (400, 10026)),
        ({"source": {"type": "sun"}}, (400, 10026)),
        ({"source": {"type": "workersAi.model"}, "events": ["batch.queued"]}, (400, 10026)),
        ({"events": []}, (400, 10026)),
        ({"events": "bucket.created"}, (400, 10026)),
        ({"events": ["bucket.stolen"]}, (400, 0)),
        ({"destination": {"type": "worker", "queue_id": "a" * 32}}, (400, 10026)),
        ({"destination": {"type": "queues.queue", "queue_id": "a" * 32}}, (404, 11000)),
        ({"enabled": "yes"}, (400, 10026)),
    ],
)
def test_what_is_wrong_with_a_subscription_is_said(
    api: Api, path: str, orders: QueueHandle, members: dict[str, Any], refusal: tuple[int, int]
) -> None:
    assert api.refusal("POST", path, wanted(orders, **members)) == refusal
    assert api.result("GET", path) == []


def test_a_resource_has_one_subscription(api: Api, path: str, orders: QueueHandle) -> None:
    api.result("POST", path, wanted(orders))
    assert api.refusal("POST", path, wanted(orders, name="again"))[0] == 405


def test_the_source_of_a_subscription_stays(api: Api, path: str, orders: QueueHandle) -> None:
    made = api.result("POST", path, wanted(orders))
    assert api.refusal("PATCH", f"{path}/{made['id']}", {"source": {"type": "kv"}}) == (400, 10026)


def test_a_token_that_only_reads_changes_nothing(api: Api, path: str, orders: QueueHandle) -> None:
    made = api.result("POST", path, wanted(orders))
    assert api.result("GET", path, by="read_only") == [made]
    for method, where in (("POST", path), ("PATCH", f"{path}/{made['id']}"), ("DELETE", f"{path}/{made['id']}")):
        assert api.refusal(method, where, wanted(orders), by="read_only") == (403, 10000)
