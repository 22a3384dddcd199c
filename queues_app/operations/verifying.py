"""Verify the audit: whether each entry, each link and the end of the chain are what Queuescope wrote.

Reads only, a few thousand rows at a time, in the order in which entries were bound.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, Max, Min, OuterRef

from queues_app import chain, vault
from queues_app.expected import ExpectedError
from queues_app.models import AuditEntry, AuditHead, AuditLink, AuditPending
from queues_app.operations.checkpoints import Checkpoint

AT_ONCE: Final = 2_000
# After the first link, entries without a signature may still come from a version of before that runs beside this one.
UPGRADE: Final = timedelta(days=1)

# The guards that the database must have (migrations/_audit_guards.py), those that both databases know.
GUARDS: Final = (
    "audit_entry_closed",
    "audit_entry_kept",
    "audit_head_forward",
    "audit_head_kept",
    "audit_link_final",
    "audit_link_kept",
    "audit_message_final",
    "audit_message_kept",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as Queuescope left it. `receipt` is empty where it is about no entry."""

    receipt: str
    sentence: str


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What was read and what was found of it; `findings` holds the first ones, `found` counts all."""

    first: int
    last: int
    links: int = 0
    unsigned: int = 0
    pending: int = 0
    pending_since: datetime | None = None
    open: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, sentence: str, entry_id: int | None = None) -> None:
        self.found += 1
        if len(self.findings) < _TOLD:
            self.findings.append(Finding(receipt="" if entry_id is None else f"R-{entry_id}", sentence=sentence))


_TOLD: Final = 20


class NoSuchPlaceError(ExpectedError):
    """What was asked for begins after it ends, or after the chain does."""

    sentence = "Nothing of the audit is bound in this range."
    reason = "audit-no-such-place"


def verify(
    *,
    first: int | None = None,
    last: int | None = None,
    against: Checkpoint | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verdict:
    """Verify the links from position `first` to `last`, and with neither also that nothing is missing beside them.

    `progress` is told how many of how many links are read.

    Raises NoSuchPlaceError, KeysUnusableError.
    """
    whole = first is None and last is None
    start = 1 if first is None else first
    ends = AuditLink.objects.aggregate(first=Min("position"), last=Max("position"))
    # The head before the links: what is bound meanwhile is not missed at the end.
    head = AuditHead.objects.first()
    verdict = Verdict(first=start, last=min(ends["last"] or 0, last if last is not None else ends["last"] or 0))
    if not whole and verdict.last < start:
        raise NoSuchPlaceError
    _verify_links(verdict, progress)
    if whole:
        _verify_head(verdict, head)
        _verify_unbound(verdict)
        _verify_never_bound(verdict)
        _verify_guards(verdict)
    if against is not None:
        _verify_checkpoint(verdict, against)
    return verdict


def position_at(moment: datetime) -> int:
    """The position of the first link that was bound then or later: one after the last where there is none."""
    # Links are bound in the order of their positions, so that time grows with them: halve until it is found.
    low, high = 1, (AuditLink.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        link = AuditLink.objects.filter(position__gte=middle).order_by("position").first()
        if link is None or link.bound_at >= moment:
            high = middle
        else:
            low = middle + 1
    return low


def _verify_links(verdict: Verdict, progress: Callable[[int, int], None]) -> None:
    before = ""
    if verdict.first > 1:
        link_before = AuditLink.objects.filter(position=verdict.first - 1).first()
        before = link_before.signature if link_before else ""
    expected = verdict.first
    bare_until: datetime | None = None
    for links in _links(verdict.first, verdict.last):
        entries = {
            entry["id"]: entry for entry in AuditEntry.objects.filter(pk__in=[link.entry_id for link in links]).values()
        }
        for link in links:
            if bare_until is None:
                bare_until = _first_bound_at() + UPGRADE
            if link.position != expected:
                verdict.add(_missing(expected, link.position - 1), link.entry_id)
            _verify_link(verdict, link, entries.get(link.entry_id), before=before, bare_until=bare_until)
            before, expected = link.signature, link.position + 1
        verdict.links += len(links)
        progress(verdict.links, verdict.last - verdict.first + 1)


def _links(first: int, last: int) -> Iterator[list[AuditLink]]:
    while links := list(AuditLink.objects.filter(position__gte=first, position__lte=last)[:AT_ONCE]):
        yield links
        first = links[-1].position + 1


def _first_bound_at() -> datetime:
    return AuditLink.objects.order_by("position").values_list("bound_at", flat=True)[0]


def _missing(first: int, last: int) -> str:
    where = f"link {first} is" if first == last else f"links {first} to {last} are"
    return f"{where} missing from the chain just before this entry's: what they bound was removed"


def _verify_link(
    verdict: Verdict, link: AuditLink, entry: Mapping[str, Any] | None, *, before: str, bare_until: datetime
) -> None:
    if entry is None:
        verdict.add("the entry was removed", link.entry_id)
        return
    if link.is_open:
        bound = chain.bound_open(entry)
    else:
        bound = chain.bound_complete(entry)
        if _is_changed(verdict, entry):
            return
        if not entry["signature"]:
            verdict.unsigned += 1
            if link.bound_at > bare_until:
                verdict.add(
                    "the entry has no signature: Queuescope did not write it, or it was taken away", entry["id"]
                )
                return
    try:
        is_sound = chain.is_link_signed(
            link.signature, before=before, position=link.position, bound_at=link.bound_at, bound=bound
        )
    except vault.SigningKeyGoneError as gone:
        verdict.add(f"its link cannot be verified: it was signed with a key {_of(gone)}", link.entry_id)
        return
    if not is_sound:
        verdict.add(
            f"the entry is not what link {link.position} bound: it, the link or their order was changed", link.entry_id
        )


def _is_changed(verdict: Verdict, entry: Mapping[str, Any]) -> bool:
    """Whether a complete entry is not what was signed; said so."""
    if not entry["signature"]:
        return False
    try:
        if chain.is_entry_signed(entry):
            return False
        verdict.add("the entry was changed after it was completed", entry["id"])
    except vault.SigningKeyGoneError as gone:
        verdict.add(f"the entry cannot be verified: it was signed with a key {_of(gone)}", entry["id"])
    return True


def _of(gone: vault.SigningKeyGoneError) -> str:
    return f"({gone.name}) that this server does not have; put it back into AUDIT_KEYS"


def _verify_head(verdict: Verdict, head: AuditHead | None) -> None:
    if head is None:
        if verdict.links:
            verdict.add("the head of the chain was removed: its end may have been cut off")
        return
    if head.position == 0:
        return
    try:
        if not chain.is_head_signed(head.signature, head.position, head.link_signature):
            verdict.add("the head of the chain was changed")
            return
    except vault.SigningKeyGoneError as gone:
        verdict.add(f"the head of the chain cannot be verified: it was signed with a key {_of(gone)}")
        return
    if head.position > verdict.last:
        verdict.add(f"the end of the chain was cut off: it had {head.position:,} links and has {verdict.last:,}")
    elif not AuditLink.objects.filter(position=head.position, signature=head.link_signature).exists():
        verdict.add("the end of the chain is not what its head says")


def _verify_unbound(verdict: Verdict) -> None:
    """What is complete and not bound yet: each is signed; and whether all of them are still there."""
    for pendings in _pendings():
        entries = AuditEntry.objects.in_bulk([pending.pk for pending in pendings])
        for pending in pendings:
            entry = entries.get(pending.pk)
            if entry is None:
                verdict.add("the entry was removed before it was bound", pending.pk)
            elif entry.completed_at is None:
                verdict.open += 1
            else:
                verdict.pending += 1
                verdict.pending_since = min(verdict.pending_since or entry.completed_at, entry.completed_at)
                _is_changed(verdict, vars(entry))


def _pendings() -> Iterator[list[AuditPending]]:
    last = 0
    while pendings := list(AuditPending.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield pendings
        last = pendings[-1].pk


def _verify_never_bound(verdict: Verdict) -> None:
    bound = AuditLink.objects.filter(entry_id=OuterRef("pk"), is_open=False)
    left_open = AuditLink.objects.filter(entry_id=OuterRef("pk"), is_open=True)
    pending = AuditPending.objects.filter(entry_id=OuterRef("pk"))
    unbound = AuditEntry.objects.exclude(Exists(pending))
    for pk in (
        unbound.filter(completed_at__isnull=False).exclude(Exists(bound)).order_by("pk").values_list("pk", flat=True)
    ).iterator():
        verdict.add("the entry was never bound: it was put in, or taken from what is to be bound", pk)
    for pk in (
        unbound.filter(completed_at__isnull=True).exclude(Exists(left_open)).order_by("pk").values_list("pk", flat=True)
    ).iterator():
        verdict.add("the open entry was taken from what is to be bound", pk)


def _verify_guards(verdict: Verdict) -> None:
    asked = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O'",
    }
    with connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor])
        there = {row[0] for row in cursor.fetchall()}
    for name in GUARDS:
        if name not in there:
            verdict.add(f"the database's guard {name} is gone: entries can be changed or removed")


def _verify_checkpoint(verdict: Verdict, against: Checkpoint) -> None:
    if not against.is_ours():
        verdict.add("the checkpoint was not made by this deployment, or was changed")
        return
    link = AuditLink.objects.filter(position=against.position).first()
    if link is None:
        verdict.add(
            f"the end of the audit was cut off: on {against.made_at} it had {against.position:,} links, "
            f"and has {verdict.last:,}"
        )
    elif link.signature != against.link_signature:
        verdict.add(f"the audit was written anew: on {against.made_at} another link stood at {against.position:,}")
