"""JSON is read exactly, at any depth, and what is not JSON is refused with its place."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.bodies import Node, NotJsonError, Tree, parse_json
from queues_app.bodies.exact_json import is_inexact_elsewhere
from tests.bodies.helpers import json_text

_numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(), inner, max_size=5)),
    max_leaves=30,
)


def _exactly(text: str) -> object:
    """What `json` makes of a text when it is kept from rounding numbers and from merging keys."""
    return json.loads(
        text,
        object_pairs_hook=lambda pairs: ("object", pairs),
        parse_int=lambda number: ("number", number),
        parse_float=lambda number: ("number", number),
        parse_constant=_refuse,
    )


def _refuse(word: str) -> None:
    raise ValueError(word)


def _rebuilt(tree: Tree) -> object:
    """The same shape, made from the nodes."""
    made: list[tuple[Node, object]] = []
    for index in range(len(tree.nodes) - 1, -1, -1):
        node = tree.nodes[index]
        inside = [made.pop() for _ in range(node.children)]
        value: object
        if node.kind == "object":
            value = ("object", [(child.key, one) for child, one in inside])
        elif node.kind == "array":
            value = [one for _, one in inside]
        elif node.kind == "number":
            value = ("number", node.text)
        elif node.kind == "literal":
            value = {"true": True, "false": False, "null": None}[node.text]
        else:
            value = node.text
        made.append((node, value))
    assert len(made) == 1
    return made[0][1]


@given(_values, st.booleans(), st.sampled_from([None, 2]))
def test_the_tree_is_what_json_says_with_order_and_numbers_kept(
    value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert _rebuilt(parse_json(text)) == _exactly(text)


@given(_numbers)
def test_a_number_keeps_every_character(number: str) -> None:
    assert parse_json(f' [ {number} , {{"n":{number}}} ] ').nodes[1].text == number
    assert parse_json(number).nodes[0].text == number


@given(json_text)
def test_it_accepts_and_refuses_what_a_strict_reader_does(text: str) -> None:
    try:
        expected = _exactly(text)
    except ValueError:
        with pytest.raises(NotJsonError):
            parse_json(text)
    else:
        assert _rebuilt(parse_json(text)) == expected


@given(st.one_of(st.text(st.characters()), json_text))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    fault = _fault(text)
    if fault is None:
        assert parse_json(text).nodes[0].kind
        return
    lines = text[: fault.offset].split("\n")
    assert 0 <= fault.offset <= len(text)
    assert (fault.line, fault.column) == (len(lines), len(lines[-1]) + 1)
    assert fault.sentence


def _fault(text: str) -> NotJsonError | None:
    try:
        parse_json(text)
    except NotJsonError as error:
        return error
    return None


@given(json_text)
def test_a_text_reads_the_same_however_deep_it_stands(text: str) -> None:
    """Shallow and deep texts are read in two ways."""
    levels = 2_000
    try:
        tree = parse_json(text)
    except NotJsonError:
        tree = None
    try:
        deep = parse_json("[" * levels + text + "]" * levels)
    except NotJsonError:
        # Lists around it may mend what is wrong, never spoil what is right.
        assert tree is None
        return
    if tree is not None:
        inside = [node._replace(depth=node.depth - levels, end=node.end - levels) for node in deep.nodes[levels:]]
        assert inside == list(tree.nodes)
        assert (deep.depth, deep.duplicates) == (tree.depth + levels, tree.duplicates)


def test_duplicate_keys_are_all_kept_and_counted() -> None:
    tree = parse_json('{"a":1,"b":2,"a":3,"\\u0061":4}')
    assert [(node.key, node.text) for node in tree.nodes[1:]] == [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")]
    assert tree.duplicates == 2


def test_a_hundred_thousand_brackets_are_read_without_recursion() -> None:
    tree = parse_json("[" * 100_000 + "]" * 100_000)
    assert tree.depth == 100_000
    assert repr(tree.nodes[0]).startswith("Node(")


def test_a_hundred_thousand_opening_brackets_are_refused_at_their_end() -> None:
    with pytest.raises(NotJsonError) as caught:
        parse_json("[" * 100_000)
    assert caught.value.sentence == 'line 1, column 100,001: the text ends before "]" closes the list'


def test_an_integer_of_five_thousand_digits_stays_whole() -> None:
    digits = "".join(random.Random(1).choices("123456789", k=5_000))
    assert parse_json(f'{{"n":{digits}}}').nodes[1].text == digits


def test_a_lone_surrogate_escape_is_a_string() -> None:
    assert parse_json('"\\ud800"').nodes[0].text == "\ud800"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1, column 1: it is empty"),
        ("NaN", "line 1, column 1: NaN is not JSON"),
        ("[1,\n -Infinity]", "line 2, column 2: -Infinity is not JSON"),
        ("[1,]", "line 1, column 4: a comma stands before this bracket"),
        ("[,1]", "line 1, column 2: a value is missing before this comma"),
        ('{"a":1]', 'line 1, column 7: "]" closes what "{" opened'),
        ('{"a" 1}', 'line 1, column 6: expected ":"'),
        ('{"a":', "line 1, column 6: the text ends where a value was due"),
        ("{a:1}", "line 1, column 2: expected a key in double quotes"),
        ("['a']", "line 1, column 2: JSON strings stand in double quotes"),
        ('{"a":"b', "line 1, column 6: the string that starts here does not end"),
        ('"a\\x41"', "line 1, column 3: this escape is not one of JSON's"),
        ('"a\nb"', "line 1, column 3: a control character stands in a string unescaped"),
        ("[1 2]", 'line 1, column 4: expected "," or "]"'),
        ("[01]", "line 1, column 3: this is no JSON number"),
        ("[1.]", "line 1, column 3: this is no JSON number"),
        ("[.5]", "line 1, column 2: this is no JSON number"),
        ("{} {}", "line 1, column 4: more text after the end of the value"),
        ("1 2", "line 1, column 3: more text after the end of the value"),
    ],
)
def test_a_refusal_says_where_and_why(text: str, sentence: str) -> None:
    with pytest.raises(NotJsonError) as caught:
        parse_json(text)
    assert caught.value.sentence == sentence


@pytest.mark.parametrize(
    "number",
    [
        "9007199254740993",
        "12345678901234567890",
        "0.1234567890123456789",
        "123456789.123456789",
        "1e400",
        "1e-400",
        "1e999999999999999999999",
        pytest.param("9" * 5_000, id="5,000 digits"),
        pytest.param("1" + "0" * 400, id="400 zeros"),
    ],
)
def test_a_number_that_a_double_would_change_is_marked(number: str) -> None:
    assert is_inexact_elsewhere(number)


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "-0",
        "1",
        "0.1",
        "9007199254740991",
        "1e22",
        "1.50",
        "-12.25e-3",
        "0e99999",
        "1" + "0" * 20,
        pytest.param("0." + "0" * 500, id="500 zeros"),
    ],
)
def test_a_number_that_survives_a_double_is_not(number: str) -> None:
    assert not is_inexact_elsewhere(number)


@given(
    st.one_of(st.integers(-(2**53) + 1, 2**53 - 1).map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr))
)
def test_what_came_from_a_double_survives_a_double(number: str) -> None:
    assert not is_inexact_elsewhere(number)
