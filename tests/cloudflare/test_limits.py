import gzip
import tracemalloc
import zlib
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from queues_app.cloudflare import AnswerLost, CloudflareError, TooLarge, Unreadable
from tests.cloudflare.scripted import EVERYTHING, TOKEN, Script, here, script

GOOD = msgspec.json.encode({"success": True, "result": {"backlog_count": 1}})
CAP = 10_000


class Pieces(httpx.SyncByteStream):
    """A body in pieces; counts how many were taken."""

    def __init__(self, piece: bytes, number: int) -> None:
        self.piece = piece
        self.number = number
        self.taken = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.number):
            self.taken += 1
            yield self.piece

    def close(self) -> None:
        self.closed = True


def answering(stream: httpx.SyncByteStream, **headers: str) -> Script:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return script(lambda _: httpx.Response(200, headers=named, stream=stream))


def ask(played: Script, name: str = "metrics") -> CloudflareError:
    with pytest.raises(CloudflareError) as caught:
        EVERYTHING[name](played.client(max_answer_bytes=CAP))
    return caught.value


def test_an_endless_answer_is_given_up_at_the_cap() -> None:
    body = Pieces(b" " * 1000, 1_000_000)
    error = ask(answering(body), "pull")
    assert isinstance(error, TooLarge)
    assert error.may_have_happened
    assert not error.retryable
    assert body.taken == 11
    assert body.closed


def test_an_answer_that_announces_too_much_is_not_read_at_all() -> None:
    body = Pieces(b"x", 1)
    assert isinstance(ask(answering(body, content_length="10001")), TooLarge)
    assert body.taken == 0


def test_an_answer_of_just_the_cap_is_read() -> None:
    body = Pieces(GOOD + b" " * (CAP - len(GOOD)), 1)
    client = answering(body).client(max_answer_bytes=CAP)
    assert client.metrics(TOKEN, **here()).value.backlog_count == 1


def test_a_compressed_bomb_is_counted_as_it_unpacks() -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    played = answering(Pieces(bomb, 1), content_encoding="gzip")
    tracemalloc.start()
    error = ask(played)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(error, TooLarge)
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(GOOD, mtime=0)),
        ("X-GZIP", gzip.compress(GOOD, mtime=0)),
        ("deflate", zlib.compress(GOOD)),
        ("identity", GOOD),
        ("", GOOD),
    ],
)
def test_packed_answers_are_unpacked_also_byte_by_byte(encoding: str, packed: bytes) -> None:
    class Bytes(Pieces):
        def __iter__(self) -> Iterator[bytes]:
            for byte in packed:
                yield bytes([byte])

    client = answering(Bytes(b"", 0), content_encoding=encoding).client()
    assert client.metrics(TOKEN, **here()).value.backlog_count == 1


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"not gzip"),
        ("gzip", gzip.compress(GOOD, mtime=0)[:-9]),
        ("br", b"x"),
        ("gzip, gzip", b"x"),
    ],
)
def test_what_cannot_be_unpacked_is_unreadable(encoding: str, body: bytes) -> None:
    error = ask(answering(Pieces(body, 1), content_encoding=encoding), "pull")
    assert isinstance(error, Unreadable)
    assert error.reason == "undecodable"
    assert error.may_have_happened


def test_only_what_can_be_unpacked_is_asked_for() -> None:
    played = script(httpx.Response(200, content=GOOD))
    played.client().metrics(TOKEN, **here())
    assert played.requests[0].headers["accept-encoding"] == "gzip"


def test_a_slow_drip_ends_at_the_deadline() -> None:
    class Drip(Pieces):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                self.taken += 1
                played.now += 1
                yield b" "

    drip = Drip(b"", 0)
    played = answering(drip)
    with pytest.raises(AnswerLost) as caught:
        played.client(total_timeout=30).pull(TOKEN, **here(), batch_size=1, visibility_timeout_ms=1)
    assert caught.value.reason == "total-timeout"
    assert caught.value.may_have_happened
    assert drip.taken == 31
    assert drip.closed
