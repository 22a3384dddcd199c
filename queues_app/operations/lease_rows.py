"""The rows of the ledger around a call: claimed before it leaves, given back or noted after it.

chosen, lease_ids = claim(numbers, now)        # those that can be sent are `unknown` from here
with given_back_unless_sent(held, …): …        # the call
skipped = note_settled(held, lease_ids, …)     # by the answer; the caller writes the rows
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from queues_app import vault
from queues_app.cloudflare import CloudflareError, Extended, Settled
from queues_app.expected import ExpectedError
from queues_app.models import Lease, LeaseState
from queues_app.operations.skipped import Skipped, reason

PERHAPS_EXTENDED: Final = "whether it was extended is unknown, so its old end counts"
PERHAPS_SETTLED: Final = "whether it was settled is unknown"


def why_not(lease: Lease, now: datetime) -> str:
    """Why a chosen lease was not sent; empty for one that could be."""
    if lease.state == LeaseState.UNKNOWN and not is_in_doubt(lease, now):
        return "it is being settled, or what came of that is unknown"
    if lease.state not in (LeaseState.HELD, LeaseState.UNKNOWN):
        return f"already {lease.get_state_display()}"
    if lease.expires_at <= now:
        return "its lease had lapsed"
    return "" if _lease_id(lease) else "its lease id is lost, so it comes back when its lease ends"


def is_in_doubt(lease: Lease, now: datetime) -> bool:
    """Whether what came of settling it stayed unknown, and its time is not over: to try again harms nothing then.

    A warning says that the call is over; without one it is over when no request can last as long.
    """
    if lease.state != LeaseState.UNKNOWN or lease.expires_at <= now:
        return False
    longest = timedelta(seconds=settings.WORKER_TIMEOUT)
    return bool(lease.warning) or lease.settled_at is None or lease.settled_at <= now - longest


def can_be_sent(lease: Lease, now: datetime) -> bool:
    """Whether a lease can be settled or extended as far as its row says; its lease id may be lost all the same."""
    return (lease.state == LeaseState.HELD and lease.expires_at > now) or is_in_doubt(lease, now)


def claim(numbers: Iterable[int], now: datetime) -> tuple[list[Lease], dict[int, str]]:
    """The chosen leases as they stood, and the lease ids of those that can be sent.

    Those are `unknown` from here until the answer is written down: a second form finds nothing to settle, and a
    process killed in the middle leaves the truth behind.
    """
    with transaction.atomic():
        chosen = list(Lease.objects.select_for_update().filter(pk__in=list(numbers)))
        lease_ids = {lease.pk: _lease_id(lease) for lease in chosen if not why_not(lease, now)}
        claimed = Lease.objects.filter(pk__in=lease_ids)
        # While it is tried again it is not in doubt, or a second form would send it too.
        claimed.filter(state=LeaseState.UNKNOWN).update(warning="")
        claimed.update(state=LeaseState.UNKNOWN, settled_at=now)
    for lease in chosen:
        if lease.pk in lease_ids:
            lease.settled_at = now
    return chosen, lease_ids


def _lease_id(lease: Lease) -> str:
    """The lease id; empty when it is lost, as with the key that sealed it."""
    if not lease.sealed_lease_id:
        return ""
    try:
        return vault.unseal(lease.sealed_lease_id).decode()
    except vault.CannotUnsealError:
        return ""


@contextmanager
def given_back_unless_sent(held: Sequence[Lease], *, old_end_counts: bool) -> Iterator[None]:
    """What surely did not reach the upstream leaves the leases as they were: held, or in doubt.

    `old_end_counts`: so does what may have reached it, as an extension, whose leases last until their old end at least.
    """
    doubtful = [lease for lease in held if lease.state == LeaseState.UNKNOWN]
    sure = [lease for lease in held if lease.state != LeaseState.UNKNOWN]
    try:
        yield
    except (CloudflareError, ExpectedError) as error:
        perhaps = isinstance(error, CloudflareError) and error.may_have_happened
        if old_end_counts and perhaps:
            _rows_of(sure).update(state=LeaseState.HELD, settled_at=None, warning=PERHAPS_EXTENDED)
        elif perhaps:
            _rows_of(sure).update(warning=PERHAPS_SETTLED)
        else:
            _rows_of(sure).update(state=LeaseState.HELD, settled_at=None)
        _rows_of(doubtful).update(warning=PERHAPS_SETTLED)
        raise


def _rows_of(leases: Sequence[Lease]) -> QuerySet[Lease]:
    return Lease.objects.filter(pk__in=[lease.pk for lease in leases])


def note_settled(
    held: Sequence[Lease], lease_ids: Mapping[int, str], settled: Settled, state: LeaseState, settled_by: str
) -> Iterator[Skipped]:
    """Set the state of each lease by its warning; those that were skipped."""
    for lease in held:
        lease.settled_by = settled_by
        lease.warning = _warning(settled.warnings, lease.pk, lease_ids)
        if lease.warning:
            lease.state = LeaseState.SKIPPED
            yield Skipped(message_id=lease.message_id, why=lease.warning.rstrip("."))
        else:
            lease.state = state


def note_extended(
    held: Sequence[Lease], lease_ids: Mapping[int, str], extended: Extended, left_at: datetime, timeout_ms: int
) -> Iterator[Skipped]:
    """Give each lease that was prolonged its new id and end; those that were not, or perhaps not.

    A message that the answer names on neither side, or on both, may have been prolonged or not.
    """
    new_ids = {message_id[:64]: lease_id for message_id, lease_id in extended.leases.items()}
    for lease in held:
        new_id = new_ids.get(lease.message_id, "")
        warning = _warning(extended.warnings, lease.pk, lease_ids)
        if bool(new_id) == bool(warning):
            if lease.state == LeaseState.UNKNOWN:
                lease.warning = PERHAPS_SETTLED
            else:
                lease.settled_at, lease.warning = None, PERHAPS_EXTENDED
            yield Skipped(message_id=lease.message_id, why=PERHAPS_EXTENDED)
        elif warning:
            lease.state, lease.warning = LeaseState.SKIPPED, warning
            yield Skipped(message_id=lease.message_id, why=warning.rstrip("."))
        else:
            lease.state, lease.settled_at, lease.warning = LeaseState.HELD, None, ""
            lease.sealed_lease_id = vault.seal(new_id.encode())
            lease.expires_at = left_at + timedelta(milliseconds=timeout_ms)
            lease.visibility_timeout_ms = timeout_ms
            lease.extensions += 1


def _warning(warnings: Mapping[str, str], number: int, lease_ids: Mapping[int, str]) -> str:
    """What is said against a lease; empty for nothing. It may repeat lease ids, which are kept nowhere but sealed."""
    warning = warnings.get(lease_ids[number])
    return "" if warning is None else reason(warning, lease_ids.values())
