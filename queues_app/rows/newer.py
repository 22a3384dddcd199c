"""What a repeated peek found: the bar over the table, and on the newer batch what is new in it and what is gone."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from queues_app import formats
from queues_app.models import Batch
from queues_app.operations.look import Difference, Since
from queues_app.rows.batch import BatchPage
from queues_app.rows.marks import Mark
from queues_app.rows.queue_words import plain

MOST_GONE: Final = 20
_NEW: Final = Mark("plain", "new")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What differs, and the way to the newer batch. The rows on the page do not move."""

    sentence: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A message of the earlier batch; `url` is its kept copy there."""

    short_id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceLine:
    """What stands over the newer batch: how many are new, and which are gone."""

    said: str
    word: str
    gone: tuple[Gone, ...]
    more: str


def offer_of(difference: Difference, batch: Batch, shown: Batch) -> Offer:
    """`4 new, 1 gone`, and where to see which."""
    parts = (
        (difference.new, "new"),
        (difference.gone, _gone_word(batch)),
        (difference.changed, "with other attempts"),
    )
    return Offer(
        sentence=", ".join(f"{number:,} {what}" for number, what in parts if number),
        url=f"{_url_of(batch)}?{urlencode({'since': shown.pk})}",
    )


def marked(page: BatchPage, since: Since) -> BatchPage:
    """The page with what is new marked in its rows."""
    rows = tuple(replace(row, marks=(_NEW, *row.marks)) if row.message_id in since.new else row for row in page.rows)
    return replace(page, rows=rows)


def since_line(since: Since, batch: Batch, *, zone: tzinfo, now: datetime) -> SinceLine:
    """What is new since the earlier peek, and what is gone, by ids that lead to their kept copies."""
    at = formats.moment_or_clock(since.earlier.fetched_at, zone, now=now)
    place = (since.earlier.account_id, since.earlier.queue_id, since.earlier.pk)
    new = f"{formats.number(len(since.new))} new" if since.new else "nothing new"
    return SinceLine(
        said=f"Since the peek at {at}: {new}",
        word=_gone_word(batch),
        gone=tuple(
            Gone(short_id=plain(formats.short_id(message_id)), url=reverse("message", args=[*place, position]))
            for position, message_id in since.gone[:MOST_GONE]
        ),
        more=formats.plural(len(since.gone) - MOST_GONE, "more", "more") if len(since.gone) > MOST_GONE else "",
    )


def _gone_word(batch: Batch) -> str:
    """Gone is only what all that waits was seen without; what a sample lacks may wait all the same."""
    is_all = (
        batch.backlog_count is not None
        and batch.backlog_count <= batch.message_count
        and batch.message_count < batch.asked_for
    )
    return "gone" if is_all else "no longer in the sample"


def _url_of(batch: Batch) -> str:
    return reverse("batch", args=[batch.account_id, batch.queue_id, batch.pk])
