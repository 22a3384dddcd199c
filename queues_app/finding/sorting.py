"""The order of the rows by any column. Unknown comes last, whichever way the rest goes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from queues_app.finding.document import Document
from queues_app.finding.values import Path, Plain, text_of

# What stands in the table by itself; anything else is a path into the body.
COLUMNS: Final = ("age", "id", "attempts", "type", "size")

# Numbers before text; the first of the two says which it is.
type _Key = tuple[int, Decimal, str]


def ordered(documents: Sequence[Document], by: str | Path, *, descending: bool = False) -> list[int]:
    """The places of the documents in the order of a column. Equal ones stay as they were."""
    keys = [_key(document, by) for document in documents]
    known = [(key, place) for place, key in enumerate(keys) if key is not None]
    # Reversed by the key alone, so that equal ones stay in their order both ways.
    known.sort(key=lambda each: each[0], reverse=descending)
    return [place for _, place in known] + [place for place, key in enumerate(keys) if key is None]


def _key(document: Document, by: str | Path) -> _Key | None:
    if isinstance(by, tuple):
        return next((_key_of(value) for value in document.at(by)), None)
    fact: Plain = {
        "age": document.age_s if document.sent_ms is None else -document.sent_ms,
        "id": document.id,
        "attempts": document.attempts,
        "type": document.content_type,
        "size": document.size,
    }[by]
    return None if fact is None else _key_of(fact)


def _key_of(value: Plain) -> _Key:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return (0, Decimal(value), "")
    return (1, Decimal(0), text_of(value).casefold())
