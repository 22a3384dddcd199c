"""The Settings tab of a queue: what it is set to and what that means, and the forms that change it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import access, formats
from queues_app.access import Permission, Place
from queues_app.cloudflare import Consumer, Queue
from queues_app.forms.queue_settings import ConsumerForm, TimesForm
from queues_app.models import Account, AuditEntry, Outcome, User
from queues_app.operations.queue_settings import PULL, fingerprint, times_of
from queues_app.operations.queues import Reading
from queues_app.rows import audit
from queues_app.rows.queue_words import (
    AtLimit,
    ListedNames,
    Shown,
    at_limit_of,
    consumer_of,
    good_of,
    has_nobody,
    kept_of,
    plain,
    shown,
)
from queues_app.rows.settling import Bar

LIMIT_MEANS: Final = (
    "Whether the first delivery counts is unclear: Cloudflare's pages disagree. Either so many deliveries in all, or "
    "the first one and so many retries."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Label, value, and what it means in a word."""

    label: str
    value: Shown
    means: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the consumer's form."""

    name: str
    label: str
    value: str
    help: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage:
    """Primitives only. `closed` says why this person may change nothing; the server refuses all the same.

    `kind` is none, pull, other or unknown: what consumes, and so which forms there are.
    """

    is_paused: bool
    pause_means: str
    resume_means: str  # empty while delivery runs
    kind: str
    consumer_words: Shown
    told: str
    queue: tuple[Setting, ...]
    consumer: tuple[Setting, ...]
    producers: tuple[Setting, ...]
    closed: str
    fields: tuple[Field, ...]
    problems: tuple[str, ...]
    seen: str
    intent: str
    urls: Mapping[str, str]
    # The form of delay and retention.
    times: tuple[Field, ...]
    times_problems: tuple[str, ...]
    times_seen: str


def settings_page(
    *,
    user: User,
    account: Account,
    queue: Queue,
    reading: Reading | None,
    names: ListedNames,
    zone: tzinfo,
    now: datetime,
    form: ConsumerForm | None = None,
    times_form: TimesForm | None = None,
) -> SettingsPage:
    """The tab. A bound form with errors lends what was typed; `names` are for the link to the dead letters."""
    consumer = queue.consumer
    return SettingsPage(
        is_paused=queue.delivery_paused,
        pause_means=pause_means(queue, reading, now),
        resume_means=resume_means(queue) if queue.delivery_paused else "",
        kind=_kind(queue),
        consumer_words=consumer_of(queue).kind,
        told=_told(queue),
        queue=_queue(queue, reading, zone, now),
        consumer=_consumer(queue, account, names) if consumer else (),
        producers=_producers(queue),
        closed=access.closed(user, Permission.EDIT, Place.of(account, queue.name)),
        fields=_fields(consumer, form),
        problems=tuple(form.problems(*form.SETTINGS)) if form else (),
        # A form that comes back keeps the consumer that it was made from.
        seen=form.data.get("seen", "") if form else fingerprint(consumer),
        intent=str(uuid.uuid4()),
        urls=urls_of(account, queue.id),
        times=_times(queue, times_form),
        times_problems=tuple(times_form.problems(*times_form.SETTINGS)) if times_form else (),
        times_seen=times_form.data.get("seen", "") if times_form else fingerprint(times_of(queue)),
    )


def urls_of(account: Account, queue_id: str) -> dict[str, str]:
    """Where the tab is, and where its forms go."""
    names = {
        "settings": "queue_settings",
        "pause": "queue_pause",
        "resume": "queue_resume",
        "times": "queue_times",
        "add": "consumer_add",
        "edit": "consumer_edit",
        "remove": "consumer_remove",
    }
    return {key: reverse(name, args=[account.pk, queue_id]) for key, name in names.items()}


def pause_means(queue: Queue, reading: Reading | None, now: datetime) -> str:
    """What stops, what goes on, and what is lost while delivery is paused, whether it is or is to be."""
    kept = kept_of(queue, good_of(reading)[0], now)
    sentence = (
        "While delivery is paused, producers go on sending, Worker consumers receive nothing, pulls are refused, and "
        "a peek still works. "
        f"Retention goes on too: what waits longer than {kept.period} is deleted, paused or not."
    )
    if kept.left == "due now":
        return f"{sentence} For the oldest message that is due now."
    if kept.left.endswith(" left"):
        return f"{sentence} For the oldest message that is in {kept.left.removesuffix(' left')}."
    return sentence


