"""The upstream of the measurements: answers that were made before the first request, each after its queue's delay.

It reads no more of a request than its first line and its length, so that it is never what is slow; the row of
`bench/upstream_itself.py` shows by how much. It runs as a process: `python -m bench.support.upstream` prints its port.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from bench.support.loads import LOADS, SENT_MS, Load

# What is asked beside messages takes as long as a pull of the usual loads.
FACTS_DELAY_S: Final = 0.05


@contextmanager
def running() -> Iterator[str]:
    """Start it, and stop it at the end. Yields its address, without a slash at the end."""
    command = [sys.executable, "-m", "bench.support.upstream"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own interpreter
        try:
            if process.stdout is None:
                raise RuntimeError("the upstream was started without a pipe")
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/client/v4"
        finally:
            process.terminate()


class Answering(Protocol):
    """Whoever knows the answer to a request, and how long it takes."""

    def to(self, path: str) -> tuple[bytes, float]: ...


class Answers:
    """All answers, ready to be written: (bytes, delay in seconds) by what the path ends with."""

    def __init__(self) -> None:
        self._queues = {load.queue_id: ready(_queue(load)) for load in LOADS}
        self._messages = {load.queue_id: (ready(_messages(load)), load.delay_s) for load in LOADS}
        self._all_queues = ready([_queue(load) for load in LOADS], {"page": 1, "per_page": 100, "total_pages": 1})
        self._nothing = ready([])
        self._metrics = ready(
            {"backlog_count": 4321, "backlog_bytes": 9_876_543, "oldest_message_timestamp_ms": SENT_MS}
        )

    def to(self, path: str) -> tuple[bytes, float]:
        """The answer to a request, and how long it takes."""
        parts = path.partition("?")[0].rstrip("/").split("/")
        if parts[-1] in ("pull", "peek"):
            return self._messages[parts[-3]]
        if parts[-1] == "metrics":
            return self._metrics, FACTS_DELAY_S
        if parts[-1] == "queues":
            return self._all_queues, FACTS_DELAY_S
        # What else a page asks for, as subscriptions: there are none.
        return self._queues.get(parts[-1], self._nothing), FACTS_DELAY_S


class Connection(asyncio.Protocol):
    """One connection; a request begins when the answer to the one before has left."""

    def __init__(self, answers: Answering, loop: asyncio.AbstractEventLoop) -> None:
        self._answers = answers
        self._loop = loop
        self._read = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a whole request is there."""
        self._read += data
        head, end, rest = self._read.partition(b"\r\n\r\n")
        if not end or len(rest) < _length(head.lower()):
            return
        self._read.clear()
        answer, delay = self._answers.to(head.split(b" ", 2)[1].decode())
        if delay:
            self._loop.call_later(delay, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _length(head: bytearray) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def ready(result: Any, info: dict[str, int] | None = None) -> bytes:
    """A whole answer of the API, with what it says of its pages where there are such."""
    envelope = {"success": True, "errors": [], "messages": [], "result": result}
    return as_http(envelope if info is None else {**envelope, "result_info": info})


def as_http(value: Any) -> bytes:
    """A whole answer of JSON."""
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _messages(load: Load) -> dict[str, Any]:
    return {"message_backlog_count": 4321, "messages": load.messages()}


def _queue(load: Load) -> dict[str, Any]:
    consumer = {
        "consumer_id": "e" * 32,
        "type": "http_pull",
        "dead_letter_queue": "orders-dlq",
        "settings": {"batch_size": 10, "max_retries": 5, "visibility_timeout_ms": 30_000},
    }
    return {
        "queue_id": load.queue_id,
        "queue_name": f"orders-{load.letter}",
        "created_on": "2026-11-01T10:00:00Z",
        "modified_on": "2026-11-01T10:00:00Z",
        "settings": {"delivery_delay": 0, "delivery_paused": False, "message_retention_period": 345_600},
        "producers_total_count": 0,
        "producers": [],
        "consumers_total_count": 1,
        "consumers": [consumer],
    }


async def _serve() -> None:
    loop, answers = asyncio.get_running_loop(), Answers()
    server = await loop.create_server(lambda: Connection(answers, loop), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
