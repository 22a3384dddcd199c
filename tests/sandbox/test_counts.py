"""The counts of the day before a demo begins: they end in what it holds."""

from itertools import groupby

from queues_app.sandbox import ManualClock, Sandbox
from queues_app.sandbox.seed import ACCOUNTS, LOGISTICS
from queues_app.sandbox.seed.counts import counts_before

MINUTE_MS = 60_000


def test_each_queue_that_holds_anything_has_a_day_that_ends_in_what_it_holds() -> None:
    clock = ManualClock()
    sandbox = Sandbox(clock=clock, seed="demo")
    now_ms = round(clock.now().timestamp() * 1000)
    queues = sandbox.store.accounts[ACCOUNTS[LOGISTICS]].queues

    counts = counts_before(now_ms)[ACCOUNTS[LOGISTICS]]

    found = {queue_id: list(each) for queue_id, each in groupby(counts, key=lambda count: count.queue_id)}
    assert {queue_id for queue_id, queue in queues.items() if queue.messages} <= set(found)
    for queue_id, day in found.items():
        moments = [count.at_ms for count in day]
        assert moments == sorted(set(moments))
        assert moments[-1] - moments[0] > 23 * 60 * MINUTE_MS
        last, held = day[-1], queues[queue_id].messages
        recent = sum(one.sent_ms > last.at_ms for one in held.values())
        assert abs(last.messages - len(held) + recent) <= 15, "but for what passed in that minute"


def test_what_only_passes_through_has_waited_too() -> None:
    clock = ManualClock()
    queues = Sandbox(clock=clock, seed="demo").store.accounts[ACCOUNTS[LOGISTICS]].queues
    (uploads,) = (queue_id for queue_id, queue in queues.items() if queue.name == "r2-events-uploads")
    counts = counts_before(round(clock.now().timestamp() * 1000))[ACCOUNTS[LOGISTICS]]
    held = [count for count in counts if count.queue_id == uploads and count.messages]
    assert held
    assert all(MINUTE_MS <= count.at_ms - count.oldest_ms <= 60 * MINUTE_MS for count in held)
