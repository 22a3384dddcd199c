"""What is said of messages that end when they are given back or lapse: before it, after it, and while nobody knows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from queues_app import formats
from queues_app.models import Lease
from queues_app.operations.ending import Ends, end_of
from queues_app.rows.queue_words import plain

VISIBLE_AGAIN = "probably visible again"


def before(ends: Sequence[Ends]) -> tuple[str, ...]:
    """A sentence for each fate; with the name of the queue where there are several."""
    said = []
    for each in ends:
        where = f"{plain(each.queue_name)}: " if len(ends) > 1 else ""
        for many, sure in ((each.will, True), (each.may, False)):
            if many:
                doubt = f" ({each.doubt})" if each.doubt and not sure else ""
                sentence = _fate(many, each.to, sure=sure)
                said.append(f"{where}{sentence if where else sentence[0].upper() + sentence[1:]}{doubt}.")
    return tuple(said)


def after(parameters: Mapping[str, Any], *, whole: bool, named: Callable[[str], str] = plain) -> str:
    """What the record says becomes of those that had no attempt left; empty for none.

    `whole`: none was skipped. `named` writes the name of the queue, which is foreign.
    """
    ends = parameters.get("ends")
    if not isinstance(ends, dict):
        return ""
    will, may, to = ends.get("will", 0), ends.get("may", 0), ends.get("to")
    to = named(to) if to else to
    said = []
    if will:
        said.append(f"{formats.plural(will, 'message')} had no attempt left: {_gone(will, to, sure=True)}.")
    if may:
        said.append(f"{formats.plural(may, 'message')} may have had no attempt left: {_gone(may, to, sure=False)}.")
    if said and not whole:
        said.append("That is not meant of those that were skipped.")
    return " ".join(said)


def lapsed(lease: Lease) -> str:
    """Where a message probably is after its lease lapsed."""
    end = "" if lease.attempts is None or lease.max_retries is None else end_of(lease.attempts, lease.max_retries)
    if not end:
        return VISIBLE_AGAIN
    to = plain(lease.dead_letter_queue)
    if end == "will":
        return f"probably in {to}: no attempt was left" if to else "probably deleted: no dead-letter queue"
    return f"{VISIBLE_AGAIN}, or in {to}" if to else f"{VISIBLE_AGAIN}, or deleted: no dead-letter queue"


def _fate(many: int, to: str | None, *, sure: bool) -> str:
    counted = formats.plural(many, "message")
    if to is None:
        return f"{counted} may be deleted, or go to a dead-letter queue"
    if to:
        goes = ("goes" if many == 1 else "go") if sure else "may go"
        return f"{counted} {goes} to {plain(to)}"
    return f"this {'deletes' if sure else 'may delete'} {counted}: no dead-letter queue"


def _gone(many: int, to: str | None, *, sure: bool) -> str:
    it = "it" if many == 1 else "they"
    if to is None:
        return f"{it} may be deleted, or in a dead-letter queue"
    if to:
        goes = ("goes" if many == 1 else "go") if sure else "may go"
        return f"{it} {goes} to {to}"
    be = ("is" if many == 1 else "are") if sure else "may be"
    return f"{it} {be} deleted, as there is no dead-letter queue"
