"""The question before messages are settled, and the bar that says what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.urls import reverse

from queues_app import formats
from queues_app.models import Action, AuditEntry, Batch, Lease, LeaseState, Outcome
from queues_app.operations.leases import Verb

# Ids that the question names; beyond, it counts them.
MOST_IDS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Asked before anything is sent. `intent` is new: it stands for the answer, not for the question."""

    title: str
    sentence: str
    verb: str
    act: str
    act_icon: str
    removes: bool
    queue: str
    account: str
    environment: str
    ids: str
    left_out: str
    positions: tuple[int, ...]
    delay: str
    has_delay: bool
    delay_error: str
    intent: str
    settle_url: str
    batch_url: str
    # Nothing of what was chosen can be settled any more; then there is only one way out.
    closed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The result. `kind` is success, warning or error."""

    kind: str
    sentence: str
    receipt: str
    receipt_url: str


def question(
    batch: Batch, *, verb: Verb, leases: Sequence[Lease], chosen: int, delay: str, delay_error: str = "", now: datetime
) -> Question:
    """What is going to happen to the chosen messages; those whose lease is over are left out and counted."""
    held = [lease for lease in leases if lease.state == LeaseState.HELD and lease.expires_at > now]
    counted = formats.plural(len(held), "message")
    place = (batch.account_id, batch.queue_id, batch.pk)
    removes = verb is Verb.ACK
    act = f"Acknowledge {counted}" if removes else f"Retry {counted}"
    left_out = chosen - len(held)
    return Question(
        title=f"{act}?",
        sentence=_consequence(verb, len(held), batch),
        verb=verb.value,
        act=act,
        act_icon="check" if removes else "retry",
        removes=removes,
        queue=batch.queue_name,
        account=batch.account.name,
        environment=batch.account.credential.environment,
        ids=_ids(held),
        left_out=f"{left_out} of the {chosen} chosen: lapsed or settled before" if left_out else "",
        positions=tuple(lease.position for lease in held),
        delay=delay,
        has_delay=not removes,
        delay_error=delay_error,
        intent=str(uuid4()),
        settle_url=reverse("settle", args=place),
        batch_url=reverse("batch", args=place),
        closed="" if held else "None of the chosen messages is still held: their leases lapsed or were settled before.",
    )


def bar_of(entry: AuditEntry) -> Bar:
    """What the record says came of it."""
    verb = "acknowledged" if entry.action == Action.ACK else "retried"
    kind = {Outcome.OK: "success", Outcome.FAILED: "error"}.get(Outcome(entry.outcome), "warning")
    sentence = entry.remark
    chosen = entry.parameters.get("chosen")
    if entry.outcome == Outcome.OK and entry.message_count != chosen:
        kind = "warning"
    if not entry.is_complete:
        sentence = "This is under way, or its end was lost: what became of the messages is unknown."
    elif entry.outcome == Outcome.UNKNOWN:
        sentence = f"Whether they were {verb} is unknown. {sentence} If not, they come back when their lease ends."
    elif entry.outcome != Outcome.OK:
        sentence = f"Nothing was {verb}. {sentence}"
    return Bar(kind=kind, sentence=sentence, receipt=entry.receipt, receipt_url=reverse("audit_entry", args=[entry.pk]))


def _consequence(verb: Verb, count: int, batch: Batch) -> str:
    one = count == 1
    if verb is Verb.ACK:
        return (
            f"{'It leaves' if one else 'They leave'} the queue for good: acknowledged messages are deleted. "
            "The sealed copy here stays until it expires and cannot be put back."
        )
    limit = "" if batch.max_retries is None else f" of {batch.max_retries}"
    then = f"moves to {batch.dead_letter_queue}" if batch.dead_letter_queue else "is deleted: no dead-letter queue"
    if batch.max_retries is None and not batch.dead_letter_queue:
        then = "may be moved or deleted: the limit is unknown"
    return (
        f"{'It goes' if one else 'They go'} back to the queue for another delivery. "
        f"The attempt stays used; one that is at the limit{limit} {then}."
    )


def _ids(leases: Sequence[Lease]) -> str:
    named = ", ".join(formats.short_id(lease.message_id) for lease in leases[:MOST_IDS])
    more = len(leases) - MOST_IDS
    return f"{named} and {more} more" if more > 0 else named
