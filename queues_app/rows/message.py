"""One message, opened: how its body was read, and what is known around it."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from queues_app import access, formats
from queues_app.access import Permission
from queues_app.bodies import Segment
from queues_app.cloudflare import Message
from queues_app.models import Batch, User
from queues_app.operations import decoding, names
from queues_app.operations.leases import USUAL_LEASE_MS
from queues_app.operations.masks import MaskedMessage, size_of
from queues_app.rows import body_views
from queues_app.rows.attempts import Attempts, attempts_of
from queues_app.rows.batch import declared_type
from queues_app.rows.body_views import OF_THE_WIRE, VIEWS, Body, Choice, Crumb, View
from queues_app.rows.curl import Curl, of_message
from queues_app.rows.decoding import ByHand, by_hand
from queues_app.rows.deleting import Part, is_deletable, part_of
from queues_app.rows.leases import LeaseCell, colleague, lease_cell
from queues_app.rows.loss import Left, left_of
from queues_app.rows.marks import Mark, marks_of
from queues_app.rows.masks import Masks, masks_of
from queues_app.rows.queue_words import beginning, plain
from queues_app.rows.undo import send_again_url

MOST_METADATA: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A line of the metadata; both sides are foreign."""

    key: tuple[Segment, ...]
    value: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A message on its page, or under its row. `element`: its id on the page."""

    position: int
    element: str
    # Who fetched the copy, empty for the reader.
    by: str
    url: str
    crumbs: tuple[Crumb, ...]
    choices: tuple[Choice, ...]
    marks: tuple[Mark, ...]
    problem: str
    failures: tuple[str, ...]
    notes: tuple[str, ...]
    body: Body
    hand: ByHand
    size: str
    wire_size: str
    download_url: str
    # Why bodies cannot be taken out by this person; empty when they can.
    export_closed: str
    attempts: Attempts
    lease: LeaseCell | None
    settle_url: str
    settle_closed: str
    # What somebody's deletion of it came to; and where to delete it, empty where that cannot be.
    deletion: Part | None
    # Acknowledged or deleted: neither an attempt nor retention can take it any more.
    is_gone: bool
    delete_url: str
    delete_closed: str
    # How long "Extend" holds on, and the number of that submit.
    extend_for: str
    intent: str
    # What it has left of its retention, None where that is not known; when it ends, and in how long, empty when over.
    left: Left | None
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
    curls: tuple[Curl, ...]
    # None where nothing is masked.
    masks: Masks | None
    zone: str


def opened(
    *, user: User, batch: Batch, message: Message, position: int, view: View, zone: tzinfo, now: datetime
) -> Opened:
    """The message at `position` of a kept batch, its body read whole and looked at by `view`."""
    reading = decoding.read(message, view.decoding, view.limits)
    masks = masks_of(message, batch, position, user)
    if masks is not None:
        # What stood on the wire is nowhere here, and these would show something else.
        view = replace(view, name=VIEWS[0] if view.name in OF_THE_WIRE else view.name)
    shown = body_views.at_step(reading, view.step)
    besides = body_views.besides(reading, shown, view)
    place = (batch.account_id, batch.queue_id, batch.pk)
    url = reverse("message", args=[*place, position])
    here = names.where(batch)
    export_closed = access.closed(user, Permission.EXPORT, here)
    is_own = batch.owner_id == user.pk
    lease = batch.leases.select_related("holder").filter(position=position).first()
    cell = lease_cell(lease, zone=zone, now=now, owner=colleague(lease, user)) if lease else None
    deletion = batch.deletions.filter(position=position).last()
    sent_at = formats.from_ms(message.timestamp_ms)
    left = left_of(message, batch, now)
    notes = reading.notes
    if message.body_repaired:
        notes = (*notes, "The answer held what is no text; U+FFFD stands in its place.")
    return Opened(
        position=position,
        element=f"opened-{position}",
        by="" if is_own else batch.owner.get_username(),
        url=url,
        crumbs=_crumbs(body_views.crumbs(reading, declared_type(message), url, view), message),
        choices=tuple(
            choice
            for choice in body_views.choices(besides, url, view)
            if masks is None or choice.name.lower() not in OF_THE_WIRE
        ),
        masks=masks,
        # What was recognised is the name of a step already.
        marks=marks_of(badge for badge in reading.badges if badge.kind != "recognised"),
        problem=reading.problem,
        failures=body_views.failures(reading),
        notes=notes,
        body=body_views.body(
            reading,
            shown,
            besides,
            view,
            may_copy=not export_closed,
            url=url,
            picture_url=View(decoding=view.decoding, is_remembered=view.is_remembered).address(
                reverse("message_picture", args=[*place, position])
            ),
        ),
        hand=by_hand(batch, position, view.decoding, is_remembered=view.is_remembered, carried=view.carried),
        # Where masks lie over a reading by hand, its size is not the message's.
        size=formats.size(reading.size if reading.body == message.body and masks is None else size_of(message)),
        wire_size=formats.size(message.wire_size if isinstance(message, MaskedMessage) else reading.wire_size),
        download_url=reverse("message_body", args=[*place, position]) + ("?view=raw" if view.name == "raw" else ""),
        export_closed=export_closed,
        attempts=attempts_of(message.attempts, batch.max_retries, batch.dead_letter_queue),
        lease=cell,
        settle_url=reverse("settle", args=place),
        extend_for=formats.duration_ms((lease.visibility_timeout_ms if lease else 0) or USUAL_LEASE_MS),
        intent=str(uuid4()),
        settle_closed=access.closed(user, Permission.SETTLE, here),
        deletion=part_of(deletion, batch, zone=zone, now=now) if deletion else None,
        is_gone=(cell is not None and cell.is_gone) or (deletion is not None and deletion.is_gone),
        delete_url=reverse("delete", args=place) if is_own and is_deletable(batch, message, deletion) else "",
        delete_closed=access.closed(user, Permission.DELETE, here),
        left=left,
        deleted_at=f"{formats.moment(left.at, zone, now=now)} {zone}" if left else "",
        deleted_in=formats.age((left.at - now).total_seconds()) if left and left.at > now else "",
        send_again_url=send_again_url(batch, [position]) if access.may(user, Permission.SEND, here) else "",
        message_id=message.id,
        short_id=plain(formats.short_id(message.id)),
        shown_id=_foreign(message.id),
        sent=f"{formats.moment(sent_at, zone, now=now, ms=True)} {zone}" if sent_at else formats.UNKNOWN,
        sent_ms="" if message.timestamp_ms is None else str(message.timestamp_ms),
        age=_age(sent_at, now),
        content_type=declared_type(message),
        metadata=_metadata(message.metadata),
        curls=of_message(
            batch,
            settings.CLOUDFLARE_API_BASE_URL,
            is_held=cell is not None and cell.is_held,
            is_deletable=message.ref is not None,
        ),
        zone=str(zone),
    )


def _crumbs(crumbs: tuple[Crumb, ...], message: Message) -> tuple[Crumb, ...]:
    """The wire first; where something is masked its size is true, and it cannot be looked at."""
    if not isinstance(message, MaskedMessage):
        return crumbs
    return (replace(crumbs[0], url="", detail=formats.size(message.wire_size)), *crumbs[1:])


def _age(sent_at: datetime | None, now: datetime) -> str:
    if sent_at is None:
        return ""
    return "in the future" if formats.is_ahead(sent_at, now) else f"{formats.age_between(sent_at, now)} ago"


def _metadata(metadata: dict[str, str]) -> tuple[Pair, ...]:
    return tuple(Pair(key=_foreign(key), value=_foreign(value)) for key, value in metadata.items())


def _foreign(text: str) -> tuple[Segment, ...]:
    return beginning(text, MOST_METADATA, MOST_METADATA)
