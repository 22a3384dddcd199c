"""The messages of a receipt: what became of each, as long as its lease or its deletion is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from queues_app import formats
from queues_app.models import AuditEntry, Deletion, DeletionState, Lease, LeaseState
from queues_app.rows import deleting

_DELETED: Final = {
    DeletionState.DELETED: ("check", "is-ok", "deleted"),
    DeletionState.SKIPPED: ("stuck", "is-price", "skipped"),
    DeletionState.UNKNOWN: ("unknown", "", "unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One message of a receipt, with what became of it where that is still known."""

    message_id: str
    short_id: str
    answer: str
    icon: str
    tone: str
    warning: str
    attempts: str = ""
    # What was found on looking again after a deletion.
    seen: str = ""
    seen_icon: str = ""
    seen_tone: str = ""


def of_leases(entry: AuditEntry, leases: Sequence[Lease]) -> tuple[MessageLine, ...]:
    """The messages of an entry, with the answer to each where its lease is still kept."""
    known = {lease.message_id: lease for lease in leases}
    lines = []
    for message_id in entry.message_ids:
        lease = known.get(message_id)
        state = lease.state if lease is not None else ""
        icon, tone, answer = {
            LeaseState.ACKED: ("check", "is-ok", "accepted"),
            LeaseState.RETRIED: ("check", "is-ok", "accepted"),
            LeaseState.SKIPPED: ("stuck", "is-price", "skipped"),
            LeaseState.UNKNOWN: ("unknown", "", "unknown"),
        }.get(LeaseState(state) if state else LeaseState.HELD, ("", "", ""))
        lines.append(
            MessageLine(
                message_id=message_id,
                short_id=formats.short_id(message_id),
                attempts=_attempts(lease),
                answer=answer,
                icon=icon,
                tone=tone,
                warning=lease.warning if lease is not None else "",
            )
        )
    return tuple(lines)


def _attempts(lease: Lease | None) -> str:
    if lease is None or lease.attempts is None:
        return ""
    return f"{lease.attempts:,}" if lease.max_retries is None else f"{lease.attempts:,} / {lease.max_retries:,}"


def of_deletions(deletions: Sequence[Deletion], now: datetime, zone: tzinfo) -> tuple[MessageLine, ...]:
    """The messages of a deletion, with the answer to each and what was found on looking again."""
    lines = []
    for deletion in deletions:
        icon, tone, answer = _DELETED[DeletionState(deletion.state)]
        if deleting.was_gone(deletion):
            answer = deleting.WAS_GONE
        seen_icon, seen_tone, seen = deleting.seen_words(deletion, zone, now)
        lines.append(
            MessageLine(
                message_id=deletion.message_id,
                short_id=formats.short_id(deletion.message_id),
                answer=answer,
                icon=icon,
                tone=tone,
                warning=deletion.warning,
                seen=seen,
                seen_icon=seen_icon,
                seen_tone=seen_tone,
            )
        )
    return tuple(lines)
