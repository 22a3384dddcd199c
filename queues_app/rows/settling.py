"""The question before leases are settled, and the bar that says what came of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.urls import reverse

from queues_app import formats
from queues_app.models import AccountEnvironment, Action, AuditEntry, Lease, Outcome, User
from queues_app.operations import ending
from queues_app.operations.lease_rows import can_be_sent, why_not
from queues_app.operations.leases import Verb, ends_of
from queues_app.operations.ledger import MOST_CHOSEN
from queues_app.operations.receipts import Settling
from queues_app.rows import ending as ending_words
from queues_app.rows.queue_words import MOST_IDS, listed_ids, plain

_ACTS: Final = {
    Verb.ACK: ("Acknowledge", "check"),
    Verb.RETRY: ("Retry", "retry"),
    Verb.RETURN: ("Return", "undo"),
    Verb.EXTEND: ("Extend", "clock"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the page names leases, where its forms lead, and back. `field` is position or lease."""

    field: str
    act_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One queue of the question, and how many of its messages are meant."""

    queue: str
    account: str
    environment: str
    counted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Asked before anything is sent. `intent` is new: it stands for the answer, not for the question."""

    title: str
    sentence: str
    verb: str
    act: str
    act_icon: str
    removes: bool
    places: tuple[Place, ...]
    ids: str
    # The fate of those that do not come back, and how many those are: the answer repeats the number.
    ends: tuple[str, ...]
    ends_count: int
    left_out: str
    # Whose they are, where they are not the asker's own.
    held_by: str
    field: str
    values: tuple[str, ...]
    delay: str
    has_delay: bool
    delay_error: str
    intent: str
    act_url: str
    back_url: str
    # Nothing of what was chosen can be settled any more; then there is only one way out.
    closed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One call of several: where it went and what came of it."""

    queue: str
    sentence: str
    icon: str
    tone: str
    receipt: str
    receipt_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One message that was skipped, and why."""

    short_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The result. `kind` is success, warning or error. One call has its receipt, several have a line each."""

    kind: str
    sentence: str
    receipt: str = ""
    receipt_url: str = ""
    lines: tuple[Line, ...] = ()
    left: tuple[Left, ...] = ()
    more_left: str = ""


def question(
    *,
    verb: Verb,
    leases: Sequence[Lease],
    chosen: int,
    way: Way,
    viewer: User,
    delay: str = "",
    delay_error: str = "",
    beyond: int = 0,
    now: datetime,
) -> Question:
    """What is going to happen to the chosen messages; those whose lease is over are left out and counted.

    `beyond` are meant too, and more than go at once.
    """
    held = [lease for lease in leases if can_be_sent(lease, now)]
    ends = ends_of(held, verb)
    counted = formats.plural(len(held), "message")
    word, icon = _ACTS[verb]
    act = f"{word} {counted}"
    left_out = ""
    if over := chosen - len(held):
        left_out = f"{over} of the {chosen} chosen: lapsed or settled before"
    elif beyond:
        left_out = f"{beyond:,} more; at most {MOST_CHOSEN:,} go at once"
    others = Counter(lease.holder.get_username() for lease in held if lease.holder_id != viewer.pk)
    return Question(
        title=f"{act}?",
        sentence=_consequence(verb, held, ending.count(ends)),
        verb=verb.value,
        act=act,
        act_icon=icon,
        removes=verb is Verb.ACK or bool(ends),
        places=_places(held or leases),
        ids=listed_ids([lease.message_id for lease in held]),
        ends=ending_words.before(ends),
        ends_count=ending.count(ends),
        left_out=left_out,
        held_by=formats.listed([f"{name} ({count:,})" for name, count in others.items()]),
        field=way.field,
        values=_values(held, way),
        delay=delay,
        has_delay=verb is Verb.RETRY,
        delay_error=delay_error,
        intent=str(uuid4()),
        act_url=way.act_url,
        back_url=way.back_url,
        closed="" if held else "None of the chosen messages is still held: their leases lapsed or were settled before.",
    )


def bar_of(settling: Settling, *, now: datetime) -> Bar:
    """What the record says came of a form, and of each message that was skipped."""
    left = list(_left(settling, now))
    more = len(left) - MOST_IDS
    told = left[:MOST_IDS]
    more_left = f"{more:,} more; the receipts name them" if more > 0 else ""
    entries = settling.entries
    kind = _kind(settling)
    if settling.planned == 1:
        (entry,) = entries
        return Bar(
            kind=kind,
            sentence=_sentence(entry),
            receipt=entry.receipt,
            receipt_url=_url(entry),
            left=tuple(told),
            more_left=more_left,
        )
    return Bar(
        kind=kind,
        sentence=_total(settling),
        lines=tuple(
            Line(
                queue=plain(entry.queue_name),
                sentence=_sentence(entry),
                icon=icon,
                tone=tone,
                receipt=entry.receipt,
                receipt_url=_url(entry),
            )
            for entry in entries
            for icon, tone in [_look(entry)]
        ),
        left=tuple(told),
        more_left=more_left,
    )


def _kind(settling: Settling) -> str:
    outcomes = {Outcome(entry.outcome) for entry in settling.entries}
    if outcomes == {Outcome.FAILED}:
        return "error"
    whole = all(entry.message_count == entry.parameters.get("chosen") for entry in settling.entries)
    return "success" if outcomes == {Outcome.OK} and whole and len(settling.entries) == settling.planned else "warning"


def _look(entry: AuditEntry) -> tuple[str, str]:
    if entry.outcome == Outcome.OK:
        return "check", "is-ok"
    return ("stuck", "is-loss") if entry.outcome == Outcome.FAILED else ("unknown", "is-price")


def _done(entry: AuditEntry) -> str:
    if entry.action == Action.RETRY:
        return "returned" if entry.parameters.get("delay_seconds") == 0 else "retried"
    return "acknowledged" if entry.action == Action.ACK else "extended"


def _sentence(entry: AuditEntry) -> str:
    done = _done(entry)
    if not entry.is_complete:
        return "This is under way, or its end was lost: what became of the messages is unknown."
    if entry.outcome == Outcome.UNKNOWN:
        then = (
            "The old end counts."
            if entry.action == Action.EXTEND
            else "If not, they come back when their lease ends. Until then you can try again: it harms nothing."
        )
        return f"Whether they were {done} is unknown. {entry.remark} {then}"
    if entry.outcome != Outcome.OK:
        return f"Nothing was {done}. {entry.remark}"
    whole = entry.message_count == entry.parameters.get("chosen")
    return f"{entry.remark} {ending_words.after(entry.parameters, whole=whole)}".strip()


def _total(settling: Settling) -> str:
    entries = settling.entries
    done = sum(entry.message_count or 0 for entry in entries if entry.outcome == Outcome.OK)
    chosen = sum(entry.parameters.get("chosen", 0) for entry in entries)
    calls = formats.plural(settling.planned, "call")
    words = {
        Outcome.REFUSED: ("call was refused here", "calls were refused here"),
        Outcome.FAILED: ("call failed", "calls failed"),
        Outcome.UNKNOWN: ("call has an unknown end", "calls have an unknown end"),
    }
    counts = Counter(Outcome(entry.outcome) for entry in entries)
    sentence = f"{done:,} of {chosen:,} {_done(entries[0])}, in {calls}."
    for outcome, word in words.items():
        if counts[outcome]:
            sentence += f" {formats.plural(counts[outcome], *word)}."
    if missing := settling.planned - len(entries):
        sentence += f" For want of time {formats.plural(missing, 'call was', 'calls were')} not made."
    return sentence


def _left(settling: Settling, now: datetime) -> Iterator[Left]:
    leases = {lease.pk: lease for lease in settling.leases}
    for entry in settling.entries:
        if entry.outcome != Outcome.OK:
            continue
        sent = set(entry.message_ids)
        for number in entry.parameters.get("leases", ()):
            lease = leases.get(number)
            if lease is None:
                continue
            why = lease.warning if lease.message_id in sent else why_not(lease, now)
            if why:
                yield Left(short_id=plain(formats.short_id(lease.message_id)), why=why)


def _url(entry: AuditEntry) -> str:
    return reverse("audit_entry", args=[entry.pk])


def _values(held: Sequence[Lease], way: Way) -> tuple[str, ...]:
    if way.field == "position":
        return tuple(str(lease.position) for lease in held)
    # One field for all of them: a form may have only so many.
    return (",".join(str(lease.pk) for lease in held),) if held else ()


def _places(leases: Sequence[Lease]) -> tuple[Place, ...]:
    AccountEnvironment.tell(lease.account for lease in leases)
    counts = Counter((lease.queue_name, lease.account.name, lease.account.environment) for lease in leases)
    return tuple(
        Place(queue=plain(queue), account=account, environment=environment, counted=formats.plural(count, "message"))
        for (queue, account, environment), count in counts.items()
    )


def _consequence(verb: Verb, held: Sequence[Lease], ending_ones: int) -> str:
    one = len(held) == 1
    if verb is Verb.ACK:
        return (
            f"{'It leaves' if one else 'They leave'} the queue for good: acknowledged messages are deleted. "
            "The sealed copy here stays until it expires and cannot be put back."
        )
    how = "at once" if verb is Verb.RETURN else "for another delivery"
    if ending_ones == len(held) and held:
        return f"{'It does' if one else 'They do'} not simply go back: the attempts are spent, or may be."
    if ending_ones:
        rest = len(held) - ending_ones
        return (
            f"{ending_ones:,} of them {'has' if ending_ones == 1 else 'have'} no attempt left, or may have none. "
            f"The other {f'{rest:,} go' if rest > 1 else 'one goes'} back to the queue {how}; the attempt stays used."
        )
    return f"{'It goes' if one else 'They go'} back to the queue {how}. The attempt stays used; {_at_limit(held)}"


def _at_limit(held: Sequence[Lease]) -> str:
    limits = {(lease.max_retries, lease.dead_letter_queue) for lease in held}
    if len(limits) != 1:
        return "one that is at its limit moves to its dead-letter queue, or is deleted where there is none."
    ((limit, queue),) = limits
    if limit is None and not queue:
        return "one that is at the limit may be moved or deleted: the limit is unknown."
    counted = "" if limit is None else f" of {limit}"
    then = f"moves to {plain(queue)}" if queue else "is deleted: no dead-letter queue"
    return f"one that is at the limit{counted} {then}."
