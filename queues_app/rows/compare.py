"""The difference of two messages, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse

from queues_app import finding, formats
from queues_app.bodies import Segment, show, utf8_size
from queues_app.cloudflare import Message
from queues_app.finding import MISSING, Change, Difference, Missing, Path, Plain
from queues_app.models import Batch
from queues_app.operations.masks import MaskedMessage
from queues_app.operations.searching import body_of
from queues_app.rows.batch import declared_type

_MOST_VALUE = 400
_WORDS = {"added": "only in the second", "removed": "only in the first", "changed": "changed", "kind": "other kind"}
_ICONS = {"added": "plus", "removed": "cross", "changed": "compare", "kind": "stuck"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two messages."""

    name: str
    short_id: str
    url: str
    at: str
    attempts: str
    content_type: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One difference; a side without a value has none."""

    kind: str
    icon: str
    word: str
    path: tuple[Segment, ...]
    before: tuple[Segment, ...] | None
    after: tuple[Segment, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The page of two messages. `note` says what could not be compared by structure."""

    sides: tuple[Side, Side]
    rows: tuple[ChangeRow, ...]
    said: str
    note: str
    batch_url: str


def comparison(
    one: tuple[Batch, int, Message], other: tuple[Batch, int, Message], *, zone: tzinfo, now: datetime
) -> Comparison:
    """What differs between two messages of kept batches, in body and metadata."""
    (first, _, a), (second, _, b) = one, other
    body, note = _bodies(a, b)
    metadata = finding.difference(dict(a.metadata), dict(b.metadata))
    rows = (*_rows(body, ()), *_rows(metadata, ("metadata",)))
    is_cut = body.is_cut or metadata.is_cut
    counted = formats.plural(len(rows), "difference")
    return Comparison(
        sides=(_side("First", *one, zone, now), _side("Second", *other, zone, now)),
        rows=rows,
        said=f"The first {counted}" if is_cut else counted if rows else "No difference in body and metadata",
        note=note,
        batch_url=reverse("batch", args=[first.account_id, first.queue_id, first.pk])
        if first.pk == second.pk
        else reverse("batch", args=[second.account_id, second.queue_id, second.pk]),
    )


def _bodies(a: Message, b: Message) -> tuple[Difference, str]:
    one, other = body_of(a), body_of(b)
    if not isinstance(one.value, Missing) and not isinstance(other.value, Missing):
        return finding.difference(one.value, other.value), ""
    note = "At least one body has no structure, so the two are compared as text."
    if one.text == other.text:
        return Difference((), is_cut=False), note
    return Difference((Change("changed", (), one.text, other.text),), is_cut=False), note


def _rows(difference: Difference, under: Path) -> Iterator[ChangeRow]:
    for change in difference.changes:
        path = finding.path_text((*under, *change.path)).removeprefix(".") or "the body"
        yield ChangeRow(
            kind=change.kind,
            icon=_ICONS[change.kind],
            word=_WORDS[change.kind],
            path=_shown(path),
            before=_value(change.before),
            after=_value(change.after),
        )


def _value(value: Plain | Missing) -> tuple[Segment, ...] | None:
    if value is MISSING or isinstance(value, Missing):
        return None
    text = finding.text_of(value, _MOST_VALUE)
    return _shown(finding.quoted(text) if isinstance(value, str) else text)


def _side(name: str, batch: Batch, position: int, message: Message, zone: tzinfo, now: datetime) -> Side:
    return Side(
        name=name,
        short_id="".join(piece.text for piece in _shown(formats.short_id(message.id))),
        url=reverse("message", args=[batch.account_id, batch.queue_id, batch.pk, position]),
        at=f"{formats.moment_or_clock(batch.fetched_at, zone, now=now)} {zone}",
        attempts=formats.number(message.attempts),
        content_type=declared_type(message),
        size=formats.size(message.wire_size if isinstance(message, MaskedMessage) else utf8_size(message.body)),
    )


def _shown(text: str) -> tuple[Segment, ...]:
    return show(text, _MOST_VALUE, _MOST_VALUE).segments
