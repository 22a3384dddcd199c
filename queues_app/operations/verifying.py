"""Verify the audit: whether each entry, each link and the end of the chain are what Queuescope wrote.

Reads only, a few thousand rows at a time, in the order in which entries were bound.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime

from django.db import connection
from django.db.models import Exists, Max, OuterRef

from queues_app import chain, guards, vault
from queues_app.expected import ExpectedError
from queues_app.models import AuditEntry, AuditHead, AuditLink, AuditPending, AuditPruned
from queues_app.operations import notes
from queues_app.operations.checkpoints import Checkpoint
from queues_app.operations.notes import NoteChangedError
from queues_app.operations.verdicts import AT_ONCE, Verdict, Walk, chunks, of


class NoSuchPlaceError(ExpectedError):
    """What was asked for begins after it ends, or after the chain does."""

    sentence = "Nothing of the audit is bound in this range."
    reason = "audit-no-such-place"


class CheckpointPrunedError(ExpectedError):
    """The link that the checkpoint is about is in the archive alone."""

    sentence = "What this checkpoint is about was pruned: verify its archive against it, with --archive."
    reason = "audit-checkpoint-pruned"


def verify(
    *,
    first: int | None = None,
    last: int | None = None,
    against: Checkpoint | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verdict:
    """Verify the links from position `first` to `last`, and with neither also that nothing is missing beside them.

    `progress` is told how many of how many links are read.

    Raises NoSuchPlaceError, CheckpointPrunedError, KeysUnusableError.
    """
    whole = first is None and last is None
    verdict = Verdict(first=1, last=0)
    mark = _mark(verdict)
    # The head before the links: what is bound meanwhile is not missed at the end.
    head = AuditHead.objects.first()
    end = AuditLink.objects.aggregate(last=Max("position"))["last"] or 0
    verdict.pruned_to = mark.position if mark else 0
    verdict.first = max(1 if first is None else first, verdict.pruned_to + 1)
    verdict.last = min(end, end if last is None else last)
    if not whole and verdict.last < verdict.first:
        raise NoSuchPlaceError
    _verify_links(verdict, mark, progress)
    if whole:
        _verify_notes(verdict, mark)
        _verify_head(verdict, head, _moved(mark))
        _verify_unbound(verdict)
        _verify_never_bound(verdict)
        _verify_guards(verdict)
    if against is not None:
        _verify_checkpoint(verdict, against, mark)
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


def _mark(verdict: Verdict) -> AuditPruned | None:
    """Where the chain begins now. One that nobody signed is no mark, so that what it hides is missed."""
    try:
        return notes.pruned()
    except NoteChangedError:
        verdict.add("the mark of what was pruned was changed: entries may have been removed by other hands")
    except vault.SigningKeyGoneError as gone:
        verdict.add(f"the mark of what was pruned cannot be verified: it was signed with a key {of(gone)}")
    return None


def _verify_links(verdict: Verdict, mark: AuditPruned | None, progress: Callable[[int, int], None]) -> None:
    walk: Walk | None = None
    for chunk in chunks(verdict.first, verdict.last):
        walk = walk or Walk(
            verdict=verdict,
            position=verdict.first,
            before=notes.link_signature(verdict.first - 1, mark),
            began_at=notes.began_at(mark),
        )
        # What was pruned while it was read is not missing.
        mark = _moved(mark)
        if mark is not None and mark.position >= walk.position:
            walk.position, walk.before = mark.position + 1, mark.link_signature
        for link, entry in chunk:
            if link.position >= walk.position:
                walk.take(link, entry)
        progress(verdict.links, verdict.last - verdict.first + 1)


def _moved(mark: AuditPruned | None) -> AuditPruned | None:
    with suppress(NoteChangedError, vault.SigningKeyGoneError):
        return notes.pruned()
    return mark


def _verify_notes(verdict: Verdict, mark: AuditPruned | None) -> None:
    """Archives and legal holds are as they were noted, and nothing stands below the mark."""
    for flaws in (notes.flaws_of_archives(mark), notes.flaws_of_holds(mark)):
        try:
            for sentence in flaws:
                verdict.add(sentence)
        except vault.SigningKeyGoneError as gone:
            verdict.add(f"a note cannot be verified: it was signed with a key {of(gone)}")
    if mark is not None:
        below = AuditLink.objects.filter(position__lte=mark.position).order_by("position").first()
        if below is not None:
            verdict.add("its link stands where the chain was pruned: it was put in", below.entry_id)


def _verify_head(verdict: Verdict, head: AuditHead | None, mark: AuditPruned | None) -> None:
    if head is None:
        if verdict.links:
            verdict.add("the head of the chain was removed: its end may have been cut off")
        return
    if head.position == 0:
        return
    if mark is not None and head.position <= mark.position:
        # Pruning leaves the link of the head. What it ended with went meanwhile, and it moved; or it was put back.
        if not AuditHead.objects.filter(position__gt=mark.position).exists():
            verdict.add("the head of the chain is from before the last pruning: its end may have been cut off")
        return
    try:
        if not chain.is_head_signed(head.signature, head.position, head.link_signature):
            verdict.add("the head of the chain was changed")
            return
    except vault.SigningKeyGoneError as gone:
        verdict.add(f"the head of the chain cannot be verified: it was signed with a key {of(gone)}")
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
                verdict.is_changed(vars(entry))


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
    """Each guard stands, on its table, and is not switched off."""
    asked = {
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
        # Those of other schemas may have the same names.
        "postgresql": "SELECT trigger.tgname, place.relname FROM pg_trigger AS trigger "
        "JOIN pg_class AS place ON place.oid = trigger.tgrelid "
        "WHERE trigger.tgenabled IN ('O', 'A') AND pg_table_is_visible(place.oid)",
    }
    with connection.cursor() as cursor:
        cursor.execute(asked[connection.vendor])
        there = set(cursor.fetchall())
    for name, table in guards.NAMES[connection.vendor].items():
        if (name, table) not in there:
            costs = "what is written is not noted" if name in guards.NOTING else "entries can be changed or removed"
            verdict.add(f"the database's guard {name} is gone: {costs}")


def _verify_checkpoint(verdict: Verdict, against: Checkpoint, mark: AuditPruned | None) -> None:
    if not against.is_ours():
        verdict.add("the checkpoint was not made by this deployment, or was changed")
        return
    if mark is not None and against.position < mark.position:
        raise CheckpointPrunedError
    signature = notes.link_signature(against.position, mark)
    if not signature:
        verdict.add(
            f"the end of the audit was cut off: on {against.made_at} it had {against.position:,} links, "
            f"and has {verdict.last:,}"
        )
    elif signature != against.link_signature:
        verdict.add(f"the audit was written anew: on {against.made_at} another link stood at {against.position:,}")
