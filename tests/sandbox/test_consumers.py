"""Consumers: one per queue."""

from typing import Any

import pytest

from queues_app.sandbox import QueueHandle, Sandbox
from tests.sandbox.conftest import Api


@pytest.fixture
def bare(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("bare", consumer=None)


def test_an_http_pull_consumer_gets_defaults(api: Api, bare: QueueHandle) -> None:
    made = api.result("POST", f"{bare.path}/consumers", {"type": "http_pull"})
    assert made["settings"] == {
        "batch_size": 5,
        "max_retries": 3,
        "retry_delay": 0,
        "visibility_timeout_ms": 30_000,
    }
    assert (made["queue_name"], made["dead_letter_queue"]) == ("bare", "")
    assert api.result("GET", f"{bare.path}/consumers") == [made]
    assert api.result("GET", f"{bare.path}/consumers/{made['consumer_id']}") == made


def test_a_worker_consumer_names_its_script(api: Api, bare: QueueHandle) -> None:
    body = {"type": "worker", "script_name": "mailer", "environment_name": "", "settings": {"max_concurrency": 3}}
    made = api.result("POST", f"{bare.path}/consumers", body)
    assert made["script"] == "mailer"
    assert "script_name" not in made
    assert made["settings"]["max_concurrency"] == 3


def test_a_dead_letter_queue_that_does_not_exist_is_made(api: Api, sandbox: Sandbox) -> None:
    eu = sandbox.add_queue("eu", consumer=None, jurisdiction="eu")
    api.result("POST", f"{eu.path}/consumers", {"type": "http_pull", "dead_letter_queue": "eu-dead"})
    assert api.result("GET", sandbox.queue("eu-dead").path)["jurisdiction"] == "eu"


def test_a_second_consumer_is_refused(api: Api, orders: QueueHandle) -> None:
    response = api.call("POST", f"{orders.path}/consumers", {"type": "worker", "script_name": "x"})
    assert response.status == 409
    error = response.json()["errors"][0]
    assert (error["code"], error["message"]) == (11004, "Queue 'orders' already has a consumer.")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 10026),
        ({"type": "notification"}, 10026),
        ({"type": "worker"}, 10026),
        ({"type": 1}, 10026),
        ({"type": "http_pull", "dead_letter_queue": 5}, 10026),
        ({"type": "http_pull", "dead_letter_queue": "no spaces"}, 11003),
        ({"type": "http_pull", "settings": {"batch_size": 101}}, 100127),
        ({"type": "http_pull", "settings": {"max_retries": -1}}, 100127),
        ({"type": "http_pull", "settings": {"visibility_timeout_ms": 43_200_001}}, 100127),
        ({"type": "http_pull", "settings": "none"}, 100127),
    ],
)
def test_a_wrong_consumer_is_refused_by_its_code(api: Api, bare: QueueHandle, body: Any, code: int) -> None:
    assert api.refusal("POST", f"{bare.path}/consumers", body) == (400, code)
    assert api.result("GET", f"{bare.path}/consumers") == []


def test_replacing_keeps_the_id_and_creates_what_is_not_there(api: Api, bare: QueueHandle) -> None:
    first = api.result("PUT", f"{bare.path}/consumers/{'a' * 32}", {"type": "http_pull"})
    path = f"{bare.path}/consumers/{first['consumer_id']}"
    second = api.result("PUT", path, {"type": "http_pull", "settings": {"max_retries": 9}})
    assert second["consumer_id"] == first["consumer_id"]
    assert second["settings"]["max_retries"] == 9
    assert api.refusal("PUT", f"{bare.path}/consumers/{'a' * 32}", {"type": "http_pull"}) == (409, 11004)


def test_a_deleted_consumer_is_gone_and_with_it_the_pull(api: Api, orders: QueueHandle) -> None:
    held = api.result("GET", f"{orders.path}/consumers")[0]["consumer_id"]
    assert api.refusal("DELETE", f"{orders.path}/consumers/{'a' * 32}") == (404, 11000)
    assert api.result("DELETE", f"{orders.path}/consumers/{held}") is None
    assert api.refusal("GET", f"{orders.path}/consumers/{held}") == (404, 11000)
    assert api.refusal("POST", f"{orders.path}/messages/pull", {}) == (405, 0)
