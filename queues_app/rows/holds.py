"""The page of legal holds: what is kept for how long, which holds there are, and the form of one more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final
from uuid import uuid4

from django.urls import reverse

from queues_app import formats
from queues_app.forms.holds import HoldForm
from queues_app.models import AuditHold
from queues_app.operations.holds import Kept
from queues_app.rows.queue_words import Shown, shown

_LEAST: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """One hold. `lift_url` is empty for one that was lifted."""

    number: int
    queue: Shown | None
    person: Shown | None
    span: str
    reason: Shown
    made: str
    lifted: str
    lift_url: str
    # For the ear: which one the button lifts.
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The form with what was typed, and what is wrong with it."""

    reason: str
    queue: str
    person: str
    since: str
    until: str
    errors: Mapping[str, str]
    intent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """How long entries are kept, and how far they were archived and pruned. With the second line of each."""

    days: str
    archived: str
    archive: str
    pruned: str
    pruned_at: str
    problems: tuple[str, ...]


def hold_rows(holds: Iterable[AuditHold], *, zone: tzinfo, now: datetime) -> tuple[HoldRow, ...]:
    """Those in force first, each group newest first."""
    ordered = sorted(holds, key=lambda hold: (hold.lifted_at is not None, -hold.number))
    return tuple(hold_row(hold, zone=zone, now=now) for hold in ordered)


def hold_row(hold: AuditHold, *, zone: tzinfo, now: datetime) -> HoldRow:
    lifted = hold.lifted_at and f"{hold.lifted_by}, {formats.moment_or_clock(hold.lifted_at, zone, now=now)}"
    return HoldRow(
        number=hold.number,
        queue=shown(hold.queue) if hold.queue else None,
        person=shown(hold.person) if hold.person else None,
        span=_span(hold, zone),
        reason=shown(hold.reason),
        made=f"{hold.made_by}, {formats.moment_or_clock(hold.made_at, zone, now=now)}",
        lifted=lifted or "",
        lift_url="" if lifted else reverse("hold_lift", args=[hold.number]),
        name=str(hold),
    )


def fields_of(form: HoldForm | None) -> Fields:
    """An empty form, or one that came back."""
    data = form.data if form is not None else {}
    return Fields(
        **{name: data.get(name, "") for name in ("reason", "queue", "person", "since", "until")},
        errors={name: str(each[0]) for name, each in form.errors.items()} if form is not None else {},
        intent=str(uuid4()),
    )


def kept_row(kept: Kept, *, zone: tzinfo, now: datetime) -> KeptRow:
    """The sentences over the list."""
    archive, mark = kept.archive, kept.mark
    return KeptRow(
        days="for ever" if kept.days is None else formats.plural(kept.days, "day"),
        archived=f"up to link {archive.last:,}" if archive else "nothing yet",
        archive=f"{formats.moment_or_clock(archive.made_at, zone, now=now)}, {archive.name}" if archive else "",
        pruned=f"up to link {mark.position:,}" if mark else "nothing yet",
        pruned_at=(
            f"{formats.moment_or_clock(mark.pruned_at, zone, now=now)}, "
            f"what was bound before {formats.date(mark.before, zone)}"
            if mark
            else ""
        ),
        problems=tuple(kept.problems),
    )


def _span(hold: AuditHold, zone: tzinfo) -> str:
    since = formats.date(hold.since, zone) if hold.since else ""
    until = formats.date(hold.until - _LEAST, zone) if hold.until else ""
    if since and until:
        return since if since == until else f"{since} to {until}"
    return f"from {since}" if since else f"to {until}" if until else "of any day"
