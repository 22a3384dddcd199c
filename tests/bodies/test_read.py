"""The whole reading: every type of body, sound or broken, ends in something a person can read."""

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app import bodies
from queues_app.bodies import Limits, Reading
from tests.bodies.helpers import any_text, as_base64, hostile_text, json_text, rejoined

_types = st.one_of(st.sampled_from(["text", "json", "bytes", "v8", None, "", " JSON ", "xml"]), st.text(max_size=6))
_bodies = st.one_of(any_text, hostile_text, json_text, st.binary(max_size=200).map(as_base64), json_text.map(as_base64))
_small = st.integers(-3, 50)


def _steps(reading: Reading) -> list[tuple[str, bool]]:
    return [(step.name, step.ok) for step in reading.steps]


def _use_everything(reading: Reading) -> None:
    for line in reading.lines():
        assert line.event
    assert list(reading.hex_lines()) or not reading.data or reading.limits.max_hex_bytes <= 0
    for segments in (reading.shown().segments, reading.raw().segments, *(run.segments for run in reading.runs())):
        for segment in segments:
            segment.text.encode("utf-8")
    assert reading.hex_rest <= reading.size


@given(_bodies, _types, st.booleans())
def test_any_body_of_any_type_is_read(body: str, content_type: str | None, is_string: bool) -> None:
    reading = bodies.read(body, content_type, is_string)
    _use_everything(reading)
    assert rejoined(reading.raw().segments) == body
    assert reading.steps
    assert reading.text is not None or reading.kind in ("binary", "v8", "structured")
    assert reading.tree is None or reading.kind in ("json", "v8", "structured")
    assert reading.tree is not None or reading.kind not in ("json", "structured")
    assert any(not step.ok for step in reading.steps) or not reading.problem
    assert all(step.failure for step in reading.steps if not step.ok)


@given(_bodies, _types, _small, _small, _small, _small)
def test_any_limits_give_a_reading(
    body: str, content_type: str | None, decode: int, text: int, nodes: int, segments: int
) -> None:
    limits = Limits(
        max_decode_bytes=decode,
        max_json_chars=text,
        max_nodes=nodes,
        max_depth=segments,
        max_string=text,
        max_text=text,
        max_segments=segments,
        max_hex_bytes=nodes,
        max_runs=nodes,
    )
    reading = bodies.read(body, content_type, limits=limits)
    _use_everything(reading)
    assert len(reading.raw().segments) <= max(segments, 0)


@given(st.binary(max_size=300), st.sampled_from(["bytes", "v8"]))
def test_the_payload_of_bytes_and_v8_is_what_was_sent(data: bytes, content_type: str) -> None:
    reading = bodies.read(as_base64(data), content_type)
    assert reading.data == data
    assert base64.b64encode(reading.data).decode() == reading.body


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=8))
def test_json_is_read_alike_plain_and_as_base64(value: object) -> None:
    text = json.dumps(value)
    plain, encoded = bodies.read(text, "json"), bodies.read(as_base64(text), "json")
    assert plain.tree == encoded.tree
    assert (plain.text, plain.data, plain.size) == (encoded.text, encoded.data, encoded.size)
    assert _steps(plain) == [("JSON", True)]
    assert _steps(encoded) == [("base64", True), ("UTF-8", True), ("JSON", True)]
    assert not plain.problem
    assert not encoded.problem


@pytest.mark.parametrize("word", ["true", "null", "1234", "12345678", '"abcd"', "-0.5e3"])
@pytest.mark.parametrize("content_type", ["json", None])
def test_json_that_could_be_base64_is_json(word: str, content_type: str | None) -> None:
    reading = bodies.read(word, content_type)
    assert (reading.kind, reading.text) == ("json", word)


@pytest.mark.parametrize("word", ["true", "null", "1234"])
def test_the_same_words_as_base64_are_decoded(word: str) -> None:
    reading = bodies.read(as_base64(word), "json")
    assert (reading.kind, reading.text) == ("json", word)


def test_a_text_is_kept_as_it_is_and_read_on_where_it_is_json() -> None:
    reading = bodies.read('{"a":1}', "text")
    assert (reading.kind, reading.text, reading.value(), reading.size) == ("json", '{"a":1}', {"a": 1}, 7)
    assert _steps(reading) == [("text", True), ("JSON", True)]
    plain = bodies.read("a: 1", "text")
    assert (plain.kind, plain.text, plain.tree) == ("text", "a: 1", None)


@pytest.mark.parametrize("word", ["test", "deadbeef", "9f2c41d07b3e5a6c8d1f0b2a4c6e8d0f", "hello world", "SGVsbG8"])
def test_an_undeclared_word_is_no_base64(word: str) -> None:
    reading = bodies.read(word, None)
    assert (reading.kind, reading.text, reading.problem) == ("text", word, "")


def test_an_undeclared_base64_of_json_text_or_a_picture_is_decoded() -> None:
    assert bodies.read(as_base64('{"a":1}'), None).kind == "json"
    assert bodies.read(as_base64("a plain sentence"), None).text == "a plain sentence"
    assert bodies.read(as_base64(b"\x89PNG\r\n\x1a\n"), "unheard of").kind == "binary"


def test_an_undeclared_long_mixed_base64_is_bytes() -> None:
    data = random.Random(3).randbytes(300)
    reading = bodies.read(as_base64(data), None)
    assert (reading.kind, reading.data) == ("binary", data)


def test_broken_json_is_shown_as_text_with_its_place() -> None:
    reading = bodies.read('{"a":\n NaN}', "json")
    assert reading.text == '{"a":\n NaN}'
    assert reading.problem == "Declared as JSON, but it is not: line 2, column 2: NaN is not JSON."
    assert reading.badges[0] == ("undecoded", "not decoded")


