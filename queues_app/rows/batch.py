"""The batch page: what is known of the sample, and a row for each message. Bodies only as previews."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from queues_app import access, bodies, formats
from queues_app.access import Permission
from queues_app.bodies import Segment
from queues_app.cloudflare import Message
from queues_app.models import Batch, Deletion, Mode, User
from queues_app.operations import names
from queues_app.operations.deleting import latest_of
from queues_app.operations.masks import CONTENT_TYPE, MaskedMessage, type_of
from queues_app.rows.attempts import Attempts, attempts_of
from queues_app.rows.curl import Curl, of_look
from queues_app.rows.deleting import is_deletable, mark_of
from queues_app.rows.leases import LeaseCell, lease_cells
from queues_app.rows.loss import BatchClock, Left, batch_clock, left_of
from queues_app.rows.marks import Mark, marks_of
from queues_app.rows.queue_words import plain
from queues_app.rows.selection import Verb, verbs_of
from queues_app.rows.shared import named

# Characters of a body that the list shows, at most.
PREVIEW = 160
DONE: Final = {Mode.PEEK: "Peeked", Mode.PREVIEW: "Previewed", Mode.PULL: "Pulled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """When a message was sent: its age, and the time in the reader's zone, cut where narrow pages cut it.

    `at_ms` is None for an age that does not grow: one that is unknown, or ahead.
    """

    at_ms: int | None
    age: str
    minute: str
    second: str
    millisecond: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    position: int
    url: str
    sent: Sent
    short_id: str
    message_id: str
    attempts: Attempts
    lease: LeaseCell | None
    content_type: str
    size: str
    preview: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    # For what is no text: what it is, and its first bytes.
    note: str
    hex: str
    is_deletable: bool
    # What it has left of its retention; None where that is not known, or where it left the queue.
    left: Left | None
    # The picked columns, each with its name: a narrow page has no head.
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The line over the table. `share` is between 0 and 1, None where the backlog is unknown."""

    counted: str
    caveat: str
    share: float | None
    backlog: str
    how: str
    # "you", with whose credential where it is not one's own; or the name of whoever fetched it.
    by: str
    at: str
    at_ms: int
    age: str
    kept_until: str
    # Said where the older way had to be used, and where it is somebody else's copy.
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """Everything of the page that comes from the kept copy; none of it needs the upstream."""

    url: str
    is_pull: bool
    # Fetched by the reader; what a page does by itself, it does for own batches only.
    is_own: bool
    noun: str
    zone: str
    sample: Sample
    rows: tuple[Row, ...]
    count: int
    verbs: tuple[Verb, ...]
    closed: tuple[str, ...]
    again_url: str
    export_url: str
    export_closed: bool
    curl: Curl
    # The number of what is done without a question first.
    intent: str
    # What is due to be deleted within a day.
    clock: BatchClock | None


def batch_page(batch: Batch, messages: tuple[Message, ...], *, user: User, zone: tzinfo, now: datetime) -> BatchPage:
    """The page of a kept batch, as it reads at `now` in `zone`."""
    leases = lease_cells(batch, reader=user, zone=zone, now=now) if batch.mode == Mode.PULL else {}
    deletions = latest_of(batch) if batch.mode != Mode.PULL else {}
    place = (batch.account_id, batch.queue_id, batch.pk)
    # Reversing an address is slow next to the rest of a row, and only its end differs.
    first = reverse("message", args=[*place, 0]).removesuffix("0/")
    rows = tuple(
        _row(batch, message, position, f"{first}{position}/", leases.get(position), deletions.get(position), zone, now)
        for position, message in enumerate(messages)
    )
    verbs = verbs_of(batch, user)
    return BatchPage(
        url=reverse("batch", args=place),
        is_pull=batch.mode == Mode.PULL,
        is_own=batch.owner_id == user.pk,
        noun="message" if len(rows) == 1 else "messages",
        zone=str(zone),
        sample=sample_of(batch, reader=user, zone=zone, now=now),
        rows=rows,
        count=len(rows),
        verbs=verbs,
        closed=tuple(dict.fromkeys(verb.closed for verb in verbs if verb.closed)),
        again_url=reverse("peek_again", args=place),
        export_url=reverse("export", args=place),
        export_closed=not access.may(user, Permission.EXPORT, names.where(batch)),
        curl=of_look(batch, settings.CLOUDFLARE_API_BASE_URL),
        intent=str(uuid4()),
        clock=batch_clock(messages, [row.left for row in rows], [row.url for row in rows], zone=zone, now=now),
    )


