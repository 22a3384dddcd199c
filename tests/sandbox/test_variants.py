"""The sides of each contradiction that the sandbox can play."""

import base64
import json
from typing import Any

import pytest

from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from queues_app.sandbox.variants import CHOICES, Variants
from tests.sandbox.conftest import Api


def wire(api: Api, queue: QueueHandle) -> list[Any]:
    return [message["body"] for message in api.peek(queue, batch_size=100)]


def test_bodies_stand_on_the_wire_by_their_type(api: Api, orders: QueueHandle) -> None:
    orders.push("plain ☃")
    orders.push({"a": 1})
    orders.push(b"\xff\x00")
    orders.push({"a": 1}, "v8")
    orders.push("who knows", None)
    assert wire(api, orders) == ["plain ☃", '{"a":1}', "/wA=", "/w9vIgFhSQJ7AQ==", "who knows"]
    types = [message["metadata"].get("CF-Content-Type") for message in api.peek(orders)]
    assert types == ["text", "json", "bytes", "v8", None]


def test_json_bodies_may_be_base64_mixed_or_values(api: Api, orders: QueueHandle) -> None:
    orders.push_many([{"n": number} for number in range(20)])
    orders.push('{"broken":', "json")
    plain = wire(api, orders)
    orders.vary(json_bodies="base64")
    coded = wire(api, orders)
    assert [base64.b64decode(body).decode() for body in coded] == plain
    orders.vary(json_bodies="mixed")
    mixed = wire(api, orders)
    assert mixed == wire(api, orders)
    assert 0 < sum(body in plain for body in mixed) < 21
    assert all(body in {one, other} for body, one, other in zip(mixed, plain, coded, strict=True))
    orders.vary(json_bodies="object")
    assert wire(api, orders) == [*({"n": number} for number in range(20)), '{"broken":']


