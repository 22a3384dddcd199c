"""How far the chain of the audit was archived and pruned, as its signed notes say."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Max

from queues_app import chain
from queues_app.expected import ExpectedError
from queues_app.models import Action, AuditArchive, AuditEntry, AuditHold, AuditLink, AuditPruned, Outcome


class NoteChangedError(ExpectedError):
    """A signed note is not what Queuescope wrote: nothing is built on it until it is looked into."""

    reason = "audit-note-changed"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what[0].upper()}{what[1:]} is not as Queuescope wrote it. Run manage.py verify_audit.")


def pruned() -> AuditPruned | None:
    """The mark up to which the chain was pruned; None where it is whole.

    Raises NoteChangedError, KeysUnusableError, SigningKeyGoneError.
    """
    mark = AuditPruned.objects.first()
    if mark is not None and not chain.is_row_signed(mark):
        raise NoteChangedError("the mark of what was pruned")
    return mark


def newest_archive() -> AuditArchive | None:
    """Raises NoteChangedError, KeysUnusableError, SigningKeyGoneError."""
    note = AuditArchive.objects.order_by("first").last()
    if note is not None and not chain.is_row_signed(note):
        raise NoteChangedError(f"the note of {note.name}")
    return note


def archived_to(mark: AuditPruned | None, *, past_findings: bool = False) -> int:
    """The last position that an archive holds, where each joins the one before and the chain of the database.

    Raises NoteChangedError, KeysUnusableError, SigningKeyGoneError.
    """
    reached = mark.position if mark else 0
    for note in AuditArchive.objects.filter(last__gt=reached):
        if not chain.is_row_signed(note):
            raise NoteChangedError(f"the note of {note.name}")
        if note.first > reached + 1:
            break
        if link_signature(note.last, mark) != note.link_signature and not past_findings:
            raise NoteChangedError(f"the chain that {note.name} holds")
        reached = note.last
    return reached


def link_signature(position: int, mark: AuditPruned | None) -> str:
    """Of the link there, also where it is the last one that was pruned; empty where there is none."""
    if mark is not None and mark.position == position:
        return mark.link_signature
    link = AuditLink.objects.filter(position=position).first()
    return link.signature if link else ""


def began_at(mark: AuditPruned | None) -> datetime:
    """When the very first link was bound. There is one."""
    if mark is not None:
        return mark.began_at
    return AuditLink.objects.order_by("position").values_list("bound_at", flat=True)[0]


def flaws_of_archives(mark: AuditPruned | None) -> Iterator[str]:
    """What is wrong with the notes of archives, in sentences.

    Raises KeysUnusableError, SigningKeyGoneError.
    """
    reached = 0
    for note in AuditArchive.objects.all():
        if not chain.is_row_signed(note):
            yield f"the note of {note.name} was changed"
        if note.first != reached + 1:
            yield f"the note of the archive of links {reached + 1:,} to {note.first - 1:,} was removed"
        reached = note.last
    if mark is not None and mark.position > reached:
        yield f"the note of the archive of links {reached + 1:,} to {mark.position:,} was removed: they were pruned"


def flaws_of_holds(mark: AuditPruned | None) -> Iterator[str]:
    """What is wrong with the legal holds, in sentences: one that was changed, and those that were taken away.

    Raises KeysUnusableError, SigningKeyGoneError.
    """
    there = 0
    for hold in AuditHold.objects.all():
        if not chain.is_row_signed(hold):
            yield f"legal hold {hold.number} was changed"
        if hold.number != there + 1:
            yield _missing_holds(there + 1, hold.number - 1)
        there = hold.number
    known = _known_holds(mark)
    if known > there:
        yield _missing_holds(there + 1, known)


def number_of_holds() -> int:
    return AuditHold.objects.aggregate(last=Max("number"))["last"] or 0


def next_hold() -> int:
    """The number of the next hold: after all that were ever made, so that a gap stays where one was removed."""
    return max(number_of_holds(), _known_holds(AuditPruned.objects.first())) + 1


def _known_holds(mark: AuditPruned | None) -> int:
    """The entries that made holds know of them, and the mark knows of those whose entries were pruned."""
    made = AuditEntry.objects.filter(action=Action.HOLD_ADD, outcome=Outcome.OK).order_by("-at", "-id").first()
    return max(made.parameters.get("hold", 0) if made else 0, mark.holds if mark else 0)


def _missing_holds(first: int, last: int) -> str:
    return f"legal hold {first} was removed" if first == last else f"legal holds {first} to {last} were removed"
