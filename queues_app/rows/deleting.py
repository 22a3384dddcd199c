"""The question before messages are deleted, the bar that says what came of it, and what is said of each message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import uuid4

from django.urls import reverse

from queues_app import access, formats
from queues_app.access import Permission
from queues_app.cloudflare import Message
from queues_app.models import AuditEntry, Batch, Deletion, DeletionState, Outcome, Seen, User
from queues_app.operations import deleting, names
from queues_app.rows.marks import Mark
from queues_app.rows.queue_words import listed_ids, plain
from queues_app.rows.undo import send_again_url

GONE_HOW: Final = "Gone: as far as a peek of everything shows."
CANNOT_TELL_WHY: Final = (
    "Cannot tell: a peek is a sample, this one did not show everything, and leased or delayed messages may be hidden "
    "from it."
)
WAS_GONE: Final = "was already gone"
# How an upstream says that a reference leads to no message.
_NOT_THERE: Final = ("not found", "does not exist", "no longer exists")
_SEEN_HOW: Final = {
    Seen.GONE: GONE_HOW,
    Seen.STILL_THERE: "Still there: a peek shows it.",
    Seen.CANNOT_TELL: CANNOT_TELL_WHY,
}
_SEEN_LOOKS: Final = {
    Seen.GONE: ("check", "is-ok"),
    Seen.STILL_THERE: ("stuck", "is-price"),
    Seen.CANNOT_TELL: ("unknown", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Asked before anything is sent. `intent` is new: it stands for the answer, not for the question."""

    title: str
    sentence: str
    act: str
    queue: str
    account: str
    environment: str
    ids: str
    left_out: str
    leased: str
    positions: tuple[int, ...]
    intent: str
    delete_url: str
    batch_url: str
    # Nothing of what was chosen can be deleted; then there is only one way out.
    closed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What can be done after a deletion. `look_closed` is why this person may not look; empty URLs are not offered."""

    look_url: str
    look_closed: str
    send_again_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The result. `kind` is success, warning or error; `seen` is what a look afterwards found, `how` what it means."""

    kind: str
    sentence: str
    receipt: str
    receipt_url: str
    seen: str
    seen_kind: str
    how: tuple[str, ...]
    acts: Acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What stands beside an opened message that somebody tried to delete."""

    mark: Mark
    is_gone: bool
    at: str
    warning: str
    seen: str
    receipt: str
    receipt_url: str
    send_again_url: str


def question(
    batch: Batch,
    messages: tuple[Message, ...],
    positions: Sequence[int],
    *,
    earlier: dict[int, Deletion],
    leased: int,
    unsendable: frozenset[int],
    back: str,
    zone: tzinfo,
    now: datetime,
) -> Question:
    """What is going to happen to the chosen messages; those that cannot be deleted are left out and counted.

    `unsendable` are the places of those that could not be sent again from the copy.
    """
    chosen = tuple(dict.fromkeys(positions))
    open_ones = tuple(at for at in chosen if is_deletable(batch, messages[at], earlier.get(at)))
    count = len(open_ones)
    counted = formats.plural(count, "message")
    place = (batch.account_id, batch.queue_id, batch.pk)
    until = f"{formats.moment(deleting.kept_until(batch), zone, now=now)[:-3]} {zone}"
    one = count == 1
    left_out = len(chosen) - count
    return Question(
        title=f"Delete {counted}?",
        sentence=(
            f"{'It leaves' if one else 'They leave'} the queue for good. A sealed copy stays here until {until} and "
            f"{_again(count, sum(at in unsendable for at in open_ones))}"
        ),
        act=f"Delete {counted}",
        queue=plain(batch.queue_name),
        account=batch.account.name,
        environment=batch.account.environment,
        ids=listed_ids([messages[at].id for at in open_ones]),
        left_out=f"{left_out} of the {len(chosen)} chosen: deleted before, or without a reference" if left_out else "",
        leased=f"{leased} {'is' if leased == 1 else 'are'} leased by you" if leased else "",
        positions=open_ones,
        intent=str(uuid4()),
        delete_url=reverse("delete", args=place),
        batch_url=back,
        closed="" if count else deleting.NothingToDeleteError.sentence,
    )


def _again(count: int, unsendable: int) -> str:
    """Whether what is deleted can be sent again, in the middle of a sentence about its copy."""
    if not unsendable:
        return "can be sent again, as a new message."
    if unsendable == count:
        return "cannot be sent again from here: only text and JSON can go over HTTP."
    cannot = f"{unsendable:,} of the {count:,} cannot be sent again from here"
    return f"can be sent again, as a new message; but {cannot}: only text and JSON can go over HTTP."


def is_deletable(batch: Batch, message: Message, earlier: Deletion | None) -> bool:
    """Whether a message of a kept copy can be deleted: there is a reference to it, and nothing bars it."""
    return deleting.handle_of(batch, message) is not None and not (earlier is not None and earlier.bars_another)


def mark_of(deletion: Deletion) -> Mark:
    """The badge of a row whose message somebody tried to delete: by the latest that is known."""
    if deletion.seen == Seen.GONE:
        return Mark("ok", "gone")
    if deletion.seen == Seen.STILL_THERE:
        return Mark("warn", "still there")
    if deletion.state == DeletionState.DELETED:
        return Mark("deleted", "deleted, cannot tell if gone" if deletion.seen else "deleted")
    if deletion.state == DeletionState.SKIPPED:
        return Mark("deleted", WAS_GONE) if was_gone(deletion) else Mark("warn", "not deleted")
    return Mark("unknown", "deleted or not: unknown")


def was_gone(deletion: Deletion) -> bool:
    """Whether it was skipped for not being there any more, as far as Cloudflare's words say."""
    said = deletion.warning.lower()
    return deletion.state == DeletionState.SKIPPED and any(word in said for word in _NOT_THERE)


