"""What was done to a queue, of what the audit holds: in a time, and what paused it."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from queues_app.audit import Caller
from queues_app.charts import Span
from queues_app.models import Account, Action, AuditEntry, Outcome
from queues_app.operations import allowed, history, known_queues, queues, receipts
from queues_app.operations.audit_streams import Filter, Reading

# What changes a queue, and so what everybody meets who works on it.
CHANGES: Final = (Action.EMPTY, *receipts.OF_SETTINGS)
# What changes a backlog, or who works on it.
ACTS: Final = (Action.PULL, Action.ACK, Action.RETRY, Action.DELETE, Action.SEND, *CHANGES)
MOST_ACTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What was done in a time, newest first; only the newest where there `is_more`.

    `open_to_all` are the numbers of those that the person meets here alone, and cannot open in the audit.
    """

    entries: Sequence[AuditEntry]
    is_more: bool
    open_to_all: frozenset[int] = frozenset()


def during(*, caller: Caller, account: Account, queue_id: str, span: Span) -> Acts:
    """The acts that the person may see in the audit, and everybody's changes of a queue that they may see.

    Refused ones did nothing, and are left out.

    Raises NotAllowedError.
    """
    queues.require_queue(caller=caller, account=account, queue_id=queue_id)
    user = allowed.signed_in(caller)
    chosen = Filter(actions=ACTS, queue_id=queue_id, since=span.since, before_day=span.until)
    readings = [history.reading(user, chosen)]
    if not history.sees_all(user):
        # What others did with own credentials, too.
        readings.append(Reading(chosen, own=None, lender=user.pk))
    found = {entry.pk: entry for reading in readings for entry in itertools.islice(_done(reading), MOST_ACTS + 1)}
    open_to_all: frozenset[int] = frozenset()
    if not history.sees_all(user) and _is_known(account, queue_id):
        changes = Reading(replace(chosen, actions=CHANGES), own=None)
        readings.append(changes)
        done = itertools.islice(_here(account, _done(changes)), MOST_ACTS + 1)
        others = {entry.pk: entry for entry in done if entry.pk not in found}
        open_to_all = frozenset(others)
        found |= others
    newest = sorted(found.values(), key=lambda entry: (entry.at, entry.pk), reverse=True)
    is_more = len(newest) > MOST_ACTS or any(reading.reached for reading in readings)
    return Acts(entries=newest[:MOST_ACTS], is_more=is_more, open_to_all=open_to_all)


def paused_by(*, account: Account, queue_id: str) -> AuditEntry | None:
    """The pause of a queue that is paused now, which the caller has just read; None where it was not done here."""
    chosen = Filter(actions=(Action.PAUSE, Action.RESUME), queue_id=queue_id, outcome=Outcome.OK)
    last = next(_here(account, Reading(chosen, own=None).entries()), None)
    return last if last is not None and last.action == Action.PAUSE else None


def _is_known(account: Account, queue_id: str) -> bool:
    """Whether this credential was shown the queue: an id in an address is no leave to see what was done to it."""
    return known_queues.remembered_queue(account=account, queue_id=queue_id) is not None


def _here(account: Account, entries: Iterator[AuditEntry]) -> Iterator[AuditEntry]:
    return (entry for entry in entries if entry.account_id == account.account_id)


def _done(reading: Reading) -> Iterator[AuditEntry]:
    return (entry for entry in reading.entries() if entry.outcome != Outcome.REFUSED)
