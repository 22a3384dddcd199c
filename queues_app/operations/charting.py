"""What is known here of a queue over a time: its counts, and what was done to it."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from queues_app.access import Permission
from queues_app.audit import Caller
from queues_app.charts import Span
from queues_app.models import Account, Action, AuditEntry, Outcome, QueueSample, User
from queues_app.operations import allowed, history, queues, samples
from queues_app.operations.audit_streams import Filter, Reading

# What changes a backlog, or who works on it.
ACTS: Final = (
    Action.PULL,
    Action.DELETE,
    Action.EMPTY,
    Action.PAUSE,
    Action.RESUME,
    Action.CONSUMER_ADD,
    Action.CONSUMER_EDIT,
    Action.CONSUMER_REMOVE,
)
MOST_ACTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Samples oldest first; acts newest first, the newest of them if there `is_more`."""

    samples: Sequence[QueueSample]
    acts: Sequence[AuditEntry]
    is_more: bool


def known(*, caller: Caller, account: Account, queue_id: str, span: Span) -> Known:
    """The samples of this account row, and the acts that the person may see in the audit.

    Raises NotAllowedError.
    """
    subject = queues.subject_of(account, queue_id)
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=subject)
    found = samples.between(account=account, queue_ids=[queue_id], since=span.since, until=span.until)
    acts, is_more = _acts(allowed.signed_in(caller), queue_id, span)
    return Known(samples=found.get(queue_id, ()), acts=acts, is_more=is_more)


def _acts(user: User, queue_id: str, span: Span) -> tuple[list[AuditEntry], bool]:
    """Acts of the time, refused ones left out: they did nothing. What others did with own credentials, too."""
    chosen = Filter(actions=ACTS, queue_id=queue_id, since=span.since, before_day=span.until)
    readings = [history.reading(user, chosen)]
    if not history.sees_all(user):
        readings.append(Reading(chosen, own=None, lender=user.pk))
    found = {entry.pk: entry for reading in readings for entry in itertools.islice(_done(reading), MOST_ACTS + 1)}
    newest = sorted(found.values(), key=lambda entry: (entry.at, entry.pk), reverse=True)
    is_more = len(newest) > MOST_ACTS or any(reading.reached for reading in readings)
    return newest[:MOST_ACTS], is_more


def _done(reading: Reading) -> Iterator[AuditEntry]:
    return (entry for entry in reading.entries() if entry.outcome != Outcome.REFUSED)
