"""Lines as syslog, to real listeners over UDP, TCP and TLS."""

import json
import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from queues_app import delivery, forwarding
from queues_app.delivery import DeliveryError, trust
from queues_app.forwarding import Line, syslog
from queues_app.forwarding.lines import FIELDS
from tests.forwarding.listeners import Listener, certificate, datagrams

# RFC 5424, as this sender writes it: no process and no structured data
FRAME = re.compile(
    rb"<(\d+)>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([!-~]{1,255}) queuescope - ([!-~]{1,32}) - (\{.*\})"
)
HOSTILE = '\n<13>1 - - - - - - fake\r\n\0 17 \u2028\U0001f4a3"]'


@pytest.fixture
def tcp() -> Iterator[Listener]:
    with Listener("syslog+tcp").listening() as listener:
        yield listener


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """With a certificate that is trusted here."""
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    trust.context.cache_clear()
    with Listener("syslog+tls", _context(file)).listening() as listener:
        yield listener
    trust.context.cache_clear()


def _context(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def line(position: int = 1, **others: Any) -> Line:
    at = datetime(2026, 11, 28, 12, 0, 0, 7, tzinfo=UTC)
    given = {"at": at, "completed_at": at, "action": "messages.pull", "outcome": "ok", **others}
    columns = {**dict.fromkeys(FIELDS), **given}
    return Line.of_entry(
        source="queues.example.com", position=position, entry=position, signature="1.a.b", columns=columns
    )


def send(url: str, *lines: Line) -> None:
    forwarding.send(delivery.read(url), lines, [])


def messages(frames: list[bytes]) -> list[dict[str, Any]]:
    found = [FRAME.fullmatch(frame) for frame in frames]
    return [json.loads(each[5]) for each in found if each]


def test_a_frame_says_who_what_when_and_how_it_went(tcp: Listener) -> None:
    send(tcp.url, line(), line(2, outcome="refused", action="queue.empty"))

    good, refused = (FRAME.fullmatch(frame) for frame in tcp.frames)
    assert good
    assert refused
    assert good.groups()[:4] == (
        b"110",
        b"2026-11-28T12:00:00.000007Z",
        socket.gethostname().encode(),
        b"messages.pull",
    )
    assert (refused[1], refused[4]) == (b"108", b"queue.empty")
    assert json.loads(good[5])["position"] == 1


@pytest.mark.parametrize("way", ["tcp", "tls"])
def test_nothing_that_a_name_holds_ends_a_frame(way: str, request: pytest.FixtureRequest) -> None:
    listener: Listener = request.getfixturevalue(way)
    send(listener.url, line(1, queue_name=HOSTILE, action=HOSTILE), line(2), line(3, user_name=HOSTILE))

    first, second, third = messages(listener.frames)
    assert (first["queue_name"], second["position"], third["user_name"]) == (HOSTILE, 2, HOSTILE)


def test_over_udp_each_line_is_a_datagram() -> None:
    with datagrams() as place:
        send(f"syslog+udp://127.0.0.1:{place.getsockname()[1]}", line(1, remark=HOSTILE), line(2))
        told = messages([place.recv(65536), place.recv(65536)])

    assert [each["position"] for each in told] == [1, 2]


def test_a_datagram_is_never_longer_than_receivers_take() -> None:
    with datagrams() as place:
        send(f"syslog+udp://127.0.0.1:{place.getsockname()[1]}", line(message_ids=["a" * 32] * 5000))
        data = place.recv(65536)

    assert len(data) < syslog.MOST_BYTES
    assert messages([data])[0]["left_out"] == ["message_ids"]


@pytest.mark.parametrize("scheme", ["syslog+udp", "syslog+tcp", "syslog+tls"])
def test_where_nobody_listens_it_is_a_failure(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]

    with pytest.raises(DeliveryError, match="no connection could be made"):
        send(f"{scheme}://127.0.0.1:{port}", line())


def test_a_name_that_there_is_not_is_a_failure() -> None:
    with pytest.raises(DeliveryError, match="no connection could be made"):
        send(f"syslog+tcp://{'a' * 64}.invalid", line())


def reset(place: socket.socket) -> None:
    """Hang up without reading, as a receiver that is stopped does."""
    place.recv(1)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("way", ["tcp", "tls"])
def test_a_receiver_that_hangs_up_before_the_end_has_taken_nothing(way: str, request: pytest.FixtureRequest) -> None:
    listener: Listener = request.getfixturevalue(way)
    listener.manners = reset

    with pytest.raises(DeliveryError) as failed:
        send(listener.url, *[line(message_ids=["a" * 32] * 200)] * 20)

    assert failed.value.reason == "broken"


@pytest.mark.parametrize("way", ["tcp", "tls"])
def test_a_receiver_that_does_not_come_to_the_end_is_left_in_time(
    way: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener: Listener = request.getfixturevalue(way)
    monkeypatch.setattr(syslog, "WHOLE_S", 0.2)
    over = threading.Event()
    listener.manners = lambda _: over.wait(5)

    with pytest.raises(DeliveryError) as failed:
        send(listener.url, line())
    over.set()

    assert failed.value.reason == "timeout"


def test_one_that_is_slow_is_waited_for(tcp: Listener) -> None:
    def slowly(place: socket.socket) -> None:
        threading.Event().wait(0.2)
        tcp.read_to_the_end(place)

    tcp.manners = slowly
    send(tcp.url, *[line(number, message_ids=["a" * 32] * 200) for number in range(1, 101)])

    assert [each["position"] for each in messages(tcp.frames)] == list(range(1, 101))


def test_a_receiver_of_tls_that_says_goodbye_has_taken_them_too(tls: Listener) -> None:
    def politely(place: socket.socket) -> None:
        tls.read_to_the_end(place)
        assert isinstance(place, ssl.SSLSocket)
        place.unwrap()

    tls.manners = politely
    send(tls.url, line())

    assert len(messages(tls.frames)) == 1


@pytest.mark.parametrize("scheme", ["syslog+tls", "https"])
def test_a_certificate_of_an_unknown_authority_is_not_trusted(scheme: str, tmp_path: Path) -> None:
    with (
        Listener(scheme, _context(certificate(tmp_path))).listening() as listener,
        pytest.raises(DeliveryError, match="cannot be trusted"),
    ):
        send(listener.url, line())


def test_nor_is_one_for_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path, address="192.0.2.9")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    trust.context.cache_clear()
    with (
        Listener("syslog+tls", _context(file)).listening() as listener,
        pytest.raises(DeliveryError, match="cannot be trusted"),
    ):
        send(listener.url, line())
    trust.context.cache_clear()
