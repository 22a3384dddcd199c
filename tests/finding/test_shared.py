"""What the stuck ones share: a claim only where chance is no explanation."""

import random

from queues_app.finding import Document, shared_by_stuck
from tests.finding.documents import document


def batch(stuck: int, stuck_with: int, rest: int, rest_with: int) -> list[Document]:
    """Messages that differ in a warehouse; the first `stuck` were tried four times, the others once."""

    def made(number: int, attempts: int, has: bool) -> Document:
        return document({"id": number, "warehouse": "AMS-2" if has else f"W-{number % 7}"}, attempts=attempts)

    return [made(number, 4, number < stuck_with) for number in range(stuck)] + [
        made(number + stuck, 1, number < rest_with) for number in range(rest)
    ]


def test_a_value_that_most_stuck_ones_have_and_few_others_is_named_with_its_counts() -> None:
    (found,) = shared_by_stuck(batch(9, 7, 91, 4), limit=5)
    assert (found.field, found.path, found.value, found.is_text) == ("body", ("warehouse",), "AMS-2", True)
    assert (found.of_stuck, found.stuck, found.of_rest, found.rest) == (7, 9, 4, 91)
    assert found.positions == (0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12)


def test_a_value_that_all_have_explains_nothing() -> None:
    assert shared_by_stuck(batch(9, 9, 91, 91), limit=5) == ()
    assert shared_by_stuck(batch(9, 9, 91, 60), limit=5) == ()


def test_nothing_is_claimed_from_a_handful() -> None:
    assert shared_by_stuck(batch(3, 3, 97, 0), limit=5) == ()
    assert shared_by_stuck(batch(4, 4, 3, 0), limit=5) == ()
    assert shared_by_stuck([], limit=5) == ()


def test_messages_that_were_all_tried_once_are_not_stuck() -> None:
    assert shared_by_stuck([document({"a": 1}, attempts=1) for _ in range(20)], limit=2) == ()


def test_unknown_attempts_count_on_neither_side() -> None:
    unknown = [document({"warehouse": "AMS-2"}, attempts=None) for _ in range(50)]
    (found,) = shared_by_stuck([*batch(9, 7, 91, 4), *unknown], limit=None)
    assert (found.stuck, found.rest) == (9, 91)


def test_type_and_metadata_count_too_and_what_the_same_messages_have_is_named_once() -> None:
    found = shared_by_stuck(
        [
            document({"n": number}, attempts=3, metadata={"region": "eu"}, content_type="v8")
            if number < 6
            else document({"n": number}, metadata={"region": "us"})
            for number in range(30)
        ],
        limit=3,
    )
    assert [(each.field, each.value) for each in found] == [("type", "v8")]


def test_chance_alone_is_hardly_ever_taken_for_a_reason() -> None:
    chance = random.Random(20261126)
    claims = 0
    for _ in range(60):
        made = [
            document({f"f{field}": chance.randrange(4) for field in range(20)}, attempts=4 if number < 8 else 1)
            for number in range(60)
        ]
        claims += bool(shared_by_stuck(made, limit=5))
    assert claims <= 4
