"""The sandbox as a transport of httpx: faults become the exceptions that a real network would raise."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx

from queues_app.sandbox.wire import Request, Response

if TYPE_CHECKING:
    from queues_app.sandbox.service import Sandbox


class SandboxTransport(httpx.BaseTransport):
    """Waits are the sandbox clock's: with a ManualClock they move time and take none.

    A wait longer than the client's read timeout raises ReadTimeout, after the work was done, as it would be.
    """

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._sandbox.handle(
            Request(
                method=request.method,
                path=request.url.raw_path.split(b"?")[0].decode("ascii"),
                query=request.url.query.decode("ascii"),
                headers=dict(request.headers),
                body=request.read(),
            )
        )
        _wait(self._sandbox, request, response.wait)
        if response.ending == "reset":
            message = "[Errno 104] Connection reset by peer"
            raise httpx.ReadError(message, request=request)
        if response.ending == "hangup":
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message, request=request)
        headers = {**response.headers, "Content-Length": str(response.content_length)}
        return httpx.Response(
            response.status, headers=headers, stream=_Stream(self._sandbox, request, response), request=request
        )


class _Stream(httpx.SyncByteStream):
    def __init__(self, sandbox: "Sandbox", request: httpx.Request, response: Response) -> None:
        self._sandbox = sandbox
        self._request = request
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        for chunk in self._response.chunks():
            if sent:
                _wait(self._sandbox, self._request, self._response.drip_pause)
            sent += len(chunk)
            yield chunk
        if sent < self._response.content_length:
            message = "peer closed connection without sending complete message body"
            raise httpx.RemoteProtocolError(message, request=self._request)


def _wait(sandbox: "Sandbox", request: httpx.Request, seconds: float) -> None:
    if seconds <= 0:
        return
    timeouts: dict[str, Any] = request.extensions.get("timeout", {})
    limit = timeouts.get("read")
    if limit is not None and seconds > limit:
        sandbox.clock.wait(limit)
        message = "The read operation timed out"
        raise httpx.ReadTimeout(message, request=request)
    sandbox.clock.wait(seconds)