def sample_of(batch: Batch, *, reader: User, zone: tzinfo, now: datetime) -> Sample:
    """How much of the queue this is, when it was looked at, and until when it is kept."""
    count, backlog = batch.message_count, batch.backlog_count
    counted = formats.plural(count, "message")
    share = None
    pulled = ", pulled" if batch.mode == Mode.PULL else ""
    caveat = f"{pulled}; how many there are is unknown"
    if backlog is not None and backlog < count:
        # The two were read at different times, and the count is approximate: no share can be said.
        caveat = f"{pulled}; the backlog was read as about {formats.number(backlog)}"
    elif backlog is not None and not count:
        # Why, says the card below; a share of nothing says nothing.
        caveat = " returned"
    elif backlog is not None:
        counted = f"{formats.number(count)} of about {formats.number(backlog)}"
        caveat = f"{pulled}; a sample, not a search"
        share = min(1.0, count / backlog) if backlog else None
    is_own = batch.owner_id == reader.pk
    remarks = []
    if not is_own:
        remarks.append(f"A copy that {batch.owner.get_username()} fetched: your reading it is on the record.")
    if batch.mode == Mode.PREVIEW:
        remarks.append("by preview: this account has no peek yet")
    return Sample(
        counted=counted,
        caveat=caveat,
        share=share,
        backlog=_backlog(batch, zone),
        how=DONE[Mode(batch.mode)],
        by=_by(batch, reader) if is_own else batch.owner.get_username(),
        at=f"{formats.moment_or_clock(batch.fetched_at, zone, now=now)} {zone}",
        at_ms=formats.epoch_ms(batch.fetched_at),
        age=formats.age_between(batch.fetched_at, now),
        kept_until=formats.moment_or_clock(batch.expires_at, zone, now=now)[:-3],
        remarks=tuple(remarks),
    )


def _by(batch: Batch, reader: User) -> str:
    """Its reader, and with what where the credential is somebody else's."""
    credential = batch.account.credential
    return "you" if credential.owner_id == reader.pk else f"you, with {named(credential, reader)}"


def sent_of(timestamp_ms: int | None, *, zone: tzinfo, now: datetime) -> Sent:
    """When a message was sent. A time that no calendar holds is unknown."""
    at = formats.from_ms(timestamp_ms)
    if at is None:
        return Sent(at_ms=None, age="unknown", minute="unknown", second="", millisecond="")
    clock = formats.clock(at, zone, ms=True)
    if formats.is_ahead(at, now):
        age, ticks = "in the future", None
    else:
        age, ticks = formats.age_between(at, now), timestamp_ms
    return Sent(
        at_ms=ticks,
        age=age,
        minute=f"{formats.date(at, zone, now=now)} {clock[:5]}",
        second=clock[5:8],
        millisecond=clock[8:],
    )


def declared_type(message: Message) -> str:
    """The content type, as far as it is one that Cloudflare has."""
    return bodies.declared_type(message.metadata.get(CONTENT_TYPE))


def _row(
    batch: Batch,
    message: Message,
    position: int,
    url: str,
    lease: LeaseCell | None,
    deletion: Deletion | None,
    zone: tzinfo,
    now: datetime,
) -> Row:
    is_gone = (lease is not None and lease.is_gone) or (deletion is not None and deletion.is_gone)
    seen = bodies.preview(message.body, type_of(message), message.body_is_string, PREVIEW)
    return Row(
        position=position,
        url=url,
        sent=sent_of(message.timestamp_ms, zone=zone, now=now),
        short_id=plain(formats.short_id(message.id)),
        message_id=message.id,
        attempts=attempts_of(message.attempts, batch.max_retries, batch.dead_letter_queue),
        lease=lease,
        content_type=declared_type(message),
        size=formats.size(message.size if isinstance(message, MaskedMessage) else seen.size),
        preview=seen.text_segments,
        marks=((mark_of(deletion),) if deletion else ()) + marks_of(seen.badges),
        # What was recognised stands in its badge already.
        note="" if any(badge.kind == "recognised" for badge in seen.badges) else seen.note,
        hex=seen.hex,
        is_deletable=is_deletable(batch, message, deletion),
        left=None if is_gone else left_of(message, batch, now),
    )


def _backlog(batch: Batch, zone: tzinfo) -> str:
    """The count with the time it was read; its own time, because it is a reading of its own."""
    if batch.backlog_count is None or batch.backlog_read_at is None:
        return "Backlog unknown"
    return f"Backlog about {formats.number(batch.backlog_count)} at {formats.clock(batch.backlog_read_at, zone)}"
