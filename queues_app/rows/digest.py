"""The digest of a week, for its page and as plain text for the console and for mail."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.models import Action, Outcome
from queues_app.operations.digest import WATCH_PEEK, Digest, Line, Week
from queues_app.rows.audit_answers import audit_url
from queues_app.rows.queue_words import plain

# Lines of a table; the others are summed up in a sentence.
MOST: Final = 100
# Name of a column, the acts in it, and whether it counts their messages or how often it was done.
_COLUMNS: Final[tuple[tuple[str, tuple[str, ...], bool], ...]] = (
    ("Peeks", (Action.PEEK,), False),
    ("Pulled", (Action.PULL,), True),
    ("Acknowledged", (Action.ACK,), True),
    ("Retried", (Action.RETRY,), True),
    ("Deleted", (Action.DELETE,), True),
    ("Sent", (Action.SEND,), True),
    ("Taken out", (Action.EXPORT, Action.EXPORT_MANY), True),
    (
        "Settings, emptied",
        tuple(action for action in Action if action.value.startswith(("queue.", "consumer."))),
        False,
    ),
    ("Peeks by watches", (WATCH_PEEK,), False),
)
_ENDS: Final = ("Not let, or failed", "Unknown")
# What a text shows of a name: the tables stay within a line.
_NAME_LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class DigestRow:
    """One queue or person."""

    name: str
    url: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DigestTable:
    """Queues, or people."""

    title: str
    head: tuple[str, ...]
    rows: tuple[DigestRow, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPage:
    """A week."""

    week: str
    title: str
    facts: tuple[tuple[str, str], ...]
    to_explain: str
    tables: tuple[DigestTable, ...]
    chain: str
    verified: str
    audit_url: str
    before_url: str
    # Empty for the week that is not over, and for those to come.
    next_url: str


def page(digest: Digest, *, now: datetime, zone: tzinfo, zone_name: str = "UTC") -> DigestPage:
    """Every text ready; links lead to the entries behind each line."""
    week = digest.week
    days = {"since": f"{week.monday}", "until": f"{week.last_day}"}
    begins, ends = week.moments(zone)
    so_far = " so far" if ends > now else ""
    return DigestPage(
        week=str(week),
        title=f"{formats.date(begins, zone)} to {week.last_day.day} {week.last_day:%b %Y}, {zone_name}{so_far}",
        facts=_facts(digest.total),
        to_explain=_to_explain(digest),
        tables=(
            _table("Queues", "queue", digest.queues, days, "queue"),
            _table("People", "person", digest.people, days, "who"),
        ),
        chain=_chain(digest, now, zone),
        verified=_verified(digest, now, zone),
        audit_url=audit_url(days),
        before_url=_url(week.moved(-1)),
        next_url=_url(week.moved(1)) if not so_far else "",
    )


def text(shown: DigestPage) -> str:
    """The same for a console or a mail. Ends with a line end."""
    parts = [
        f"Queuescope, audit of the week {shown.week}",
        shown.title,
        "",
        *(f"{name}: {value}" for name, value in shown.facts),
        shown.to_explain,
        shown.chain,
        shown.verified,
    ]
    for table in shown.tables:
        parts += ["", table.title, *_aligned(table)]
        if table.more:
            parts.append(table.more)
    return "\n".join(parts) + "\n"


def _facts(total: Line) -> tuple[tuple[str, str], ...]:
    return (
        ("Entries", f"{total.number:,}"),
        *((outcome.label, f"{total.outcomes.get(outcome, 0):,}") for outcome in Outcome),
    )


def _to_explain(digest: Digest) -> str:
    if not digest.to_explain:
        return "No unknown outcome of this week is to be explained."
    more = " or more" if digest.to_explain_is_more else ""
    are = "unknown outcome is" if digest.to_explain == 1 and not more else "unknown outcomes are"
    return f"{digest.to_explain:,}{more} {are} to be explained."


def _chain(digest: Digest, now: datetime, zone: tzinfo) -> str:
    if not digest.bound:
        return "Nothing is bound yet."
    return f"The chain has {digest.bound:,} links, the newest of {formats.moment(digest.bound_at, zone, now=now)}."


def _verified(digest: Digest, now: datetime, zone: tzinfo) -> str:
    entry = digest.verified
    if entry is None:
        return "No verification is on the record. manage.py audit_digest --verify puts one there."
    last = int(entry.parameters["last"])
    return f"Verified up to link {last:,}, at {formats.moment(entry.at, zone, now=now)} ({entry.receipt})."


def _table(title: str, one: str, lines: tuple[Line, ...], days: dict[str, str], key: str) -> DigestTable:
    shown = lines[:MOST]
    more = lines[MOST:]
    return DigestTable(
        title=title,
        head=(*(name for name, _, _ in _COLUMNS), *_ENDS),
        rows=tuple(DigestRow(_name(line), audit_url({key: line.key, **days}), _cells(line)) for line in shown),
        more=(
            f"{formats.plural(len(more), f'more {one}', f'more {title.lower()}')} with "
            f"{formats.plural(sum(line.number for line in more), 'entry', 'entries')} are not listed."
            if more
            else ""
        ),
    )


def _name(line: Line) -> str:
    name = plain(line.name) or formats.short_id(line.key) or "nobody signed in"
    return f"{name}, {line.account}" if line.account else name


def _cells(line: Line) -> tuple[str, ...]:
    counted = (
        sum((line.messages if of_messages else line.acts).get(action, 0) for action in actions)
        for _, actions, of_messages in _COLUMNS
    )
    not_ok = line.outcomes.get(Outcome.REFUSED, 0) + line.outcomes.get(Outcome.FAILED, 0)
    return tuple(f"{number:,}" for number in (*counted, not_ok, line.outcomes.get(Outcome.UNKNOWN, 0)))


def _aligned(table: DigestTable) -> list[str]:
    if not table.rows:
        return ["none"]
    lines = [("", *table.head), *((row.name[:_NAME_LENGTH], *row.cells) for row in table.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]


def _url(week: Week) -> str:
    return f"{reverse('audit_digest')}?week={week}"
