"""Push and push batch: what may go in, and how it stands afterwards."""

from typing import Any

import pytest

from queues_app.sandbox import ManualClock, QueueHandle
from tests.sandbox.conftest import Api


def test_a_pushed_object_is_kept_as_compact_json(api: Api, orders: QueueHandle) -> None:
    result = api.result("POST", f"{orders.path}/messages", {"body": {"name": "Zoë", "n": [1, 2]}})
    assert result["metadata"]["metrics"]["backlog_count"] == 1
    (held,) = orders.messages
    assert (held.body, held.content_type, held.attempts) == ('{"name":"Zoë","n":[1,2]}', "json", 0)
    assert held.metadata == {"CF-sourceMessageSource": "api", "CF-Content-Type": "json"}


def test_a_pushed_text_is_kept_as_it_is(api: Api, orders: QueueHandle) -> None:
    api.result("POST", f"{orders.path}/messages", {"body": "\x00 ☃ \ud800", "content_type": "text"})
    assert [held.body for held in orders.messages] == ["\x00 ☃ \ud800"]
    assert [one["body"] for one in api.peek(orders)] == ["\x00 ☃ \ud800"]


@pytest.mark.parametrize(
    ("body", "code", "text", "pointer"),
    [
        (b"", 10207, 'Required at "body"', "/body"),
        (b"nonsense", 10208, "malformed", ""),
        (b'{"body":{"a":NaN}}', 10208, "malformed", ""),
        (b'{"body":{"a":1e999}}', 10208, "malformed", ""),
        (b"\xff\xfe{", 10208, "malformed", ""),
        (b"[1]", 10207, "Expected object, received array", ""),
        ({"messages": []}, 10207, 'Required at "body"', "/body"),
        ({"body": "text"}, 10207, 'Expected object, received string at "body"', "/body"),
        ({"body": 7}, 10207, "received number", "/body"),
        ({"body": None}, 10207, "received null", "/body"),
        ({"body": True}, 10207, "received boolean", "/body"),
        ({"body": {}, "content_type": "text"}, 10207, "Expected string, received object", "/body"),
        ({"body": "a", "content_type": "bytes"}, 10203, "content_type", "/content_type"),
        ({"body": "a", "content_type": ["text"]}, 10203, "content_type", "/content_type"),
        ({"body": {}, "delay_seconds": 86_401}, 10203, "between 0 and 86400", "/delay_seconds"),
        ({"body": {}, "delay_seconds": "5"}, 10203, "received string", "/delay_seconds"),
        ({"body": "x" * 128_001, "content_type": "text"}, 10204, "128000", "/body"),
    ],
)
def test_a_wrong_push_is_refused_and_pointed_at(
    api: Api, orders: QueueHandle, body: Any, code: int, text: str, pointer: str
) -> None:
    response = api.call("POST", f"{orders.path}/messages", body)
    error = response.json()["errors"][0]
    assert (response.status, error["code"]) == (400, code)
    assert text in error["message"]
    assert error["source"]["pointer"] == pointer
    assert error["documentation_url"].startswith("https://")
    assert orders.messages == []


def test_a_body_nested_without_end_is_malformed(api: Api, orders: QueueHandle) -> None:
    deep = b'{"body":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    assert api.refusal("POST", f"{orders.path}/messages", deep)[0] == 400


def test_a_message_of_exactly_128_kb_goes_in(api: Api, orders: QueueHandle) -> None:
    api.result("POST", f"{orders.path}/messages", {"body": "é" * 64_000, "content_type": "text"})
    assert len(orders.messages) == 1


def test_a_batch_goes_in_whole_or_not_at_all(api: Api, orders: QueueHandle) -> None:
    batch = f"{orders.path}/messages/batch"
    good = {"body": "a", "content_type": "text"}
    api.result("POST", batch, {"messages": [good] * 100})
    assert len(orders.messages) == 100
    response = api.call("POST", batch, {"messages": [good, {"body": "b"}]})
    assert response.json()["errors"][0]["source"]["pointer"] == "/messages/1/body"
    big = {"body": "x" * 127_000, "content_type": "text"}
    assert api.refusal("POST", batch, {"messages": [good] * 101}) == (400, 10206)
    assert api.refusal("POST", batch, {"messages": [big] * 3}) == (400, 10205)
    assert api.refusal("POST", batch, {"messages": []}) == (400, 10013)
    assert api.refusal("POST", batch, {}) == (400, 10013)
    assert api.refusal("POST", batch, {"messages": "x"}) == (400, 10207)
    assert api.refusal("POST", batch, {"messages": ["x"]}) == (400, 10207)
    assert api.refusal("POST", batch, {"messages": [good], "delay_seconds": -1}) == (400, 10202)
    assert len(orders.messages) == 100


def test_the_nearest_delay_wins_and_zero_cancels(api: Api, clock: ManualClock) -> None:
    queue = api.sandbox.add_queue("slow", delay=60)

    def text(body: str, **delay: int) -> dict[str, Any]:
        return {"body": body, "content_type": "text", **delay}

    api.result("POST", f"{queue.path}/messages", text("queue"))
    batch = {"messages": [text("own", delay_seconds=10), text("none", delay_seconds=0), text("batch")]}
    api.result("POST", f"{queue.path}/messages/batch", {**batch, "delay_seconds": 30})
    delays = {held.body: held.metadata.get("CF-msg-delay-secs") for held in queue.messages}
    assert delays == {"queue": "60", "own": "10", "none": None, "batch": "30"}
    seen = []
    for step in (0, 10, 20, 30):
        clock.advance(seconds=step)
        seen.append([message["body"] for message in api.pull(queue, visibility_timeout_ms=600_000)])
    assert seen == [["none"], ["own"], ["batch"], ["queue"]]


def test_a_paused_queue_still_takes_messages(api: Api, orders: QueueHandle) -> None:
    orders.pause()
    api.result("POST", f"{orders.path}/messages", {"body": {}})
    assert len(orders.messages) == 1
