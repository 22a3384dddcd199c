"""The question before a watch is removed: what is lost, and who is told what."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from queues_app import formats
from queues_app.models import Watch
from queues_app.operations import watch_notices, watch_words
from queues_app.rows.queue_words import Shown, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What is asked. An empty text has nothing to say."""

    queue: Shown
    condition: Shown
    is_firing: bool
    told: str
    lost: str
    url: str


def gone_with(watch: Watch, *, now: datetime) -> Gone:
    """Nothing is changed."""
    return Gone(
        queue=shown(watch.queue_name),
        condition=shown(watch_words.condition(watch)),
        is_firing=watch.is_firing,
        told=_told(watch, now),
        lost=(
            "Its webhook address and signing secret are deleted with it. Neither can be shown again, so another watch "
            "needs them typed anew."
            if watch.webhook_place
            else ""
        ),
        url=reverse("watch_remove", args=[watch.pk]),
    )


def _told(watch: Watch, now: datetime) -> str:
    whom = [each for each in (watch.mail_to, watch.webhook_place) if each]
    if not watch.is_told_firing or not whom:
        return "Nobody is told."
    when = f", at {watch.quiet_until:%H:%M} when its quiet hours are over" if watch_notices.is_quiet(watch, now) else ""
    return f"Told as its end{when}: {formats.listed(whom)}, as far as they heard that it fires."
