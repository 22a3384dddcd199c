"""The honest undo: what was deleted is kept sealed for a while and can be sent again, as a new message."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.urls import reverse

from queues_app.models import Batch


def send_again_url(batch: Batch, positions: Sequence[int]) -> str:
    """Where exactly these messages of a kept copy can be sent again; empty for none."""
    if not positions:
        return ""
    url = reverse("send_again", args=[batch.account_id, batch.queue_id, batch.pk])
    return f"{url}?{urlencode([('position', position) for position in positions])}"
