"""A tree becomes flat lines: opened and closed in pairs, within bounds, with what is left out said."""

import json

from hypothesis import given
from hypothesis import strategies as st

from queues_app import bodies
from queues_app.bodies import Limits, Line
from tests.bodies.helpers import rejoined

_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=60)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=25,
)


def _lines(text: str, **bounds: int) -> list[Line]:
    return list(bodies.read(text, "json", limits=Limits(**bounds)).lines())


def _plain(line: Line) -> str:
    return rejoined(line.value)


@given(_values, st.integers(-1, 6), st.integers(-1, 30), st.integers(-1, 20))
def test_lines_open_and_close_in_pairs_under_any_bounds(value: object, depth: int, nodes: int, string: int) -> None:
    lines = _lines(json.dumps(value), max_depth=depth, max_nodes=nodes, max_string=string)
    level = shown = 0
    for line in lines:
        if line.event == "close":
            level -= 1
        assert line.depth == level or line.event == "more"
        assert line.depth <= max(depth, 0)
        assert len(_plain(line)) <= max(string, 3)
        if line.event == "open":
            level += 1
        shown += line.event in ("open", "leaf")
    assert level == 0
    assert shown <= max(nodes, 0)


@given(_values)
def test_unbounded_lines_hold_every_value(value: object) -> None:
    text = json.dumps(value)
    tree = bodies.read(text, "json").tree
    assert tree is not None
    lines = [line for line in _lines(text) if line.event != "close"]
    assert len(lines) == len(tree.nodes)
    for line, node in zip(lines, tree.nodes, strict=True):
        assert (line.kind, line.depth, line.children) == (node.kind, node.depth, node.children)
        assert line.key is None if node.key is None else rejoined(line.key or ()) == node.key
        if node.kind not in ("object", "array"):
            assert _plain(line) == node.text


def test_an_object_reads_as_in_the_picture() -> None:
    lines = _lines('{"order":"A-88240","customer":{"id":9007199254740993},"lines":[{"sku":"T","qty":3,"x":1}],"e":{}}')
    assert [(line.event, line.depth, _plain(line), line.amount) for line in lines] == [
        ("open", 0, "{", "4 keys"),
        ("leaf", 1, "A-88240", ""),
        ("open", 1, "{", "1 key"),
        ("leaf", 2, "9007199254740993", ""),
        ("close", 1, "}", ""),
        ("open", 1, "[", "1 item"),
        ("open", 2, "{", "3 keys"),
        ("leaf", 3, "T", ""),
        ("leaf", 3, "3", ""),
        ("leaf", 3, "1", ""),
        ("close", 2, "}", ""),
        ("close", 1, "]", ""),
        ("leaf", 1, "{}", "0 keys"),
        ("close", 0, "}", ""),
    ]
    assert [line.opened for line in lines if line.event == "open"] == [True, True, True, False]
    assert [line.exact for line in lines].count(True) == 1
    item = lines[6]
    assert item.place == 0
    assert [(rejoined(brief.key), rejoined(brief.value)) for brief in item.brief] == [("sku", "T"), ("qty", "3")]
    assert item.brief_more == 1


def test_items_of_an_array_are_numbered() -> None:
    assert [line.place for line in _lines("[7,[8,9],{}]")] == [None, 0, 1, 0, 1, None, 2, None]


def test_a_long_list_starts_folded_unless_it_is_the_whole_body() -> None:
    many = json.dumps({"a": list(range(51))})
    assert [line.opened for line in _lines(many) if line.event == "open"] == [True, False]
    assert _lines(json.dumps(list(range(51))))[0].opened


def test_values_beyond_the_bound_are_counted() -> None:
    lines = _lines(json.dumps({"a": [1, 2, 3], "b": 4}), max_nodes=3)
    assert [line.event for line in lines] == ["open", "open", "leaf", "more", "close", "close"]
    assert lines[3].note == "3 more values not shown; see raw"
    assert lines[3].rest == 3


def test_a_long_string_is_cut_and_its_rest_said() -> None:
    leaf = _lines(json.dumps("x" * 2_500))[0]
    assert _plain(leaf) == "x" * 2_000
    assert leaf.note == "500 more characters; see raw"


def test_a_long_key_is_cut() -> None:
    leaf = _lines(json.dumps({"k" * 30: 1}), max_string=10)[1]
    assert rejoined(leaf.key or ()) == "k" * 10 + "…"


def test_deep_nesting_is_rendered_to_a_level_and_the_rest_is_counted() -> None:
    reading = bodies.read("[" * 100_000 + "]" * 100_000, "json")
    lines = list(reading.lines())
    assert len(lines) == 64 * 2 + 1
    assert lines[64].note == "99,935 values nested deeper, not shown; see raw"
    assert "Nested 100,000 deep; shown down to level 64." in reading.notes


def test_control_characters_in_keys_and_strings_are_named() -> None:
    leaf = _lines('{"a\\u202e":"\\u0000\\ud800"}')[1]
    assert [segment.text for segment in leaf.key or ()] == ["a", "U+202E"]
    assert [segment.text for segment in leaf.value] == ["NUL", "U+D800"]
