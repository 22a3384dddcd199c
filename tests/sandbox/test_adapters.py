"""The ways in: httpx transport, WSGI, and the threaded server over real sockets."""

import io
import socket
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults

import httpx
import pytest

from queues_app.sandbox import ManualClock, QueueHandle, Sandbox, SandboxServer
from queues_app.sandbox.adapters.wsgi import ConnectionDroppedError

SPOILT = {
    "hangup": httpx.RemoteProtocolError,
    "cut": httpx.RemoteProtocolError,
    "reset": httpx.ReadError,
    "latency": httpx.ReadTimeout,
    "drip": httpx.ReadTimeout,
}


@pytest.fixture(params=["transport", "server"])
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[httpx.Client]:
    """The same client over the transport and over a real socket."""
    headers = {"Authorization": f"Bearer {sandbox.tokens['full']}"}
    timeout = httpx.Timeout(5, read=0.2)
    if request.param == "transport":
        base = "https://api.cloudflare.example/client/v4"
        with httpx.Client(base_url=base, headers=headers, timeout=timeout, transport=sandbox.transport()) as client:
            yield client
    else:
        with (
            SandboxServer(sandbox) as server,
            httpx.Client(base_url=server.url, headers=headers, timeout=timeout, trust_env=False) as client,
        ):
            yield client


def test_a_request_arrives_whole(client: httpx.Client, orders: QueueHandle, sandbox: Sandbox) -> None:
    found = client.get(f"/accounts/{orders.account_id}/queues", params={"name": ["orders", "none"]})
    assert [queue["queue_name"] for queue in found.json()["result"]] == ["orders"]
    assert found.headers["content-type"].startswith("application/json")
    pushed = client.post(f"{orders.path}/messages", json={"body": {"é": "☃"}})
    assert pushed.status_code == 200
    assert [held.body for held in orders.messages] == ['{"é":"☃"}']
    assert client.delete(orders.path).status_code == 200
    assert [call.method for call in sandbox.calls] == ["GET", "POST", "DELETE"]


@pytest.mark.parametrize("kind", SPOILT)
def test_a_fault_looks_like_the_network_that_it_stands_for(
    client: httpx.Client, orders: QueueHandle, kind: str
) -> None:
    orders.push("a")
    orders.fault(kind, count=1, seconds=0.6)
    with pytest.raises(SPOILT[kind]):
        client.post(f"{orders.path}/messages/pull", json={})
    assert orders.messages[0].state == "leased"
    assert client.get(orders.path).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "length"),
    [("empty", 200, 0), ("redirect", 302, 0), ("html", 502, None), ("truncated", 200, None), ("huge", 200, 300_000)],
)
def test_a_fault_of_the_answer_arrives_as_it_was_made(
    client: httpx.Client, orders: QueueHandle, kind: str, status: int, length: int | None
) -> None:
    orders.fault(kind, count=1, size=300_000)
    response = client.get(orders.path)
    assert response.status_code == status
    assert length is None or len(response.content) == length


def test_waiting_on_the_transport_moves_the_clock_and_takes_no_time(
    sandbox: Sandbox, orders: QueueHandle, clock: ManualClock
) -> None:
    orders.fault("latency", seconds=3600, count=1)
    before = clock.now_ms()
    headers = {"Authorization": f"Bearer {sandbox.tokens['full']}"}
    with httpx.Client(transport=sandbox.transport(), headers=headers, timeout=7200) as client:
        assert client.get(f"https://x.example/client/v4{orders.path}").status_code == 200
    assert clock.now_ms() - before == 3_600_000


