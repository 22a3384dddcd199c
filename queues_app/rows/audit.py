"""What the audit page gets: primitives, every text ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.models import Action, AuditEntry, Outcome
from queues_app.operations.audit_streams import Place
from queues_app.operations.history import Page, Run
from queues_app.rows import receipt_words, shared
from queues_app.rows.queue_words import plain

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
    Action.REVEAL: ("eye", "is-price"),
    Action.EXPORT: ("download", ""),
    Action.EXPORT_MANY: ("download", ""),
    Action.EMPTY: ("bin", "is-loss"),
    Action.PAUSE: ("paused", "is-price"),
    Action.RESUME: ("running", ""),
    Action.QUEUE_EDIT: ("place", ""),
    Action.CONSUMER_ADD: ("plus", ""),
    Action.CONSUMER_EDIT: ("place", ""),
    Action.CONSUMER_REMOVE: ("cross", "is-loss"),
    Action.RULE_ADD: ("lock", ""),
    Action.RULE_REMOVE: ("lock", "is-price"),
    Action.MASKING_ADD: ("lock", ""),
    Action.MASKING_REMOVE: ("lock", "is-price"),
    Action.TWO_PERSON_ADD: ("lock", ""),
    Action.TWO_PERSON_REMOVE: ("lock", "is-price"),
    Action.APPROVAL_ASK: ("person", ""),
    Action.APPROVAL_APPROVE: ("check", ""),
    Action.APPROVAL_DECLINE: ("cross", ""),
    Action.APPROVAL_WITHDRAW: ("undo", ""),
    Action.READ_ONLY_ON: ("lock", ""),
    Action.READ_ONLY_OFF: ("lock", "is-price"),
    Action.ENVIRONMENT: ("place", ""),
    Action.SIGN_IN: ("person", ""),
    Action.SIGN_OUT: ("leave", ""),
    Action.CONFIRM: ("shield", ""),
    Action.SESSIONS_END: ("leave", ""),
    Action.PASSWORD: ("lock", ""),
    Action.FACTOR_ADD: ("shield", ""),
    Action.FACTOR_REMOVE: ("shield", "is-loss"),
    Action.RECOVERY_CODES: ("shield", ""),
    Action.INVITE: ("person", ""),
    Action.WITHDRAW: ("person", "is-loss"),
    Action.JOIN: ("person", ""),
    Action.ROLE: ("person", ""),
    Action.CLOSE: ("person", "is-loss"),
    Action.REOPEN: ("person", ""),
    Action.TEAM_ADD: ("person", ""),
    Action.TEAM_RENAME: ("person", ""),
    Action.TEAM_REMOVE: ("person", "is-loss"),
    Action.MEMBER_ADD: ("person", ""),
    Action.MEMBER_ROLE: ("person", ""),
    Action.MEMBER_REMOVE: ("person", "is-loss"),
    Action.SHARE_END: ("key", "is-loss"),
    Action.FORWARD_TEST: ("send", ""),
    Action.AUDIT_EXPORT: ("download", ""),
    Action.EXPLAIN: ("shield", ""),
    Action.AUDIT_VERIFY: ("shield", ""),
    Action.DIGEST: ("send", ""),
    Action.ARCHIVE: ("download", ""),
    Action.PRUNE: ("bin", "is-loss"),
    Action.HOLD_ADD: ("lock", ""),
    Action.HOLD_LIFT: ("lock", "is-price"),
    Action.WATCH_ADD: ("eye", ""),
    Action.WATCH_EDIT: ("eye", ""),
    Action.WATCH_REMOVE: ("eye", "is-loss"),
    Action.WATCH_FIRE: ("stuck", "is-price"),
    Action.WATCH_RESOLVE: ("check", ""),
    Action.WATCH_TEST: ("send", ""),
}
# Of a watch for messages they name those that it found.
_OF_WATCHES: Final = (Action.WATCH_FIRE, Action.WATCH_RESOLVE)
# Their remark does not say what of several settings was changed.
_EDITS: Final = (Action.QUEUE_EDIT, Action.CONSUMER_EDIT)
_CREDENTIAL_LOOK: Final = ("key", "")


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
    # The credential that was used, where it is somebody else's.
    whose: str
    what: str
    icon: str
    tone: str
    queue: str
    queue_url: str
    messages: str
    # How it ended, and the kind of its badge.
    outcome: str
    badge: str
    took: str
    remark: str
    receipt: str
    url: str
    folded: str


def rows(page: Page, *, now: datetime, zone: tzinfo) -> tuple[EntryRow, ...]:
    """The rows of one page, with the name of a new day on the first row of it."""
    made = []
    day = ""
    for run in page.runs:
        row = row_of(run, now=now, zone=zone, day_before=day)
        day = row.day or day
        made.append(row)
    return tuple(made)


def cursor(place: Place) -> str:
    """A place for the address of the next page: microseconds since 1970 and the number of the entry there."""
    microseconds = (place.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return f"{microseconds}-{place.number}"


def looked_back_to(page: Page, zone: tzinfo) -> str:
    """How far a page looked that gave up before it was full; empty for all others."""
    if not page.gave_up or page.last is None:
        return ""
    return f"{formats.day(page.last.at, zone)}, {formats.clock(page.last.at, zone)}"


def look_of(action: str) -> tuple[str, str]:
    """Icon and tone of an action."""
    return _LOOKS.get(action, _CREDENTIAL_LOOK)


def badge_of(entry: AuditEntry) -> str:
    """The kind of badge that its word stands in: of what was done in part, one that warns."""
    return entry.outcome if entry.word == entry.outcome else "warn"


def row_of(run: Run, *, now: datetime, zone: tzinfo, day_before: str) -> EntryRow:
    entry = run.entries[0]
    icon, tone = look_of(entry.action)
    clock, _, milliseconds = formats.clock(entry.at, zone, ms=True).partition(".")
    day = formats.day(entry.at, zone)
    queue = plain(entry.queue_name) or (formats.short_id(entry.queue_id) if entry.queue_id else "")
    return EntryRow(
        number=entry.pk,
        day=day if day != day_before else "",
        at_ms=formats.epoch_ms(entry.at),
        age=formats.age_between(entry.at, now),
        when=clock,
        milliseconds=f".{milliseconds}",
        who=entry.user_name,
        whose=shared.used_in(entry) if entry.credential_owner else "",
        what=entry.get_action_display(),
        icon=icon,
        tone=tone,
        queue=queue or NOT_APPLICABLE,
        queue_url=f"{reverse('audit')}?queue={entry.queue_id}" if entry.queue_id else "",
        messages=count_of(entry),
        outcome=entry.word,
        badge=badge_of(entry),
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


def count_of(entry: AuditEntry) -> str:
    if not entry.action.startswith("messages.") and (entry.action not in _OF_WATCHES or entry.message_count is None):
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
    return _with_changes(entry)


def _with_changes(entry: AuditEntry) -> str:
    """`Changed: max retries 8 → 3.`"""
    changed = changes_of(entry)
    return f"Changed: {changed}." if changed else entry.remark


def changes_of(entry: AuditEntry) -> str:
    """`max retries 8 → 3`, of settings that were changed; empty of all else, whose remark says it."""
    if entry.action not in _EDITS or entry.outcome != Outcome.OK:
        return ""
    return ", ".join(
        f"{one.name} {plain(one.before)} → {plain(one.after)}"
        for one in receipt_words.changes(entry.parameters)
        if one.changed
    )
