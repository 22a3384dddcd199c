"""The bar over the table when a repeated peek found something else."""

from dataclasses import dataclass

from django.urls import reverse

from queues_app.models import Batch
from queues_app.operations.look import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What differs, and the way to the newer batch. The rows on the page do not move."""

    sentence: str
    url: str


def offer_of(difference: Difference, batch: Batch) -> Offer:
    """`4 new, 1 gone`, and where to see it."""
    parts = (
        (difference.new, "new"),
        (difference.gone, "gone"),
        (difference.changed, "with other attempts"),
    )
    return Offer(
        sentence=", ".join(f"{number:,} {what}" for number, what in parts if number),
        url=reverse("batch", args=[batch.account_id, batch.queue_id, batch.pk]),
    )
