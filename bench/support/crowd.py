"""Many people who press Pull at once, in a process of their own: `python -m bench.support.crowd`.

They ask as the page does, by htmx: what came has an address, and what went wrong is said above the rows.

What to do comes as JSON. Each of them pulls, on a connection of its own, and pulls again as soon as that one is done.
Whoever is told that too many are waiting tries again after as long as a pull takes. Nobody loads the page of what came:
what is counted is pulls.
"""

import asyncio
import json
import re
import sys
import time
import uuid
from typing import Final, TypedDict
from urllib.parse import urlencode, urlsplit

SENTENCE: Final = b"Too many requests are waiting for Cloudflare at the moment."
_TITLE: Final = re.compile(rb"data-sentence>([^<]*)")
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Order(TypedDict):
    """What the crowd is to do."""

    url: str
    path: str
    cookie: str
    token: str
    people: int
    seconds: float
    pause: float  # of whoever was refused


class Came(TypedDict):
    """What came of it, begun and ended within the time asked for."""

    finished: int
    refused: list[float]  # seconds until each sentence
    others: dict[str, int]  # by status and title: what was neither
    waits: list[float]  # seconds of each finished pull


async def _crowd(order: Order) -> Came:
    came: Came = {"finished": 0, "refused": [], "others": {}, "waits": []}
    ends = time.monotonic() + order["seconds"]
    await asyncio.gather(*(_person(order, came, ends, number) for number in range(order["people"])))
    return came


async def _person(order: Order, came: Came, ends: float, number: int) -> None:
    # Not all in the same instant: people are not.
    await asyncio.sleep(order["pause"] * number / order["people"])
    place = urlsplit(order["url"])
    while time.monotonic() < ends:
        began = time.monotonic()
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(_request(order, place.netloc))
        status, to_batch, body = await _answer(reader)
        writer.close()
        took = time.monotonic() - began
        if time.monotonic() > ends:
            break
        if status == 200 and to_batch:
            came["finished"] += 1
            came["waits"].append(took)
        elif status == 503 and SENTENCE in body:
            came["refused"].append(took)
            await asyncio.sleep(order["pause"])
        else:
            said = _TITLE.search(body)
            told = f"{status} {said[1].decode() if said else ''}".rstrip()
            came["others"][told] = came["others"].get(told, 0) + 1
            await asyncio.sleep(order["pause"])


def _request(order: Order, host: str) -> bytes:
    form = {
        "batch_size": 10,
        "visibility_timeout": "30 s",
        "intent": uuid.uuid4(),
        "csrfmiddlewaretoken": order["token"],
    }
    body = urlencode(form).encode()
    head = (
        f"POST {order['path']} HTTP/1.1\r\nHost: {host}\r\nCookie: {order['cookie']}\r\n"
        f"HX-Request: true\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    return int(head.split(b" ", 2)[1]), b"hx-redirect:" in head.lower(), body


if __name__ == "__main__":
    json.dump(asyncio.run(_crowd(json.load(sys.stdin))), sys.stdout)
