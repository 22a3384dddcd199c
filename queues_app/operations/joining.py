"""Whether archives of the audit join each other, and the chain of this database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from queues_app import vault
from queues_app.expected import ExpectedError
from queues_app.models import AuditArchive, AuditHead
from queues_app.operations import archives, notes
from queues_app.operations.archives import Reading
from queues_app.operations.checkpoints import Checkpoint
from queues_app.operations.notes import NoteChangedError
from queues_app.operations.verdicts import Verdict, of


class NoArchiveError(ExpectedError):
    """A directory was named that holds none."""

    reason = "audit-no-archive"

    def __init__(self, place: Path) -> None:
        super().__init__(f"There is no archive in {place}: no file that ends with {archives.SUFFIX}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """The archives in their order, what is wrong between them, and how they join in a sentence."""

    readings: tuple[Reading, ...]
    verdict: Verdict
    said: str


def files_of(places: Iterable[Path]) -> list[Path]:
    """The files that are named, and the archives in the directories that are.

    Raises NoArchiveError.
    """
    found: list[Path] = []
    for place in places:
        inside = sorted(place.glob(f"[!.]*{archives.SUFFIX}")) if place.is_dir() else [place]
        if not inside:
            raise NoArchiveError(place)
        found += inside
    return found


def join(readings: Iterable[Reading], *, against: Checkpoint | None) -> Joint:
    """Compare archives that were read with each other, with the notes and the chain of the database, and a checkpoint.

    Raises KeysUnusableError.
    """
    ordered = tuple(sorted(readings, key=lambda one: (one.beginning is None, one.verdict.first, one.name)))
    whole = [(reading, reading.note) for reading in ordered if reading.note is not None]
    verdict = Verdict(first=0, last=0)
    for (_, before), (after, note) in pairwise(whole):
        _compare(verdict, before, after, note)
    if against is not None:
        _compare_checkpoint(verdict, [note for _, note in whole], against)
    said = ""
    if whole:
        said = _with_database(verdict, whole) if AuditHead.objects.exists() else "This database has no chain to join."
    return Joint(readings=ordered, verdict=verdict, said=said)


def _compare(verdict: Verdict, before: AuditArchive, after: Reading, note: AuditArchive) -> None:
    if note.first > before.last + 1:
        verdict.add(f"links {before.last + 1:,} to {note.first - 1:,} are in none of them")
    elif note.first <= before.last:
        verdict.add(f"{before.name} and {after.name} both hold link {note.first:,}")
    elif after.beginning is None or after.beginning.before != before.link_signature:
        verdict.add(f"{after.name} does not go on where {before.name} ends")


def _compare_checkpoint(verdict: Verdict, notes: Sequence[AuditArchive], against: Checkpoint) -> None:
    if not against.is_ours():
        verdict.add("the checkpoint was not made by this deployment, or was changed")
    elif not any(note.first <= against.position <= note.last for note in notes):
        verdict.add(f"none of them holds link {against.position:,}, which the checkpoint is about")


def _with_database(verdict: Verdict, whole: Sequence[tuple[Reading, AuditArchive]]) -> str:
    for reading, note in whole:
        noted = AuditArchive.objects.filter(first=note.first).first()
        if noted is None:
            verdict.add(
                f"this database has no note of {reading.name}: it is another deployment's, or of a run that was cut off"
            )
        elif noted.signature != note.signature:
            verdict.add(f"{reading.name} is not the archive of these links that this database noted")
    try:
        mark = notes.pruned()
    except (NoteChangedError, vault.SigningKeyGoneError) as error:
        verdict.add(of(error) if isinstance(error, vault.SigningKeyGoneError) else error.sentence)
        return ""
    (_, last) = whole[-1]
    pruned_to = mark.position if mark else 0
    if last.last < pruned_to:
        following = AuditArchive.objects.filter(first=last.last + 1).first()
        if following is None:
            verdict.add(f"links {last.last + 1:,} to {pruned_to:,} are neither in them nor in the database")
            return ""
        return f"The chain goes on in {following.name}, which was not read."
    if notes.link_signature(last.last, mark) != last.link_signature:
        verdict.add(f"the chain of the database does not go on where {last.name} ends")
        return ""
    return f"The chain goes on in the database, with link {last.last + 1:,}."
