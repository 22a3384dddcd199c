"""The connections: a pool whose every read and write ends at the call's deadline.

httpx's own transport times each read by itself, so an upstream that sends its headers byte by byte could hold
a thread for hours. httpcore, which lies beneath it, lets the socket be wrapped; only that is different here.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import httpcore
import httpx

BUDGET = "queuescope.budget"  # the request extension: seconds for the whole exchange
_MOST_CONNECTIONS = 128  # more than threads of one worker may wait, with a page's metrics on top
_MOST_IDLE = 32
_IDLE_FOR = 30.0  # seconds; below what servers keep, so that a dead connection is seldom taken up

type Resolve = Callable[[str, int], Sequence[str]]


class Network(httpx.BaseTransport):
    """HTTP/1.1 over a shared pool. Raises httpcore's exceptions, which exchange.py knows.

    `resolve` names the addresses of a host that may be connected to, one after the other; without it the system does.
    """

    def __init__(self, ssl_context: ssl.SSLContext, resolve: Resolve | None = None) -> None:
        self._deadline = _Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=_MOST_IDLE,
            keepalive_expiry=_IDLE_FOR,
            network_backend=_Backend(self._deadline, resolve),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send; the answer's body is read later, by the same thread."""
        self._deadline.begin(request.extensions.get(BUDGET))
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.read(),
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Deadline(threading.local):
    """When this thread's exchange has to be over; an exchange is sent and read by one thread."""

    ends_at: float | None = None

    def begin(self, budget: float | None) -> None:
        self.ends_at = None if budget is None else time.monotonic() + budget

    def cut(self, timeout: float | None) -> float | None:
        """The timeout, or what is left when that is less; never 0, which would mean not to wait at all."""
        if self.ends_at is None:
            return timeout
        left = max(self.ends_at - time.monotonic(), 0.001)
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: _Deadline, resolve: Resolve | None) -> None:
        self._backend = httpcore.SyncBackend()
        self._deadline = deadline
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self._resolve(host, port) if self._resolve else [host]
        for address in others:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(last, port, timeout, local_address, socket_options)

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(address, port, self._deadline.cut(timeout), local_address, socket_options)
        return _Stream(stream, self._deadline)
