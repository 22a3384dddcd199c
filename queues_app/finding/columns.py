"""Fields of the body as columns: what a cell says, and which fields a batch offers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from queues_app.finding.document import Document
from queues_app.finding.values import Missing, Path, Plain, path_text, text_of

MOST_IN_CELL: Final = 4
MOST_OFFERED: Final = 40
_CELL_CHARACTERS: Final = 80
# What is looked at of one body to find fields: more would be slow, and nobody picks from more.
_MOST_FIELDS: Final = 300
_MOST_LEVELS: Final = 6
_MOST_ELEMENTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A field that could be a column, and how many messages have it."""

    path: Path
    text: str
    count: int


def cell(document: Document, path: Path) -> str | None:
    """What a message has at a path, in one short line; None where it has nothing there."""
    found = [text_of(value, _CELL_CHARACTERS) for value in islice(document.at(path), MOST_IN_CELL + 1)]
    if not found:
        return None
    return ", ".join(found[:MOST_IN_CELL]) + (", …" if len(found) > MOST_IN_CELL else "")


def candidates(documents: Sequence[Document]) -> tuple[Candidate, ...]:
    """The fields that hold scalars, the most frequent first, then as the bodies have them.

    Of messages of one shape the first is looked at for all of them.
    """
    counts: Counter[Path] = Counter()
    for document, alike in _of_each_shape(documents):
        if not isinstance(document.value, Missing):
            for path in dict.fromkeys(path for path, _ in scalars(document.value)):
                counts[path] += alike
    return tuple(
        Candidate(path=path, text=path_text(path).removeprefix("."), count=count)
        for path, count in counts.most_common(MOST_OFFERED)
    )


def _of_each_shape(documents: Sequence[Document]) -> Iterator[tuple[Document, int]]:
    """The first message of each shape with how many have it; those whose shape nobody has looked at one by one."""
    alike = Counter(document.shape for document in documents)
    told: set[int] = set()
    for document in documents:
        if document.shape is None:
            yield document, 1
        elif document.shape not in told:
            told.add(document.shape)
            yield document, alike[document.shape]


def scalars(value: Plain) -> Iterator[tuple[Path, Plain]]:
    """Scalars of a body with the keys that lead to them, through arrays; of a large body a part."""
    return islice(_scalars(value, ()), _MOST_FIELDS)


def _scalars(value: Plain, path: Path) -> Iterator[tuple[Path, Plain]]:
    if isinstance(value, dict):
        if len(path) < _MOST_LEVELS:
            for key, inner in value.items():
                yield from _scalars(inner, (*path, key))
    elif isinstance(value, list):
        # An array in an array says nothing that a column could show.
        for element in value[:_MOST_ELEMENTS]:
            if not isinstance(element, list):
                yield from _scalars(element, path)
    elif path:
        yield path, value
