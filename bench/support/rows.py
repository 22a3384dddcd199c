"""Rows of the measurement: what was measured, what was aimed at, and whether that was reached. No input, no output."""

from collections.abc import Callable, Sequence
from math import ceil
from statistics import median
from typing import NotRequired, TypedDict


class Row(TypedDict):
    """One line of the table. `ok` is None where nothing could be measured here, and `value` with it."""

    name: str
    value: float | None
    target: float
    unit: str  # "×", "ms", "KB", …
    ok: bool | None
    note: NotRequired[str]  # the figures behind a ratio, or why there is none


def at_most(name: str, value: float, target: float, unit: str, note: str = "") -> Row:
    """A row that is reached at or below its target."""
    return {"name": name, "value": round(value, 3), "target": target, "unit": unit, "ok": value <= target, "note": note}


def at_least(name: str, value: float, target: float, unit: str, note: str = "") -> Row:
    """A row that is reached at or above its target."""
    return {"name": name, "value": round(value, 3), "target": target, "unit": unit, "ok": value >= target, "note": note}


def not_measured(name: str, target: float, unit: str, why: str) -> Row:
    """A row that this machine could not measure."""
    return {"name": name, "value": None, "target": target, "unit": unit, "ok": None, "note": why}


def middle(values: Sequence[float]) -> float:
    """The median."""
    return median(values)


def slowest_hundredth(values: Sequence[float]) -> float:
    """The value that 99 of 100 do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[ceil(len(ordered) * 0.99) - 1]


def side_by_side(one: Callable[[], float], other: Callable[[], float], times: int) -> tuple[list[float], list[float]]:
    """Both measured in turns, so that whatever else the machine does meets both; who begins changes with each turn."""
    ones: list[float] = []
    others: list[float] = []
    for turn in range(times):
        for first, kept in ((one, ones), (other, others))[:: 1 if turn % 2 else -1]:
            kept.append(first())
    return ones, others
