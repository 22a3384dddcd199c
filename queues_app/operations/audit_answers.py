"""Answers that the audit gives: who looked at a queue, what a person did, what happened to a message.

Each reads a bounded number of entries, by an index and newest first, and says how far back it read when there are more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import connection

from queues_app.models import Action, AuditedMessage, AuditEntry, Outcome, User
from queues_app.operations import history
from queues_app.operations.audit_streams import Filter, Narrow

# Entries that one answer reads, at most.
READ: Final = 10_000
# Entries about one message that are shown, and that are looked at from either end for those that the reader may see.
OF_MESSAGE: Final = 200
# Queues that can be chosen from.
QUEUES: Final = 500

LOOKS: Final = (
    Action.PEEK,
    Action.PULL,
    Action.OPEN_COPY,
    Action.REVEAL,
    Action.EXPORT,
    Action.EXPORT_MANY,
)
# From one queue to the next in the index, and then into it for the newest entry of each. OWN is for whoever does not
# see all.
_KNOWN_QUEUES: Final = """
WITH RECURSIVE queue(id) AS (
    SELECT (SELECT MIN(queue_id) FROM queues_app_auditentry WHERE OWN queue_id > '')
    UNION ALL
    SELECT (SELECT MIN(queue_id) FROM queues_app_auditentry WHERE OWN queue_id > queue.id)
    FROM queue WHERE id IS NOT NULL
)
SELECT
    id,
    (SELECT queue_name FROM queues_app_auditentry WHERE OWN queue_id = queue.id ORDER BY at DESC, id DESC LIMIT 1),
    (SELECT account_name FROM queues_app_auditentry WHERE OWN queue_id = queue.id ORDER BY at DESC, id DESC LIMIT 1)
FROM queue WHERE id IS NOT NULL LIMIT %s
"""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was counted of one person, or of one kind of act. `messages` counts one that was seen twice twice.

    What watches did by themselves is counted apart from what their owners did.
    """

    name: str
    last: datetime
    is_by_watch: bool = False
    number: int = 0
    messages: int = 0
    not_ok: int = 0
    unknown: int = 0
    by_action: dict[str, int] = field(default_factory=dict)
    queues: set[str] = field(default_factory=set)

    def add(self, row: Narrow) -> None:
        """Count an entry. What was refused or failed showed and did nothing; what is unknown may have."""
        self.number += 1
        if row.queue_id:
            self.queues.add(row.queue_id)
        if row.outcome in (Outcome.REFUSED, Outcome.FAILED):
            self.not_ok += 1
            return
        if row.outcome == Outcome.UNKNOWN:
            self.unknown += 1
        self.by_action[row.action] = self.by_action.get(row.action, 0) + 1
        self.messages += row.message_count or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """The latest first. `back_to` is how far was read where there is more, else None."""

    rows: tuple[Tally, ...]
    back_to: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened to a message: `entries` newest first, and the very first one, which is perhaps not among them."""

    entries: tuple[AuditEntry, ...]
    first: AuditEntry | None
    has_more: bool


@dataclass(frozen=True, slots=True)
class KnownQueue:
    """A queue that the audit tells of, as it was called in its newest entry."""

    queue_id: str
    name: str
    account: str


def looked(*, user: User, queue_id: str, since: datetime, before_day: datetime) -> Tallies:
    """Who looked at messages of a queue, each person once."""
    chosen = Filter(actions=LOOKS, queue_id=queue_id, since=since, before_day=before_day)
    return _tallied(user, chosen, by_person=True)


def did(*, user: User, who: str, since: datetime | None, before_day: datetime | None) -> Tallies:
    """What a person did, each kind of act once."""
    return _tallied(user, Filter(who=who, since=since, before_day=before_day), by_person=False)


def story(*, user: User, message_id: str) -> Story:
    """What happened to a message, of what this person may see."""
    noted = AuditedMessage.objects.filter(message_id=message_id)
    newest = _visible(user, noted.order_by("-at", "-entry_id").values_list("entry_id", flat=True)[: OF_MESSAGE + 1])
    oldest = _visible(user, noted.order_by("at", "entry_id").values_list("entry_id", flat=True)[:OF_MESSAGE])
    return Story(
        entries=tuple(newest[:OF_MESSAGE]),
        first=oldest[-1] if oldest else None,
        has_more=len(newest) > OF_MESSAGE,
    )


def queues(user: User) -> list[KnownQueue]:
    """The queues that entries which this person may see are about; one step of an index for each."""
    is_own = not history.sees_all(user)
    statement = _KNOWN_QUEUES.replace("OWN", "user_id = %s AND" if is_own else "")
    with connection.cursor() as cursor:
        cursor.execute(statement, [*([user.pk] * 4 if is_own else []), QUEUES])
        found = [KnownQueue(*row) for row in cursor.fetchall()]
    return sorted(found, key=lambda queue: (queue.name or queue.queue_id, queue.account))


def _tallied(user: User, chosen: Filter, *, by_person: bool) -> Tallies:
    reading = history.reading(user, chosen, at_most=READ)
    found: dict[tuple[str, bool], Tally] = {}
    for row in reading.narrow():
        key = (row.user_name if by_person else row.action, row.is_by_watch)
        found.setdefault(key, Tally(name=key[0], is_by_watch=key[1], last=row.at)).add(row)
    return Tallies(rows=tuple(found.values()), back_to=reading.reached.at if reading.reached else None)


def _visible(user: User, numbers: Iterable[int]) -> list[AuditEntry]:
    found = history.visible(user).defer("message_ids").filter(pk__in=list(numbers))
    return list(found.order_by("-at", "-pk"))
