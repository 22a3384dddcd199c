"""The client over a real socket, against servers that misbehave below the level of HTTP."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from queues_app.cloudflare import AnswerLost, Client, CloudflareError, NotSent
from tests.cloudflare.scripted import TOKEN, here

type Behaviour = Callable[[socket.socket, threading.Event], None]

BODY = b'{"success": true, "result": {"backlog_count": 1}}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@contextlib.contextmanager
def server(behave: Behaviour) -> Iterator[tuple[str, list[bytes]]]:
    """Reads one request of each connection and behaves; gives its address and what it read."""
    over = threading.Event()
    seen: list[bytes] = []
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            seen.append(connection.recv(65536))
            behave(connection, over)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while not over.is_set():
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=one, args=(connection,)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads.append(threading.Thread(target=accept))
        threads[-1].start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/client/v4", seen
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def drip_headers(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not over.wait(0.02):
        connection.sendall(b"a")


def drip_body(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.wait(0.02):
        connection.sendall(b" ")


def stay_silent(_: socket.socket, over: threading.Event) -> None:
    over.wait(10)


def reset(connection: socket.socket, _: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cut(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(GOOD[:-5])


def speak_no_http(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(b"220 mail.example.com ESMTP\r\n\r\n")


def lie_about_chunks(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")


def hang_up(_: socket.socket, __: threading.Event) -> None:
    """The connection is closed without a word."""


def pull(url: str, **options: float) -> CloudflareError:
    with Client(base_url=url, **options) as client, pytest.raises(CloudflareError) as caught:  # type: ignore[arg-type]
        client.pull(TOKEN, **here(), batch_size=1, visibility_timeout_ms=1000)
    return caught.value


@pytest.mark.parametrize("behave", [drip_headers, drip_body, stay_silent])
def test_a_slow_server_holds_a_thread_no_longer_than_the_deadline(behave: Behaviour) -> None:
    with server(behave) as (url, seen):
        began = time.monotonic()
        error = pull(url, read_timeout=5, total_timeout=0.3)
        assert time.monotonic() - began < 3
    assert isinstance(error, AnswerLost)
    assert error.may_have_happened
    assert len(seen) == 1


@pytest.mark.parametrize("behave", [reset, cut, speak_no_http, lie_about_chunks, hang_up])
def test_a_broken_answer_of_a_pull_is_lost_and_may_have_happened(behave: Behaviour) -> None:
    with server(behave) as (url, seen):
        error = pull(url)
    assert isinstance(error, AnswerLost)
    assert error.reason == "connection-lost"
    assert error.may_have_happened
    assert len(seen) == 1


def test_a_good_answer_arrives() -> None:
    with (
        server(lambda connection, _: connection.sendall(GOOD)) as (url, seen),
        Client(base_url=url) as client,
    ):
        assert client.metrics(TOKEN, **here()).value.backlog_count == 1
    assert seen[0].startswith(b"GET /client/v4/accounts/")
    assert b"HTTP/1.1" in seen[0]


def test_a_connection_is_used_again() -> None:
    connections = 0

    def serve(connection: socket.socket, _: threading.Event) -> None:
        nonlocal connections
        connections += 1
        connection.sendall(GOOD)
        while connection.recv(65536):
            connection.sendall(GOOD)

    with server(serve) as (url, _), Client(base_url=url) as client:
        for _ in range(3):
            client.metrics(TOKEN, **here())
    assert connections == 1


def test_nobody_there_means_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = pull(f"http://127.0.0.1:{port}")
    assert isinstance(error, NotSent)
    assert error.reason == "not-reached"
    assert not error.may_have_happened


def test_no_tls_means_not_sent() -> None:
    with server(speak_no_http) as (url, _):
        error = pull(url.replace("http:", "https:"))
    assert isinstance(error, NotSent)


def test_one_client_serves_many_threads() -> None:
    def serve(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(GOOD)
        while connection.recv(65536):
            connection.sendall(GOOD)

    counts: list[int | None] = []

    def ask(client: Client) -> None:
        counts.extend(client.metrics(TOKEN, **here()).value.backlog_count for _ in range(5))

    with server(serve) as (url, _), Client(base_url=url) as client:
        threads = [threading.Thread(target=ask, args=(client,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counts == [1] * 40
