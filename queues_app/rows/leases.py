"""What stands in the lease column: a countdown while the lease is held, a word when it is over."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from queues_app import formats
from queues_app.models import Batch, Lease, LeaseState, User
from queues_app.operations.lease_rows import PERHAPS_SETTLED, is_in_doubt

_WORDS = {
    LeaseState.ACKED: ("check", "is-ok"),
    LeaseState.RETRIED: ("retry", ""),
    LeaseState.SKIPPED: ("stuck", "is-price"),
    LeaseState.UNKNOWN: ("unknown", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseCell:
    """`word` is set once the lease is over; until then the times are: milliseconds for the script, text for people."""

    word: str = ""
    icon: str = ""
    tone: str = ""
    why: str = ""
    until_ms: int = 0
    total_ms: int = 0
    left_s: float = 0
    total_s: float = 0
    left: str = ""
    until: str = ""
    # The word that the script puts when the time is over.
    lapsed: str = ""
    owner: str = "you"
    is_mine: bool = True
    # Acknowledged: the message left the queue.
    is_gone: bool = False
    # What came of settling it is unknown and its time is not over: it can be tried again.
    is_in_doubt: bool = False

    @property
    def is_held(self) -> bool:
        return not self.word

    @property
    def is_open(self) -> bool:
        """Whether its holder can still do something with it."""
        return (self.is_held or self.is_in_doubt) and self.is_mine


def lease_cells(batch: Batch, *, reader: User, zone: tzinfo, now: datetime) -> dict[int, LeaseCell]:
    """The lease of each position of a pulled batch that was leased."""
    leases = batch.leases.defer("sealed_lease_id").order_by("position")
    others = {lease.holder_id for lease in leases} - {reader.pk}
    # Asked once: joined, the same person would be made anew for each of a hundred.
    names = dict(User.objects.filter(pk__in=others).values_list("pk", "username")) if others else {}
    # Leases of one pull mostly stand alike, and so do their cells.
    made: dict[tuple[object, ...], LeaseCell] = {}
    cells = {}
    for lease in leases:
        stands = (
            lease.state,
            lease.expires_at,
            lease.visibility_timeout_ms,
            lease.warning,
            lease.settled_at,
            lease.holder_id,
        )
        if stands not in made:
            made[stands] = lease_cell(lease, zone=zone, now=now, owner=names.get(lease.holder_id, ""))
        cells[lease.position] = made[stands]
    return cells


def lease_cell(lease: Lease, *, zone: tzinfo, now: datetime, owner: str = "") -> LeaseCell:
    """One lease, as it stands now by our clock and by what was settled here. `owner` names a colleague who holds it."""
    until = formats.moment_or_clock(lease.expires_at, zone, now=now)
    lapsed = f"lapsed {until}"
    if lease.state != LeaseState.HELD:
        icon, tone = _WORDS[LeaseState(lease.state)]
        return LeaseCell(
            word=lease.get_state_display(),
            icon=icon,
            tone=tone,
            why="" if lease.warning == PERHAPS_SETTLED else lease.warning,
            until=until,
            lapsed=lapsed,
            is_gone=lease.state == LeaseState.ACKED,
            is_in_doubt=is_in_doubt(lease, now),
            is_mine=not owner,
        )
    left_s = (lease.expires_at - now).total_seconds()
    if left_s <= 0:
        return LeaseCell(word=lapsed, until=until, lapsed=lapsed)
    total_ms = lease.visibility_timeout_ms or round(left_s * 1000)
    return LeaseCell(
        until_ms=formats.epoch_ms(lease.expires_at),
        total_ms=total_ms,
        left_s=left_s,
        total_s=total_ms / 1000,
        left=formats.timer(left_s),
        until=until,
        lapsed=lapsed,
        why=lease.warning,
        owner=owner or "you",
        is_mine=not owner,
    )


def colleague(lease: Lease, reader: User) -> str:
    """Who holds it, by name; empty for the reader."""
    return "" if lease.holder_id == reader.pk else lease.holder.get_username()
