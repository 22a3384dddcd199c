"""The messages that the fixed-answer upstream hands out. The same bytes in every run."""

import base64
import gzip
import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

ACCOUNT_ID: Final = "0" * 32
SENT_MS: Final = 1_795_000_000_000  # November 2026


@dataclass(frozen=True, slots=True)
class Load:
    """A queue of the upstream: its pulls and peeks bring always the same messages."""

    name: str
    letter: str  # the queue's id is 32 of it
    delay_s: float  # of its pulls and peeks
    make: Callable[[random.Random], list[dict[str, Any]]]

    @property
    def queue_id(self) -> str:
        """The queue's id."""
        return self.letter * 32

    def messages(self) -> list[dict[str, Any]]:
        """The messages as the API writes them."""
        return self.make(random.Random(self.name))  # noqa: S311 - the same in every run is what is wanted


def _message(chance: random.Random, content_type: str, body: str) -> dict[str, Any]:
    return {
        "body": body,
        "id": chance.randbytes(16).hex(),
        "timestamp_ms": SENT_MS + chance.randrange(3_600_000),
        "attempts": 1,
        "metadata": {"CF-sourceMessageSource": "http", "CF-Content-Type": content_type},
        "lease_id": base64.urlsafe_b64encode(chance.randbytes(150)).decode(),
        "ref": base64.urlsafe_b64encode(chance.randbytes(60)).decode(),
    }


def _document(chance: random.Random, size: int) -> str:
    """An order as JSON, filled with items until it has about `size` characters."""
    order: dict[str, Any] = {
        "order": chance.randrange(10**8),
        "customer": {"id": str(uuid.UUID(bytes=chance.randbytes(16))), "tier": chance.choice(["gold", "blue"])},
        "paid": chance.random() < 0.9,
        "items": [],
    }
    written = len(json.dumps(order))
    while written < size - 80:
        item = {
            "sku": chance.randbytes(4).hex(),
            "count": chance.randrange(1, 9),
            "price": chance.randrange(10_000) / 100,
        }
        order["items"].append(item)
        written += len(json.dumps(item)) + 2
    return json.dumps(order)


def _documents(count: int, size: int) -> Callable[[random.Random], list[dict[str, Any]]]:
    return lambda chance: [_message(chance, "json", _document(chance, size)) for _ in range(count)]


def _noise(count: int, size: int) -> Callable[[random.Random], list[dict[str, Any]]]:
    """Bytes by chance, in base64: nothing compresses them, which is the worst that a batch to keep can be."""

    def make(chance: random.Random) -> list[dict[str, Any]]:
        return [
            _message(chance, "bytes", base64.b64encode(chance.randbytes(size * 3 // 4)).decode()) for _ in range(count)
        ]

    return make


def _large(chance: random.Random) -> list[dict[str, Any]]:
    """What is opened alone: 128 KB of JSON, and JSON of 1 MB in gzip in base64."""
    packed = base64.b64encode(gzip.compress(_document(chance, 1_000_000).encode(), mtime=0)).decode()
    return [_message(chance, "json", _document(chance, 128_000)), _message(chance, "bytes", packed)]


A: Final = Load("a", "a", 0.05, _documents(10, 300))
B: Final = Load("b", "b", 0.05, _documents(100, 1_000))
C: Final = Load("c", "c", 0.05, _noise(100, 60_000))
SLOW_A: Final = Load("a, slow", "1", 2.0, _documents(10, 300))
QUICK_B: Final = Load("b, at once", "2", 0.0, _documents(100, 1_000))
QUICK_C: Final = Load("c, at once", "3", 0.0, _noise(100, 60_000))
LARGE: Final = Load("large", "d", 0.0, _large)
LOADS: Final = (A, B, C, SLOW_A, QUICK_B, QUICK_C, LARGE)