def test_the_server_keeps_a_connection_for_many_requests(sandbox_server: SandboxServer, sandbox: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", sandbox_server.port), timeout=5) as connection:
        request = b"GET /sandbox/calls HTTP/1.1\r\nHost: x\r\n\r\n"
        connection.sendall(request * 2)
        stream = connection.makefile("rb")
        for _ in range(2):
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (line := stream.readline()) != b"\r\n":
                name, _, value = line.decode().partition(":")
                if name.lower() == "content-length":
                    length = int(value)
            stream.read(length)


def test_the_server_reads_bodies_sent_in_chunks(
    sandbox_server: SandboxServer, orders: QueueHandle, sandbox: Sandbox
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"body":"in '
        yield b'pieces","content_type":"text"}'

    headers = {"Authorization": f"Bearer {sandbox.tokens['full']}"}
    url = f"{sandbox_server.url}{orders.path}/messages"
    assert httpx.post(url, content=pieces(), headers=headers, trust_env=False).status_code == 200
    assert [held.body for held in orders.messages] == ["in pieces"]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: many\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    ],
)
def test_the_server_hangs_up_on_a_body_without_a_length(sandbox_server: SandboxServer, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", sandbox_server.port), timeout=5) as connection:
        connection.sendall(b"POST /client/v4/accounts HTTP/1.1\r\nHost: x\r\n" + head)
        assert connection.recv(100) == b""


def test_a_caller_that_asks_first_is_told_to_go_on(sandbox_server: SandboxServer) -> None:
    with socket.create_connection(("127.0.0.1", sandbox_server.port), timeout=5) as connection:
        head = b"POST /sandbox/faults HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 15\r\n\r\n"
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b'{"kind":"html"}')
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_a_request_beyond_all_bounds_is_refused(
    sandbox_server: SandboxServer, orders: QueueHandle, sandbox: Sandbox
) -> None:
    headers = {"Authorization": f"Bearer {sandbox.tokens['full']}"}
    url = f"{sandbox_server.url}{orders.path}/messages"
    answer = httpx.post(url, content=b" " * 10_000_001, headers=headers, trust_env=False)
    assert answer.status_code == 413


def test_stopping_ends_open_connections_and_pending_waits(sandbox: Sandbox, orders: QueueHandle) -> None:
    orders.fault("latency", seconds=600)
    before = threading.active_count()
    headers = {"Authorization": f"Bearer {sandbox.tokens['full']}"}
    outcome: list[Exception] = []

    def ask(url: str) -> None:
        try:
            httpx.get(url, headers=headers, timeout=60, trust_env=False)
        except httpx.HTTPError as error:
            outcome.append(error)

    with SandboxServer(sandbox) as server:
        asking = threading.Thread(target=ask, args=(f"{server.url}{orders.path}",))
        asking.start()
        while not orders.calls:
            threading.Event().wait(0.01)
    asking.join(10)
    assert not asking.is_alive()
    assert len(outcome) == 1
    assert threading.active_count() <= before + 1
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)


def test_two_servers_cannot_share_a_port(sandbox: Sandbox, sandbox_server: SandboxServer) -> None:
    with pytest.raises(OSError, match="in use"):
        SandboxServer(sandbox, port=sandbox_server.port)


def wsgi(sandbox: Sandbox, method: str, path: str, body: bytes = b"", query: str = "") -> tuple[str, bytes]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "HTTP_AUTHORIZATION": f"Bearer {sandbox.tokens['full']}",
    }
    setup_testing_defaults(environ)
    said: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        said.append(status)

    whole = b"".join(sandbox.wsgi(environ, start_response))
    return said[0], whole


def test_the_sandbox_is_a_wsgi_application(sandbox: Sandbox, orders: QueueHandle) -> None:
    status, body = wsgi(sandbox, "GET", f"/client/v4/accounts/{orders.account_id}/queues", query="name=orders")
    assert status == "200 OK"
    assert b'"total_count":1' in body
    status, _ = wsgi(sandbox, "POST", f"/client/v4{orders.path}/messages", b'{"body":{}}')
    assert status == "200 OK"
    assert len(orders.messages) == 1
    orders.fault("drip", seconds=0.001, count=1)
    assert wsgi(sandbox, "GET", f"/client/v4{orders.path}")[1].startswith(b"{")
    orders.fault("reset", count=1)
    with pytest.raises(ConnectionDroppedError):
        wsgi(sandbox, "GET", f"/client/v4{orders.path}")


def test_many_callers_at_once_each_get_other_messages(
    sandbox_server: SandboxServer, orders: QueueHandle, sandbox: Sandbox
) -> None:
    orders.push_many(str(number) for number in range(80))
    headers = {"Authorization": f"Bearer {sandbox.tokens['full']}"}
    taken: list[str] = []

    def pull() -> None:
        with httpx.Client(base_url=sandbox_server.url, headers=headers, trust_env=False) as client:
            for _ in range(5):
                answer = client.post(f"{orders.path}/messages/pull", json={"batch_size": 2}).json()
                taken.extend(message["body"] for message in answer["result"]["messages"])

    callers = [threading.Thread(target=pull) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(20)
    assert sorted(taken, key=int) == [str(number) for number in range(80)]
    assert orders.count("pull") == 40
