"""What happens to messages as time goes by: leases lapse, Workers consume, retention deletes.

Nothing runs in the background. Each request first settles its queue, and those that may feed it with dead
letters, up to now.
"""

import heapq

from queues_app.sandbox.store import DEFAULT_MAX_RETRIES, Account, Message, Queue, Store

# Dead letters can travel on: A → B → C. More hops than this in one go would be a circle.
_HOPS = 6
# A clock that leaps by days would otherwise make a day's worth of messages in one request. What lies before
# the last so many arrivals passes as if neither producer nor Worker had been there.
_ARRIVALS_AT_ONCE = 300


def settle(store: Store, account: Account, queue: Queue, now_ms: int) -> None:
    chain = _feeders(account, queue)
    for one in chain:
        if one.filling is not None:
            one.filling()
            one.filling = None
    for _ in range(_HOPS):
        moved = [_advance(store, account, one, now_ms) for one in chain]
        if not any(moved):
            break


def fail(store: Store, account: Account, queue: Queue, message: Message, at_ms: int, delay_ms: int) -> bool:
    """A delivery came to nothing at `at_ms`. True when the message went to a dead-letter queue.

    Below the limit the message waits `delay_ms` and is ready again; at the limit it moves, or is deleted
    where no dead-letter queue exists.
    """
    message.lease_until_ms = None
    if not at_limit(store, account, queue, message):
        message.visible_ms = at_ms + delay_ms
        queue.history.waits(message, at_ms)
        return False
    del queue.messages[message.id]
    name = queue.consumer.dead_letter_queue if queue.consumer else ""
    target = account.named(name) if name else None
    queue.history.deleted(message, at_ms, queue.consumer_type, "fail" if target is None else "dlq")
    if target is None:
        return False
    # The id and the time of sending stay; attempts and retention begin anew (fact sheet, 2.2 and 2.4).
    message.attempts = 0
    message.visible_ms = message.kept_from_ms = at_ms
    target.messages[message.id] = message
    target.history.came(message, at_ms)
    return True


def at_limit(store: Store, account: Account, queue: Queue, message: Message) -> bool:
    """Whether a message that has just failed has used up its deliveries. Without a consumer there is no limit."""
    if queue.consumer is None:
        return False
    allowed = queue.consumer.setting("max_retries", DEFAULT_MAX_RETRIES)
    if store.variants_for(account, queue).limit_rule == "retries":
        allowed += 1
    return message.attempts >= allowed


def _feeders(account: Account, queue: Queue) -> list[Queue]:
    """The queue, after all whose dead letters may end up in it."""
    feeding = [one for one in account.queues.values() if one.consumer and one.consumer.dead_letter_queue]
    chain, found = [queue], {queue.id}
    for one in chain:
        new = [feeder for feeder in feeding if _fills(feeder, one) and feeder.id not in found]
        found.update(feeder.id for feeder in new)
        chain.extend(new)
    return chain[::-1]


def _fills(feeder: Queue, queue: Queue) -> bool:
    return feeder.consumer is not None and feeder.consumer.dead_letter_queue == queue.name


def _advance(store: Store, account: Account, queue: Queue, now_ms: int) -> bool:
    moved = _arrive(store, account, queue, now_ms)
    moved |= _lapse(store, account, queue, now_ms)
    moved |= _work(store, account, queue, now_ms)
    _empty(queue, now_ms)
    for message in [one for one in queue.messages.values() if _expires_ms(queue, one) <= now_ms]:
        del queue.messages[message.id]
        queue.history.deleted(message, _expires_ms(queue, message), "", "fail")
    return moved


def _empty(queue: Queue, now_ms: int) -> None:
    """Take what an emptying under way has taken by now, oldest first; at its end all that had come before that."""
    last = queue.emptying
    if last is None or last.is_over:
        return
    if last.is_done(now_ms):
        for message in [one for one in queue.messages.values() if one.kept_from_ms <= last.until_ms]:
            queue.history.went(queue.messages.pop(message.id), last.until_ms)
        last.is_over = True
    elif last.gradual:
        due = last.held * (now_ms - last.started_ms) // (last.until_ms - last.started_ms)
        for message_id in list(queue.messages)[: due - last.taken]:
            queue.history.went(queue.messages.pop(message_id), now_ms)
        last.taken = due


def _arrive(store: Store, account: Account, queue: Queue, now_ms: int) -> bool:
    """Add what the simulated producer would have sent, each after the Worker's work up to that moment."""
    traffic = queue.traffic
    if traffic is None:
        return False
    due = (now_ms - traffic.next_ms) // traffic.every_ms + 1
    if due > _ARRIVALS_AT_ONCE:
        skipped_ms = traffic.next_ms
        traffic.next_ms += (due - _ARRIVALS_AT_ONCE) * traffic.every_ms
        if queue.worker:
            if not queue.delivery_paused:
                queue.history.flowed(skipped_ms, traffic.next_ms, traffic.every_ms)
            queue.worker.free_ms = max(queue.worker.free_ms, traffic.next_ms)
    moved = False
    while traffic.next_ms <= now_ms:
        moved |= _work(store, account, queue, traffic.next_ms)
        if len(queue.messages) < traffic.cap:
            store.add_message(queue, traffic.next_ms, **traffic.make(traffic.made))
            traffic.made += 1
        traffic.next_ms += traffic.every_ms
    return moved


def _lapse(store: Store, account: Account, queue: Queue, now_ms: int) -> bool:
    moved = False
    for message in list(queue.messages.values()):
        until = message.lease_until_ms
        if until is None or until > now_ms:
            continue
        if _expires_ms(queue, message) <= until:
            continue  # retention was quicker than the lease
        moved |= fail(store, account, queue, message, until, 0)
    return moved


def _work(store: Store, account: Account, queue: Queue, now_ms: int) -> bool:
    """Let the simulated Worker do what it would have done by now, one message after the other."""
    worker, consumer = queue.worker, queue.consumer
    if worker is None or consumer is None or consumer.type != "worker":
        return False
    if queue.delivery_paused:
        worker.free_ms = max(worker.free_ms, now_ms)
        return False
    moved = False
    retry_ms = consumer.setting("retry_delay", 0) * 1000
    # Among those ready at the same moment, the one that came first.
    waiting = [(one.visible_ms, place, one.id) for place, one in enumerate(queue.messages.values())]
    heapq.heapify(waiting)
    while waiting:
        visible_ms, place, message_id = heapq.heappop(waiting)
        message = queue.messages[message_id]
        started = max(worker.free_ms, visible_ms)
        done = started + worker.service_ms
        if done > now_ms:
            break
        if _expires_ms(queue, message) <= started:
            continue
        worker.free_ms = done
        message.attempts += 1
        queue.history.read(message, started, "worker")
        queue.history.worked(started, done)
        if not message.fails:
            del queue.messages[message_id]
            queue.history.deleted(message, done, "worker", "success")
            continue
        moved |= fail(store, account, queue, message, done, retry_ms)
        if message_id in queue.messages:
            heapq.heappush(waiting, (message.visible_ms, place, message_id))
    return moved


def _expires_ms(queue: Queue, message: Message) -> int:
    return message.kept_from_ms + queue.message_retention_period * 1000
