"""Where a message stands among those that the filter means, in their order, and the ways to the ones beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from queues_app import formats
from queues_app.models import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Addresses are empty where there is none. `said`: `message 4 of 18`."""

    batch_url: str
    before_url: str
    after_url: str
    said: str


def beside(batch: Batch, position: int, positions: Sequence[int], asked: str, *, is_found: bool) -> Beside:
    """The ways on from the message at `position`, with what the address asks for.

    `is_found`: it asks for a filter or an order, whose places are `positions`.
    """
    place = (batch.account_id, batch.queue_id, batch.pk)

    def url(at: int) -> str:
        return reverse("message", args=[*place, positions[at]]) + asked if 0 <= at < len(positions) else ""

    batch_url = reverse("batch", args=place) + asked
    said = f"message {formats.number(position + 1)} of {formats.number(batch.message_count)}"
    if position not in positions:
        return Beside(batch_url=batch_url, before_url="", after_url="", said=f"{said}, which the filter does not mean")
    at = positions.index(position)
    if is_found:
        said += f", {formats.number(at + 1)} of {formats.number(len(positions))} in this filter and order"
    return Beside(batch_url=batch_url, before_url=url(at - 1), after_url=url(at + 1), said=said)
