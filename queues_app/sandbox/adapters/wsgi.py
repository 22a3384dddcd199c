"""The sandbox as a WSGI application, for any server of that kind.

WSGI gives no hold on the socket: a connection that should be reset or hung up ends here with an exception
after nothing was sent, and what the caller sees of it is up to the server. SandboxServer does better.
"""

import time
from collections.abc import Iterator
from http.client import responses
from typing import TYPE_CHECKING
from wsgiref.types import StartResponse, WSGIEnvironment

from queues_app.sandbox.wire import Request, Response

if TYPE_CHECKING:
    from queues_app.sandbox.service import Sandbox


class ConnectionDroppedError(Exception):
    """Raised in place of an answer that the fault wants to be none."""


def answer(sandbox: "Sandbox", environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    length = environ.get("CONTENT_LENGTH") or "0"
    response = sandbox.handle(
        Request(
            method=environ["REQUEST_METHOD"],
            # WSGI decodes the path; the ids in it are plain hex, so that nothing is lost.
            path=environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""),
            query=environ.get("QUERY_STRING", ""),
            headers=_headers(environ),
            body=environ["wsgi.input"].read(int(length)) if length.isdecimal() else b"",
        )
    )
    time.sleep(response.wait)
    if response.ending != "whole":
        raise ConnectionDroppedError(response.ending)
    status = f"{response.status} {responses.get(response.status, 'Unknown')}"
    start_response(status, [*response.headers.items(), ("Content-Length", str(response.content_length))])
    return _body(response)


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }


def _body(response: Response) -> Iterator[bytes]:
    for number, chunk in enumerate(response.chunks()):
        if number and response.drip_pause:
            time.sleep(response.drip_pause)
        yield chunk
