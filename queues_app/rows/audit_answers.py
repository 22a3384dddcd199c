"""What the pages of questions to the audit get: primitives, every text ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.urls import reverse

from queues_app import formats
from queues_app.models import Action, AuditEntry, User
from queues_app.operations import history
from queues_app.operations.audit_answers import KnownQueue, Story, Tallies, Tally
from queues_app.operations.explaining import LONGEST_SENTENCE
from queues_app.operations.history import Page, Run
from queues_app.rows import audit as audit_rows
from queues_app.rows.audit import EntryRow
from queues_app.rows.queue_words import plain

_TABS: Final = (
    ("audit_questions", "Who looked"),
    ("audit_person", "What a person did"),
    ("audit_message", "A message"),
    ("audit_unknown", "To be explained"),
    ("audit_digest", "The week"),
)
_DOWNLOADS: Final = (Action.EXPORT, Action.EXPORT_MANY)


@dataclass(frozen=True, slots=True)
class Tab:
    """One question."""

    name: str
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedRow:
    """One person who looked at a queue, or their watches, which looked while nobody was there."""

    who: str
    peeks: str
    pulls: str
    copies: str
    reveals: str
    downloads: str
    messages: str
    not_ok: str
    unknown: str
    last: str
    last_ms: int
    age: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DidRow:
    """One kind of act of a person."""

    what: str
    icon: str
    tone: str
    number: str
    not_ok: str
    unknown: str
    messages: str
    queues: str
    last: str
    last_ms: int
    age: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """What happened to a message; `rows` newest first."""

    message_id: str
    rows: tuple[EntryRow, ...]
    first: str
    last: str
    people: str
    more: str
    audit_url: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence of somebody's about an entry, which stands on the record itself; `url` where the reader sees it."""

    sentence: str
    by: str
    at: str
    receipt: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainQuestion:
    """Asked before an outcome is explained."""

    receipt: str
    sentence: str
    remark: str
    typed: str
    most: int
    intent: UUID
    url: str
    back_url: str
    problems: tuple[str, ...]


def tabs(chosen: str) -> tuple[Tab, ...]:
    """All questions, the one that is asked among them."""
    return tuple(Tab(name, reverse(route), route == chosen) for route, name in _TABS)


def queue_choices(queues: Sequence[KnownQueue]) -> list[tuple[str, str]]:
    """By name; with the account, since names are unique in one account only."""
    return [
        (
            queue.queue_id,
            f"{plain(queue.name) or formats.short_id(queue.queue_id)}{f', {queue.account}' if queue.account else ''}",
        )
        for queue in queues
    ]


def queues_to_choose(queues: Sequence[KnownQueue], *, chosen: str) -> list[tuple[str, str]]:
    """The same, with the chosen one also where the reader knows no entry of it."""
    known = queue_choices(queues)
    return known if not chosen or chosen in dict(known) else [*known, (chosen, formats.short_id(chosen))]


def looked(
    tallies: Tallies, *, queue_id: str, days: tuple[date, date], now: datetime, zone: tzinfo
) -> tuple[LookedRow, ...]:
    """Whoever looked last stands first."""
    asked = {"queue": queue_id, "since": f"{days[0]}", "until": f"{days[1]}"}
    return tuple(
        LookedRow(
            who=f"{tally.name}, by a watch" if tally.is_by_watch else tally.name,
            peeks=_count(tally, Action.PEEK),
            pulls=_count(tally, Action.PULL),
            copies=_count(tally, Action.OPEN_COPY),
            reveals=_count(tally, Action.REVEAL),
            downloads=_count(tally, *_DOWNLOADS),
            messages=f"{tally.messages:,}",
            not_ok=f"{tally.not_ok:,}",
            unknown=f"{tally.unknown:,}",
            last=formats.moment(tally.last, zone, now=now),
            last_ms=formats.epoch_ms(tally.last),
            age=formats.age_between(tally.last, now),
            url=audit_url({**asked, "who": tally.name}),
        )
        for tally in tallies.rows
    )


