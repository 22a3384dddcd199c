"""A proxy as a team has it: it gives each request to the next host, and says whose it is and how it came."""

import asyncio
import itertools
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_TOO_LARGE = 1024 * 1024


class RoundRobin:
    """HTTP/1.1, one request for each connection to a host. A host that does not answer is a 502, and never tried twice:
    nobody knows whether it did the work.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = [(urlsplit(host).hostname, urlsplit(host).port) for host in hosts]
        # Of each method: forms that are sent one after the other surely meet all hosts, whatever is read meanwhile.
        self._turns: defaultdict[bytes, itertools.cycle[int]] = defaultdict(lambda: itertools.cycle(range(len(hosts))))
        self._out: set[int] = set()
        self.url = ""

    def take_out(self, number: int) -> None:
        """No more requests for this host. Those that it was given before have come to its door."""
        asyncio.run_coroutine_threadsafe(self._leave_out(number), self._loop).result()

    async def _leave_out(self, number: int) -> None:
        self._out.add(number)

    async def begin(self) -> asyncio.Server:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_TOO_LARGE)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")[:-2]
            fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            kept = [line for line in lines if not line.lower().startswith(("connection:", "x-forwarded-"))]
            address = writer.get_extra_info("peername")[0]
            said = [f"X-Forwarded-For: {address}", "X-Forwarded-Proto: https", "Connection: close"]
            method = head.split(b" ", 1)[0]
            await self._pass_on(method, "\r\n".join([*kept, *said, "", ""]).encode("latin-1") + body, writer)
        writer.close()

    async def _pass_on(self, method: bytes, request: bytes, writer: asyncio.StreamWriter) -> None:
        number = next(turn for turn in self._turns[method] if turn not in self._out)
        answer = b""
        with suppress(ConnectionError):
            up, down = await asyncio.open_connection(*self._hosts[number])
            down.write(request)
            answer = await up.read()
            down.close()
        writer.write(answer or b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()


@contextmanager
def round_robin(*hosts: str) -> Iterator[RoundRobin]:
    proxy = RoundRobin(hosts)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(proxy.begin(), loop).result()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
