"""Where else a message was seen, in one sentence and a list."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from django.urls import reverse

from queues_app import formats
from queues_app.models import Batch, Mode
from queues_app.operations.sightings import Sighting, Sightings
from queues_app.rows.batch import DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingRow:
    """One sighting; `compare_url` sets it beside the message that is open, empty for that one itself."""

    how: str
    at: str
    ago: str
    attempts: str
    url: str
    compare_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingsCell:
    """`6 times since 09:10, attempts 2 → 5`; `caveat` says how far was looked."""

    said: str
    attempts: str
    rows: tuple[SightingRow, ...]
    caveat: str


def sightings_cell(seen: Sightings, batch: Batch, position: int, *, zone: tzinfo, now: datetime) -> SightingsCell:
    """The sightings of the message at `position` of a batch."""
    first = formats.moment_or_clock(seen.found[0].at, zone, now=now)
    is_once = len(seen.found) == 1
    known = [each.attempts for each in seen.found if each.attempts is not None]
    attempts = ""
    if known and not is_once:
        attempts = f"{known[0]} → {known[-1]}" if known[0] != known[-1] else f"{known[0]}, unchanged"
    return SightingsCell(
        said="Only in this copy" if is_once else f"{len(seen.found)} times since {first} {zone}",
        attempts=attempts,
        rows=tuple(_row(each, batch, position, zone, now) for each in reversed(seen.found)),
        caveat=f"Looked into the newest {seen.looked_into} of your {seen.kept} kept copies of this queue."
        if seen.kept > seen.looked_into
        else f"Looked into {formats.plural(seen.looked_into, 'kept copy', 'kept copies')} of this queue, yours alone.",
    )


def _row(sighting: Sighting, batch: Batch, position: int, zone: tzinfo, now: datetime) -> SightingRow:
    place = [batch.account_id, batch.queue_id]
    is_this = (sighting.batch_id, sighting.position) == (batch.pk, position)
    asked = urlencode({"a": sighting.position, "b": position, "other": sighting.batch_id})
    return SightingRow(
        how=DONE[Mode(sighting.mode)],
        at=f"{formats.moment_or_clock(sighting.at, zone, now=now)} {zone}",
        ago=formats.age_between(sighting.at, now),
        attempts=formats.number(sighting.attempts),
        url=reverse("message", args=[*place, sighting.batch_id, sighting.position]),
        compare_url="" if is_this else f"{reverse('compare', args=[*place, batch.pk])}?{asked}",
    )
