"""The Overview and History tabs of a queue: what Cloudflare says of it, beside what is known here."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse

from queues_app import formats
from queues_app.models import Account, User
from queues_app.operations.known_queues import KnownQueue
from queues_app.operations.queues import Reading
from queues_app.rows.loss_clock import LossClock, loss_clock
from queues_app.rows.queue_settings import Setting, settings_page
from queues_app.rows.queue_severity import judge
from queues_app.rows.queue_words import ListedNames, Shown, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Who receives and who sends, as far as Cloudflare names them, and when that was read."""

    consumer_words: Shown
    told: str
    consumer: tuple[Setting, ...]
    producers: tuple[Setting, ...]
    settings_url: str
    read_at: str


def about(
    known: KnownQueue | None,
    reading: Reading | None,
    *,
    user: User,
    account: Account,
    names: ListedNames,
    zone: tzinfo,
    now: datetime,
) -> About | None:
    """None while the queue could never be read."""
    if known is None:
        return None
    page = settings_page(
        user=user, account=account, queue=known.queue, reading=reading, names=names, zone=zone, now=now
    )
    return About(
        consumer_words=page.consumer_words,
        told=page.told,
        consumer=page.consumer,
        producers=page.producers,
        settings_url=reverse("queue_settings", args=[account.pk, known.queue.id]),
        read_at=formats.moment_or_clock(known.read_at, zone, now=now),
    )


def clock_of(
    known: KnownQueue | None, reading: Reading | None, *, account: Account, zone: tzinfo, now: datetime
) -> LossClock | None:
    """The loss clock of this queue alone; None when nothing is due within a day, or that is not known."""
    if known is None:
        return None
    judged = judge(known.queue, reading, fed=0, now=now)
    return loss_clock(
        [judged], account=account, oldest_url=reverse("queue", args=[account.pk, known.queue.id]), zone=zone, now=now
    )


def own_facts(known: KnownQueue | None, *, zone: tzinfo, now: datetime) -> tuple[Setting, ...]:
    """What Cloudflare keeps of a queue's history: two moments, and nothing of who or what."""
    if known is None:
        return ()
    queue = known.queue
    return (
        Setting(label="Id", value=shown(queue.id)),
        Setting(label="Created", value=shown(formats.moment(queue.created_at, zone, now=now))),
        Setting(
            label="Changed",
            value=shown(formats.moment(queue.modified_at, zone, now=now)),
            means="The last change of its settings, by whomever; Cloudflare does not say which.",
        ),
        Setting(label="Read", value=shown(formats.moment_or_clock(known.read_at, zone, now=now))),
    )
