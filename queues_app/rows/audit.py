"""What the audit page and the receipts get: primitives, every text ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from django.urls import reverse

from queues_app import formats
from queues_app.models import Action, AuditEntry, Deletion, DeletionState, Lease, LeaseState, Outcome, User
from queues_app.operations.history import Page, Run
from queues_app.rows import deleting
from queues_app.rows.deleting import Acts

NOT_APPLICABLE: Final = "—"

# Icon and tone of each action: amber uses something up, red removes.
_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    Action.SEE_QUEUES: ("eye", ""),
    Action.PEEK: ("eye", ""),
    Action.PULL: ("pull", "is-price"),
    Action.ACK: ("check", "is-loss"),
    Action.RETRY: ("retry", ""),
    Action.EXTEND: ("clock", "is-price"),
    Action.DELETE: ("bin", "is-loss"),
    Action.SEND: ("send", ""),
    Action.OPEN_COPY: ("eye", ""),
    Action.EXPORT: ("download", ""),
    Action.EXPORT_MANY: ("download", ""),
    Action.EMPTY: ("bin", "is-loss"),
    Action.PAUSE: ("paused", "is-price"),
    Action.RESUME: ("running", ""),
    Action.CONSUMER_ADD: ("plus", ""),
    Action.CONSUMER_EDIT: ("place", ""),
    Action.CONSUMER_REMOVE: ("cross", "is-loss"),
    Action.SIGN_IN: ("person", ""),
    Action.SIGN_OUT: ("leave", ""),
}
_CREDENTIAL_LOOK: Final = ("key", "")

_ASKED: Final[Mapping[str, str]] = {
    Action.PEEK: "POST …/messages/peek",
    Action.PULL: "POST …/messages/pull",
    Action.ACK: "POST …/messages/ack",
    Action.RETRY: "POST …/messages/ack",
    Action.EXTEND: "POST …/messages/extend",
    Action.DELETE: "POST …/messages/purge",
    Action.SEND: "POST …/messages/batch",
    Action.EMPTY: "POST …/purge",
    Action.PAUSE: "PATCH …",
    Action.RESUME: "PATCH …",
    Action.CONSUMER_ADD: "POST …/consumers",
    Action.CONSUMER_EDIT: "PUT …/consumers/…",
    Action.CONSUMER_REMOVE: "DELETE …/consumers/…",
}

# "ana …": what a person did, tried, or was not let do.
_DID: Final[Mapping[str, str]] = {
    Action.SEE_QUEUES: "looked at the queues",
    Action.PEEK: "peeked at {count} of {queue}",
    Action.PULL: "pulled {count} of {queue}",
    Action.ACK: "acknowledged {count} of {queue}",
    Action.RETRY: "retried {count} of {queue}",
    Action.EXTEND: "extended the lease of {count} of {queue}",
    Action.DELETE: "deleted {count} of {queue}",
    Action.SEND: "sent {count} to {queue}",
    Action.OPEN_COPY: "opened a copy of {count} of {queue} that somebody else fetched",
    Action.EXPORT: "downloaded the body of a message of {queue}",
    Action.EXPORT_MANY: "exported {count} of {queue}",
    Action.EMPTY: "emptied {queue}",
    Action.PAUSE: "paused the delivery of {queue}",
    Action.RESUME: "resumed the delivery of {queue}",
    Action.CONSUMER_ADD: "added a consumer to {queue}",
    Action.CONSUMER_EDIT: "changed the consumer of {queue}",
    Action.CONSUMER_REMOVE: "removed the consumer of {queue}",
    Action.CREDENTIAL_ADD: "added the credential {credential}",
    Action.CREDENTIAL_RENAME: "renamed the credential {credential}",
    Action.CREDENTIAL_REPLACE: "replaced the secret of the credential {credential}",
    Action.CREDENTIAL_VERIFY: "checked the credential {credential}",
    Action.CREDENTIAL_DEFAULT: "chose {credential} as the default credential",
    Action.CREDENTIAL_DELETE: "deleted the credential {credential}",
    Action.SIGN_IN: "signed in",
    Action.SIGN_OUT: "signed out",
}
_CONSEQUENCE: Final[Mapping[str, str]] = {
    Action.PEEK: "A peek leases nothing and uses no attempt.",
    Action.PULL: "Each pulled message was leased and used one attempt.",
    Action.ACK: "Acknowledged messages are deleted from the queue.",
    Action.RETRY: "Retried messages are delivered again.",
    Action.EXTEND: "An extended lease has a new end; no attempt was used.",
    Action.DELETE: "Deleted messages are gone from the queue.",
    Action.EMPTY: "Every message of the queue is deleted, and none of them can be brought back.",
}
_DELETED: Final = {
    DeletionState.DELETED: ("check", "is-ok", "deleted"),
    DeletionState.SKIPPED: ("stuck", "is-price", "skipped"),
    DeletionState.UNKNOWN: ("unknown", "", "unknown"),
}
_INSTEAD: Final[Mapping[str, str]] = {
    Outcome.REFUSED: "This was refused here; nothing was sent. It would have been: ",
    Outcome.FAILED: "This was tried and did not happen. It would have been: ",
    Outcome.UNKNOWN: "What came of this is unknown. It was: ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One row. `folded` is how many entries stand behind it when it is more than one."""

    number: int
    day: str
    at_ms: int
    age: str
    when: str
    milliseconds: str
    who: str
    what: str
    icon: str
    tone: str
    queue: str
    queue_url: str
    messages: str
    outcome: str
    took: str
    remark: str
    receipt: str
    url: str
    folded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One message of a receipt, with what became of it where that is still known."""

    message_id: str
    short_id: str
    answer: str
    icon: str
    tone: str
    warning: str
    # What was found on looking again after a deletion.
    seen: str = ""
    seen_icon: str = ""
    seen_tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One point of the time line."""

    at: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One entry, whole."""

    row: EntryRow
    badge: str
    title: str
    sentence: str
    consequence: str
    zone: str
    moments: tuple[Moment, ...]
    messages: tuple[MessageLine, ...]
    facts: tuple[tuple[str, str, bool], ...]  # label, value, whether monospaced
    environment: str
    account: str
    permanent_url: str
    was_looked_at: bool
    # What can be done after a deletion, for whoever owns the copy that is still kept.
    acts: Acts | None


def rows(page: Page, *, now: datetime, zone: tzinfo) -> tuple[EntryRow, ...]:
    """The rows of one page, with the name of a new day on the first row of it."""
    made = []
    day = ""
    for run in page.runs:
        row = _row(run, now=now, zone=zone, day_before=day)
        day = row.day or day
        made.append(row)
    return tuple(made)


def cursor(entry: AuditEntry) -> str:
    """The place after this entry, for the address of the next page: microseconds since 1970 and its number."""
    microseconds = (entry.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return f"{microseconds}-{entry.pk}"


def receipt(
    entry: AuditEntry,
    leases: Sequence[Lease],
    deletions: Sequence[Deletion] = (),
    *,
    reader: User,
    now: datetime,
    zone: tzinfo,
    zone_name: str,
) -> Receipt:
    """Everything that is known of one entry, and of its messages as long as their batch is kept."""
    row = _row(Run(entries=(entry,)), now=now, zone=zone, day_before="")
    return Receipt(
        row=row,
        badge=f"{entry.get_outcome_display()}",
        title=f"Receipt {entry.receipt}",
        sentence=_sentence(entry),
        consequence=_CONSEQUENCE.get(entry.action, "") if entry.outcome == Outcome.OK else "",
        zone=zone_name,
        moments=_moments(entry, zone),
        messages=_deleted(deletions, now, zone) if deletions else _messages(entry, leases),
        facts=_facts(entry, now=now, zone=zone),
        environment=entry.environment,
        account=entry.account_name,
        permanent_url=row.url,
        was_looked_at=any(deletion.seen for deletion in deletions),
        acts=_acts(deletions, reader),
    )


def _row(run: Run, *, now: datetime, zone: tzinfo, day_before: str) -> EntryRow:
    entry = run.entries[0]
    icon, tone = _LOOKS.get(entry.action, _CREDENTIAL_LOOK)
    clock, _, milliseconds = formats.clock(entry.at, zone, ms=True).partition(".")
    day = formats.day(entry.at, zone)
    queue = entry.queue_name or (formats.short_id(entry.queue_id) if entry.queue_id else "")
    return EntryRow(
        number=entry.pk,
        day=day if day != day_before else "",
        at_ms=formats.epoch_ms(entry.at),
        age=formats.age_between(entry.at, now),
        when=clock,
        milliseconds=f".{milliseconds}",
        who=entry.user_name,
        what=entry.get_action_display(),
        icon=icon,
        tone=tone,
        queue=queue or NOT_APPLICABLE,
        queue_url=f"{reverse('audit')}?queue={entry.queue_id}" if entry.queue_id else "",
        messages=_count(entry),
        outcome=entry.outcome,
        took=NOT_APPLICABLE if entry.duration_ms is None else f"{entry.duration_ms:,}",
        remark=_remark(entry),
        receipt=entry.receipt,
        url=reverse("audit_entry", args=[entry.pk]),
        folded=_folded(run, zone),
    )


def _folded(run: Run, zone: tzinfo) -> str:
    if len(run.entries) == 1:
        return ""
    first = formats.clock(run.entries[-1].at, zone)
    return f"{len(run.entries)} times since {first}"


def _count(entry: AuditEntry) -> str:
    if not entry.action.startswith("messages."):
        return NOT_APPLICABLE
    if entry.outcome == Outcome.UNKNOWN:
        return formats.UNKNOWN
    if entry.message_count is None:
        return NOT_APPLICABLE if entry.outcome == Outcome.REFUSED else "0"
    chosen = entry.parameters.get("chosen")
    if isinstance(chosen, int) and chosen != entry.message_count:
        return f"{entry.message_count:,} of {chosen:,}"
    return f"{entry.message_count:,}"


def _remark(entry: AuditEntry) -> str:
    if not entry.is_complete:
        held_ms = entry.parameters.get("visibility_timeout_ms")
        if entry.action == Action.PULL and isinstance(held_ms, int):
            return f"no end was written; a lease may exist for {formats.duration_ms(held_ms)}"
        return "no end was written: under way, or cut off mid-call"
    if entry.status and entry.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
        return f"{entry.status}: {entry.remark}"
    return entry.remark


def _sentence(entry: AuditEntry) -> str:
    count = "messages"
    if entry.message_count is not None:
        count = f"{_count(entry)} message{'' if entry.message_count == 1 and 'of' not in _count(entry) else 's'}"
    did = _DID[entry.action].format(count=count, queue=entry.queue_name or "a queue", credential=entry.credential_label)
    return f"{_INSTEAD.get(entry.outcome, '')}{entry.user_name} {did}."


def _moments(entry: AuditEntry, zone: tzinfo) -> tuple[Moment, ...]:
    moments = [Moment(at=formats.clock(entry.at, zone, ms=True), what="entry committed")]
    if entry.status is not None and entry.completed_at is not None:
        took = f" after {entry.duration_ms:,} ms" if entry.duration_ms is not None else ""
        moments.append(Moment(at=formats.clock(entry.completed_at, zone, ms=True), what=f"answer {entry.status}{took}"))
    if entry.completed_at is not None:
        moments.append(Moment(at=formats.clock(entry.completed_at, zone, ms=True), what="entry completed"))
    return tuple(moments)


def _messages(entry: AuditEntry, leases: Sequence[Lease]) -> tuple[MessageLine, ...]:
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
                answer=answer,
                icon=icon,
                tone=tone,
                warning=lease.warning if lease is not None else "",
            )
        )
    return tuple(lines)


def _deleted(deletions: Sequence[Deletion], now: datetime, zone: tzinfo) -> tuple[MessageLine, ...]:
    """The messages of a deletion, with the answer to each and what was found on looking again."""
    lines = []
    for deletion in deletions:
        icon, tone, answer = _DELETED[DeletionState(deletion.state)]
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


def _acts(deletions: Sequence[Deletion], reader: User) -> Acts | None:
    if not deletions or deletions[0].batch.owner_id != reader.pk:
        return None
    return deleting.acts_of(deletions, deletions[0].batch, reader)


def _facts(entry: AuditEntry, *, now: datetime, zone: tzinfo) -> tuple[tuple[str, str, bool], ...]:
    backlog = ""
    if entry.backlog_count is not None:
        backlog = f"about {entry.backlog_count:,} at {formats.moment_or_clock(entry.backlog_read_at, zone, now=now)}"
    facts = (
        ("Request", entry.asked or _ASKED.get(entry.action, ""), True),
        ("Parameters", _parameters(entry.parameters), False),
        ("Outcome", f"{entry.outcome}{': ' + entry.reason if entry.reason else ''}", False),
        ("Code", "" if entry.code is None else str(entry.code), True),
        ("Credential", entry.credential_label, False),
        ("Queue", entry.queue_name, False),
        ("Queue id", entry.queue_id, True),
        ("Count then", backlog, False),
        ("From", entry.client_address or "", True),
        ("Request id", entry.request_id, True),
        ("cf-ray", entry.cf_ray, True),
    )
    return tuple(fact for fact in facts if fact[1])


def _parameters(parameters: Mapping[str, Any]) -> str:
    # Lists are for our own look-ups: the leases by their numbers.
    said = {name: value for name, value in parameters.items() if not isinstance(value, list)}
    return ", ".join(f"{name.replace('_', ' ')} {_word(value)}" for name, value in said.items())


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return "not given" if value is None else str(value)
