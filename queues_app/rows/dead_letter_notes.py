"""What a question says of the dead-letter queue that a consumer is to have, by the queues as they were last listed."""

from queues_app.cloudflare import Queue
from queues_app.operations.queues import SeenList
from queues_app.rows.dead_letter_ways import DeadLetterWays
from queues_app.rows.queue_words import not_listed, plain


def dead_letter_notes(queue: Queue, name: str, seen: SeenList) -> tuple[str, ...]:
    """Sentences for a consumer of this queue that gets this dead-letter queue; an empty name is none."""
    if not name:
        return ("Without a dead-letter queue, a message at the limit is deleted.",)
    listed, made = seen.listed, "Where no queue has this name, Cloudflare makes one."
    if listed is None or not listed.is_whole:
        return (made,)
    if all(one.name != name for one in listed.queues):
        if not seen.sees_all:
            return (f"{plain(name)} is {not_listed(sees_all=False)}, as they were last listed. {made}",)
        return (
            f"No queue of this account is named {plain(name)}, as they were last listed. Cloudflare makes one then.",
        )
    way = [queue.name, *DeadLetterWays(listed.queues).way(name, {queue.name})]
    if way[-1] != queue.name:
        return ()
    return (f"Messages that fail would go round: {' → '.join(plain(one) for one in way)}.",)
