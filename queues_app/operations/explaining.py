"""Explain an outcome that stayed unknown, on the record: an entry of its own, which names the other one.

What it explains is never changed. Whoever sees an entry sees what explains it.
"""

import itertools
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from django.utils import timezone

from queues_app import audit
from queues_app.access import Permission
from queues_app.audit import Caller, Subject
from queues_app.expected import ExpectedError
from queues_app.models import Action, AuditEntry, AuditExplanation, Outcome, User
from queues_app.operations import allowed, history
from queues_app.operations.audit_streams import Filter, Place
from queues_app.operations.history import Page, Run
from queues_app.operations.receipts import LONGEST_REQUEST

LONGEST_SENTENCE: Final = audit.REMARK_LENGTH
_ON_A_PAGE: Final = 50


class NothingToExplainError(ExpectedError):
    """What became of it is known, or may be in a moment. Nothing was written beside that."""

    sentence = "Only an outcome that stayed unknown is explained; this one is known, or still under way."
    reason = "nothing-to-explain"
    http_status = HTTPStatus.CONFLICT
    is_refusal = True


def is_open_question(entry: AuditEntry, *, now: datetime) -> bool:
    """Whether the outcome of this entry stayed unknown: no request that is still under way writes its end."""
    return entry.outcome == Outcome.UNKNOWN and (entry.is_complete or entry.at < now - LONGEST_REQUEST)


def require(*, caller: Caller, entry: AuditEntry) -> None:
    """Raise NotAllowedError, after recording the refused attempt, unless the caller may explain outcomes."""
    allowed.require(
        caller,
        Permission.EXPLAIN_AUDIT,
        action=Action.EXPLAIN,
        subject=_subject(entry),
        parameters=_parameters(entry),
    )


def explain(*, caller: Caller, entry: AuditEntry, sentence: str, intent: uuid.UUID) -> AuditEntry:
    """Say what is known of an entry that the caller may see. Several may explain the same one.

    Raises NotAllowedError, NothingToExplainError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError.
    """
    require(caller=caller, entry=entry)
    with audit.record(
        caller=caller, action=Action.EXPLAIN, subject=_subject(entry), parameters=_parameters(entry), intent=intent
    ) as record:
        if not is_open_question(entry, now=timezone.now()):
            raise NothingToExplainError
        link = AuditExplanation(entry_id=entry.pk, explained_in=record.entry.pk)
        audit.carry_out(record, lambda: link.save(force_insert=True), sentence)
    return record.entry


def explanations(entries: Iterable[AuditEntry]) -> Mapping[int, list[AuditEntry]]:
    """The entries that explain each of these, by its number, oldest first; nothing for those that none explains."""
    links = AuditExplanation.objects.filter(entry_id__in=[entry.pk for entry in entries]).order_by("explained_in")
    pairs = list(links.values_list("entry_id", "explained_in"))
    known = AuditEntry.objects.in_bulk([explained_in for _, explained_in in pairs])
    found: dict[int, list[AuditEntry]] = {}
    for number, explained_in in pairs:
        one = known.get(explained_in)
        # The link is a look-up only: what counts is the entry, which is signed.
        if one is not None and _explains(one, number):
            found.setdefault(number, []).append(one)
    return found


def unexplained(*, user: User, before: Place | None, now: datetime) -> Page:
    """A page of those that stayed unknown and that nobody explained, newest first; bounded as each page of the log."""
    reading = history.reading(user, Filter(outcome=Outcome.UNKNOWN), before=before)
    runs: list[Run] = []
    for entries in itertools.batched(reading.entries(), _ON_A_PAGE):
        explained = explanations(entries)
        for entry in entries:
            if len(runs) == _ON_A_PAGE:
                last = runs[-1].entries[0]
                return Page(runs=tuple(runs), last=Place(last.at, last.pk), gave_up=False)
            if entry.pk not in explained and is_open_question(entry, now=now):
                runs.append(Run(entries=(entry,)))
    return Page(runs=tuple(runs), last=reading.reached, gave_up=reading.reached is not None)


def _explains(entry: AuditEntry, number: int) -> bool:
    is_so = entry.action == Action.EXPLAIN and entry.outcome == Outcome.OK
    return is_so and entry.parameters == {"explains": number}


def _parameters(entry: AuditEntry) -> dict[str, Any]:
    return {"explains": entry.pk}


def _subject(entry: AuditEntry) -> Subject:
    """The same queue, so that its filter shows the explanation too."""
    return Subject(queue_id=entry.queue_id, queue_name=entry.queue_name)
