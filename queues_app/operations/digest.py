"""What happened in a week, added up by the database from the entries of that week alone."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from http import HTTPStatus
from typing import Any, Final, Self

from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q, Sum
from django.utils import timezone

from queues_app import audit
from queues_app.expected import ExpectedError
from queues_app.models import Action, AuditEntry, AuditHead, AuditLink, Outcome, User
from queues_app.models.audit import AuditQuerySet
from queues_app.operations import explaining, history, verifying
from queues_app.operations.people import CONSOLE
from queues_app.operations.verdicts import Verdict

# The newest verifications that are looked at for one that found nothing.
_VERIFICATIONS: Final = 20
_SUMS: Final = {"number": Count("pk"), "messages": Sum("message_count")}
# What a watch did by itself, in its owner's name, beside what people did (`Line.acts`).
WATCH_PEEK: Final = "peek by a watch"
_BY_WATCH: Final = ExpressionWrapper(Q(action=Action.PEEK, parameters__has_key="watch"), output_field=BooleanField())
# Unknown outcomes of the week that are looked at for those to be explained.
LOOKED_AT: Final = 500
_WEEK: Final = re.compile(r"(\d{4})-W(\d{2})")
_LEAST_YEAR: Final = 2000


class NoSuchWeekError(ExpectedError):
    """What was asked for is no week of any year."""

    sentence = "A week is written as 2026-W47: the year, and the number of the week in it as ISO 8601 counts."
    reason = "no-such-week"
    http_status = HTTPStatus.UNPROCESSABLE_ENTITY


class NotAsWrittenError(ExpectedError):
    """The audit is not as Queuescope wrote it."""

    reason = "audit-not-as-written"

    def __init__(self, verdict: Verdict) -> None:
        first = verdict.findings[0]
        where = f"{first.receipt}: " if first.receipt else ""
        super().__init__(
            f"Links {verdict.first:,} to {verdict.last:,} are not all as Queuescope wrote them: "
            f"{verdict.found:,} found. The first: {where}{first.sentence}"
        )


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday on."""

    monday: date

    @classmethod
    def read(cls, text: str) -> Self:
        """Of `2026-W47`.

        Raises NoSuchWeekError.
        """
        match = _WEEK.fullmatch(text)
        if match is None or int(match[1]) < _LEAST_YEAR:
            raise NoSuchWeekError
        try:
            monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            monday + timedelta(days=14)
        except (ValueError, OverflowError) as error:
            raise NoSuchWeekError from error
        return cls(monday)

    @classmethod
    def before(cls, today: date) -> Self:
        """The last one that is over."""
        return cls(today - timedelta(days=today.weekday() + 7))

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def last_day(self) -> date:
        return self.monday + timedelta(days=6)

    def moved(self, weeks: int) -> "Week":
        """As many weeks later."""
        return Week(self.monday + timedelta(weeks=weeks))

    def moments(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Its beginning, and that of the next."""
        first, next_one = self.monday, self.monday + timedelta(days=7)
        return datetime.combine(first, time.min, tzinfo=zone), datetime.combine(next_one, time.min, tzinfo=zone)


@dataclass(slots=True, kw_only=True)
class Line:
    """What was done at one queue, or by one person. `acts` and `messages` by what it was, of what was let and done."""

    key: str
    name: str
    account: str = ""
    number: int = 0
    # Of them, those of watches
    watched: int = 0
    acts: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a group of entries that are alike."""
        action = WATCH_PEEK if row["is_by_watch"] else row["action"]
        self.number += row["number"]
        self.watched += row["number"] if row["is_by_watch"] else 0
        self.outcomes[row["outcome"]] = self.outcomes.get(row["outcome"], 0) + row["number"]
        if row["outcome"] == Outcome.OK:
            self.acts[action] = self.acts.get(action, 0) + row["number"]
            self.messages[action] = self.messages.get(action, 0) + (row["messages"] or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A week of the audit, of what the reader may see. Those with the most entries, not of watches, stand first."""

    week: Week
    total: Line
    queues: tuple[Line, ...]
    people: tuple[Line, ...]
    to_explain: int
    to_explain_is_more: bool
    # How far the chain goes, and the entry of the newest verification.
    bound: int
    bound_at: datetime | None
    verified: AuditEntry | None


def of_week(week: Week, *, user: User | None, zone: tzinfo = UTC) -> Digest:
    """What happened in a week, as it began and ended in this zone. `user` is None for the console."""
    since, until = week.moments(zone)
    entries = _of(user).filter(at__gte=since, at__lt=until)
    people = _people(entries)
    total = Line(key="", name="")
    for person in people:
        total.number += person.number
        for outcome, number in person.outcomes.items():
            total.outcomes[outcome] = total.outcomes.get(outcome, 0) + number
    unknown = _unknown(entries)
    explained = explaining.explanations(unknown)
    link = AuditLink.objects.order_by("-position").first()
    head = AuditHead.objects.first()
    return Digest(
        week=week,
        total=total,
        queues=_queues(entries),
        people=people,
        to_explain=sum(entry.pk not in explained for entry in unknown),
        to_explain_is_more=len(unknown) == LOOKED_AT,
        bound=head.position if head is not None else 0,
        bound_at=link.bound_at if link is not None else None,
        verified=verified(),
    )


def verified() -> AuditEntry | None:
    """The newest verification that is on the record and found nothing."""
    found = AuditEntry.objects.filter(action=Action.AUDIT_VERIFY).order_by("-at", "-pk")[:_VERIFICATIONS]
    return next((entry for entry in found if entry.outcome == Outcome.OK), None)


def verify(*, progress: Callable[[int, int], None] = lambda done, total: None) -> AuditEntry | None:
    """Verify what was bound since the newest verification on the record, and put that on the record.

    Returns the newest verification: this one, or the one before where nothing was bound since.

    Raises NotAsWrittenError, KeysUnusableError, AuditUnavailableError, AuditNotClosedError.
    """
    before = verified()
    first = before.parameters["last"] + 1 if before is not None else 1
    last = AuditLink.objects.aggregate(last=Max("position"))["last"] or 0
    if last < first:
        return before
    parameters = {"first": first, "last": last}
    with audit.record(caller=CONSOLE, action=Action.AUDIT_VERIFY, parameters=parameters) as record:
        verdict = verifying.verify(first=first, last=last, progress=progress)
        if verdict.found:
            raise NotAsWrittenError(verdict)
        record.ok(remark=f"links {first:,} to {last:,} are as Queuescope wrote them")
    return record.entry


def _of(user: User | None) -> AuditQuerySet:
    entries = AuditEntry.objects.order_by()
    return entries if user is None or history.sees_all(user) else entries.filter(user_id=user.pk)


def _people(entries: AuditQuerySet) -> tuple[Line, ...]:
    found: dict[str, Line] = {}
    for row in (
        entries.annotate(is_by_watch=_BY_WATCH)
        .values("user_name", "action", "outcome", "is_by_watch")
        .annotate(**_SUMS)
    ):
        name = row["user_name"]
        found.setdefault(name, Line(key=name, name=name)).add(row)
    return _most_first(found)


def _queues(entries: AuditQuerySet) -> tuple[Line, ...]:
    """By the name that a queue had; one that was renamed in the week has the last name of the alphabet."""
    found: dict[str, Line] = {}
    rows = (
        entries.annotate(is_by_watch=_BY_WATCH)
        .exclude(queue_id="")
        .values("queue_id", "action", "outcome", "is_by_watch")
    )
    for row in rows.annotate(**_SUMS, name=Max("queue_name"), account=Max("account_name")):
        line = found.setdefault(row["queue_id"], Line(key=row["queue_id"], name=""))
        line.name, line.account = max(line.name, row["name"]), max(line.account, row["account"])
        line.add(row)
    return _most_first(found)


def _most_first(found: dict[str, Line]) -> tuple[Line, ...]:
    return tuple(sorted(found.values(), key=lambda line: (line.watched - line.number, line.name, line.key)))


def _unknown(entries: AuditQuerySet) -> list[AuditEntry]:
    now = timezone.now()
    newest = entries.filter(outcome=Outcome.UNKNOWN).order_by("-at", "-pk").defer("message_ids")[:LOOKED_AT]
    return [entry for entry in newest if explaining.is_open_question(entry, now=now)]
