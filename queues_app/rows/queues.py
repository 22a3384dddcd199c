"""The frame around every page of one queue: its title line, facts and tabs.

    {"head": queue_head(account=…, queue_id=…, known=…, reading=…, zone=…, now=…)}

is the context of `templates/queues/frame.html`.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.urls import reverse

from queues_app import formats
from queues_app.cloudflare import Queue
from queues_app.models import Account, AuditEntry
from queues_app.operations.known_queues import KnownQueue
from queues_app.operations.queues import Reading
from queues_app.rows.queue_words import (
    AtLimit,
    ListedNames,
    Shown,
    StateWord,
    at_limit_of,
    consumer_of,
    good_of,
    has_nobody,
    kept_of,
    plain,
    problem_of,
    shown,
    state_of,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """Label over value. `second` stands behind the value; `strong` is for the numbers that matter."""

    label: str
    value: Shown
    second: str = ""
    tone: str = ""
    icon: str = ""
    url: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """`name` is its word and its key for `queue_head(tab=…)` in lower case."""

    name: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueHead:
    """Primitives only. `name` can be shown, `title` stands where no mark-up can be."""

    name: Shown
    title: str
    queues_url: str
    queue_url: str
    facts_url: str
    tabs: tuple[Tab, ...]
    state: StateWord
    facts: tuple[Fact, ...]
    # Nothing good is known of the counts: the facts fetch themselves as soon as the page is there.
    is_empty: bool
    # What could not be asked just now, in a sentence; the facts are then the last known ones.
    problem: str


def queue_head(
    *,
    account: Account,
    queue_id: str,
    known: KnownQueue | None,
    reading: Reading | None,
    zone: tzinfo,
    now: datetime,
    name: str = "",
    names: ListedNames,
    problem: str = "",
    tab: str = "messages",
    paused: AuditEntry | None = None,
) -> QueueHead:
    """The frame's context.

    known    None when the queue could never be read: then `name` (a batch has one) stands in the title
    reading  None when its counts were never read
    names    the queues that the reader may see, for the link to the dead-letter queue
    problem  why `known` is only remembered
    paused   the entry of the pause that holds, where our record has it
    """
    queue = known.queue if known else None
    called = queue.name if queue else name or formats.short_id(queue_id)
    here = reverse("queue", args=[account.pk, queue_id])
    tabs = (
        ("Messages", here),
        ("Overview", reverse("queue_overview", args=[account.pk, queue_id])),
        ("Leases", reverse("queue_leases", args=[account.pk, queue_id])),
        ("Send", reverse("send", args=[account.pk, queue_id])),
        ("Settings", reverse("queue_settings", args=[account.pk, queue_id])),
        ("History", reverse("queue_history", args=[account.pk, queue_id])),
    )
    return QueueHead(
        name=shown(called),
        title=plain(called),
        queues_url=reverse("queues", args=[account.pk]),
        queue_url=here,
        facts_url=reverse("queue_facts", args=[account.pk, queue_id]),
        tabs=tuple(Tab(word, url, word.lower() == tab) for word, url in tabs),
        state=state_of(queue, is_stale=bool(problem)),
        facts=(*_paused(paused, zone, now), *_facts(queue, reading, account, names, zone, now, is_old=bool(problem))),
        is_empty=good_of(reading)[0] is None,
        problem=problem.removeprefix("Not asked: ") or problem_of(reading, zone, now),
    )


def _paused(entry: AuditEntry | None, zone: tzinfo, now: datetime) -> tuple[Fact, ...]:
    if entry is None:
        return ()
    since = f"since {formats.moment_or_clock(entry.at, zone, now=now)}"
    return (Fact("Paused by", shown(entry.user_name), second=since, tone="is-price"),)


def _facts(
    queue: Queue | None,
    reading: Reading | None,
    account: Account,
    names: ListedNames,
    zone: tzinfo,
    now: datetime,
    *,
    is_old: bool,
) -> tuple[Fact, ...]:
    counts = _counts(reading, zone, now, tone="is-price" if is_old else "")
    if queue is None:
        unknown = shown(formats.UNKNOWN)
        return (*counts, *(Fact(label, unknown, tone="muted") for label in ("Consumer", "At the limit", "Kept")))
    consumer = consumer_of(queue)
    kept = kept_of(queue, good_of(reading)[0], now)
    return (
        *counts,
        Fact(
            "Consumer",
            (*consumer.kind, *shown(f", {consumer.limit}")) if consumer.limit else consumer.kind,
            icon="nobody" if consumer.is_nobody else "",
        ),
        _at_limit(at_limit_of(queue, account, names), queue),
        Fact(
            "Kept",
            # What is left comes first: "4 d, 21 h left" reads as one long time.
            shown(kept.left if kept.loses_at else kept.period),
            second=f"of {kept.period}" if kept.loses_at else "",
            tone=f"is-{kept.tone}" if kept.tone else "",
        ),
    )


def _counts(reading: Reading | None, zone: tzinfo, now: datetime, *, tone: str) -> tuple[Fact, Fact]:
    """Backlog and oldest. A count that could not be read now is unknown, and what it was stands beside it."""
    good, good_at = good_of(reading)
    if reading is not None and reading.metrics is not None and good is not None:
        backlog = good.backlog_count
        return (
            Fact(
                f"Backlog, {formats.moment_or_clock(reading.read_at, zone, now=now)}",
                shown(formats.UNKNOWN if backlog is None else f"about {backlog:,}" if backlog else "0"),
                tone=tone,
                strong=True,
            ),
            Fact(
                "Oldest",
                shown(_oldest(good.backlog_count, good.oldest_message_at, reading.read_at)),
                tone=tone,
                strong=True,
            ),
        )
    if good is None or good_at is None:
        return (
            Fact("Backlog", shown(formats.UNKNOWN), second="not read yet", tone="muted"),
            Fact("Oldest", shown(formats.UNKNOWN), tone="muted"),
        )
    at = formats.moment_or_clock(good_at, zone, now=now)
    was = "" if good.backlog_count is None else f"was {formats.number(good.backlog_count)}"
    aged = "" if good.oldest_message_at is None else f"was {formats.age_between(good.oldest_message_at, good_at)}"
    return (
        Fact(f"Backlog, last read {at}", shown(formats.UNKNOWN), second=was, tone="is-price"),
        Fact("Oldest", shown(formats.UNKNOWN), second=aged, tone="is-price"),
    )


def _oldest(backlog: int | None, oldest_at: datetime | None, read_at: datetime) -> str:
    if oldest_at is None:
        return "none waits" if backlog == 0 else formats.UNKNOWN
    return formats.age_between(oldest_at, read_at)


def _at_limit(goes: AtLimit, queue: Queue) -> Fact:
    if goes.what == "queue":
        return Fact("At the limit", goes.name, second=goes.missing, icon="tray", url=goes.url)
    if goes.what == "deleted":
        return Fact("At the limit", shown("deleted"), second="no dead letters", tone="is-price", icon="bin")
    return Fact("At the limit", shown("nothing" if has_nobody(queue) else formats.UNKNOWN), tone="muted")