def resume_means(queue: Queue) -> str:
    """What begins again once delivery is resumed."""
    if has_nobody(queue):
        return (
            "Once delivery is resumed, nothing happens at once: nobody consumes this queue. A consumer that is added "
            "may receive messages."
        )
    if queue.consumer is not None and queue.consumer.type == PULL:
        return "Once delivery is resumed, pulls work again, and each uses one attempt of the messages it brings."
    return "Once delivery is resumed, the consumer receives what waits, at once, and each delivery uses one attempt."


def bar_of(entry: AuditEntry) -> Bar:
    """What the record says came of a change."""
    kind = {Outcome.OK: "success", Outcome.UNKNOWN: "warning"}.get(Outcome(entry.outcome), "error")
    changed = audit.changes_of(entry)
    sentence = f"{entry.remark.removesuffix('.')}: {changed}." if changed else entry.remark
    if not entry.is_complete:
        sentence = "This is under way, or its end was lost: whether it was changed is unknown."
    elif entry.outcome == Outcome.UNKNOWN:
        sentence = f"Whether it was changed is unknown. {sentence} It was not tried again: see below what is set now."
    elif entry.outcome != Outcome.OK:
        sentence = f"Nothing was changed. {sentence}"
    return Bar(kind=kind, sentence=sentence, receipt=entry.receipt, receipt_url=reverse("audit_entry", args=[entry.pk]))


def _kind(queue: Queue) -> str:
    if has_nobody(queue):
        return "none"
    if queue.consumer is None:
        return "unknown"
    return "pull" if queue.consumer.type == PULL else "other"


def _told(queue: Queue) -> str:
    """What the consumer means for pulling."""
    kind = _kind(queue)
    if kind == "none":
        return (
            "Nobody consumes this queue, so nothing can be pulled. A queue has at most one consumer of any type. "
            "A peek needs none."
        )
    if kind == "unknown":
        return "The queue says that it has a consumer, but not which. It cannot be changed here."
    if kind == "pull":
        return "Messages are fetched over HTTP, by programs and by the Pull button here. A peek needs no consumer."
    name = plain(queue.consumer.script or queue.consumer.type) if queue.consumer else ""
    back = (
        "It is attached again by deploying that Worker, or with wrangler."
        if queue.consumer and queue.consumer.type == "worker"
        else "It is attached again at Cloudflare."
    )
    return (
        "A queue has at most one consumer of any type, and a pull needs one of the type HTTP pull. It cannot be "
        f"replaced here: it would have to be removed first, and then {name} receives nothing. {back} "
        "A peek works with any consumer."
    )


def _queue(queue: Queue, reading: Reading | None, zone: tzinfo, now: datetime) -> tuple[Setting, ...]:
    kept = kept_of(queue, good_of(reading)[0], now)
    return (
        Setting(label="Delivery", value=shown("Paused" if queue.delivery_paused else "Running")),
        Setting(
            label="Delay",
            value=shown(formats.duration(queue.delivery_delay)),
            means="How long a new message waits before its first delivery, unless it says otherwise itself.",
        ),
        Setting(
            label="Retention",
            value=shown(kept.period),
            means="A message that waits longer is deleted, read or not.",
        ),
        Setting(
            label="Jurisdiction",
            value=shown(queue.jurisdiction or "none named"),
            means="Where messages are kept. It is chosen when the queue is made and cannot be changed.",
        ),
        Setting(label="Created", value=shown(formats.moment(queue.created_at, zone, now=now))),
        Setting(label="Changed", value=shown(formats.moment(queue.modified_at, zone, now=now))),
    )


def _dead_letters_mean(goes: AtLimit) -> str:
    if goes.what != "queue":
        return "What is at the limit is deleted."
    if goes.missing:
        return f"It is {goes.missing}: what becomes of what is at the limit is unknown."
    return "Takes what is at the limit."


