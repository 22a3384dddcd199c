"""One message, opened: how its body was read, and what is known around it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from queues_app import access, bodies, formats
from queues_app.access import Permission
from queues_app.bodies import HexLine, Line, Reading, Run, Segment, Shown
from queues_app.cloudflare import Message
from queues_app.models import Batch, User
from queues_app.operations.export import Taken
from queues_app.operations.kept import CONTENT_TYPE
from queues_app.rows.attempts import Attempts, attempts_of
from queues_app.rows.batch import declared_type
from queues_app.rows.leases import LeaseCell, lease_cell
from queues_app.rows.marks import Mark, marks_of
from queues_app.rows.queue_words import plain

# The ways to look at a body; the first is the default and stands in no address.
VIEWS: Final = ("decoded", "raw", "hex")
# Characters of a text that can be copied by its button; beyond, the download is the way.
MOST_COPIED: Final = 131_072
MOST_METADATA: Final = 2_000
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """One step from the wire to what is shown. `view` is how to look at its result, empty where there is no way."""

    name: str
    detail: str
    ok: bool
    failure: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A part of the switch Decoded | Raw | Hex."""

    name: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What stands in the well. Exactly one of `lines`, `shown` and `dump` is there."""

    lines: Iterator[Line] | None
    shown: Shown | None
    dump: tuple[HexLine, ...]
    dump_rest: str
    runs: tuple[Run, ...]
    copied: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A line of the metadata; both sides are foreign."""

    key: tuple[Segment, ...]
    value: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A message on its page, or under its row."""

    position: int
    number: int
    count: int
    url: str
    batch_url: str
    crumbs: tuple[Crumb, ...]
    choices: tuple[Choice, ...]
    marks: tuple[Mark, ...]
    problem: str
    notes: tuple[str, ...]
    body: Body
    size: str
    wire_size: str
    download_url: str
    # Why bodies cannot be taken out by this person; empty when they can.
    export_closed: str
    attempts: Attempts
    lease: LeaseCell | None
    settle_url: str
    settle_closed: str
    # Empty for a person who may not send.
    send_again_url: str
    deleted_at: str
    deleted_in: str
    message_id: str
    short_id: str
    shown_id: tuple[Segment, ...]
    sent: str
    sent_ms: str
    age: str
    content_type: str
    metadata: tuple[Pair, ...]
    zone: str


def opened(
    *, user: User, batch: Batch, message: Message, position: int, view: str, zone: tzinfo, now: datetime
) -> Opened:
    """The message at `position` of a kept batch, its body read whole and looked at by `view` (one of VIEWS)."""
    declared = message.metadata.get(CONTENT_TYPE)
    reading = bodies.read(message.body, declared, message.body_is_string)
    place = (batch.account_id, batch.queue_id, batch.pk)
    url = reverse("message", args=[*place, position])
    may_export = access.may(user, Permission.EXPORT)
    lease = batch.leases.filter(position=position).first()
    sent_at = formats.from_ms(message.timestamp_ms)
    deleted_at, deleted_in = _retention(sent_at, batch.message_retention_period, zone, now)
    notes = reading.notes
    if message.body_repaired:
        notes = (*notes, "The answer held what is no text; U+FFFD stands in its place.")
    return Opened(
        position=position,
        number=position + 1,
        count=batch.message_count,
        url=url,
        batch_url=reverse("batch", args=place),
        crumbs=_crumbs(reading, declared_type(message), url, view),
        choices=tuple(Choice(name=name.title(), url=_by(url, name), chosen=name == view) for name in VIEWS),
        # What was recognised is the name of a step already.
        marks=marks_of(badge for badge in reading.badges if badge.kind != "recognised"),
        problem=reading.problem,
        notes=notes,
        body=_body(reading, view, may_copy=may_export),
        size=formats.size(reading.size),
        wire_size=formats.size(reading.wire_size),
        download_url=_by(reverse("message_body", args=[*place, position]), "raw" if view == "raw" else "decoded"),
        export_closed="" if may_export else access.why_not(Permission.EXPORT),
        attempts=attempts_of(message.attempts, batch.max_retries, batch.dead_letter_queue),
        lease=lease_cell(lease, batch, zone=zone, now=now) if lease else None,
        settle_url=reverse("settle", args=place),
        settle_closed="" if access.may(user, Permission.SETTLE) else access.why_not(Permission.SETTLE),
        send_again_url=_send_again_url(place, position) if access.may(user, Permission.SEND) else "",
        deleted_at=deleted_at,
        deleted_in=deleted_in,
        message_id=message.id,
        short_id=plain(formats.short_id(message.id)),
        shown_id=_foreign(message.id),
        sent=f"{formats.moment(sent_at, zone, now=now, ms=True)} {zone}" if sent_at else formats.UNKNOWN,
        sent_ms="" if message.timestamp_ms is None else str(message.timestamp_ms),
        age=_age(sent_at, now),
        content_type=declared_type(message),
        metadata=_metadata(message.metadata),
        zone=str(zone),
    )


def _age(sent_at: datetime | None, now: datetime) -> str:
    if sent_at is None:
        return ""
    return "in the future" if formats.is_ahead(sent_at, now) else f"{formats.age_between(sent_at, now)} ago"


def file_name(queue_name: str, taken: Taken) -> str:
    """A name for a downloaded body that no file system and no shell takes for anything else."""
    ending = {"json": "json", "text": "txt"}.get(taken.kind, "bin")
    return (
        f"{_UNSAFE.sub('-', queue_name)[:60].strip('-.') or 'queue'}-{_UNSAFE.sub('-', taken.message_id)[:12]}.{ending}"
    )


def _by(url: str, view: str) -> str:
    return url if view == VIEWS[0] else f"{url}?{urlencode({'view': view})}"


def _send_again_url(place: tuple[Any, ...], position: int) -> str:
    return f"{reverse('send_again', args=place)}?position={position}"


def _crumbs(reading: Reading, declared: str, url: str, view: str) -> tuple[Crumb, ...]:
    """The wire first, then each step. Only what can be looked at on its own is a link."""
    last = len(reading.steps) - 1
    crumbs = [
        Crumb(
            name=declared if declared != "unknown" else "no type",
            detail=reading.wire_detail,
            ok=True,
            failure="",
            url=_by(url, "raw"),
            current=view == "raw",
        )
    ]
    for place, step in enumerate(reading.steps):
        way = "hex" if step.name == "base64" and step.ok else "decoded" if place == last else ""
        crumbs.append(
            Crumb(
                name=step.name,
                detail=step.detail,
                ok=step.ok,
                failure=step.failure,
                url=_by(url, way) if way else "",
                current=way == view,
            )
        )
    return tuple(crumbs)


def _body(reading: Reading, view: str, *, may_copy: bool) -> Body:
    if view == "raw":
        return _as_text(reading.raw(), reading.body, may_copy=may_copy)
    if view == "decoded" and reading.tree is not None:
        return Body(
            lines=reading.lines(),
            shown=None,
            dump=(),
            dump_rest="",
            runs=(),
            copied=_copied(reading.text, may_copy=may_copy),
        )
    if view == "decoded" and reading.text is not None:
        return _as_text(reading.shown(), reading.text, may_copy=may_copy)
    known = any(badge.kind == "recognised" for badge in reading.badges)
    return Body(
        lines=None,
        shown=None,
        dump=tuple(reading.hex_lines()),
        dump_rest=f"{reading.hex_rest:,} more bytes; download them" if reading.hex_rest else "",
        # In a file of a known kind, text that is found is found by chance.
        runs=reading.runs() if view == "decoded" and not known else (),
        copied=None,
    )


def _as_text(shown: Shown, whole: str, *, may_copy: bool) -> Body:
    return Body(lines=None, shown=shown, dump=(), dump_rest="", runs=(), copied=_copied(whole, may_copy=may_copy))


def _copied(text: str | None, *, may_copy: bool) -> str | None:
    """What the copy button takes: nothing that a page cannot carry unchanged."""
    if not may_copy or not text or len(text) > MOST_COPIED or "\0" in text:
        return None
    return text if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text) else None


def _retention(sent_at: datetime | None, period: int | None, zone: tzinfo, now: datetime) -> tuple[str, str]:
    """When the queue deletes the message, and how long that is from now; the first is empty where it is unknown."""
    if sent_at is None or period is None:
        return "", ""
    try:
        at = sent_at + timedelta(seconds=period)
    except OverflowError:
        return "", ""
    left = (at - now).total_seconds()
    text = f"{formats.moment(at, zone, now=now)} {zone}"
    return text, formats.age(left) if left > 0 else ""


def _metadata(metadata: dict[str, str]) -> tuple[Pair, ...]:
    return tuple(Pair(key=_foreign(key), value=_foreign(value)) for key, value in metadata.items())


def _foreign(text: str) -> tuple[Segment, ...]:
    shown = bodies.show(text, MOST_METADATA, MOST_METADATA)
    return (*shown.segments, Segment("text", "…")) if shown.rest else shown.segments
