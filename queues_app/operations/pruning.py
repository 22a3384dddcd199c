"""Delete the oldest entries of the audit: of the archived beginning of the chain, what is older than it is kept.

Each transaction moves the signed mark (`AuditPruned`) forward, which is what the database's guards let entries go by,
and deletes what is below it. So a run that is killed leaves a whole chain that begins later, and the next one goes on.
What a legal hold keeps is bound once more at the end of the chain, where it is missed like any other entry.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from queues_app import audit, chain
from queues_app.expected import ExpectedError
from queues_app.models import (
    Action,
    AuditArchive,
    AuditedMessage,
    AuditEntry,
    AuditExplanation,
    AuditHead,
    AuditHold,
    AuditLink,
    AuditPending,
    AuditPruned,
)
from queues_app.operations import archives, binding, forwarding, notes, verifying
from queues_app.operations.people import CONSOLE
from queues_app.operations.verdicts import Bound, Verdict, Walk, chunks

# Links of one transaction: with SQLite, others wait for it.
AT_ONCE: Final = 500


class NothingToPruneError(ExpectedError):
    """Nothing is old enough."""

    reason = "audit-nothing-to-prune"
    is_refusal = True

    def __init__(self, days: int) -> None:
        super().__init__(f"Nothing was bound more than {days:,} days ago, so nothing is deleted.")


class NotPrunedError(ExpectedError):
    """Nothing is deleted until something was put right."""

    reason = "audit-not-pruned"
    is_refusal = True


class FoundError(ExpectedError):
    """The chain is not as Queuescope wrote it: to delete on would delete the evidence."""

    reason = "audit-found"

    def __init__(self, verdict: Verdict, pruned: "Pruned") -> None:
        first = verdict.findings[0]
        super().__init__(
            f"{first.receipt}: {first.sentence}. {pruned} Look into it; to delete it all the same, "
            "say --past-findings: the archive keeps what there was of it."
        )


@dataclass(slots=True, kw_only=True)
class Pruned:
    """What went, or would."""

    entries: int = 0
    held: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    position: int = 0
    # Links that are as old, and in no archive yet, or not told to each destination yet.
    not_archived: int = 0
    not_forwarded: int = 0

    def add(self, going: Iterable[Mapping[str, Any]], held: int, position: int) -> None:
        for entry in going:
            self.entries += 1
            self.oldest = min(self.oldest or entry["at"], entry["at"])
            self.newest = max(self.newest or entry["at"], entry["at"])
        self.held += held
        self.position = position

    def __str__(self) -> str:
        span = f" of {self.oldest:%Y-%m-%d} to {self.newest:%Y-%m-%d}" if self.oldest and self.newest else ""
        parts = [f"{_entries(self.entries)}{span} deleted, up to link {self.position:,}."]
        if self.held:
            parts.append(f"{_entries(self.held)} under a legal hold stayed.")
        if self.not_archived:
            parts.append(f"{_links_are(self.not_archived)} as old and in no archive yet.")
        if self.not_forwarded:
            parts.append(f"{_links_are(self.not_forwarded)} as old and not forwarded everywhere yet.")
        return " ".join(parts)


@dataclass(slots=True, kw_only=True)
class _Step:
    """What becomes of the entries of some links."""

    verdict: Verdict
    last: AuditLink
    going: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    held: dict[int, Mapping[str, Any]] = field(default_factory=dict)


def prune(
    *,
    days: int,
    now: datetime,
    dry_run: bool = False,
    past_findings: bool = False,
    directory: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Pruned:
    """Delete what was bound more than so many days ago and is archived. A dry run only counts.

    With a directory, only when the archives of all that goes are there and sound.

    Raises NothingToPruneError, NotPrunedError, FoundError, NoteChangedError, AuditUnavailableError, VaultError.
    """
    before = now - timedelta(days=days)
    parameters = {"days": days, "bound_before": before.isoformat(timespec="seconds")}
    try:
        mark = notes.pruned()
        reach = _reach(mark, before, days, past_findings)
        _require_holds(mark)
        if directory is not None:
            _require_files(directory, mark, reach.last)
    except (NotPrunedError, notes.NoteChangedError) as why:
        audit.refuse(caller=CONSOLE, action=Action.PRUNE, why=why, parameters=parameters)
        raise
    pruned = Pruned(
        not_archived=reach.not_archived,
        not_forwarded=reach.not_forwarded,
        position=mark.position if mark else 0,
    )
    if dry_run:
        _count(mark, reach.last, pruned, past_findings)
        return pruned
    with audit.record(caller=CONSOLE, action=Action.PRUNE, parameters=parameters) as record:
        while _prune_some(reach.last, before, pruned, past_findings):
            progress(pruned.position, reach.last)
        record.ok(remark=str(pruned))
    return pruned


class _Reach(NamedTuple):
    """The last position that goes, and how many more are as old and stay for which reason."""

    last: int
    not_archived: int
    not_forwarded: int


def _reach(mark: AuditPruned | None, before: datetime, days: int, past_findings: bool) -> _Reach:
    head = AuditHead.objects.first()
    pruned_to = mark.position if mark else 0
    # The link that the head names stays, so that the chain has an end.
    old_to = min(verifying.position_at(before), head.position if head else 0) - 1
    if old_to <= pruned_to:
        raise NothingToPruneError(days)
    archived_to = notes.archived_to(mark, past_findings=past_findings)
    if archived_to <= pruned_to:
        raise NotPrunedError(
            f"Links {pruned_to + 1:,} to {old_to:,} are old enough and in no archive, so none was deleted. "
            "Run manage.py archive_audit first."
        )
    last = min(old_to, archived_to)
    forwarded_to = forwarding.lowest_position()
    told_to = last if forwarded_to is None else forwarded_to
    if told_to <= pruned_to:
        raise NotPrunedError(
            f"Link {pruned_to + 1:,} is old enough and was not forwarded everywhere, so none was deleted. "
            "Audit log → Forwarding says what is in the way; a destination that is gone for good is to be taken out "
            "of AUDIT_FORWARD."
        )
    return _Reach(min(last, told_to), max(0, old_to - archived_to), max(0, last - told_to))


def _require_holds(mark: AuditPruned | None) -> None:
    for flaw in notes.flaws_of_holds(mark):
        raise NotPrunedError(f"{flaw[0].upper()}{flaw[1:]}, so nothing was deleted. Run manage.py verify_audit.")


def _require_files(directory: Path, mark: AuditPruned | None, last: int) -> None:
    for note in AuditArchive.objects.filter(last__gt=mark.position if mark else 0, first__lte=last):
        try:
            reading = archives.read(directory / note.name)
        except OSError as error:
            raise NotPrunedError(
                f"{note.name} cannot be read in {directory}, so nothing was deleted: {error.strerror}."
            ) from error
        if reading.note is None or reading.note.signature != note.signature:
            raise NotPrunedError(
                f"{note.name} in {directory} is not as it was written, so nothing was deleted. "
                "Run manage.py verify_audit --archive."
            )


def _count(mark: AuditPruned | None, last: int, pruned: Pruned, past_findings: bool) -> None:
    walk = _walk(mark)
    for some in chunks(walk.position, last, AT_ONCE):
        step = _step(some, walk, list(AuditHold.objects.in_force()))
        _require_sound(step, pruned, past_findings)
        pruned.add(step.going.values(), len(step.held), step.last.position)


def _prune_some(last: int, before: datetime, pruned: Pruned, past_findings: bool) -> bool:
    """One transaction; False when nothing is left to do, as when another run did it."""
    with transaction.atomic():
        # Whoever binds, holds or prunes waits here, or leaves it to us.
        head = AuditHead.objects.select_for_update().get()
        mark = notes.pruned()
        _require_holds(mark)
        walk = _walk(mark)
        some = next(chunks(walk.position, last, AT_ONCE), [])
        if not some and walk.position <= last:
            raise NotPrunedError("Links that were archived are gone, and not by this command. Run verify_audit.")
        if not some:
            return False
        step = _step(some, walk, list(AuditHold.objects.in_force()))
        _require_sound(step, pruned, past_findings)
        _move(mark, step.last, walk.began_at, before)
        _delete(step)
        binding.bind_again(head, step.held.values(), now=timezone.now())
    pruned.add(step.going.values(), len(step.held), step.last.position)
    return True


def _walk(mark: AuditPruned | None) -> Walk:
    return Walk(
        verdict=Verdict(first=0, last=0),
        position=mark.position + 1 if mark else 1,
        before=mark.link_signature if mark else "",
        began_at=notes.began_at(mark),
    )


def _step(some: Sequence[Bound], walk: Walk, holds: Sequence[AuditHold]) -> _Step:
    step = _Step(verdict=walk.verdict, last=some[-1][0])
    ids = [link.entry_id for link, _ in some]
    # One that was left open and completed long after: its entry goes with the link that binds it complete.
    later = set(
        AuditLink.objects.filter(entry_id__in=ids, position__gt=step.last.position).values_list("entry_id", flat=True)
    ) | set(AuditPending.objects.filter(pk__in=ids).values_list("pk", flat=True))
    for link, entry in some:
        walk.take(link, entry)
        if entry is not None and link.entry_id not in later:
            is_held = any(hold.holds(entry) for hold in holds)
            (step.held if is_held else step.going)[link.entry_id] = entry
    return step


def _require_sound(step: _Step, pruned: Pruned, past_findings: bool) -> None:
    if step.verdict.found and not past_findings:
        raise FoundError(step.verdict, pruned)


def _move(mark: AuditPruned | None, link: AuditLink, began_at: datetime, before: datetime) -> None:
    """The door: what is at or below it may go."""
    moved = mark or AuditPruned(began_at=began_at)
    moved.position, moved.link_signature = link.position, link.signature
    moved.holds, moved.before, moved.pruned_at = notes.number_of_holds(), before, timezone.now()
    moved.signature = chain.sign_row(moved)
    moved.save()


def _delete(step: _Step) -> None:
    """The look-ups and the entries while their links still say that they may go, then the links."""
    message_ids = {message_id for entry in step.going.values() for message_id in entry["message_ids"]}
    for some in batched(message_ids, AT_ONCE):
        AuditedMessage.objects.filter(message_id__in=some, entry_id__in=step.going).delete()
    AuditExplanation.objects.filter(Q(entry_id__in=step.going) | Q(explained_in__in=step.going)).delete()
    # Not by the manager of entries, which deletes none.
    QuerySet(AuditEntry).filter(pk__in=step.going).delete()
    AuditLink.objects.filter(position__lte=step.last.position).delete()


def _links_are(number: int) -> str:
    return f"{number:,} {'link is' if number == 1 else 'links are'}"


def _entries(number: int) -> str:
    return f"{number:,} {'entry' if number == 1 else 'entries'}"