def test_a_failed_chain_says_each_step_and_where_it_stopped() -> None:
    reading = bodies.read("hello", "json")
    assert [(step.name, step.failure) for step in reading.steps] == [
        ("JSON", "line 1, column 1: expected a value"),
        ("base64", "its length, 5, is not a multiple of 4"),
    ]


def test_an_empty_json_body_is_called_empty() -> None:
    assert bodies.read("", "json").problem == "Declared as JSON, but it is empty."


def test_base64_that_stops_before_json_shows_what_it_got_to() -> None:
    text = bodies.read(as_base64("not JSON at all"), "json")
    assert (text.kind, text.text) == ("text", "not JSON at all")
    assert _steps(text) == [("base64", True), ("UTF-8", True), ("JSON", False)]
    binary = bodies.read(as_base64(b"abc\xff\xfe"), "json")
    assert (binary.kind, binary.text) == ("binary", None)
    assert binary.problem == "Declared as JSON, but base64 gives no text: byte 4 (0xff) is not UTF-8."


def test_bytes_that_are_no_base64_are_shown_as_text_and_said_so() -> None:
    reading = bodies.read("a-b", "bytes")
    assert (reading.kind, reading.text) == ("text", "a-b")
    assert "character 2 ('-') is not in the base64 alphabet" in reading.problem


def test_bytes_that_are_text_are_text_and_bytes_that_are_json_are_a_tree() -> None:
    assert bodies.read(as_base64("Grüße"), "bytes").text == "Grüße"
    tree = bodies.read(as_base64(' {"a":1}'), "bytes")
    assert _steps(tree) == [("base64", True), ("UTF-8", True), ("JSON", True)]
    nearly = bodies.read(as_base64("[broken"), "bytes")
    assert (nearly.kind, nearly.problem) == ("text", "")
    assert nearly.notes == ("It starts like JSON, but is not: line 1, column 2: expected a value.",)


def test_bytes_that_are_no_text_get_hex_and_the_place_where_text_ended() -> None:
    reading = bodies.read(as_base64(b"ab\xff" + bytes(60)), "bytes")
    assert reading.kind == "binary"
    assert reading.steps[-1].failure == "byte 3 (0xff) is not UTF-8"
    assert next(reading.hex_lines()).hex.startswith("61 62 ff 00")
    assert [badge.kind for badge in reading.badges] == ["undecoded"]


def test_a_picture_is_recognised_by_name_only() -> None:
    reading = bodies.read(as_base64(b"\x89PNG\r\n\x1a\n" + bytes(40)), "bytes")
    assert reading.kind == "binary"
    assert reading.badges == (("recognised", "PNG image"),)
    assert _steps(reading) == [("base64", True), ("PNG image", True)]


def test_a_v8_body_gives_its_format_its_value_its_bytes_and_its_text() -> None:
    reading = bodies.read(as_base64(b'\xff\x0fo"\x05order"\x07A-88307{\x01'), "v8")
    assert reading.kind == "v8"
    assert (reading.steps[-1].name, reading.steps[-1].detail) == ("v8", "format 15, 1 key")
    assert reading.value() == {"order": "A-88307"}
    assert [rejoined(run.segments)[:5] for run in reading.runs()] == ["order", "A-883"]


def test_a_body_that_stood_bare_on_the_wire_is_a_tree_whatever_its_type_says() -> None:
    reading = bodies.read('{"n":12345678901234567890}', "text", is_string=False)
    assert reading.tree is not None
    assert reading.tree.nodes[1].text == "12345678901234567890"
    assert "not as a string" in reading.notes[0]


def test_hostile_text_wears_its_badges() -> None:
    reading = bodies.read(as_base64('"><img src=x onerror=alert(1)>\u202egpj.exe\x00'), "bytes")
    assert [badge.text for badge in reading.badges] == ["markup, inert", "1 bidi control, 1 NUL"]


def test_a_byte_order_mark_before_json_is_left_out_and_said() -> None:
    reading = bodies.read('\ufeff{"a":1}', "json")
    assert reading.kind == "json"
    assert reading.notes == ("It starts with a byte order mark, which was left out.",)


def test_keys_that_stand_twice_are_said() -> None:
    assert bodies.read('{"a":1,"a":2}', "json").notes == ("One key stands twice in the same object; both are shown.",)


def test_a_lone_surrogate_is_named_and_its_payload_has_bytes() -> None:
    reading = bodies.read("a\ud800", "text")
    assert [segment.text for segment in reading.shown().segments] == ["a", "U+D800"]
    assert reading.data == b"a\xed\xa0\x80"


def test_what_is_too_large_is_shown_undecoded() -> None:
    reading = bodies.read(as_base64("x" * 99), "bytes", limits=Limits(max_decode_bytes=100))
    assert reading.problem == "Not decoded: larger than 100 B, so it is shown as it stood."
    assert reading.text == reading.body


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("[" * 131_072, id="opening brackets"),
        pytest.param('{"a":' * 26_000, id="objects in objects"),
        pytest.param("9" * 131_072, id="digits"),
        pytest.param("\x00" * 131_072, id="NULs"),
        pytest.param('"' + "\\" * 131_071, id="backslashes"),
        pytest.param("[" + "1," * 65_000 + "1]", id="ones"),
        pytest.param('"' + "\\u202e" * 20_000 + '"', id="overrides"),
        pytest.param("<" * 131_072, id="less-thans"),
    ],
)
@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("content_type", ["text", "json", "bytes", None])
def test_the_largest_hostile_bodies_are_read(body: str, encoded: bool, content_type: str | None) -> None:
    reading = bodies.read(as_base64(body) if encoded else body, content_type)
    _use_everything(reading)
    bodies.preview(reading.body, content_type)
