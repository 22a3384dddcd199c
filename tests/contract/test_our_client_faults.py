"""Our client against the faults of the sandbox, over a real socket: told truly, and nothing done twice."""

import contextlib

import pytest

from queues_app.cloudflare import ApiToken, Client, CloudflareError, Outgoing, RateLimited, Throttled
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox, SandboxServer
from tests.contract.asking import Where, pull

SPOILT = {
    "server_error": ("ServerFault", "server-fault"),
    "html": ("ServerFault", "gateway-fault"),
    "truncated": ("Unreadable", "not-json"),
    "cut": ("AnswerLost", "connection-lost"),
    "empty": ("Unreadable", "empty"),
    "hangup": ("AnswerLost", "connection-lost"),
    "reset": ("AnswerLost", "connection-lost"),
}
FINAL = {
    "redirect": ("Redirected", "redirected"),
    "huge": ("TooLarge", "too-large"),
    "null_result": ("Unreadable", "no-result"),
    "no_result": ("Unreadable", "no-result"),
    "wrong_shape": ("Unreadable", "wrong-shape"),
}


@pytest.mark.parametrize("kind", SPOILT | FINAL)
def test_a_faulty_pull_is_told_truly_and_never_asked_again(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle, slept: list[float], kind: str
) -> None:
    orders.push("precious")
    orders.fault(kind, route="pull")
    with pytest.raises(CloudflareError) as caught:
        pull(client, full, where)
    assert (type(caught.value).__name__, caught.value.reason) == (SPOILT | FINAL)[kind]
    assert caught.value.may_have_happened
    assert orders.count("pull") == 1
    assert orders.messages[0].attempts <= 1
    assert slept == []


@pytest.mark.parametrize("kind", SPOILT)
def test_a_faulty_peek_is_asked_twice_more(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle, slept: list[float], kind: str
) -> None:
    orders.push("stuck")
    orders.fault(kind, route="peek")
    with pytest.raises(CloudflareError) as caught:
        client.peek(full, **where, batch_size=1)
    assert (type(caught.value).__name__, caught.value.reason) == SPOILT[kind]
    assert not caught.value.may_have_happened
    assert orders.count("peek") == 3
    assert len(slept) == 2


@pytest.mark.parametrize("kind", SPOILT)
def test_a_peek_that_works_at_last_is_an_answer(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle, kind: str
) -> None:
    orders.push("stuck")
    orders.fault(kind, route="peek", count=2)
    assert client.peek(full, **where, batch_size=1).value.messages[0].body == "stuck"


@pytest.mark.parametrize("kind", FINAL)
def test_a_peek_that_cannot_get_better_is_asked_once(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle, kind: str
) -> None:
    orders.fault(kind, route="peek")
    with pytest.raises(CloudflareError) as caught:
        client.peek(full, **where, batch_size=1)
    assert (type(caught.value).__name__, caught.value.reason) == FINAL[kind]
    assert orders.count("peek") == 1


def test_what_settles_sends_or_deletes_is_never_repeated(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle
) -> None:
    for route in ("settle", "push", "purge_messages", "empty_queue", "delete_queue"):
        orders.fault("server_error", route=route)
    for act in (
        lambda: client.settle(full, **where, acks=("x",)),
        lambda: client.push(full, **where, message=Outgoing(body="x")),
        lambda: client.purge_messages(full, **where, refs=("x",)),
        lambda: client.empty_queue(full, **where),
        lambda: client.delete_queue(full, **where),
    ):
        with pytest.raises(CloudflareError) as caught:
            act()
        assert caught.value.may_have_happened
    assert len(orders.calls) == 5


@pytest.mark.parametrize("kind", ["drip", "latency"])
def test_a_slow_answer_is_given_up_in_time(
    sandbox_server: SandboxServer, full: ApiToken, where: Where, orders: QueueHandle, kind: str
) -> None:
    orders.push("slow")
    orders.fault(kind, route="pull", seconds=0.5)
    with (
        Client(base_url=sandbox_server.url, read_timeout=0.3, total_timeout=0.3) as hasty,
        pytest.raises(CloudflareError) as caught,
    ):
        pull(hasty, full, where)
    assert caught.value.reason == "read-timeout"
    assert caught.value.may_have_happened
    assert orders.messages[0].state == "leased"


def test_after_a_429_the_client_holds_back_by_itself(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle
) -> None:
    orders.fault("rate_limited", count=1, seconds=60)
    with pytest.raises(RateLimited) as refused:
        client.metrics(full, **where)
    assert refused.value.retry_after == 60
    assert refused.value.errors[0].code == 971
    with pytest.raises(Throttled):
        client.metrics(full, **where)
    assert orders.count("metrics") == 1
    pull(client, full, where)


def test_the_client_stops_before_the_limit_is_used_up(clock: ManualClock) -> None:
    small = Sandbox(clock=clock, seed="empty", rate_limit=100)
    queue = small.add_queue("orders")
    auth = ApiToken(secret=small.tokens["full"])
    asked = 0
    with SandboxServer(small, port=0) as server, Client(base_url=server.url) as client:
        with contextlib.suppress(Throttled):
            while asked < 200:
                client.metrics(auth, account_id=queue.account_id, queue_id=queue.id)
                asked += 1
        client.push(auth, account_id=queue.account_id, queue_id=queue.id, message=Outgoing(body="x"))
    assert asked == 90
