"""A threaded HTTP/1.1 server for the sandbox, with keep-alive, on the standard library alone.

One server for the demo and for tests, so that a fault looks the same in both: only a server of our own has
the socket in hand to reset it, to let it drip, and to lie about a length.
"""

import socket
import struct
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from queues_app.sandbox.routes import PREFIX
from queues_app.sandbox.service import MAX_REQUEST_BYTES
from queues_app.sandbox.wire import Request, Response

if TYPE_CHECKING:
    from queues_app.sandbox.service import Sandbox


class SandboxServer:
    """`with SandboxServer(sandbox, port=0) as server:` serves at `server.url` until the block ends."""

    def __init__(self, sandbox: "Sandbox", *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _Server((host, port), sandbox)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL of the API."""
        host = self._server.server_address[0]
        return f"http://{host!s}:{self.port}{PREFIX}"

    @property
    def control_url(self) -> str:
        """Where faults, variants and calls are: `control_url + "faults"`."""
        return self.url.removesuffix(PREFIX) + "/sandbox/"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer nothing more, close every connection and wait for the threads."""
        self._server.stopping.set()
        self._server.wake()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.serve_forever(poll_interval=0.05)


class _Server(ThreadingTCPServer):
    # Not http.server's own: that one asks the resolver for the machine's name when it starts.
    allow_reuse_address = True
    daemon_threads = True
    # With block_on_close every thread is kept until the end: too many in a demo that runs for days.
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], sandbox: "Sandbox") -> None:
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._reset: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
            reset = request in self._reset
            self._reset.discard(request)
        if reset:
            self.close_request(request)  # without a FIN ahead of the RST
        else:
            super().shutdown_request(request)

    def wake(self) -> None:
        """Let the thread that waits for a caller look up at once, not when its interval ends."""
        with suppress(OSError):  # where a socket that listens cannot be shut down
            self.socket.shutdown(socket.SHUT_RDWR)

    def reset_when_closed(self, connection: socket.socket) -> None:
        # Lingering for no time at all makes the kernel send RST in place of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._guard:
            self._reset.add(connection)

    def close_connections(self) -> None:
        """Wake every thread that waits for a client's next request."""
        with self._guard:
            waiting = list(self._open)
        for connection in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # already closed by the other side

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no news; anything else is."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one packet
    disable_nagle_algorithm = True
    server: _Server

    def answer(self) -> None:
        body = self._read()
        if body is None:
            self.close_connection = True
            return
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, query, dict(self.headers.items()), body)
        response = self.server.sandbox.handle(request)
        if response.wait and self.server.stopping.wait(response.wait):
            self.close_connection = True
        elif response.ending == "whole":
            self._send(response)
        else:
            self._drop(reset=response.ending == "reset")

    # The names that the base looks for.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815

    def version_string(self) -> str:
        return "sandbox"

    def handle_expect_100(self) -> bool:
        """Say "go on" at once: curl waits a second for it before it sends a large body."""
        whole = super().handle_expect_100()
        self.wfile.flush()
        return whole

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base
        """Nothing: request lines hold account ids, and the demo's console is for people."""

    def _read(self) -> bytes | None:
        """The request's body; None when its length cannot be made out, so that the connection must end."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._read_chunked()
        given = self.headers.get("Content-Length", "0")
        if not (given.isascii() and given.isdecimal()):
            return None
        # One byte over the limit is enough for a refusal; the connection cannot be used again then.
        length = min(int(given), MAX_REQUEST_BYTES + 1)
        if length < int(given):
            self.close_connection = True
        return self.rfile.read(length)

    def _read_chunked(self) -> bytes | None:
        body = bytearray()
        while len(body) <= MAX_REQUEST_BYTES:
            size = self.rfile.readline(100).split(b";")[0].strip()
            try:
                length = int(size, 16)
            except ValueError:
                return None
            if not 0 <= length <= MAX_REQUEST_BYTES:
                return None
            body += self.rfile.read(length)
            self.rfile.readline(100)
            if not length:
                return bytes(body)
        return None

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(response.content_length))
        if response.declared_length is not None:
            self.close_connection = True
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        for number, chunk in enumerate(response.chunks()):
            if number and response.drip_pause:
                self.wfile.flush()
                if self.server.stopping.wait(response.drip_pause):
                    self.close_connection = True
                    return
            self.wfile.write(chunk)

    def _drop(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            self.server.reset_when_closed(self.connection)
