"""Read the audit log: own entries, or everybody's with the permission. Reading the log is not itself on the record."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from django.db.models import Q

from queues_app import access
from queues_app.access import Permission
from queues_app.expected import ExpectedError
from queues_app.models import Action, AuditEntry, AuditLink, AuditPruned, Credential, Deletion, Lease, Outcome, User
from queues_app.models.audit import AuditQuerySet
from queues_app.operations import notes
from queues_app.operations.audit_streams import Filter, Place, Reading

PAGE_SIZE = 50
# How many entries of one run of repeated peeks a page reads on, so that a run fills one row and not the page.
READ_AHEAD = 500
# Entries that are whole in the memory at once while all are read: each may have a hundred ids of messages.
STRETCH = 250
# How many newer entries are counted.
MOST_NEWER = 100


class PrunedError(ExpectedError):
    """An entry that is not in the database any more, since it was old."""

    reason = "pruned"
    http_status = HTTPStatus.GONE

    def __init__(self, number: int, mark: AuditPruned) -> None:
        super().__init__(
            f"R-{number} is not here any more: what was bound before {_utc_day(mark.before)} was put into an archive "
            f"and pruned, the last of it on {_utc_day(mark.pruned_at)} (UTC). Who keeps the archives can look there."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Entries that fold into one row, newest first; mostly it is one."""

    entries: tuple[AuditEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the log; `last` is where the next one begins, None at the end.

    `gave_up`: it ends where it does because enough was looked at, though less of it fits than a page holds.
    """

    runs: tuple[Run, ...]
    last: Place | None
    gave_up: bool


def sees_all(user: User) -> bool:
    """Whether this person sees other people's entries."""
    return access.may(user, Permission.SEE_ALL_AUDIT)


def visible(user: User) -> AuditQuerySet:
    """The entries this person may see, one by one: own ones, and what others did with a credential of theirs."""
    entries = AuditEntry.objects.all()
    return entries if sees_all(user) else entries.filter(Q(user_id=user.pk) | Q(credential_owner_id=user.pk))


def one(user: User, number: int) -> AuditEntry | None:
    """An entry that this person may see; None when there is none, or it is somebody else's.

    Raises NoteChangedError, KeysUnusableError, SigningKeyGoneError, and PrunedError for who sees everybody's entries:
    whose it was is not known any more.
    """
    found = visible(user).filter(pk=number).first()
    if found is None and sees_all(user):
        first, mark = AuditLink.objects.order_by("position").first(), notes.pruned()
        if mark is not None and first is not None and 0 < number < first.entry_id:
            raise PrunedError(number, mark)
    return found


def reading(user: User | None, chosen: Filter, *, before: Place | None = None, at_most: int = 0) -> Reading:
    """What fits of what this person may see; without a person it is the console, which sees all and lends nothing.

    What others did with own credentials is a page of its own: each has an index then.
    """
    if user is not None and chosen.lent:
        return Reading(chosen, own=None, lender=user.pk, before=before, at_most=at_most)
    own = None if user is None or sees_all(user) else user.pk
    return Reading(chosen, own=own, before=before, at_most=at_most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Entries that follow each other, newest first, whole; perhaps none. `at` is how far the log was read for them."""

    entries: tuple[AuditEntry, ...]
    at: datetime


def everything(*, user: User | None, chosen: Filter, before: Place) -> Iterator[Stretch]:
    """All entries from after `before` on, newest first, however many. `user` is None for the console.

    Each read is short and ends before anything is given: nobody who writes waits for whoever reads all this.
    """
    place: Place | None = before
    while place is not None:
        part = reading(user, chosen, before=place)
        for rows in itertools.batched(part.narrow(), STRETCH):
            found = AuditEntry.objects.in_bulk([row.number for row in rows])
            # One that was removed meanwhile is simply gone.
            kept = tuple(found[row.number] for row in rows if row.number in found)
            yield Stretch(entries=kept, at=rows[-1].at)
        place = part.reached
        if place is not None:
            yield Stretch(entries=(), at=place.at)


def page(*, user: User, chosen: Filter, before: Place | None = None, folded: bool = True) -> Page:
    """The entries after `before`, newest first. No count, no offset; a bounded number of entries is looked at.

    Repeated peeks of the same page that follow each other are folded into one run.
    """
    read_back = reading(user, chosen, before=before)
    runs: list[list[AuditEntry]] = []
    for read, entry in enumerate(read_back.entries()):
        is_more = folded and bool(runs) and _continues(runs[-1][-1], entry)
        if read == READ_AHEAD or (len(runs) == PAGE_SIZE and not is_more):
            return _page(runs, last=Place(runs[-1][-1].at, runs[-1][-1].pk))
        if is_more:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return _page(runs, last=read_back.reached, gave_up=read_back.reached is not None)


def _page(runs: list[list[AuditEntry]], *, last: Place | None, gave_up: bool = False) -> Page:
    return Page(runs=tuple(Run(entries=tuple(run)) for run in runs), last=last, gave_up=gave_up)


def newer(*, user: User, chosen: Filter, than: int) -> int:
    """How many entries came after entry number `than`, counted up to MOST_NEWER."""
    newest = itertools.islice(reading(user, chosen).narrow(), MOST_NEWER)
    return sum(row.number > than for row in newest)


def people(user: User) -> list[str]:
    """The names that can be filtered by: everybody who has an account here, or only oneself."""
    if not sees_all(user):
        return [user.get_username()]
    return list(User.objects.order_by("username").values_list("username", flat=True))


def credentials(user: User, *, chosen: str) -> list[tuple[str, str]]:
    """The credentials that can be filtered by, with their names: everybody's, or only one's own.

    The chosen one too where it is gone: entries outlive it.
    """
    known = _known_credentials(user)
    if not chosen or chosen in dict(known):
        return known
    return [*known, (chosen, f"number {chosen}")]


def _known_credentials(user: User) -> list[tuple[str, str]]:
    known = Credential.objects.select_related("owner").order_by("owner__username", "label")
    if not sees_all(user):
        return [(str(one.pk), one.display) for one in known.filter(owner=user)]
    return [(str(one.pk), f"{one.display}, {one.owner.get_username()}'s") for one in known]


def leases_of(entry: AuditEntry) -> list[Lease]:
    """What became of each message of a settling entry, as long as the ledger tells of its leases."""
    if entry.action not in (Action.ACK, Action.RETRY):
        return []
    known = Lease.objects.filter(message_id__in=entry.message_ids)
    if "leases" in entry.parameters:
        return list(known.filter(pk__in=entry.parameters["leases"]))
    # An entry from before the ledger says only which batch it was about.
    batch = entry.parameters.get("batch")
    return list(known.filter(batch_id=batch)) if batch else []


def deletions_of(entry: AuditEntry, *, now: datetime) -> list[Deletion]:
    """What became of each message of a deletion, with its batch, as long as that is kept."""
    if entry.action != Action.DELETE:
        return []
    found = Deletion.objects.filter(entry_id=entry.pk, batch__expires_at__gt=now)
    return list(found.select_related("batch").defer("batch__sealed_messages").order_by("position"))


def _continues(newer_one: AuditEntry, older: AuditEntry) -> bool:
    """Whether both are the same repeated peek, so that they fold."""
    return all(entry.parameters.get("repeated") and entry.outcome == Outcome.OK for entry in (newer_one, older)) and (
        newer_one.user_id,
        newer_one.queue_id,
        newer_one.parameters,
        newer_one.remark,
    ) == (older.user_id, older.queue_id, older.parameters, older.remark)


def _utc_day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"
