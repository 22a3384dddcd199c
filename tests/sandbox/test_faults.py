"""Faults on demand, set in Python and over the sandbox's own routes."""

import json
from typing import Any

import pytest

from queues_app.sandbox import QueueHandle, Request, Sandbox
from queues_app.sandbox.faults import KINDS
from tests.sandbox.conftest import Api


def control(sandbox: Sandbox, method: str, what: str, body: object = None) -> tuple[int, Any]:
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    response = sandbox.handle(Request(method, f"/sandbox/{what}", body=data))
    return response.status, response.json()


def test_a_fault_strikes_as_often_as_it_is_set(api: Api, orders: QueueHandle) -> None:
    orders.fault("server_error", count=2)
    statuses = [api.call("GET", orders.path).status for _ in range(3)]
    assert statuses == [500, 500, 200]


def test_a_fault_without_a_count_stays_until_cleared(api: Api, orders: QueueHandle) -> None:
    api.sandbox.fault("html")
    assert [api.call("GET", orders.path).status for _ in range(3)] == [502, 502, 502]
    api.sandbox.clear_faults()
    assert api.call("GET", orders.path).status == 200


@pytest.mark.parametrize(
    "aim",
    [
        {"queue": "orders"},
        {"route": "pull"},
        {"path": "*/messages/pull"},
        {"method": "post"},
        {"queue": "orders", "route": "pull", "path": "/client/v4/*", "method": "POST"},
    ],
)
def test_a_fault_meets_only_what_it_is_aimed_at(api: Api, orders: QueueHandle, aim: dict[str, Any]) -> None:
    other = api.sandbox.add_queue("other", consumer=None)
    api.sandbox.fault("server_error", **aim)
    assert api.call("POST", f"{orders.path}/messages/pull", {}).status == 500
    assert api.call("GET", f"{other.path}/metrics").status == 200


def test_a_fault_of_the_edge_leaves_the_work_undone_and_others_spoil_the_answer(api: Api, orders: QueueHandle) -> None:
    for kind, rule in KINDS.items():
        orders.push("a", message_id=kind)
        orders.fault(kind, route="pull", count=1, size=50)
        api.call("POST", f"{orders.path}/messages/pull", {})
        assert (orders.message(kind).attempts == 1) is rule.work_done, kind
        api.result("POST", f"{orders.path}/purge", {})


def test_whether_the_work_is_done_can_be_chosen(api: Api, orders: QueueHandle) -> None:
    orders.push_many(["a", "b"])
    orders.fault("server_error", count=1, work="done")
    orders.fault("reset", count=1, work="not_done")
    assert api.call("POST", f"{orders.path}/messages/pull", {"batch_size": 1}).status == 500
    assert api.call("POST", f"{orders.path}/messages/pull", {"batch_size": 1}).ending == "reset"
    assert [held.attempts for held in orders.messages] == [1, 0]


def test_each_fault_spoils_the_answer_in_its_way(api: Api, orders: QueueHandle) -> None:
    def spoilt(kind: str, **how: Any) -> Any:
        orders.fault(kind, count=1, **how)
        return api.call("GET", orders.path)

    whole = len(api.call("GET", orders.path).body)
    assert spoilt("latency", seconds=3).wait == 3
    limited = spoilt("rate_limited", seconds=7)
    assert (limited.status, limited.headers["Retry-After"]) == (429, "7")
    assert limited.json()["errors"][0]["code"] == 971
    assert spoilt("server_error", status=503).status == 503
    page = spoilt("html")
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.body.startswith(b"<!DOCTYPE html>")
    moved = spoilt("redirect")
    assert (moved.status, moved.body) == (302, b"")
    assert moved.headers["Location"].startswith("https://")
    short = spoilt("truncated")
    assert short.content_length == len(short.body) < whole
    cut = spoilt("cut")
    assert cut.content_length > len(cut.body)
    assert spoilt("empty").body == b""
    assert spoilt("hangup").ending == "hangup"
    assert spoilt("reset").ending == "reset"
    drip = spoilt("drip", seconds=0.1, size=10)
    assert (drip.drip_pause, {len(chunk) for chunk in list(drip.chunks())[:-1]}) == (0.1, {10})
    assert spoilt("null_result").json()["result"] is None
    assert "result" not in spoilt("no_result").json()
    assert spoilt("wrong_shape").json()["result"] == "unexpected"


