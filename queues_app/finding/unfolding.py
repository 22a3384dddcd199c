"""Ways into a value, through the JSON that stands in its strings: programs that pass each other's messages on write so.

Only what a path leads through is unfolded, each string once, so that many terms cost what one costs.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from queues_app.finding.values import MISSING, Missing, Path, Plain, shallow

# As a body's page opens strings: not deeper, not shorter, and no longer than a body can be.
_MOST_UNFOLDED: Final = 4
_SHORTEST: Final = 7
_LONGEST: Final = 131_072
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class Unfolding:
    """What was unfolded of one body. Its value has to live as long: arrays are known by their identity."""

    def __init__(self) -> None:
        self._known: dict[str, Plain | Missing] = {}
        self._within: dict[tuple[int, int], tuple[tuple[dict[str, Plain], int], ...]] = {}

    def values_at(self, value: Plain, path: Path) -> Iterator[Plain]:
        """All values at a path. A key goes through arrays: `lines.sku` is the sku of each line."""
        level: list[tuple[Plain, int]] = [(value, 0)]
        for step in path:
            if isinstance(step, int):
                level = [
                    (inner[step], folds)
                    for inner, folds in map(self._opened, level)
                    if isinstance(inner, list) and step < len(inner)
                ]
            else:
                level = [(inner[step], folds) for inner, folds in self._objects(level) if step in inner]
        return (found for found, _ in level)

    def _objects(self, level: Iterable[tuple[Plain, int]]) -> Iterator[tuple[dict[str, Plain], int]]:
        """The objects among these values and in the arrays among them."""
        for each in level:
            inner, folds = self._opened(each) if isinstance(each[0], str) else each
            if isinstance(inner, dict):
                yield inner, folds
            elif isinstance(inner, list):
                yield from self._in_array(inner, folds)

    def _in_array(self, array: list[Plain], folds: int) -> tuple[tuple[dict[str, Plain], int], ...]:
        """The objects in an array, looked for once: it may be long, and hold none."""
        key = (id(array), folds)
        if key not in self._within:
            parts = [(each, folds) for each in array if isinstance(each, (dict, list, str))]
            self._within[key] = tuple(self._objects(parts))
        return self._within[key]

    def _opened(self, each: tuple[Plain, int]) -> tuple[Plain, int]:
        """What a string holds, where it holds an object or an array; anything else as it is."""
        value, folds = each
        if not isinstance(value, str) or folds == _MOST_UNFOLDED or not _SHORTEST <= len(value) <= _LONGEST:
            return each
        if value.lstrip()[:1] not in ("{", "["):
            return each
        if value not in self._known:
            self._known[value] = _read(value)
        inner = self._known[value]
        return each if isinstance(inner, Missing) else (inner, folds + 1)


def _read(text: str) -> Plain | Missing:
    try:
        return shallow(_decode(text))
    except (msgspec.MsgspecError, ArithmeticError, ValueError, RecursionError):
        return MISSING
