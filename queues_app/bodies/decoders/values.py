"""How values of Python, as libraries hand them out, stand in a tree."""

import uuid
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from queues_app.bodies.building import Branch, Leaf

MOST_HEX: Final = 64
"""Bytes that are shown of a byte string inside a tree."""


def describe(value: object) -> Leaf | Branch:
    """A value of JSON's kinds, of dates, exact numbers and bytes; anything else by its text."""
    if value is None or isinstance(value, bool):
        return Leaf("literal", {None: "null", True: "true", False: "false"}[value])
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, str):
        return Leaf("string", value)
    if isinstance(value, bytes | bytearray | memoryview):
        return octets(bytes(value))
    if isinstance(value, datetime | date):
        return Leaf("string", value.isoformat(), "date")
    if isinstance(value, uuid.UUID):
        return Leaf("string", str(value), "UUID")
    if isinstance(value, Mapping):
        return mapping(value)
    if isinstance(value, Set):
        return Branch("array", ((None, item) for item in value), "set")
    if isinstance(value, Sequence):
        return Branch("array", ((None, item) for item in value))
    return Leaf("string", str(value), type(value).__name__)


def number(value: float | Decimal) -> Leaf:
    """Exactly; what JSON has no number for is a literal."""
    if isinstance(value, int):
        # Written in sixteens where Python would refuse to write so many digits.
        return Leaf("number", hex(value)) if value.bit_length() > 13_000 else Leaf("number", str(value))
    finite = value == value and value not in (float("inf"), float("-inf"))
    return Leaf("number", str(value)) if finite else Leaf("literal", str(value))


def octets(data: bytes, kind: str = "bytes") -> Leaf:
    """A byte string inside a tree, as hex; of a long one the beginning."""
    rest = len(data) - MOST_HEX
    shown = data[:MOST_HEX].hex(" ")
    return Leaf("string", f"{shown} and {rest:,} more" if rest > 0 else shown, f"{kind}, {len(data):,} B")


def mapping(value: Mapping[object, object], kind: str = "") -> Branch:
    """An object where every key is a string; else a list of entries, each of key and value."""
    if all(isinstance(key, str) for key in value):
        return Branch("object", ((str(key), item) for key, item in value.items()), kind)
    return Branch("array", ((None, entry) for entry in _entries(value)), kind or "map")


class Entry(tuple[object, object]):
    """A key and its value."""

    __slots__ = ()


def _entries(value: Mapping[object, object]) -> Iterator[Entry]:
    return (Entry(pair) for pair in value.items())
