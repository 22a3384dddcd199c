"""What the stuck messages share: values that are frequent among them and rare among the rest.

Nothing is claimed from a handful, nor what chance would do: each value is judged by how likely as many of the stuck
ones had it if it had nothing to do with being stuck (the tail of the hypergeometric distribution), and the more values
are looked at, the less likely that must be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Final

from queues_app.finding.columns import scalars
from queues_app.finding.document import Document
from queues_app.finding.values import Missing, Path, text_of

LEAST_STUCK: Final = 4
LEAST_REST: Final = 4
LEAST_SHARING: Final = 3
MOST_NAMED: Final = 3
# So many times as frequent among the stuck ones as among the rest.
_LEAST_LIFT: Final = 2
_MOST_CHANCE: Final = 0.05
_FIELDS_EACH: Final = 60
_VALUE_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedValue:
    """A value of the stuck ones: `of_stuck` of `stuck` have it, against `of_rest` of the other `rest`.

    `path` leads into the body; for the type and the metadata it is empty, and `field` says which it is.
    """

    field: str
    path: Path
    value: str
    is_text: bool
    of_stuck: int
    stuck: int
    of_rest: int
    rest: int
    # The places of the messages that have it.
    positions: tuple[int, ...]


type _Fact = tuple[str, Path, str, bool]


def stuck_places(documents: Sequence[Document], limit: int | None) -> frozenset[int]:
    """The messages that were tried most: from two attempts on, near the limit where enough are, else the top group."""
    tried = {place: document.attempts for place, document in enumerate(documents) if document.attempts is not None}
    highest = max(tried.values(), default=0)
    start = highest if limit is None else min(highest, max(2, limit - 1))
    levels = {min(attempts, start) for attempts in tried.values() if attempts >= 2}
    for least in sorted(levels, reverse=True):
        found = frozenset(place for place, attempts in tried.items() if attempts >= least)
        if len(found) >= LEAST_STUCK:
            return found
    return frozenset()


def shared_by_stuck(documents: Sequence[Document], limit: int | None) -> tuple[SharedValue, ...]:
    """The values that the stuck ones share, the least accidental first; none where nothing can be said.

    Messages whose attempts are unknown count on neither side.
    """
    stuck = stuck_places(documents, limit)
    rest = frozenset(place for place, document in enumerate(documents) if document.attempts is not None) - stuck
    if len(stuck) < LEAST_STUCK or len(rest) < LEAST_REST:
        return ()
    having: dict[_Fact, set[int]] = {}
    for place in sorted(stuck | rest):
        for fact in _facts(documents[place]):
            having.setdefault(fact, set()).add(place)
    # What fewer have could not be named, so it is no try at naming something.
    tries = sum(len(places) >= LEAST_SHARING for places in having.values())
    found = []
    for fact, places in having.items():
        inside, outside = len(places & stuck), len(places & rest)
        # Half of them at least: what a few share explains little.
        if inside < LEAST_SHARING or 2 * inside < len(stuck) or inside * len(rest) < _LEAST_LIFT * outside * len(stuck):
            continue
        chance = _chance(inside, len(stuck), inside + outside, len(stuck) + len(rest))
        if chance * tries <= _MOST_CHANCE:
            found.append((chance, len(fact[1]), fact, places))
    found.sort(key=lambda each: (each[0], each[1]))
    return _named(found, stuck, rest)


def _named(
    found: Sequence[tuple[float, int, _Fact, set[int]]], stuck: frozenset[int], rest: frozenset[int]
) -> tuple[SharedValue, ...]:
    """The first few; of those that the very same messages have, one."""
    named: dict[frozenset[int], SharedValue] = {}
    for _, _, (field, path, value, is_text), places in found:
        named.setdefault(
            frozenset(places),
            SharedValue(
                field=field,
                path=path,
                value=value,
                is_text=is_text,
                of_stuck=len(places & stuck),
                stuck=len(stuck),
                of_rest=len(places & rest),
                rest=len(rest),
                positions=tuple(sorted(places)),
            ),
        )
        if len(named) == MOST_NAMED:
            break
    return tuple(named.values())


def _facts(document: Document) -> set[_Fact]:
    """What can be said of one message in the form "this is that"."""
    facts: set[_Fact] = set()
    if document.content_type is not None:
        facts.add(("type", (), document.content_type, True))
    for key, text in list(document.metadata.items())[:_FIELDS_EACH]:
        if len(text) <= _VALUE_CHARACTERS:
            facts.add(("meta", (key,), text, True))
    if isinstance(document.value, Missing):
        return facts
    for count, (path, value) in enumerate(scalars(document.value)):
        if count == _FIELDS_EACH:
            break
        said = text_of(value, _VALUE_CHARACTERS + 1)
        if len(said) <= _VALUE_CHARACTERS:
            facts.add(("body", path, said, isinstance(value, str)))
    return facts


def _chance(inside: int, stuck: int, having: int, total: int) -> float:
    """How likely at least `inside` of the stuck ones have what `having` of all have, were it dealt out by chance."""
    most = min(stuck, having)
    ways = sum(comb(having, each) * comb(total - having, stuck - each) for each in range(inside, most + 1))
    return ways / comb(total, stuck)