def test_a_huge_answer_is_valid_json_and_never_whole_in_memory(api: Api, orders: QueueHandle) -> None:
    orders.fault("huge", count=1)
    huge = api.call("GET", orders.path)
    assert huge.content_length == 100_000_000
    assert sum(len(chunk) for chunk in huge.chunks()) == 100_000_000
    assert max(len(chunk) for chunk in huge.chunks()) < 100_000
    orders.fault("huge", count=1, size=5000)
    assert json.loads(b"".join(api.call("GET", orders.path).chunks()))["success"] is True


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "meteor"},
        {"kind": ["html"]},
        {"kind": None},
        {"kind": "html", "count": 0},
        {"kind": "html", "count": True},
        {"kind": "html", "count": 1.5},
        {"kind": "html", "status": 99},
        {"kind": "latency", "seconds": -1},
        {"kind": "latency", "seconds": "3"},
        {"kind": "html", "path": 5},
        {"kind": "html", "route": "pulls"},
        {"kind": "html", "work": "half"},
        {"kind": "html", "colour": "red"},
        {},
        [],
        b"{",
    ],
)
def test_a_wrong_fault_is_refused_with_a_sentence(sandbox: Sandbox, fault: object) -> None:
    status, whole = control(sandbox, "POST", "faults", fault)
    assert status == 400
    assert whole["errors"][0]["message"]
    assert control(sandbox, "GET", "faults")[1]["result"] == []


def test_faults_are_set_listed_and_cleared_over_http(api: Api, orders: QueueHandle) -> None:
    wanted = {"kind": "rate_limited", "queue": "orders", "path": "*/metrics", "count": 3}
    status, whole = control(api.sandbox, "POST", "faults", wanted)
    assert status == 200
    assert whole["result"][0]["kind"] == "rate_limited"
    assert api.call("GET", f"{orders.path}/metrics").status == 429
    (left,) = control(api.sandbox, "GET", "faults")[1]["result"]
    assert left["count"] == 2
    assert control(api.sandbox, "DELETE", "faults")[1]["result"] == []
    assert api.call("GET", f"{orders.path}/metrics").status == 200


def test_variants_are_set_and_cleared_over_http(api: Api, orders: QueueHandle) -> None:
    assert control(api.sandbox, "POST", "variants", {"counts": "null"})[0] == 200
    assert control(api.sandbox, "POST", "variants", {"queue": "orders", "counts": "numbers"})[0] == 200
    assert control(api.sandbox, "GET", "variants")[1]["result"] == {
        "everywhere": {"counts": "null"},
        "queues": {orders.id: {"counts": "numbers"}},
    }
    assert api.result("GET", f"{orders.path}/metrics")["backlog_count"] == 0
    assert control(api.sandbox, "POST", "variants", {"queue": "none", "counts": "null"})[0] == 400
    assert control(api.sandbox, "POST", "variants", {"counts": "many"})[0] == 400
    control(api.sandbox, "DELETE", "variants")
    assert control(api.sandbox, "GET", "variants")[1]["result"] == {"everywhere": {}, "queues": {}}


def test_calls_are_listed_over_http_and_do_not_count_themselves(api: Api, orders: QueueHandle) -> None:
    api.pull(orders)
    calls = control(api.sandbox, "GET", "calls")[1]["result"]
    path = f"/client/v4{orders.path}/messages/pull"
    assert calls == [{"method": "POST", "path": path, "route": "pull", "status": 200}]
    control(api.sandbox, "DELETE", "calls")
    assert api.sandbox.calls == []
    assert control(api.sandbox, "GET", "nothing")[0] == 404
