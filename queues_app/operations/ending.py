"""Which leases end their message when they are given back or lapse, and where it goes then. Nothing is asked for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from queues_app.cloudflare import Consumer
from queues_app.models import Lease
from queues_app.operations import known_queues


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The messages of one queue that a failure ends. `to` is a queue, empty for deletion, None where nobody knows.

    will    those beyond the limit by any reading; `may` those at it, or of a limit that is not known for sure
    doubt   why it is not known for sure; empty where only Cloudflare's pages disagree, or it is sure
    """

    queue_name: str
    will: int
    may: int
    to: str | None
    doubt: str

    @property
    def count(self) -> int:
        return self.will + self.may

    @property
    def on_record(self) -> dict[str, Any]:
        return {"will": self.will, "may": self.may, "to": self.to}


def end_of(deliveries: int, limit: int) -> str:
    """What a failure of delivery number `deliveries` does: nothing yet (empty), or it "may" or "will" end the message.

    Cloudflare's pages disagree whether the limit counts the first delivery: "may" stands for the earlier end, "will"
    for whatever is beyond it.
    """
    if deliveries < limit:
        return ""
    return "may" if deliveries == limit else "will"


def of(leases: Iterable[Lease]) -> tuple[Ends, ...]:
    """What giving these leases back ends, by queue; queues in which it ends nothing are left out."""
    by_queue: dict[tuple[str, str], list[Lease]] = {}
    for lease in leases:
        by_queue.setdefault((lease.account.account_id, lease.queue_id), []).append(lease)
    found = (_of_queue(group) for group in by_queue.values())
    return tuple(ends for ends in found if ends.count)


def count(ends: Sequence[Ends]) -> int:
    """How many messages in all."""
    return sum(each.count for each in ends)


def _of_queue(leases: Sequence[Lease]) -> Ends:
    known = known_queues.remembered_queue(account=leases[0].account, queue_id=leases[0].queue_id)
    consumer = known.queue.consumer if known else None
    ends = [_of_lease(lease, consumer) for lease in leases]
    newest = max(leases, key=lambda lease: lease.pk)
    to: str | None = newest.dead_letter_queue
    if consumer is not None:
        to = consumer.dead_letter_queue or ""
    elif newest.max_retries is None and not to:
        to = None
    doubts = [doubt for end, doubt in ends if end and doubt]
    return Ends(
        queue_name=newest.queue_name,
        will=sum(end == "will" for end, _ in ends),
        may=sum(end == "may" for end, _ in ends),
        to=to,
        doubt=doubts[0] if doubts else "",
    )


def _of_lease(lease: Lease, consumer: Consumer | None) -> tuple[str, str]:
    """Whether a failure ends it, and why that is not sure. The limit is as the pull found it, if it still holds."""
    if lease.attempts is None:
        return "may", "how many attempts were used is unknown"
    if lease.max_retries is None:
        return "may", "the limit is unknown"
    end = end_of(lease.attempts, lease.max_retries)
    if consumer is None or consumer.max_retries in (None, lease.max_retries):
        return end, ""
    since = end_of(lease.attempts, consumer.max_retries)
    return (end, "") if end == since else ("may", "the limit was changed since the pull")
