"""Peek and purge by refs, and the older preview pair: looking changes nothing."""

from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.sandbox.conftest import Api


def test_a_peek_neither_leases_nor_counts(api: Api, orders: QueueHandle) -> None:
    orders.push_many(["a", "b"])
    before = orders.messages
    answer = api.result("POST", f"{orders.path}/messages/peek", {"batch_size": 1})
    assert set(answer) == {"messages"}
    (seen,) = answer["messages"]
    assert (seen["body"], seen["attempts"]) == ("a", 0)
    assert "ref" in seen
    assert "lease_id" not in seen
    assert orders.messages == before


def test_a_peek_works_with_any_consumer_and_while_paused(api: Api, sandbox: Sandbox) -> None:
    for number, consumer in enumerate((None, "worker", "http_pull", "notification")):
        queue = sandbox.add_queue(f"queue-{number}", consumer=consumer, paused=True)
        queue.push("a")
        assert len(api.peek(queue)) == 1


def test_a_peek_shows_leased_messages_but_no_delayed_ones(api: Api, orders: QueueHandle) -> None:
    orders.push("leased")
    api.pull(orders)
    orders.push("delayed", delay_s=60)
    assert [message["body"] for message in api.peek(orders)] == ["leased"]
    orders.vary(peek_leased=False, peek_delayed=True)
    assert [message["body"] for message in api.peek(orders)] == ["delayed"]


def test_purge_removes_by_refs_and_warns_about_the_rest(api: Api, orders: QueueHandle, sandbox: Sandbox) -> None:
    other = sandbox.add_queue("other")
    foreign_id = other.push("x")
    orders.push_many(["a", "b"])
    first = api.peek(orders)[0]["ref"]
    foreign = api.peek(other)[0]["ref"]
    lease = api.pull(orders)[1]["lease_id"]
    refs = [{"ref": one} for one in (first, first, foreign, lease, "junk")]
    answer = api.result("POST", f"{orders.path}/messages/purge", {"refs": refs})
    assert answer["errors"] == []
    assert set(answer["warnings"]) == {first, foreign, lease, "junk"}
    assert [held.body for held in orders.messages] == ["b"]
    assert other.message(foreign_id).state == "ready"


def test_purge_needs_refs(api: Api, orders: QueueHandle) -> None:
    for body in ({}, {"refs": "x"}, {"refs": ["x"]}, {"refs": [{"ref": 1}]}):
        assert api.refusal("POST", f"{orders.path}/messages/purge", body) == (400, 10207)


def test_the_preview_pair_looks_and_removes(api: Api, orders: QueueHandle) -> None:
    orders.push_many(["a", "b"])
    previewed = api.result("POST", f"{orders.path}/messages/preview", {})["messages"]
    first, second = (message["lease_id"] for message in previewed)
    assert [held.attempts for held in orders.messages] == [0, 0]
    body = {"acks": [{"lease_id": first}, {"lease_id": "gone"}], "retries": [{"lease_id": second}]}
    answer = api.result("POST", f"{orders.path}/messages/preview/ack", body)
    assert answer == {"warnings": {"gone": "invalid reference"}}
    assert [held.body for held in orders.messages] == ["b"]


def test_an_account_without_peek_answers_as_if_there_were_no_such_route(api: Api, sandbox: Sandbox) -> None:
    sandbox.vary(account="acme-labs", peek="absent")
    queue = sandbox.add_queue("lab", account="acme-labs")
    queue.push("a")
    for route in ("peek", "purge"):
        response = api.call("POST", f"{queue.path}/messages/{route}", {})
        assert response.status == 404
        assert [error["code"] for error in response.json()["errors"]] == [7003, 7000]
    assert len(api.result("POST", f"{queue.path}/messages/preview", {})["messages"]) == 1
    here = sandbox.add_queue("here")
    assert api.peek(here) == []


def test_what_has_expired_is_not_shown(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    queue = sandbox.add_queue("short", retention=60)
    queue.push("a")
    clock.advance(seconds=59)
    assert len(api.peek(queue)) == 1
    clock.advance(seconds=1)
    assert api.peek(queue) == []
