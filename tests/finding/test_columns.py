"""Fields as columns, and the order of the rows."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.finding import Path, candidates, cell, ordered
from tests.finding.documents import document


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("a",), "9007199254740993"),
        (("b",), "true"),
        (("c",), "null"),
        (("lines", "sku"), "x, y, z, w, …"),
        (("lines",), "[5 items]"),
        (("o",), "{1 key}"),
        (("o", "deep"), "s" * 79 + "…"),
        (("none",), None),
    ],
)
def test_a_cell_says_in_one_line_what_is_there(path: Path, said: str | None) -> None:
    body = {
        "a": 9007199254740993,
        "b": True,
        "c": None,
        "lines": [{"sku": sku} for sku in "xyzwv"],
        "o": {"deep": "s" * 100},
    }
    assert cell(document(body), path) == said


def test_the_fields_of_a_batch_are_offered_the_most_frequent_first() -> None:
    found = candidates(
        [document({"a": 1, "o": {"id": 1}}), document({"o": {"id": 2}, "lines": [{"sku": 1}, {"sku": 2}]})]
    )
    assert [(each.text, each.count) for each in found] == [("o.id", 2), ("a", 1), ("lines.sku", 1)]


def test_a_hostile_body_offers_no_more_than_another() -> None:
    assert len(candidates([document({f"k{number}": 1 for number in range(10_000)})])) == 40


def test_numbers_come_before_text_and_unknown_last_whichever_way() -> None:
    found = [document({"a": value}) for value in ("b", 10, Decimal("9.5"), "A")] + [document({}), document(text="t")]
    assert ordered(found, ("a",)) == [2, 1, 3, 0, 4, 5]
    assert ordered(found, ("a",), descending=True) == [0, 3, 1, 2, 4, 5]


def test_the_oldest_has_the_greatest_age() -> None:
    found = [document({}, sent_ms=sent, age_s=None) for sent in (3, 1, None, 2)]
    assert ordered(found, "age", descending=True) == [1, 3, 0, 2]


@given(st.lists(st.none() | st.integers(0, 3), max_size=12), st.booleans())
def test_an_order_loses_nobody_and_leaves_equal_ones_as_they_were(attempts: list[int | None], down: bool) -> None:
    order = ordered([document({}, attempts=each) for each in attempts], "attempts", descending=down)
    assert sorted(order) == list(range(len(attempts)))
    for one, other in itertools.pairwise(order):
        assert attempts[one] != attempts[other] or one < other
