"""What time does: retention, simulated Workers, chains of dead-letter queues, simulated producers."""

from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.sandbox.conftest import Api


def bodies(queue: QueueHandle) -> list[str | bytes]:
    return [held.body for held in queue.messages]


def test_retention_deletes_also_while_paused_and_while_leased(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    queue = sandbox.add_queue("short", retention=60, max_retries=0, dead_letter_queue="dead")
    dead = sandbox.add_queue("dead", consumer=None)
    queue.push("old", age_s=50)
    queue.push("new")
    api.pull(queue, batch_size=1, visibility_timeout_ms=30_000)
    queue.pause()
    clock.advance(seconds=40)
    assert bodies(queue) == ["new"]
    assert dead.messages == []


def test_a_dead_letter_starts_its_retention_anew(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    dead = sandbox.add_queue("dead", consumer=None, retention=100)
    queue = sandbox.add_queue("short", retention=100, max_retries=0, dead_letter_queue="dead")
    queue.push("a", age_s=65)
    sent_ms = queue.messages[0].sent_ms
    api.pull(queue)
    clock.advance(seconds=100)
    assert [held.sent_ms for held in dead.messages] == [sent_ms]
    clock.advance(seconds=30)
    assert dead.messages == []


def test_a_worker_drains_its_queue_at_its_pace(sandbox: Sandbox, clock: ManualClock) -> None:
    queue = sandbox.add_queue("emails", consumer="worker", service_seconds=10)
    queue.push_many(["a", "b", "c"])
    clock.advance(seconds=9)
    assert bodies(queue) == ["a", "b", "c"]
    clock.advance(seconds=1)
    assert bodies(queue) == ["b", "c"]
    clock.advance(seconds=1000)
    assert bodies(queue) == []


def test_what_a_worker_cannot_process_climbs_and_ends_as_a_dead_letter(sandbox: Sandbox, clock: ManualClock) -> None:
    dead = sandbox.add_queue("dead", consumer=None)
    queue = sandbox.add_queue("emails", consumer="worker", dead_letter_queue="dead", max_retries=2, retry_delay=60)
    queue.push("bad", fails=True)
    seen = []
    for _ in range(3):
        clock.advance(seconds=61)
        seen.append(sum(held.attempts for held in queue.messages))
    assert seen == [1, 2, 0]
    assert bodies(dead) == ["bad"]


def test_a_paused_worker_does_nothing_and_catches_nothing_up(sandbox: Sandbox, clock: ManualClock) -> None:
    queue = sandbox.add_queue("emails", consumer="worker", service_seconds=10)
    queue.push_many(["a", "b"])
    queue.pause()
    clock.advance(hours=5)
    assert bodies(queue) == ["a", "b"]
    queue.resume()
    clock.advance(seconds=10)
    assert bodies(queue) == ["b"]


def test_the_outcome_does_not_depend_on_how_often_somebody_looks(clock: ManualClock) -> None:
    def run(steps: int) -> list[tuple[str, int]]:
        clock = ManualClock()
        sandbox = Sandbox(clock=clock, seed="empty")
        queue = sandbox.add_queue("emails", consumer="worker", service_seconds=7, retry_delay=20)
        for number in range(12):
            queue.push(str(number), fails=number % 3 == 0)
        for _ in range(steps):
            clock.advance(seconds=140 / steps)
            assert queue.messages
        return [(held.id, held.attempts) for held in queue.messages]

    assert run(1) == run(2) == run(20)


def test_dead_letters_travel_on_along_a_chain(sandbox: Sandbox, clock: ManualClock) -> None:
    last = sandbox.add_queue("last", consumer=None)
    sandbox.add_queue("middle", consumer="worker", dead_letter_queue="last", max_retries=0)
    first = sandbox.add_queue("first", consumer="worker", dead_letter_queue="middle", max_retries=0)
    first.push("bad", fails=True)
    clock.advance(minutes=1)
    assert bodies(last) == ["bad"]


def test_a_circle_of_dead_letter_queues_comes_to_an_end(sandbox: Sandbox, clock: ManualClock) -> None:
    one = sandbox.add_queue("one", consumer="worker", dead_letter_queue="two", max_retries=0)
    two = sandbox.add_queue("two", consumer="worker", dead_letter_queue="one", max_retries=0)
    one.push("bad", fails=True)
    clock.advance(days=3)
    assert one.messages == []
    assert two.messages == []  # on its way again each time somebody looks
    assert sum(len(queue.messages) for queue in sandbox.store.accounts[one.account_id].queues.values()) == 1


def test_a_dead_letter_queue_that_was_deleted_takes_nothing(
    api: Api, orders: QueueHandle, dead: QueueHandle, clock: ManualClock
) -> None:
    orders.push("a", attempts=2)
    api.pull(orders)
    api.result("DELETE", dead.path)
    clock.advance(minutes=1)
    assert orders.messages == []


def test_messages_sent_over_http_may_fail_in_a_worker(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    dead = sandbox.add_queue("dead", consumer=None)
    queue = sandbox.add_queue("emails", consumer="worker", dead_letter_queue="dead")
    batch = {"messages": [{"body": "a", "content_type": "text"}] * 100}
    api.result("POST", f"{queue.path}/messages/batch", batch)
    clock.advance(hours=1)
    assert queue.messages == []
    assert 1 <= len(dead.messages) <= 30
