"""Values that V8 serialised, recorded from Node (fixtures/make_v8.mjs): read as what they are, never executed."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from v8serialize import dumps

from queues_app import bodies
from queues_app.bodies import Reading
from tests.bodies.helpers import as_base64

RECORDED: dict[str, str] = json.loads((Path(__file__).parent / "fixtures" / "v8.json").read_text())


def read(name: str) -> Reading:
    return bodies.read(RECORDED[name], "v8")


def said(reading: Reading) -> list[tuple[str | None, str, str]]:
    """Key, type and text of each value below the top."""
    assert reading.tree is not None, reading.problem
    return [(node.key, node.type, node.text) for node in reading.tree.nodes[1:]]


def top(reading: Reading) -> tuple[str, str, str]:
    assert reading.tree is not None, reading.problem
    node = reading.tree.nodes[0]
    return node.kind, node.type, node.text


@pytest.mark.parametrize("name", RECORDED)
def test_every_value_that_node_writes_is_read(name: str) -> None:
    reading = read(name)
    assert (reading.kind, reading.problem) == ("v8", "")
    assert [(step.name, step.ok) for step in reading.steps] == [("base64", True), ("v8", True)]
    assert list(reading.lines())


def test_an_object_is_a_tree_of_plain_values() -> None:
    assert read("order").value() == {
        "order": "A-88240",
        "warehouse": "AMS-2",
        "lines": [{"sku": "TX-4410", "qty": 3}],
        "express": True,
        "note": None,
    }


def test_a_map_with_names_is_an_object_and_any_other_a_list_of_pairs() -> None:
    assert top(read("map")) == ("object", "Map", "")
    assert read("map").value() == {"a": 1, "b": {"c": 2}}
    assert read("map_of_objects").value() == [[{"id": 1}, "one"], [2, "two"]]


def test_sets_dates_and_expressions_keep_their_types() -> None:
    assert top(read("set")) == ("array", "Set", "")
    assert said(read("set"))[2] == (None, "", "undefined")
    assert top(read("date")) == ("string", "Date", "2026-11-20T06:00:00.123Z")
    assert top(read("invalid_date")) == ("string", "Date", "Invalid Date")
    assert top(read("far_date")) == ("string", "Date", "8640000000000000 ms since 1970")
    assert top(read("regexp")) == ("string", "RegExp", "/^ab+c$/giu")


def test_big_numbers_are_exact_and_what_is_no_number_is_a_word() -> None:
    assert [text for _, _, text in said(read("bigint"))] == ["123456789012345678901234567890", "-5", "0"]
    assert [text for _, _, text in said(read("numbers"))][:4] == ["NaN", "Infinity", "-Infinity", "-0"]


def test_an_error_is_shown_with_its_cause() -> None:
    kind, name, _ = top(read("error"))
    assert (kind, name) == ("object", "TypeError")
    assert said(read("error"))[0] == ("message", "", "no stock")
    assert read("error").value() == {
        "message": "no stock",
        "stack": "TypeError: no stock\n    at pick (shop.js:1:1)",
        "cause": {"sku": "TX-4410"},
    }


def test_buffers_and_views_show_their_items_or_their_bytes() -> None:
    assert read("typed").value() == [1, 2, 255]
    assert top(read("typed"))[1] == "Uint8Array"
    assert read("bigs").value() == [-(2**63)]
    assert top(read("buffer")) == ("string", "ArrayBuffer, 3 B", "09 08 07")
    assert top(read("view")) == ("string", "DataView, 2 B", "02 03")


def test_what_holds_itself_is_a_line_that_points_there() -> None:
    assert said(read("circular")) == [("name", "", "top"), ("self", "shown before", "↻ see the top")]
    assert said(read("shared"))[-1] == (None, "shown before", "↻ see [0]")


def test_boxed_values_and_arrays_with_holes_or_members_are_told_apart() -> None:
    assert [kind for _, kind, _ in said(read("boxed"))] == [
        "Number object",
        "String object",
        "Boolean object",
        "BigInt object",
    ]
    assert top(read("holes"))[1] in ("", "Array of length 3")
    assert ("note", "", "a member of an array") in said(read("named"))
    assert ("4000000000", "", "far") in said(read("sparse"))


@given(st.binary(max_size=120))
def test_any_bytes_behind_v8s_mark_are_read_or_named(data: bytes) -> None:
    reading = bodies.read(as_base64(b"\xff\x0f" + data), "v8")
    assert reading.kind == "v8"
    assert (reading.tree is None) == bool(reading.problem)
    assert len(list(reading.lines())) <= 10_000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\x0f" + b"A\x01" * 60_000, id="arrays in arrays"),
        pytest.param(b'\xff\x0f"\xff\xff\xff\xff\x0fA', id="a string of 4 GB"),
        pytest.param(b"\xff\x0fA\xff\xff\xff\xff\x0fI\x02", id="an array of 4 billion"),
        pytest.param(b"\xff\x0f" + b"rc" * 1_000, id="causes of causes"),
        pytest.param(b'\xff\x0fo"\x05ab', id="an end in a name"),
        pytest.param(b"\xff\x0fD\x00", id="half a date"),
    ],
)
def test_what_promises_more_than_it_has_fails_with_a_name(data: bytes) -> None:
    reading = bodies.read(as_base64(data), "v8")
    assert reading.tree is None
    assert reading.problem.startswith("Declared as v8, but not read: ")


def test_references_to_one_value_do_not_grow() -> None:
    """A list of lists that each hold the one before twice would be a billion values."""
    value: list[object] = ["lol"]
    for _ in range(40):
        value = [value, value]
    reading = bodies.read(as_base64(bytes(dumps(value))), "v8")
    assert reading.tree is not None
    assert len(reading.tree.nodes) < 200


json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=10,
)


@given(json_like)
def test_what_the_library_writes_is_read_back(value: object) -> None:
    reading = bodies.read(base64.b64encode(bytes(dumps(value))).decode(), "v8")
    # Python's dict is written as a Map; that two equal lists are one object is not looked for.
    assert reading.value() == value or "see" in str(reading.value())
