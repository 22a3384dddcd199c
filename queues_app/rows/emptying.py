"""The question before a queue is emptied, and how far it is afterwards."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from queues_app import access, formats
from queues_app.access import Permission, Place
from queues_app.models import Account, AuditEntry, Outcome, User
from queues_app.operations.emptying import Count, Progress, Standing
from queues_app.rows.queue_words import Shown, shown

# While nothing can be told, the page asks this many times less often.
SLOWER: Final = 6
# What has a meaning in the pattern of an input; everything else stands for itself.
_SYNTAX: Final = re.compile(r"[\^$\\.*+?()\[\]{}|/]")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyLink:
    """The way to the question, and to the status of the last emptying. `closed` is why this person may not empty."""

    url: str
    status_url: str
    closed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`name` is what has to be typed; `pattern` lets the browser's style see whether it was."""

    title: Shown
    held: str
    name: str
    shown_name: Shown
    pattern: str
    typed: str
    problem: str
    account: str
    environment: str
    intent: str
    empty_url: str
    queue_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is told of an emptying. `every_s` is 0 when it is not asked for again."""

    bar_kind: str
    bar: str
    receipt: str
    receipt_url: str
    word: str
    icon: str
    tone: str
    sentence: str
    as_of: str
    count: str
    count_note: str
    is_over: bool
    # False when nothing was sent, so that there is nothing to follow.
    is_followed: bool
    url: str
    every_s: int
    queue_url: str


def link_of(account: Account, queue_id: str, queue_name: str | None, user: User) -> EmptyLink:
    """Where a queue can be emptied. A name of None is not known."""
    return EmptyLink(
        url=reverse("queue_empty", args=[account.pk, queue_id]),
        status_url=reverse("queue_empty_status", args=[account.pk, queue_id]),
        closed=access.closed(user, Permission.EMPTY, Place.of(account, queue_name)),
    )


def question(
    account: Account,
    queue_id: str,
    standing: Standing,
    *,
    typed: str = "",
    problem: str = "",
    zone: tzinfo,
    now: datetime,
) -> Question:
    """What is going to happen; `typed` and `problem` after a name that was not the queue's."""
    return Question(
        title=shown(standing.name),
        held=_held(standing.count, zone, now),
        name=standing.name,
        shown_name=shown(standing.name),
        pattern=_pattern(standing.name),
        typed=typed,
        problem=problem,
        account=account.name,
        environment=account.environment,
        intent=str(uuid4()),
        empty_url=reverse("queue_empty", args=[account.pk, queue_id]),
        queue_url=reverse("queue", args=[account.pk, queue_id]),
    )


def _pattern(name: str) -> str:
    """What matches this name alone, in signs that can be seen."""
    quoted = _SYNTAX.sub(lambda sign: f"\\{sign[0]}", name)
    return "".join(one if one.isprintable() else f"\\u{{{ord(one):X}}}" for one in quoted)


def status_of(
    account: Account,
    queue_id: str,
    progress: Progress | None,
    entry: AuditEntry | None,
    *,
    zone: tzinfo,
    now: datetime,
) -> Status:
    """How far it is. Without `progress` nothing was sent, and nothing is followed."""
    bar_kind, bar = _bar(entry, zone, now) if entry is not None else ("", "")
    is_unknown = entry is None and progress is not None and progress.is_untold
    word, icon, tone, sentence = _told(progress, zone, now) if progress is not None else ("", "", "", "")
    if is_unknown:
        word, sentence = "None known", "Cloudflare tells of no emptying of this queue."
    count, note = _count_after(progress, zone, now) if progress is not None else ("", "")
    url = reverse("queue_empty_status", args=[account.pk, queue_id])
    return Status(
        bar_kind=bar_kind,
        bar=bar,
        receipt=entry.receipt if entry is not None else "",
        receipt_url=reverse("audit_entry", args=[entry.pk]) if entry is not None else "",
        word=word,
        icon=icon,
        tone=tone,
        sentence=sentence,
        as_of=_at(progress.read_at, zone, now) if progress is not None and progress.read_at else "",
        count=count,
        count_note=note,
        is_over=progress is not None and progress.is_done,
        is_followed=progress is not None,
        url=f"{url}?entry={entry.pk}" if entry is not None else url,
        every_s=0 if is_unknown else _every_s(progress),
        queue_url=reverse("queue", args=[account.pk, queue_id]),
    )


def _every_s(progress: Progress | None) -> int:
    """Seconds until the page asks again: soon while it is under way, less often while nothing is told, 0 at the end."""
    if progress is None or progress.is_done:
        return 0
    is_told = progress.status is not None and progress.status.completed is not None and not progress.is_of_another
    floor_s: int = settings.REFRESH_FLOOR
    return max(1, floor_s) * (1 if is_told else SLOWER)


def _bar(entry: AuditEntry, zone: tzinfo, now: datetime) -> tuple[str, str]:
    """What the record says of the request itself."""
    if not entry.is_complete:
        return "warning", "This is under way, or its end was lost: whether the queue is being emptied is unknown."
    if entry.outcome == Outcome.OK:
        before = Count(number=entry.backlog_count, read_at=entry.backlog_read_at)
        return "success", f"Emptying was asked for at {_at(entry.at, zone, now)}. Before: {_held(before, zone, now)}."
    if entry.outcome == Outcome.UNKNOWN:
        return "warning", f"Whether the queue is being emptied is unknown. {entry.remark}"
    return "error", f"Nothing was deleted. {entry.remark}"


def _told(progress: Progress, zone: tzinfo, now: datetime) -> tuple[str, str, str, str]:
    """Word, icon, tone and sentence of what the upstream says."""
    status = progress.status
    if status is None:
        return "Cannot be told", "unknown", "unknown", f"{progress.problem} How far it is is unknown."
    began = f" since {_at(status.started_at, zone, now)}" if status.started_at else ""
    if progress.is_of_another:
        return (
            "Cannot be told",
            "unknown",
            "unknown",
            f"Cloudflare tells of an earlier emptying only, under way{began}. Of this one it says nothing yet.",
        )
    if status.completed:
        ended = f" at {_at(status.completed_at, zone, now)}" if status.completed_at else ""
        return "Complete", "check", "ok", f"Cloudflare says that it is complete{ended}."
    if status.completed is False:
        return "Under way", "hourglass", "warn", f"Cloudflare says that it is under way{began}."
    return "Cannot be told", "unknown", "unknown", "Cloudflare does not say whether it is done."


def _count_after(progress: Progress, zone: tzinfo, now: datetime) -> tuple[str, str]:
    count = progress.count
    if count.number is None:
        return "unknown", count.problem or "Cloudflare does not tell the count."
    note = ""
    if progress.is_done and count.number:
        note = "They arrived meanwhile, or the count is old: it is approximate."
    return f"about {formats.number(count.number)} at {_at(count.read_at, zone, now)}", note


def _held(count: Count, zone: tzinfo, now: datetime) -> str:
    """`about 1,204 at 14:03:22 UTC`, or that the number is unknown."""
    if count.number is None:
        return "how many is unknown"
    return f"about {formats.number(count.number)} at {_at(count.read_at, zone, now)}"


def _at(at: datetime | None, zone: tzinfo, now: datetime) -> str:
    return f"{formats.moment_or_clock(at, zone, now=now)} {zone}"
