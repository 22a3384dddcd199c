import time
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.cloudflare import wire


def raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("3.0", 3),
        ("3e2", 300),
        ('"12"', 12),
        ("0", 0),
        ("9007199254740992", 2**53),
        ("3.5", None),
        ("-1", None),
        ("9007199254740993", None),
        ("1e999", None),
        ("9" * 5000, None),
        ("true", None),
        ("null", None),
        ('"x"', None),
        ('"٣"', None),
        ("[3]", None),
    ],
)
def test_whole_numbers_are_read_however_written_and_nothing_else_is(text: str, value: int | None) -> None:
    assert wire.integer(raw(text)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ('"False"', False), ('"true"', True), ("null", None), ("1", None), ('""', None)],
)
def test_yes_and_no_are_read_also_as_words(text: str, value: bool | None) -> None:
    assert wire.boolean(raw(text)) is value


def test_times_are_read_in_utc() -> None:
    moment = datetime(2022, 10, 30, 16, 5, 14, 966372, tzinfo=UTC)
    assert wire.moment(raw('"2022-10-30T16:05:14.966372Z"')) == moment
    assert wire.moment(raw('"2022-10-30T18:05:14.966372+02:00"')) == moment
    assert wire.moment(raw('"2022-10-30T16:05:14.966372"')) == moment
    for odd in ('"yesterday"', "5", "null", '""', '"9999-12-31T23:59:59-23:00"', '"' + "2" * 100 + '"'):
        assert wire.moment(raw(odd)) is None


def test_a_time_of_zero_is_unknown_and_an_absurd_one_too() -> None:
    assert wire.moment_ms(raw("1700000000123")) == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
    assert wire.moment_ms(raw("0")) is None
    assert wire.moment_ms(raw("9007199254740991")) is None


def test_a_name_is_cut_to_what_a_column_takes() -> None:
    assert wire.name(raw('""')) is None
    assert wire.name(raw('"a\\u0000b"')) == "a\ufffdb"
    assert len(wire.name(raw('"' + "x" * 1000 + '"')) or "") == 200


def test_error_items_keep_all_that_is_said() -> None:
    item = (
        '[{"code": 6003, "message": "Invalid request headers",'
        ' "documentation_url": "https://developers.cloudflare.com/x", "source": {"pointer": "/body"},'
        ' "error_chain": [{"code": 6111, "message": "Invalid format for Authorization header"}]}]'
    )
    (error,) = wire.error_items(raw(item), ())
    assert (error.code, error.message) == (6003, "Invalid request headers")
    assert error.documentation_url == "https://developers.cloudflare.com/x"
    assert error.pointer == "/body"
    assert [(link.code, link.message) for link in error.chain] == [(6111, "Invalid format for Authorization header")]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("null", []),
        ('"queue is gone"', ["queue is gone"]),
        ('["no", 5, null]', ["no", "5", "null"]),
        ('{"a": 1}', ['{"a": 1}']),
        ('[{"message": {"deep": true}}]', ['{"deep": true}']),
        ('[{"code": 0}]', [""]),
    ],
)
def test_errors_of_any_shape_become_items(text: str, messages: list[str]) -> None:
    assert [item.message for item in wire.error_items(raw(text), ())] == messages


def test_error_code_0_is_a_code() -> None:
    (zero, none) = wire.error_items(raw('[{"code": 0, "message": "a"}, {"message": "b"}]'), ())
    assert zero.code == 0
    assert none.code is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"result": "\\ud800abc"}', "\ufffdabc"),
        (b'{"result": "\\udc00"}', "\ufffd"),
        (b'{"result": "\\\\ud800"}', "\\ud800"),
        (b'{"result": "\\ud83d\\ude00 \\ud83d"}', "\U0001f600 \ufffd"),
        (b'{\n"result":\t"a\x00b\x1f"\r\n}', "a\x00b\x1f"),
        (b'{"result": "\\u0041\\ud83d\\u0041 \\n"}', "A\ufffdA \n"),
        (b'{"result": "\\\\ud83d\\ude00"}', "\\ud83d\ufffd"),
        (b'{"result": "\xff\xfe"}', "\ufffd\ufffd"),
        (b'\xef\xbb\xbf{"result": "x"}', "x"),
        (b'{"result": "\xed\xa0\x80"}', "\ufffd\ufffd\ufffd"),
    ],
)
def test_what_is_nearly_json_is_mended(body: bytes, text: str) -> None:
    found = wire.envelope(body)
    assert found is not None
    assert wire.string(found[0].result) == text


@pytest.mark.parametrize("filler", [b'\\"', b"\\", b"\\ud800", b'"', b"\x00"])
def test_a_long_broken_answer_is_gone_through_once(filler: bytes) -> None:
    began = time.process_time()
    assert wire.envelope(b'{"result": "\\' + filler * 200_000) is None
    assert time.process_time() - began < 2


def test_a_list_of_absurd_length_is_none() -> None:
    assert wire.items(msgspec.Raw(b"[" + b"0," * 20_000 + b"0]")) is None


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"5", b'{"a"', b"<html>", b'{"result": ' + b"[" * 100_000, b"\x1f\x8b"]
)
def test_what_is_no_json_object_is_no_envelope(body: bytes) -> None:
    assert wire.envelope(body) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON.map(msgspec.json.encode) | st.binary())
def test_no_reader_raises(body: bytes) -> None:
    value = msgspec.Raw(body)
    for read in (wire.integer, wire.boolean, wire.string, wire.name, wire.opaque, wire.moment, wire.moment_ms):
        read(value)
    wire.items(value)
    wire.members(value)
    wire.label(value)
    wire.error_items(value, ("x",))
    wire.envelope(body)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_string_comes_out_as_it_went_in(text: str) -> None:
    assert wire.string(msgspec.Raw(msgspec.json.encode(text))) == text
