"""Queues, their metrics, and emptying them."""

import pytest

from queues_app.sandbox import ManualClock, QueueHandle
from tests.sandbox.conftest import Api


@pytest.fixture
def path(api: Api) -> str:
    return f"/accounts/{api.account}/queues"


def test_a_queue_shows_its_consumer_and_settings(api: Api, orders: QueueHandle) -> None:
    queue = api.result("GET", orders.path)
    assert queue["queue_name"] == "orders"
    assert queue["created_on"] == "2026-11-23T14:03:22.000000Z"
    assert queue["settings"] == {
        "delivery_delay": 0,
        "delivery_paused": False,
        "message_retention_period": 345_600,
    }
    assert (queue["producers_total_count"], queue["consumers_total_count"]) == (0, 1)
    consumer = queue["consumers"][0]
    assert (consumer["type"], consumer["dead_letter_queue"]) == ("http_pull", "orders-dlq")
    assert consumer["settings"]["max_retries"] == 2
    assert "jurisdiction" not in queue


def test_queues_are_listed_in_pages(api: Api, path: str) -> None:
    for number in range(25):
        api.sandbox.add_queue(f"queue-{number:02}")
    first = api.call("GET", path).json()
    assert len(first["result"]) == 20
    assert first["result_info"] == {
        "page": 1,
        "per_page": 20,
        "count": 20,
        "total_count": 25,
        "total_pages": 2,
    }
    second = api.result("GET", f"{path}?page=2")
    assert [queue["queue_name"] for queue in second] == [f"queue-{number}" for number in range(20, 25)]
    assert len(api.result("GET", f"{path}?per_page=100")) == 25
    assert api.refusal("GET", f"{path}?per_page=101") == (400, 10026)


def test_queues_are_found_by_names(api: Api, path: str, orders: QueueHandle) -> None:
    api.sandbox.add_queue("other")
    found = api.result("GET", f"{path}?name=orders&name=other&name=none")
    assert [queue["queue_name"] for queue in found] == ["orders", "other"]


def test_a_queue_is_created_with_settings(api: Api, path: str) -> None:
    wanted = {
        "queue_name": "fresh",
        "jurisdiction": "eu",
        "settings": {"delivery_delay": 5, "message_retention_period": 60.0},
    }
    made = api.result("POST", path, wanted)
    assert made["settings"] == {
        "delivery_delay": 5,
        "delivery_paused": False,
        "message_retention_period": 60,
    }
    assert made["jurisdiction"] == "eu"
    assert "consumers" not in made
    assert api.result("GET", f"{path}/{made['queue_id']}")["queue_name"] == "fresh"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 11003),
        ({"queue_name": ""}, 11003),
        ({"queue_name": "under_score"}, 11003),
        ({"queue_name": "-dash"}, 11003),
        ({"queue_name": "line\n"}, 11003),
        ({"queue_name": "x" * 64}, 11003),
        ({"queue_name": 7}, 10026),
        ({"queue_name": "a", "jurisdiction": "mars"}, 10026),
        ({"queue_name": "a", "settings": []}, 100128),
        ({"queue_name": "a", "settings": {"delivery_delay": 86_401}}, 100128),
        ({"queue_name": "a", "settings": {"delivery_delay": 0.5}}, 100128),
        ({"queue_name": "a", "settings": {"delivery_delay": True}}, 100128),
        ({"queue_name": "a", "settings": {"message_retention_period": 59}}, 100128),
        ({"queue_name": "a", "settings": {"delivery_paused": 1}}, 100128),
        (b"{", 10026),
        ([], 10026),
    ],
)
def test_a_wrong_queue_is_refused_by_its_code(api: Api, path: str, body: object, code: int) -> None:
    assert api.refusal("POST", path, body) == (400, code)
    assert api.result("GET", path) == []


def test_a_name_is_taken_once(api: Api, path: str, orders: QueueHandle) -> None:
    assert api.refusal("POST", path, {"queue_name": "orders"}) == (409, 11009)
    assert api.refusal("PUT", f"{path}/{orders.id}", {"queue_name": "orders-dlq"}) == (409, 11009)
    api.result("PATCH", orders.path, {"queue_name": "orders"})


def test_patch_keeps_what_is_left_out_and_put_resets_it(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    clock.advance(seconds=1)
    changed = {"settings": {"delivery_paused": True, "delivery_delay": 9}}
    edited = api.result("PATCH", orders.path, {"queue_name": "renamed", **changed})
    assert edited["queue_id"] == orders.id
    assert edited["modified_on"] == "2026-11-23T14:03:23.000000Z"
    again = api.result("PATCH", orders.path, {"settings": {"delivery_delay": None}})
    assert again["settings"]["delivery_paused"] is True
    assert again["settings"]["delivery_delay"] == 9
    replaced = api.result("PUT", orders.path, {})
    assert replaced["queue_name"] == "renamed"
    assert replaced["settings"]["delivery_paused"] is False
    assert replaced["settings"]["delivery_delay"] == 0


def test_a_jurisdiction_cannot_be_changed(api: Api, orders: QueueHandle) -> None:
    assert api.refusal("PATCH", orders.path, {"jurisdiction": "us"}) == (400, 10026)


def test_a_deleted_queue_is_gone(api: Api, orders: QueueHandle) -> None:
    assert api.result("DELETE", orders.path) is None
    assert api.refusal("GET", orders.path) == (404, 11000)


def test_metrics_count_all_that_is_not_acknowledged(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    empty = {"backlog_count": 0, "backlog_bytes": 0, "oldest_message_timestamp_ms": 0}
    assert api.result("GET", f"{orders.path}/metrics") == empty
    orders.push("ready", age_s=90)
    orders.push("delayed", delay_s=500)
    orders.push(b"\x00\x01")
    lease = api.pull(orders, batch_size=1)[0]["lease_id"]
    assert api.result("GET", f"{orders.path}/metrics") == {
        "backlog_count": 3,
        "backlog_bytes": 14,
        "oldest_message_timestamp_ms": clock.now_ms() - 90_000,
    }
    api.settle(orders, acks=[lease])
    assert api.result("GET", f"{orders.path}/metrics")["backlog_count"] == 2


def test_emptying_takes_everything_and_says_when(api: Api, orders: QueueHandle) -> None:
    assert api.result("GET", f"{orders.path}/purge") == {"completed": "", "started_at": ""}
    orders.push_many(["a", "b"])
    orders.push("later", delay_s=60)
    api.pull(orders, batch_size=1)
    started = api.result("POST", f"{orders.path}/purge", {"delete_messages_permanently": True})
    assert started == {"started_at": "2026-11-23T14:03:22.000000Z", "complete": True}
    assert orders.messages == []
    assert api.result("GET", f"{orders.path}/purge")["completed"] == "true"


def test_emptying_that_is_not_confirmed_is_refused(api: Api, orders: QueueHandle) -> None:
    orders.push("kept")
    for confirmed in (False, "yes", 1):
        body = {"delete_messages_permanently": confirmed}
        assert api.refusal("POST", f"{orders.path}/purge", body) == (400, 10026)
    assert len(orders.messages) == 1
