"""One request and its answer's bytes: capped in size, bounded in time.

Content is unpacked here and not by httpx, so that the cap counts real bytes before they fill the memory.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

import httpcore
import httpx

# Only what is decoded below is asked for; another encoding in the answer is an error.
ACCEPT_ENCODING = "gzip"
# The number in front of the system's words, which says nothing to a person.
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Trouble(Enum):
    """How an exchange can fail."""

    NOT_REACHED = "not-reached"
    CONNECT_TIMEOUT = "connect-timeout"
    NO_CONNECTION_FREE = "no-connection-free"
    NOT_SENDABLE = "not-sendable"
    READ_TIMEOUT = "read-timeout"
    TOTAL_TIMEOUT = "total-timeout"
    CONNECTION_LOST = "connection-lost"
    TOO_LARGE = "too-large"
    UNDECODABLE = "undecodable"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed exchange. The library's exception is not kept: its frames hold the headers."""

    trouble: Trouble
    detail: str  # the library's own words, which name no header


class _LimitExceeded(Exception):  # noqa: N818 - names what happened, stays in this module
    """More bytes than the cap."""


class _TimeIsUp(Exception):  # noqa: N818 - as above
    """The whole call took longer than it may."""


class _Undecodable(Exception):  # noqa: N818 - as above
    """The content encoding is unknown or its data are damaged."""


# The first that fits, from the particular to the general.
_TROUBLES: tuple[tuple[tuple[type[Exception], ...], Trouble], ...] = (
    ((_LimitExceeded,), Trouble.TOO_LARGE),
    ((_TimeIsUp,), Trouble.TOTAL_TIMEOUT),
    ((_Undecodable,), Trouble.UNDECODABLE),
    ((httpx.ConnectTimeout, httpcore.ConnectTimeout), Trouble.CONNECT_TIMEOUT),
    ((httpx.PoolTimeout, httpcore.PoolTimeout), Trouble.NO_CONNECTION_FREE),
    ((httpx.ConnectError, httpcore.ConnectError), Trouble.NOT_REACHED),
    ((httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol), Trouble.NOT_SENDABLE),
    ((httpx.LocalProtocolError, httpcore.LocalProtocolError), Trouble.NOT_SENDABLE),
    ((httpx.TimeoutException, httpcore.TimeoutException), Trouble.READ_TIMEOUT),
    ((Exception,), Trouble.CONNECTION_LOST),
)
_ERRORS = (
    httpx.HTTPError,
    httpx.StreamError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
    _LimitExceeded,
    _TimeIsUp,
    _Undecodable,
)


@dataclass(slots=True)
class Received:
    """What has come so far: a failure on the way still knows status and ray."""

    status: int | None = None
    headers: httpx.Headers | None = None
    body: bytes = b""


def exchange(
    http: httpx.Client,
    request: httpx.Request,
    received: Received,
    *,
    most_bytes: int,
    is_late: Callable[[], bool],
) -> Failure | None:
    """Send and read into `received`, as far as it comes; `is_late` is asked after each piece."""
    try:
        _exchange(http, request, received, most_bytes, is_late)
    except _ERRORS as error:
        trouble = next(trouble for kinds, trouble in _TROUBLES if isinstance(error, kinds))
        return Failure(trouble, _ERRNO.sub("", str(error)))
    return None


def _exchange(
    http: httpx.Client,
    request: httpx.Request,
    received: Received,
    most_bytes: int,
    is_late: Callable[[], bool],
) -> None:
    response = http.send(request, stream=True, follow_redirects=False)
    try:
        received.status = response.status_code
        received.headers = response.headers
        if not _is_redirect(response.status_code):
            received.body = _read(response, most_bytes, is_late)
    finally:
        response.close()


def _is_redirect(status: int) -> bool:
    return 300 <= status < 400


def _read(response: httpx.Response, most_bytes: int, is_late: Callable[[], bool]) -> bytes:
    announced = response.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and len(announced) < 19 and int(announced) > most_bytes:
        raise _LimitExceeded
    chunks = []
    size = 0
    for chunk in _decoded(response, most_bytes):
        size += len(chunk)
        if size > most_bytes:
            raise _LimitExceeded
        if is_late():
            raise _TimeIsUp
        chunks.append(chunk)
    return b"".join(chunks)


def _decoded(response: httpx.Response, most_bytes: int) -> Iterator[bytes]:
    """The body's bytes in pieces, none longer than one byte beyond the cap."""
    stream = response.stream
    if not isinstance(stream, httpx.SyncByteStream):
        raise _Undecodable
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        yield from stream
        return
    if encoding not in _WINDOW:
        raise _Undecodable
    unpack = zlib.decompressobj(_WINDOW[encoding])
    empty = True
    try:
        for chunk in stream:
            empty = empty and not chunk
            yield unpack.decompress(chunk, most_bytes + 1)
            # What the cap left over is more than the cap already: the caller has stopped by now.
    except zlib.error:
        raise _Undecodable from None
    if not unpack.eof and not empty:
        raise _Undecodable