def part_of(deletion: Deletion, batch: Batch, *, zone: tzinfo, now: datetime) -> Part:
    """The same beside the opened message, with all that is known."""
    entry = AuditEntry(pk=deletion.entry_id)
    return Part(
        mark=mark_of(deletion),
        is_gone=deletion.is_gone,
        at=f"{formats.moment_or_clock(deletion.deleted_at, zone, now=now)} {zone}",
        warning=deletion.warning,
        seen=_seen_of(deletion, zone, now),
        receipt=entry.receipt,
        receipt_url=reverse("audit_entry", args=[entry.pk]),
        send_again_url=send_again_url(batch, [deletion.position] if deletion.is_gone else []),
    )


def bar_of(entry: AuditEntry, deletions: Sequence[Deletion], batch: Batch, user: User, *, now: datetime) -> Bar:
    """What the record says came of it, and what a look afterwards found."""
    kind = {Outcome.OK: "success", Outcome.FAILED: "error"}.get(Outcome(entry.outcome), "warning")
    sentence = entry.remark
    if entry.outcome == Outcome.OK and entry.message_count != entry.parameters.get("chosen"):
        kind = "warning"
    if not entry.is_complete:
        sentence = "This is under way, or its end was lost: what became of the messages is unknown. Look again."
    elif entry.outcome == Outcome.UNKNOWN:
        sentence = f"Whether they were deleted is unknown. {sentence}"
    elif entry.outcome != Outcome.OK:
        sentence = f"Nothing was deleted. {sentence}"
    seen, seen_kind, how = _seen_of_all(deletions, user.tzinfo, now)
    return Bar(
        kind=kind,
        sentence=sentence,
        receipt=entry.receipt,
        receipt_url=reverse("audit_entry", args=[entry.pk]),
        seen=seen,
        seen_kind=seen_kind,
        how=how,
        acts=acts_of(deletions, batch, user),
    )


def acts_of(deletions: Sequence[Deletion], batch: Batch, user: User) -> Acts:
    """Look again, and send again what is gone; for the owner of the copy."""
    place = (batch.account_id, batch.queue_id, batch.pk)
    return Acts(
        look_url=reverse("look_again", args=[*place, deletions[0].entry_id]) if deletions else "",
        look_closed=access.closed(user, Permission.PEEK, names.where(batch)),
        send_again_url=send_again_url(batch, [row.position for row in deletions if row.is_gone]),
    )


def seen_words(deletion: Deletion, zone: tzinfo, now: datetime) -> tuple[str, str, str]:
    """What was found on looking again, for a cell of the receipt: icon, tone and words."""
    if not deletion.seen:
        return "", "", ""
    icon, tone = _SEEN_LOOKS[Seen(deletion.seen)]
    return icon, tone, f"{deletion.get_seen_display()}, {_looked_at(deletion, zone, now)}"


def _seen_of(deletion: Deletion, zone: tzinfo, now: datetime) -> str:
    if not deletion.seen:
        return ""
    return f"{_SEEN_HOW[Seen(deletion.seen)]} Looked again {_looked_at(deletion, zone, now)}."


def _seen_of_all(deletions: Sequence[Deletion], zone: tzinfo, now: datetime) -> tuple[str, str, tuple[str, ...]]:
    """One sentence with the numbers and the time, the tone of the worst, and what the words mean."""
    looked = [row for row in deletions if row.seen]
    if not looked:
        return "", "", ()
    counts = {seen: sum(row.seen == seen for row in looked) for seen in _SEEN_HOW}
    numbers = ", ".join(f"{count} {seen.label}" for seen, count in counts.items() if count)
    kind = "warning" if counts[Seen.STILL_THERE] else "unknown" if counts[Seen.CANNOT_TELL] else "success"
    how = tuple(_SEEN_HOW[seen] for seen in (Seen.GONE, Seen.CANNOT_TELL) if counts[seen])
    return f"Looked again {_looked_at(looked[0], zone, now)}: {numbers}.", kind, how


def _looked_at(deletion: Deletion, zone: tzinfo, now: datetime) -> str:
    return f"{formats.moment_or_clock(deletion.seen_at, zone, now=now)} {zone}"
