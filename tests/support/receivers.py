"""Those who are told of the audit over HTTP: real servers on this machine, which can be rude."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

type Told = tuple[int, dict[str, str]]
type Answer = Told | Callable[[], Told | bool]


class HttpReceiver:
    """Takes what is posted. `answers` come first, in their order; after them everything is taken.

    One that is a function is asked when it is its turn; without a status it hangs up.
    """

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.taken: list[tuple[httpx.Headers, bytes]] = []
        self.paths: list[str] = []
        self._server = _Server(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def lines(self) -> list[str]:
        return [line for _, body in self.taken for line in body.decode("ascii").splitlines()]

    @contextmanager
    def serving(self) -> Iterator["HttpReceiver"]:
        with self._server:
            thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield self
            self._server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: HttpReceiver) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that gave up in the middle is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 2  # for senders that say nothing more

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.paths.append(self.path)
        answer = receiver.answers.popleft() if receiver.answers else (204, {})
        told = answer if isinstance(answer, tuple) else answer()
        if isinstance(told, bool):
            self.close_connection = True
            return
        status, headers = told
        if status < 300:
            receiver.taken.append((httpx.Headers(dict(self.headers.items())), body))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the tests look at what arrived."""


@pytest.fixture
def http() -> Iterator[HttpReceiver]:
    """One that is there for the whole test."""
    with HttpReceiver().serving() as receiver:
        yield receiver
