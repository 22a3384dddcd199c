"""Lines as syslog (RFC 5424): one datagram each over UDP, counted frames over TCP (RFC 6587) and TLS (RFC 5425).

Syslog answers nothing. Over TCP and TLS each batch has a connection, and it counts as taken when the receiver has
read to its end and closed: one that ends with something unread resets the connection instead. Over UDP what is lost is
lost unnoticed, unless the receiver's machine says that nobody listens.
"""

import re
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from queues_app.delivery import Destination, Way, trust
from queues_app.delivery.errors import BrokenError, NotTrustedError, SlowError, UnreachableError
from queues_app.delivery.limits import CONNECT_S, WHOLE_S
from queues_app.forwarding.lines import Line, stamp

# What receivers of TLS should be able to take at least, header and all.
MOST_BYTES: Final = 8192
_FACILITY: Final = 13  # log audit
_INFORMATIONAL, _WARNING = 6, 4
_NAME: Final = "queuescope"
_MSGID: Final = re.compile(r"[!-~]{1,32}")
_HOSTNAME: Final = re.compile(r"[!-~]{1,255}")
_READ: Final = 4096


def send(destination: Destination, lines: Sequence[Line]) -> None:
    """Raises DeliveryError."""
    frames = [_frame(line) for line in lines]
    if destination.way is Way.UDP:
        _datagrams(destination, frames)
    else:
        _stream(destination, b"".join(b"%d %s" % (len(frame), frame) for frame in frames))


def _frame(line: Line) -> bytes:
    priority = _FACILITY * 8 + (_INFORMATIONAL if line.is_good else _WARNING)
    host = socket.gethostname()
    head = " ".join(
        (
            f"<{priority}>1",
            stamp(line.at),
            host if _HOSTNAME.fullmatch(host) else "-",
            _NAME,
            "-",
            line.action if _MSGID.fullmatch(line.action) else "-",
            "-",
        )
    )
    return f"{head} {line.text(most=MOST_BYTES - len(head) - 1)}".encode("ascii")


def _datagrams(destination: Destination, frames: Sequence[bytes]) -> None:
    try:
        family, *_, address = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as place:
            place.settimeout(CONNECT_S)
            place.connect(address)
            for frame in frames:
                place.send(frame)
            is_refused = place.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    except (OSError, UnicodeError):
        raise UnreachableError from None
    if is_refused:
        # The machine there has said meanwhile that nobody listens.
        raise UnreachableError


def _stream(destination: Destination, data: bytes) -> None:
    until = time.monotonic() + WHOLE_S
    try:
        with _connected(destination) as place:
            # The whole of sendall has this long, not each of its steps.
            place.settimeout(_left(until))
            place.sendall(data)
            _end(place, until)
    except TimeoutError:
        raise SlowError from None
    except OSError:
        raise BrokenError from None


def _connected(destination: Destination) -> socket.socket:
    """A connection; encrypted over TLS, with somebody whose certificate is trusted.

    Raises UnreachableError, NotTrustedError.
    """
    try:
        plain = socket.create_connection((destination.host, destination.port), timeout=CONNECT_S)
    except (OSError, UnicodeError):
        raise UnreachableError from None
    if destination.way is Way.TCP:
        return plain
    try:
        return trust.context().wrap_socket(plain, server_hostname=destination.host)
    except OSError as error:
        plain.close()
        raise (NotTrustedError if isinstance(error, ssl.SSLCertVerificationError) else UnreachableError) from None


def _end(place: socket.socket, until: float) -> None:
    """Say that this was all, and wait until the receiver has read it and closed."""
    place.settimeout(_left(until))
    if isinstance(place, ssl.SSLSocket):
        # One that closes without the ceremony has read to its end as well; a reset would be another error.
        with suppress(ssl.SSLEOFError):
            place.unwrap()
        return
    place.shutdown(socket.SHUT_WR)
    while place.recv(_READ):
        place.settimeout(_left(until))


def _left(until: float) -> float:
    """Never 0, which would mean not to wait at all."""
    return max(until - time.monotonic(), 0.001)
