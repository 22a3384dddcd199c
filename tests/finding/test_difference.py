"""The difference of two bodies."""

import copy
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given

from queues_app.finding import MISSING, Change, Plain, difference
from queues_app.finding.difference import same
from queues_app.finding.values import kind_of
from tests.finding.documents import plain_values


def test_what_came_went_changed_or_is_of_another_kind_is_told_with_both_values() -> None:
    before: Plain = {"id": 9007199254740992, "gone": 1, "kind": "1", "lines": [{"sku": "a"}, {"sku": "b"}], "same": 1}
    after: Plain = {"id": 9007199254740993, "kind": 1, "lines": [{"sku": "a"}, {"sku": "c"}], "same": 1, "new": None}
    assert difference(before, after).changes == (
        Change("changed", ("id",), 9007199254740992, 9007199254740993),
        Change("removed", ("gone",), 1, MISSING),
        Change("kind", ("kind",), "1", 1),
        Change("changed", ("lines", 1, "sku"), "b", "c"),
        Change("added", ("new",), MISSING, None),
    )


def test_an_element_that_was_put_in_between_is_one_change() -> None:
    assert difference([1, 2, 3], [1, 9, 2, 3]).changes == (Change("added", (1,), MISSING, 9),)
    assert difference([1, 2, 3], [1, 3]).changes == (Change("removed", (1,), 2, MISSING),)


def test_true_is_not_one() -> None:
    assert difference({"a": True}, {"a": 1}).changes == (Change("kind", ("a",), True, 1),)


def test_a_difference_has_a_bound() -> None:
    found = difference({}, {str(number): number for number in range(10_000)})
    assert len(found.changes) == 500
    assert found.is_cut


@given(plain_values)
def test_a_value_does_not_differ_from_itself(value: Plain) -> None:
    assert difference(value, copy.deepcopy(value)).changes == ()


@given(plain_values, plain_values)
def test_the_changes_lead_from_the_one_to_the_other(before: Plain, after: Plain) -> None:
    assert same(applied(before, difference(before, after).changes), after)


def applied(value: Any, changes: tuple[Change, ...]) -> Any:
    """The value after the changes; removals from the end, so that places stay what they are."""
    value = copy.deepcopy(value)
    removed = [change for change in changes if change.kind == "removed"]
    for change in [*(each for each in changes if each.kind in ("changed", "kind")), *reversed(removed)]:
        value = step(value, change.path, change)
    for change in changes:
        if change.kind == "added":
            value = step(value, change.path, change)
    return value


def step(value: Any, path: tuple[Any, ...], change: Change) -> Any:
    if not path:
        return copy.deepcopy(change.after)
    first, rest = path[0], path[1:]
    if rest:
        value[first] = step(value[first], rest, change)
    elif change.kind == "removed":
        del value[first]
    elif change.kind == "added" and isinstance(value, list):
        value.insert(first, copy.deepcopy(change.after))
    else:
        value[first] = copy.deepcopy(change.after)
    return value


def test_what_is_nested_deep_is_compared_once_and_not_again_at_each_level(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def counted(value: Plain) -> str:
        compared.append(1)
        return exact(value)

    exact = kind_of
    # By its name: the package has a function of the same name.
    monkeypatch.setattr(import_module("queues_app.finding.difference"), "kind_of", counted)
    before: Plain = [1] * 2_000
    after: Plain = [*[1] * 1_999, True]
    for _ in range(90):
        before, after = [before], [after]
    (change,) = difference(before, after).changes
    assert (change.kind, change.before, change.after) == ("kind", 1, True)
    assert len(compared) < 20_000