def test_a_worker_is_named_by_either_field(api: Api, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("emails", consumer="worker", script="mailer")
    for name, other in (("script", "script_name"), ("script_name", "script")):
        sandbox.vary(script_field=name)
        consumer = api.result("GET", queue.path)["consumers"][0]
        assert consumer[name] == "mailer"
        assert other not in consumer


def test_counts_may_be_null(api: Api, orders: QueueHandle) -> None:
    orders.push("a")
    orders.vary(counts="null")
    queue = api.result("GET", orders.path)
    assert (queue["producers_total_count"], queue["consumers_total_count"]) == (None, None)
    assert set(api.result("GET", f"{orders.path}/metrics").values()) == {None}
    assert api.result("POST", f"{orders.path}/messages/pull", {})["message_backlog_count"] is None


def test_numbers_may_be_floats(api: Api, orders: QueueHandle) -> None:
    orders.push("a")
    orders.vary(numbers="floats")
    text = api.call("POST", f"{orders.path}/messages/pull", {}).body
    assert b'"attempts":1.0' in text
    assert b'"message_backlog_count":1.0' in text
    assert b'"delivery_paused":false' in api.call("GET", orders.path).body


def test_writes_may_answer_null_or_no_result(api: Api, orders: QueueHandle) -> None:
    text = {"body": "a", "content_type": "text"}
    orders.vary(write_result="null")
    assert api.result("POST", f"{orders.path}/messages", text) is None
    orders.vary(write_result="missing")
    for path, body in (("", text), ("/batch", {"messages": [text]})):
        whole = api.call("POST", f"{orders.path}/messages{path}", body).json()
        assert whole == {"success": True, "errors": [], "messages": []}
    held = api.result("GET", f"{orders.path}/consumers")[0]["consumer_id"]
    assert "result" not in api.call("DELETE", f"{orders.path}/consumers/{held}").json()
    assert "result" not in api.call("DELETE", orders.path).json()


def test_emptying_may_answer_the_queue(api: Api, orders: QueueHandle) -> None:
    orders.vary(purge_result="queue")
    assert api.result("POST", f"{orders.path}/purge", {})["queue_id"] == orders.id


@pytest.mark.parametrize(("pace", "left"), [("gradual", [10, 8, 5]), ("at_end", [10, 10, 10])])
def test_emptying_may_take_a_while(
    api: Api, orders: QueueHandle, clock: ManualClock, pace: str, left: list[int]
) -> None:
    orders.vary(emptying=10, emptying_pace=pace)
    orders.push_many(range(10))
    assert api.result("POST", f"{orders.path}/purge", {})["complete"] is False
    held = []
    for seconds in (0, 2, 3):
        clock.advance(seconds=seconds)
        held.append(api.result("GET", f"{orders.path}/metrics")["backlog_count"])
        assert api.result("GET", f"{orders.path}/purge")["completed"] == "false"
    assert held == left
    orders.push("came meanwhile")
    clock.advance(seconds=5)
    assert api.result("GET", f"{orders.path}/purge")["completed"] == "true"
    assert orders.messages == []
    orders.push("came afterwards")
    clock.advance(seconds=5)
    assert len(orders.messages) == 1


@pytest.mark.parametrize(
    ("form", "meanwhile", "done"),
    [
        ("string", "false", "true"),
        ("bool", False, True),
        ("timestamp", "", "2026-11-23T14:03:32.000000Z"),
        ("silent", "", ""),
    ],
)
def test_the_end_of_emptying_may_be_told_in_several_ways(
    api: Api, orders: QueueHandle, clock: ManualClock, form: str, meanwhile: object, done: object
) -> None:
    orders.vary(emptying=10, empty_completed=form)
    api.result("POST", f"{orders.path}/purge", {})
    assert api.result("GET", f"{orders.path}/purge") == {
        "completed": meanwhile,
        "started_at": "2026-11-23T14:03:22.000000Z",
    }
    clock.advance(minutes=1)
    assert api.result("GET", f"{orders.path}/purge")["completed"] == done


def test_late_acknowledgements_may_count(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    orders.push("a")
    lease = api.pull(orders)[0]["lease_id"]
    clock.advance(minutes=5)
    orders.vary(late_acks="accepted")
    assert api.settle(orders, acks=[lease])["ackCount"] == 1


def test_the_limit_may_count_attempts_in_all(
    api: Api, orders: QueueHandle, dead: QueueHandle, clock: ManualClock
) -> None:
    orders.vary(limit_rule="attempts")
    orders.push("a")
    for _ in range(2):
        assert dead.messages == []
        api.pull(orders)
        clock.advance(seconds=30)
    assert len(dead.messages) == 1


def test_a_new_consumer_may_need_a_while(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    sandbox.vary(consumer_delay=8)
    queue = sandbox.add_queue("fresh")
    assert api.refusal("POST", f"{queue.path}/messages/pull", {}) == (405, 0)
    clock.advance(seconds=8)
    assert api.pull(queue) == []


def test_the_backlog_count_may_be_off_a_little(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    orders.push_many("abcdefghij")
    orders.vary(metrics_error=3)
    counts = set()
    for _ in range(40):
        clock.advance(seconds=1)
        counts.add(api.result("GET", f"{orders.path}/metrics")["backlog_count"])
    assert len(counts) > 2
    assert min(counts) >= 7
    assert max(counts) <= 13


def test_pages_of_queues_may_be_small(api: Api, sandbox: Sandbox) -> None:
    sandbox.vary(queues_per_page=2)
    for name in ("a", "b", "c"):
        sandbox.add_queue(name)
    assert len(api.result("GET", f"/accounts/{api.account}/queues")) == 2


def test_the_narrowest_variant_wins(api: Api, sandbox: Sandbox, orders: QueueHandle) -> None:
    orders.push({"a": 1})
    sandbox.vary(json_bodies="base64")
    sandbox.vary(account="acme-logistics", json_bodies="object")
    assert wire(api, orders) == [{"a": 1}]
    orders.vary(json_bodies="plain")
    assert wire(api, orders) == ['{"a":1}']


@pytest.mark.parametrize(
    "values", [{"json_bodies": "rot13"}, {"nothing": 1}, {"consumer_delay": "8"}, {"consumer_delay": -1},
               {"peek_leased": 1}, {"queues_per_page": True}, {"counts": ["null"]}]
)  # fmt: skip
def test_a_wrong_variant_is_refused(sandbox: Sandbox, values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        sandbox.vary(**values)


def test_every_default_is_one_of_the_choices() -> None:
    defaults = Variants()
    for name, choices in CHOICES.items():
        assert getattr(defaults, name) in choices


def test_unicode_that_utf_8_cannot_hold_still_travels(api: Api, orders: QueueHandle) -> None:
    orders.push("a\ud800b")
    response = api.call("POST", f"{orders.path}/messages/peek", {})
    assert b"\\ud800" in response.body
    assert json.loads(response.body)["result"]["messages"][0]["body"] == "a\ud800b"
