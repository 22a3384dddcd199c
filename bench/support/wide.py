"""An upstream with many queues, which counts what it is asked: `python -m bench.support.wide QUEUES SECONDS`.

Each answer takes so long, whatever else is asked. It prints its port.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypedDict
from urllib.parse import parse_qs, urlsplit

from bench.support.browser import Browser
from bench.support.upstream import Connection, as_http, ready

_PAGE: Final = 100
_ASKED: Final = "asked"


class Asked(TypedDict):
    """What was asked of one kind since the last look: how often, and from the first request to the last answer."""

    calls: int
    seconds: float


class Wide:
    """A running one."""

    def __init__(self, door: str) -> None:
        self.url = f"{door}/client/v4"
        self._browser = Browser(door)

    def asked(self) -> dict[str, Asked]:
        """By what the path ends with; begins anew."""
        found: dict[str, Asked] = json.loads(self._browser.get(f"/{_ASKED}").body)
        return found


@contextmanager
def running(queues: int, seconds: float) -> Iterator[Wide]:
    """Start it, and stop it at the end."""
    command = [sys.executable, "-m", "bench.support.wide", str(queues), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own interpreter
        try:
            if process.stdout is None:
                raise RuntimeError("the upstream was started without a pipe")
            yield Wide(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()


class Answers:
    """All answers, ready to be written, and what was asked."""

    def __init__(self, queues: int, seconds: float) -> None:
        listed = [_queue(number) for number in range(queues)]
        pages = -(-queues // _PAGE)
        self._pages = [
            ready(
                listed[page * _PAGE : (page + 1) * _PAGE],
                {"page": page + 1, "per_page": _PAGE, "total_pages": pages, "total_count": queues},
            )
            for page in range(pages)
        ]
        self._metrics = ready({"backlog_count": 0, "backlog_bytes": 0, "oldest_message_timestamp_ms": 0})
        self._seconds = seconds
        self._spans: dict[str, tuple[int, float, float]] = {}

    def to(self, path: str) -> tuple[bytes, float]:
        """The answer to a request, and how long it takes."""
        parts = urlsplit(path)
        kind = parts.path.rstrip("/").rpartition("/")[2]
        if kind == _ASKED:
            spans, self._spans = self._spans, {}
            told = {name: Asked(calls=calls, seconds=end - begun) for name, (calls, begun, end) in spans.items()}
            return as_http(told), 0
        calls, begun, _ = self._spans.get(kind, (0, time.monotonic(), 0))
        self._spans[kind] = (calls + 1, begun, time.monotonic() + self._seconds)
        if kind == "metrics":
            return self._metrics, self._seconds
        return self._pages[int(parse_qs(parts.query).get("page", ["1"])[0]) - 1], self._seconds


def _queue(number: int) -> dict[str, object]:
    consumer = {
        "consumer_id": f"{number + 1:032x}",
        "type": "http_pull",
        "settings": {"batch_size": 10, "max_retries": 5, "visibility_timeout_ms": 30_000},
    }
    return {
        # As theirs, which differ in their first digits.
        "queue_id": f"{number:08x}{number:024x}",
        "queue_name": f"orders-{number:05}",
        "created_on": "2026-11-01T10:00:00Z",
        "modified_on": "2026-11-01T10:00:00Z",
        "settings": {"delivery_delay": 0, "delivery_paused": False, "message_retention_period": 345_600},
        "producers_total_count": 0,
        "producers": [],
        "consumers_total_count": 1,
        "consumers": [consumer],
    }


async def _serve(queues: int, seconds: float) -> None:
    loop, answers = asyncio.get_running_loop(), Answers(queues, seconds)
    server = await loop.create_server(lambda: Connection(answers, loop), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
