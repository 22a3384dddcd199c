"""Group a batch by structure: most messages look alike, and the odd ones are where the trouble is.

A shape is the set of places of a body, each with the kind that stands there. All elements of an array stand at one
place, so arrays of different lengths look alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from queues_app.finding.document import Document
from queues_app.finding.values import Missing, Path, Plain, kind_of, path_text

# Of one body, so that a hostile one costs no more than another.
_MOST_PLACES: Final = 2_000
_MOST_LEVELS: Final = 12
MOST_DIFFERENCES: Final = 6
MOST_KEYS: Final = 6
# Stands in a path for "each element".
_ELEMENT: Final = 0
# The kind of what has no structure.
_NONE: Final = "none"

type _Places = frozenset[tuple[Path, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Messages of one structure. `number` 1 is the most frequent; `differences` say how another one differs from it."""

    number: int
    positions: tuple[int, ...]
    description: str
    differences: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.positions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """All shapes of a batch, the odd ones first and the most frequent last."""

    shapes: tuple[Shape, ...]
    # The number of the shape of each message, by its place.
    numbers: tuple[int, ...]

    @property
    def alike(self) -> int:
        """How many messages have the most frequent shape."""
        return self.shapes[-1].count if self.shapes else 0

    @property
    def odd(self) -> int:
        return len(self.numbers) - self.alike


def group(documents: Sequence[Document]) -> Shapes:
    """The shapes of a batch: every message is in exactly one."""
    found: dict[_Places, list[int]] = {}
    for place, document in enumerate(documents):
        found.setdefault(_places(document), []).append(place)
    # Numbered by how frequent they are, then by which came first.
    by_number = sorted(found.items(), key=lambda each: (-len(each[1]), each[1][0]))
    numbers = [0] * len(documents)
    shapes = []
    for number, (places, positions) in enumerate(by_number, start=1):
        for position in positions:
            numbers[position] = number
        shapes.append(
            Shape(
                number=number,
                positions=tuple(positions),
                description=_described(places),
                differences=_differences(places, by_number[0][0]) if number > 1 else (),
            )
        )
    return Shapes(shapes=(*reversed(shapes[1:]), *shapes[:1]), numbers=tuple(numbers))


def _places(document: Document) -> _Places:
    if isinstance(document.value, Missing):
        return frozenset({((), _NONE)})
    found: set[tuple[Path, str]] = set()
    # In the order of the text, from the end of the list: what is due next stands last.
    due: list[tuple[Path, Plain]] = [((), document.value)]
    for _ in range(_MOST_PLACES):
        if not due:
            break
        path, value = due.pop()
        found.add((path, kind_of(value)))
        if len(path) >= _MOST_LEVELS:
            continue
        if isinstance(value, dict):
            due += [((*path, key), value[key]) for key in reversed(tuple(islice(value, _MOST_PLACES)))]
        elif isinstance(value, list):
            below = (*path, _ELEMENT)
            due += [(below, element) for element in reversed(value[:_MOST_PLACES])]
    return frozenset(found)


def _described(places: _Places) -> str:
    """`object with order, lines and 3 more keys`, `array of objects`, `a string`, `no structure`."""
    kinds = _kinds(places)
    kind = kinds[()]
    if kind == _NONE:
        return "no structure"
    if kind == "array":
        elements = kinds.get((_ELEMENT,))
        return f"array of {elements}s" if elements else "empty array"
    if kind != "object":
        return kind
    keys = sorted(str(path[0]) for path in kinds if len(path) == 1)
    if not keys:
        return "empty object"
    named, rest = keys[:MOST_KEYS], len(keys) - MOST_KEYS
    return f"object with {', '.join(named)}" + (f" and {rest:,} more" if rest > 0 else "")


def _differences(places: _Places, main: _Places) -> tuple[str, ...]:
    """How a shape differs from the most frequent one, the outermost differences only."""
    here, there = _kinds(places), _kinds(main)
    said = []
    told: set[Path] = set()
    for path in sorted(here.keys() | there.keys(), key=lambda each: (len(each), path_text(each))):
        if here.get(path) == there.get(path) or any(path[:length] in told for length in range(len(path))):
            continue
        told.add(path)
        said.append(_difference(_name(path), here.get(path), there.get(path)))
    rest = len(said) - MOST_DIFFERENCES
    return (*said[:MOST_DIFFERENCES], f"{rest:,} more") if rest > 0 else tuple(said)


def _difference(name: str, here: str | None, there: str | None) -> str:
    if there is None:
        return f"has {name}"
    if here is None:
        return f"lacks {name}"
    if _NONE in (here, there):
        return "has no structure" if here == _NONE else "has a structure"
    return f"{name} is {here}, not {there}"


def _kinds(places: _Places) -> dict[Path, str]:
    """The kind at each place; several, where the elements of an array differ."""
    kinds: dict[Path, list[str]] = {}
    for path, kind in places:
        kinds.setdefault(path, []).append(kind)
    return {path: " or ".join(sorted(found)) for path, found in kinds.items()}


def _name(path: Path) -> str:
    """`lines[].sku`: any element, not the one at place 0."""
    return path_text(path).removeprefix(".").replace("[0]", "[]") or "the body"
