"""Read the audit log: own entries, or everybody's with the permission. Reading the log is not itself on the record."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from queues_app import access
from queues_app.access import Permission
from queues_app.models import Action, AuditEntry, Deletion, Lease, Outcome, User
from queues_app.models.audit import AuditQuerySet

PAGE_SIZE = 50
# What may stand in a list of ids without being written differently there.
MESSAGE_ID = re.compile(r"[A-Za-z0-9._:-]{8,64}")
# How many entries of one run of repeated peeks a page reads on, so that a run fills one row and not the page.
READ_AHEAD = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to show; None and empty mean any."""

    actions: tuple[Action, ...] = ()
    # What others did with credentials of the reader's.
    lent: bool = False
    not_ok: bool = False
    who: str = ""
    queue_id: str = ""
    outcome: str = ""
    since: datetime | None = None
    before_day: datetime | None = None
    receipt: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Entries that fold into one row, newest first; mostly it is one."""

    entries: tuple[AuditEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the log; `last` is where the next one begins, None at the end."""

    runs: tuple[Run, ...]
    last: AuditEntry | None


def sees_all(user: User) -> bool:
    """Whether this person sees other people's entries."""
    return access.may(user, Permission.SEE_ALL_AUDIT)


def visible(user: User) -> AuditQuerySet:
    """The entries this person may see, one by one: own ones, and what others did with a credential of theirs."""
    entries = AuditEntry.objects.all()
    return entries if sees_all(user) else entries.filter(Q(user_id=user.pk) | Q(credential_owner_id=user.pk))


def listed(user: User, chosen: Filter) -> AuditQuerySet:
    """Those of a page. What others did with own credentials is a page of its own: each has an index then."""
    entries = AuditEntry.objects.all()
    if chosen.lent:
        return entries.filter(credential_owner_id=user.pk)
    return entries if sees_all(user) else entries.of(user.pk)


def page(*, user: User, chosen: Filter, before: tuple[datetime, int] | None = None, folded: bool = True) -> Page:
    """The entries after `before` (moment and number of the last one seen), newest first.

    Repeated peeks of the same page that follow each other are folded into one run. One query, no count, no offset.
    """
    # Ids of messages are for the receipt: a page reads on over hundreds of entries, each with up to a hundred of them.
    entries = _filtered(listed(user, chosen), chosen).defer("message_ids")
    if before is not None:
        entries = entries.before(*before)
    if not folded:
        found = list(entries[: PAGE_SIZE + 1])
        shown = found[:PAGE_SIZE]
        return Page(
            runs=tuple(Run(entries=(entry,)) for entry in shown),
            last=shown[-1] if len(found) > PAGE_SIZE else None,
        )
    found = list(entries[: READ_AHEAD + 1])
    runs: list[list[AuditEntry]] = []
    read = 0
    for entry in found[:READ_AHEAD]:
        if runs and _continues(runs[-1][-1], entry):
            runs[-1].append(entry)
        elif len(runs) == PAGE_SIZE:
            break
        else:
            runs.append([entry])
        read += 1
    return Page(
        runs=tuple(Run(entries=tuple(run)) for run in runs),
        last=runs[-1][-1] if read < len(found) else None,
    )


def newer(*, user: User, chosen: Filter, than: int, at_most: int = 100) -> int:
    """How many entries came after entry number `than`, counted up to `at_most`."""
    return len(_filtered(listed(user, chosen), chosen).filter(pk__gt=than).values_list("pk")[:at_most])


def people(user: User) -> list[str]:
    """The names that can be filtered by: everybody who has an account here, or only oneself."""
    if not sees_all(user):
        return [user.get_username()]
    return list(User.objects.order_by("username").values_list("username", flat=True))


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


def _filtered(entries: AuditQuerySet, chosen: Filter) -> AuditQuerySet:
    if chosen.actions:
        entries = entries.filter(action__in=chosen.actions)
    if chosen.not_ok:
        entries = entries.exclude(outcome=Outcome.OK)
    if chosen.who:
        # By number where there is one, which has an index; a name that is gone is only in the entries.
        known = User.objects.filter(username=chosen.who).values_list("pk", flat=True).first()
        entries = entries.of(known) if known is not None else entries.filter(user_name=chosen.who)
    if chosen.queue_id:
        entries = entries.filter(queue_id=chosen.queue_id)
    if chosen.outcome:
        entries = entries.filter(outcome=chosen.outcome)
    if chosen.since is not None:
        entries = entries.filter(at__gte=chosen.since)
    if chosen.before_day is not None:
        entries = entries.filter(at__lt=chosen.before_day)
    if chosen.receipt is not None:
        entries = entries.filter(pk=chosen.receipt)
    elif chosen.text:
        entries = _by_text(entries, chosen.text)
    return entries


def _by_text(entries: AuditQuerySet, text: str) -> AuditQuerySet:
    """Those with this cf-ray, request id or message id, each of them whole."""
    found = Q(cf_ray=text) | Q(request_id=text)
    if MESSAGE_ID.fullmatch(text):
        # As text, since SQLite cannot look into a JSON list; the quotes make it the whole id.
        entries = entries.alias(ids=Cast("message_ids", TextField()))
        found |= Q(ids__contains=f'"{text}"')
    return entries.filter(found)


def _continues(newer_one: AuditEntry, older: AuditEntry) -> bool:
    """Whether both are the same repeated peek, so that they fold."""
    return all(entry.parameters.get("repeated") and entry.outcome == Outcome.OK for entry in (newer_one, older)) and (
        newer_one.user_id,
        newer_one.queue_id,
        newer_one.parameters,
        newer_one.remark,
    ) == (older.user_id, older.queue_id, older.parameters, older.remark)