def did(tallies: Tallies, *, asked: Mapping[str, str], now: datetime, zone: tzinfo) -> tuple[DidRow, ...]:
    """What was done last stands first; `asked` is the filter behind all of it."""
    rows = []
    for tally in tallies.rows:
        icon, tone = audit_rows.look_of(tally.name)
        rows.append(
            DidRow(
                what=f"{Action(tally.name).label}, by a watch" if tally.is_by_watch else Action(tally.name).label,
                icon=icon,
                tone=tone,
                number=f"{tally.number:,}",
                not_ok=f"{tally.not_ok:,}",
                unknown=f"{tally.unknown:,}",
                messages=f"{tally.messages:,}" if tally.name.startswith("messages.") else audit_rows.NOT_APPLICABLE,
                queues=f"{len(tally.queues):,}" if tally.queues else audit_rows.NOT_APPLICABLE,
                last=formats.moment(tally.last, zone, now=now),
                last_ms=formats.epoch_ms(tally.last),
                age=formats.age_between(tally.last, now),
                url=audit_url({**asked, "action": tally.name}),
            )
        )
    return tuple(rows)


def back_to(tallies: Tallies, zone: tzinfo) -> str:
    """How far was read where there is more; empty where this is all."""
    return "" if tallies.back_to is None else formats.moment(tallies.back_to, zone)


def story(found: Story, message_id: str, *, now: datetime, zone: tzinfo) -> StoryPage:
    """First and last in words, and each entry between."""
    page = Page(runs=tuple(Run(entries=(entry,)) for entry in found.entries), last=None, gave_up=False)
    people = dict.fromkeys(entry.user_name for entry in reversed(found.entries))
    return StoryPage(
        message_id=message_id,
        rows=audit_rows.rows(page, now=now, zone=zone),
        first=_in_words(found.first, now, zone),
        last=_in_words(found.entries[0] if found.entries else None, now, zone),
        people=formats.listed(list(people)),
        more=f"Only the newest {len(found.entries):,} entries are shown." if found.has_more else "",
        audit_url=audit_url({"q": message_id}),
    )


def explanations(
    entries: Sequence[AuditEntry], *, reader: User, now: datetime, zone: tzinfo
) -> tuple[Explanation, ...]:
    """What was said of an entry, oldest first. Their own pages are for whoever sees such entries."""
    sees_all = history.sees_all(reader)
    return tuple(
        Explanation(
            sentence=entry.remark,
            by=entry.user_name,
            at=formats.moment(entry.at, zone, now=now),
            receipt=entry.receipt,
            url=reverse("audit_entry", args=[entry.pk]) if sees_all or entry.user_id == reader.pk else "",
        )
        for entry in entries
    )


def question(entry: AuditEntry, sentence: str, *, typed: str = "", problems: Sequence[str] = ()) -> ExplainQuestion:
    """`sentence` is what the entry says that was done."""
    return ExplainQuestion(
        receipt=entry.receipt,
        sentence=sentence,
        remark=entry.remark,
        typed=typed,
        most=LONGEST_SENTENCE,
        intent=uuid4(),
        url=reverse("audit_explain", args=[entry.pk]),
        back_url=reverse("audit_entry", args=[entry.pk]),
        problems=tuple(problems),
    )


def audit_url(asked: Mapping[str, str]) -> str:
    """The audit page with this filter."""
    return f"{reverse('audit')}?{urlencode(asked)}"


def _count(tally: Tally, *actions: str) -> str:
    return f"{sum(tally.by_action.get(action, 0) for action in actions):,}"


def _in_words(entry: AuditEntry | None, now: datetime, zone: tzinfo) -> str:
    if entry is None:
        return ""
    when = formats.moment(entry.at, zone, now=now)
    outcome = "" if entry.word == "ok" else f", {entry.word}"
    return f"{when}, by {entry.user_name}: {entry.get_action_display()}{outcome}"
