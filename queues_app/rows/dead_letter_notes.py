"""What a question says of the dead-letter queue that a consumer is to have, by the queues as they were last listed."""

from collections.abc import Iterable

from queues_app.cloudflare import Queue
from queues_app.operations.known_queues import QueueList
from queues_app.rows.queue_words import plain


def dead_letter_notes(queue: Queue, name: str, listed: QueueList | None) -> tuple[str, ...]:
    """Sentences for a consumer of this queue that gets this dead-letter queue; an empty name is none."""
    if not name:
        return ("Without a dead-letter queue, a message at the limit is deleted.",)
    if listed is None or not listed.is_whole:
        return ("Where no queue has this name, Cloudflare makes one.",)
    if all(one.name != name for one in listed.queues):
        return (
            f"No queue of this account is named {plain(name)}, as they were last listed. Cloudflare makes one then.",
        )
    way = _way_back(queue, name, listed.queues)
    if not way:
        return ()
    return (f"Messages that fail would go round: {' → '.join(plain(one) for one in way)}.",)


def _way_back(queue: Queue, name: str, queues: Iterable[Queue]) -> list[str]:
    """The names on the way from the queue by its new dead-letter queue back to it; nothing where it does not come."""
    onward: dict[str, str | None] = {}
    for one in queues:
        goes_to = one.consumer.dead_letter_queue if one.consumer else None
        # Of two with one name it cannot be told which is meant: the way ends there.
        onward[one.name] = goes_to if one.name not in onward else None
    way = [queue.name, name]
    while way[-1] != queue.name:
        following = onward.get(way[-1])
        if not following or following in way[1:]:
            return []
        way.append(following)
    return way
