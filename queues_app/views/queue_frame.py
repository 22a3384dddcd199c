"""The context of the frame around every page of one queue."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from queues_app.callers import person
from queues_app.models import Account, Batch
from queues_app.operations import queues
from queues_app.operations.queues import KnownQueue, Reading
from queues_app.rows.queue_words import ids_by_name
from queues_app.rows.queues import queue_head

NOT_READ = "The queue could not be read just now."


def frame(
    request: HttpRequest,
    account: Account,
    queue_id: str,
    known: KnownQueue | None,
    shown: Batch | None = None,
    *,
    reading: Reading | None = None,
    problem: str = "",
    tab: str = "messages",
) -> dict[str, Any]:
    """What `queues/frame.html` needs. Nothing is asked of the upstream: counts that are not at hand are remembered.

    known    None when the queue could not be read; what is remembered of it is shown then, as old
    shown    a batch on the page, which knows the queue's name whatever happens
    problem  why `known` is None, in a sentence
    """
    if known is None:
        known = queues.remembered_queue(account=account, queue_id=queue_id)
        problem = problem or NOT_READ
    if reading is None:
        reading = queues.remembered_readings(account=account, queue_ids=[queue_id]).get(queue_id)
    listed = queues.remembered_list(account=account)
    head = queue_head(
        account=account,
        queue_id=queue_id,
        known=known,
        reading=reading,
        zone=person(request).tzinfo,
        now=timezone.now(),
        name=shown.queue_name if shown else "",
        ids=ids_by_name(listed.queues) if listed else {},
        problem=problem,
        tab=tab,
    )
    return {"head": head}
