"""The dead-letter map: which queues feed which, and what is odd about it, however many there are."""

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

import pytest

from queues_app.cloudflare import Queue
from queues_app.forms.dead_letters import Chosen
from queues_app.models import Account
from queues_app.rows.dead_letter_order import MOST_TARGETS, order_of
from queues_app.rows.dead_letter_ways import DeadLetterWays
from queues_app.rows.dead_letters import MOST_DELETING, MOST_FEEDERS, DeadLetterMap, Target, dead_letter_map
from tests.support.queues import NOW, make_consumer, make_queue, make_reading

ACCOUNT = Account(pk=7, name="acme")
MANY = 10_000


def feeds(name: str, target: str) -> Queue:
    return make_queue(name, make_consumer(dead_letter_queue=target))


def chain(number: int) -> list[Queue]:
    return [feeds(f"q{place}", f"q{place + 1}") for place in range(number)]


def ring(number: int) -> list[Queue]:
    return [feeds(f"q{place}", f"q{(place + 1) % number}") for place in range(number)]


def star(number: int) -> list[Queue]:
    return [feeds(f"q{place}", "middle") for place in range(number)]


def tadpoles(number: int) -> list[Queue]:
    """All ways lead into one short cycle, none of them is on it."""
    return [feeds("q0", "q1"), feeds("q1", "q0"), *(feeds(f"q{place}", f"q{place - 1}") for place in range(2, number))]


def deletes(number: int) -> list[Queue]:
    return [make_queue(f"q{place}", make_consumer(dead_letter_queue=None)) for place in range(number)]


def map_of(
    queues: Sequence[Queue], elsewhere: Mapping[str, Sequence[str]] | None = None, *, sees_all: bool = True
) -> DeadLetterMap:
    ways = DeadLetterWays(queues)
    readings = {queue_id: make_reading() for queue_id in ways.ids}
    order = order_of(ways, readings, Chosen(), NOW, {})
    return dead_letter_map(ACCOUNT, order, elsewhere or {}, sees_all=sees_all, zone=ZoneInfo("UTC"), now=NOW)


def named(drawn: DeadLetterMap) -> dict[str, Target]:
    return {"".join(piece.text for piece in target.name): target for target in drawn.targets}


def test_a_cycle_is_told_from_each_of_its_queues_and_of_none_that_only_leads_into_it() -> None:
    targets = named(map_of([*ring(3), feeds("in", "on-the-way"), feeds("on-the-way", "q0")]))
    assert targets["q0"].marks == ("A cycle: q0 → q1 → q2 → q0. Dead letters come round again.",)
    assert targets["q2"].marks == ("A cycle: q2 → q0 → q1 → q2. Dead letters come round again.",)
    assert targets["on-the-way"].marks == ()


def test_a_queue_that_feeds_itself_is_a_cycle() -> None:
    assert named(map_of([feeds("round", "round")]))["round"].marks == (
        "A cycle: round → round. Dead letters come round again.",
    )


def test_a_way_ends_at_a_name_that_two_queues_have() -> None:
    targets = named(map_of([feeds("a", "b"), feeds("b", "a"), make_queue("b", id="b" * 32)]))
    assert not any("cycle" in mark for target in targets.values() for mark in target.marks)


def test_a_long_cycle_names_a_few_of_its_queues_and_counts_all() -> None:
    targets = named(map_of(ring(600)))
    assert targets["q0"].marks == ("A cycle: q0 → q1 → q2 → … → q0 (600 queues). Dead letters come round again.",)


@pytest.mark.parametrize("shape", [chain, ring, star, tadpoles, deletes])
def test_ten_thousand_queues_are_drawn_whatever_their_shape(shape: Callable[[int], list[Queue]]) -> None:
    # Whoever walks all of a chain for each of its queues is at it for hours.
    queues = shape(MANY)
    drawn = map_of(queues)
    targets = {queue.consumers[0].dead_letter_queue for queue in queues} - {None}
    assert len(drawn.targets) == min(len(targets), MOST_TARGETS)
    assert all(len(target.feeders) <= MOST_FEEDERS for target in drawn.targets)
    assert len(drawn.deleting) <= MOST_DELETING


def test_of_many_accounts_that_have_a_queue_of_that_name_a_few_are_named() -> None:
    others = [f"acme-{number}" for number in range(900)]
    (target,) = map_of([feeds("orders", "nowhere")], {"nowhere": [*others, *others]}).targets
    assert target.marks == (
        "No queue of this account has this name. "
        "acme-0, acme-1, acme-2 and 897 more have one, but those are other accounts.",
    )


def test_who_sees_only_some_queues_is_not_told_that_others_do_not_exist() -> None:
    (target,) = map_of([feeds("orders", "orders-dlq")], sees_all=False).targets
    assert (target.waits, target.marks) == (
        "not among the queues you may see",
        ("None of the queues that you may see has this name.",),
    )
    (target,) = map_of([feeds("orders", "orders-dlq")]).targets
    assert (target.waits, target.marks) == ("not in this account", ("No queue of this account has this name.",))
