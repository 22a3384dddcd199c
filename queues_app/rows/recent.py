"""The kept batches of a queue that this person may open: for `templates/messages/recent.html`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse

from queues_app import formats
from queues_app.models import Batch, Mode, User


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentBatch:
    """One kept batch and the way to it; opening it asks nothing of the upstream."""

    url: str
    mode: str
    icon: str
    counted: str
    at: str
    at_ms: int
    age: str
    by: str
    chosen: bool


def recent_batches(
    batches: Iterable[Batch], *, reader: User, zone: tzinfo, now: datetime, shown: Batch | None = None
) -> tuple[RecentBatch, ...]:
    """A line for each of `operations.kept.recent(…)`; `shown` is the one on the page."""
    return tuple(
        RecentBatch(
            url=reverse("batch", args=[batch.account_id, batch.queue_id, batch.pk]),
            mode=Mode(batch.mode).label,
            icon="pull" if batch.mode == Mode.PULL else "eye",
            counted=formats.plural(batch.message_count, "message"),
            at=f"{formats.moment_or_clock(batch.fetched_at, zone, now=now)} {zone}",
            at_ms=formats.epoch_ms(batch.fetched_at),
            age=formats.age_between(batch.fetched_at, now),
            by="you" if batch.owner_id == reader.pk else batch.owner.get_username(),
            chosen=shown is not None and shown.pk == batch.pk,
        )
        for batch in batches
    )