def _consumer(queue: Queue, account: Account, names: ListedNames) -> tuple[Setting, ...]:
    consumer = queue.consumer
    if consumer is None:
        return ()
    goes = at_limit_of(queue, account, names)
    rows = [
        Setting(label="Type", value=consumer_of(queue).kind),
        Setting(label="Max retries", value=shown(formats.number(consumer.max_retries)), means=LIMIT_MEANS),
        Setting(
            label="Dead-letter queue",
            value=goes.name if goes.what == "queue" else shown("none"),
            means=_dead_letters_mean(goes),
            url=goes.url,
        ),
        Setting(
            label="Retry delay",
            value=shown(formats.duration(consumer.retry_delay)),
            means="How long a failed message waits, unless the retry names a delay.",
        ),
        Setting(label="Batch size", value=shown(formats.number(consumer.batch_size)), means="Messages at a time."),
    ]
    if consumer.script:
        rows.insert(1, Setting(label="Script", value=shown(consumer.script), means="The Worker that receives."))
    if consumer.type == PULL:
        lease = shown(formats.duration_ms(consumer.visibility_timeout_ms))
        means = "How long a pulled message is leased when the pull names no time."
        rows.append(Setting(label="Visibility timeout", value=lease, means=means))
    if consumer.type == "worker":
        at_once = "automatic or unknown" if consumer.max_concurrency is None else str(consumer.max_concurrency)
        rows.append(Setting(label="Max concurrency", value=shown(at_once), means="Worker invocations side by side."))
        wait = shown(formats.duration_ms(consumer.max_wait_time_ms))
        rows.append(Setting(label="Max wait", value=wait, means="How long a batch that is not full waits."))
    return tuple(rows)


def _producers(queue: Queue) -> tuple[Setting, ...]:
    kinds = {"worker": "Worker", "r2_bucket": "R2 bucket"}
    named = tuple(
        Setting(label=plain(kinds.get(one.type, one.type)), value=shown(one.name or formats.UNKNOWN))
        for one in queue.producers
    )
    more = queue.producers_total_count - len(named)
    return (*named, Setting(label="Others", value=shown(f"{more:,} more, not named"))) if more > 0 else named


def _times(queue: Queue, form: TimesForm | None) -> tuple[Field, ...]:
    """The form of delay and retention, with what is set now."""
    words = {
        "delivery_delay": (
            "Delay",
            queue.delivery_delay,
            "0 s to 24 h, such as 5 min. What waits keeps its own.",
        ),
        "message_retention_period": ("Retention", queue.message_retention_period, "1 min to 14 d, such as 7 d."),
    }
    return tuple(
        Field(
            name=name,
            label=label,
            value=form.data.get(name, "") if form else "" if held is None else formats.duration(held),
            help=help_text,
            error=str(form.errors[name][0]) if form and name in form.errors else "",
        )
        for name, (label, held, help_text) in words.items()
    )


def _fields(consumer: Consumer | None, form: ConsumerForm | None) -> tuple[Field, ...]:
    """The form of a consumer to make or to change. Empty is Cloudflare's default, and the form says so."""
    held = consumer if consumer and consumer.type == PULL else None

    def number(value: int | None) -> str:
        return "" if value is None else str(value)

    lease_ms = held.visibility_timeout_ms if held else 30_000
    retry_s = held.retry_delay if held else 0
    present = {
        "max_retries": number(held.max_retries if held else 3),
        "dead_letter_queue": (held.dead_letter_queue or "") if held else "",
        "retry_delay": "" if retry_s is None else formats.duration(retry_s),
        "visibility_timeout": "" if lease_ms is None else formats.duration_ms(lease_ms),
        "batch_size": number(held.batch_size if held else 5),
    }
    words = {
        "max_retries": ("Max retries", "0 to 100. Then it goes to the dead-letter queue, or is deleted."),
        "dead_letter_queue": ("Dead-letter queue", "Its name. One that does not exist is made. Empty: none."),
        "retry_delay": ("Retry delay", "0 s to 24 h, such as 5 min."),
        "visibility_timeout": ("Visibility timeout", "Up to 12 h, such as 30 s: the lease of a pull that names none."),
        "batch_size": ("Batch size", "1 to 100 messages at a time."),
    }
    return tuple(
        Field(
            name=name,
            label=label,
            value=form.data.get(name, "") if form else present[name],
            help=help_text,
            error=str(form.errors[name][0]) if form and name in form.errors else "",
        )
        for name, (label, help_text) in words.items()
    )
