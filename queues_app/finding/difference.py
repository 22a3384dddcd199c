"""The structural difference of two values: what was added, removed, changed, or is of another kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from queues_app.finding.values import MISSING, Missing, Path, Plain, kind_of

type ChangeKind = Literal["added", "removed", "changed", "kind"]

# Containers that were compared, by identity: else each level of nesting would compare all that is below it again.
type _Known = dict[tuple[int, int], bool]

MOST_CHANGES: Final = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` is MISSING for what was added, `after` for what was removed.

    The path of what was removed counts as in the first value, any other as in the second; the two agree but inside an
    array from which elements are gone.
    """

    kind: ChangeKind
    path: Path
    before: Plain | Missing
    after: Plain | Missing


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes, in the order of the bodies. `is_cut`: there are more than `MOST_CHANGES`."""

    changes: tuple[Change, ...]
    is_cut: bool


def difference(before: Plain, after: Plain) -> Difference:
    """What leads from one value to the other. Numbers are compared exactly, and 1.0 is 1."""
    found = tuple(islice(_changes(before, after, (), {}), MOST_CHANGES + 1))
    return Difference(found[:MOST_CHANGES], len(found) > MOST_CHANGES)


def same(one: Plain, other: Plain, known: _Known | None = None) -> bool:
    """Whether two values are equal as JSON has them: `true` is not 1. `known`: pairs that were compared before."""
    if kind_of(one) != kind_of(other):
        return False
    if not isinstance(one, (dict, list)):
        return one == other
    known = {} if known is None else known
    pair = (id(one), id(other))
    if pair not in known:
        known[pair] = _same_inside(one, other, known)
    return known[pair]


def _same_inside(one: Plain, other: Plain, known: _Known) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key], known) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*pair, known) for pair in zip(one, other, strict=True))
    return False


def _changes(before: Plain, after: Plain, path: Path, known: _Known) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _in_objects(before, after, path, known)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_arrays(before, after, path, known)
    elif kind_of(before) != kind_of(after):
        yield Change("kind", path, before, after)
    elif before != after:
        yield Change("changed", path, before, after)


def _in_objects(before: dict[str, Plain], after: dict[str, Plain], path: Path, known: _Known) -> Iterator[Change]:
    for key, value in before.items():
        if key in after:
            yield from _changes(value, after[key], (*path, key), known)
        else:
            yield Change("removed", (*path, key), value, MISSING)
    for key, value in after.items():
        if key not in before:
            yield Change("added", (*path, key), MISSING, value)


def _in_arrays(before: list[Plain], after: list[Plain], path: Path, known: _Known) -> Iterator[Change]:
    """What is alike at both ends stays; between, elements are compared by position, and the rest came or went."""
    shorter = min(len(before), len(after))
    start = 0
    while start < shorter and same(before[start], after[start], known):
        start += 1
    end = 0
    while end < shorter - start and same(before[-1 - end], after[-1 - end], known):
        end += 1
    paired = shorter - end
    for place in range(start, paired):
        yield from _changes(before[place], after[place], (*path, place), known)
    for place in range(paired, len(before) - end):
        yield Change("removed", (*path, place), before[place], MISSING)
    for place in range(paired, len(after) - end):
        yield Change("added", (*path, place), MISSING, after[place])
