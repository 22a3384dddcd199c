"""Files of messages: any bytes give messages and flaws, or one sentence; nothing is lost and nothing rounded."""

import gzip
import json
import tracemalloc
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app import bodies
from queues_app.cloudflare import Message
from queues_app.operations import drafts, export_formats, send_again, sending_files
from queues_app.operations.drafts import Draft, Flaw
from queues_app.operations.sending_files import FileError, FileFormat, HowToRead

VALUES = HowToRead(file_format=FileFormat.VALUES)
EXPORT = HowToRead(file_format=FileFormat.EXPORT)
CSV = HowToRead(file_format=FileFormat.CSV)


@given(
    data=st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))),
    head=st.sampled_from([b"", b"body\n", b'{"body":', b"body,content_type,delay_seconds\n"]),
    how=st.sampled_from([VALUES, EXPORT, CSV]),
)
def test_any_bytes_give_lines_or_one_sentence(data: bytes, head: bytes, how: HowToRead) -> None:
    try:
        found = sending_files.read(head + data, how)
    except FileError:
        return
    lines = [each.line for each in found]
    assert lines == sorted(set(lines))
    for each in found:
        if isinstance(each, Draft):
            each.outgoing()
        else:
            assert each.sentence.endswith(".")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3)
)


@given(st.lists(json_values, min_size=1, max_size=20))
def test_each_line_is_a_message_or_a_flaw_with_its_number(values: list[object]) -> None:
    text = "\n".join(json.dumps(each) for each in values)
    found = sending_files.read(text.encode(), VALUES)
    assert [each.line for each in found] == list(range(1, len(values) + 1))
    for each, value in zip(found, values, strict=True):
        if isinstance(value, str):
            assert isinstance(each, Draft)
            assert (each.content_type, each.body) == ("text", value)
        elif isinstance(value, list):
            assert isinstance(each, Draft)
            assert json.loads(each.body) == value
        else:
            assert isinstance(each, Flaw)


def test_a_byte_order_mark_and_blank_lines_are_no_messages() -> None:
    found = sending_files.read(b'\xef\xbb\xbf{"n": 1.10}\r\n\r\n[2]\r\n', VALUES)
    assert [(each.line, each.body) for each in found if isinstance(each, Draft)] == [(1, '{"n": 1.10}'), (3, "[2]")]


def test_what_is_not_utf_8_is_named_by_line_and_byte() -> None:
    with pytest.raises(FileError, match="line 2, byte 3"):
        sending_files.read(b"[1]\n[2\xff]\n", VALUES)


def test_a_line_that_is_no_json_is_named_with_its_column() -> None:
    _, flaw = sending_files.read(b'[1]\n{"a" 1}\n', VALUES)
    assert isinstance(flaw, Flaw)
    assert (flaw.line, flaw.excerpt, flaw.caret) == (2, '{"a" 1}', "     ^")
    assert flaw.sentence == 'This is not JSON: column 6: expected ":".'


def test_an_exported_message_keeps_its_digits_type_and_delay() -> None:
    data = (
        b'{"body": {"n": 9007199254740993.10}, "content_type": "json", "delay_seconds": 5}\n{"body": "x"}\n{"body":1}'
    )
    first, second, third = sending_files.read(data, EXPORT)
    assert first == Draft(line=1, body='{"n": 9007199254740993.10}', content_type="json", delay_seconds=5)
    assert second == Draft(line=2, body="x", content_type="text")
    assert isinstance(third, Flaw)


def test_a_csv_field_may_hold_lines_and_each_row_has_its_own_type_and_delay() -> None:
    data = b'id,body,content_type,delay_seconds\n1,"two\nlines",,\n2,[1],json,60\n3,x,v8,\n4,x,,soon\n5,x\n'
    found = sending_files.read(data, CSV)
    assert found[0] == Draft(line=2, body="two\nlines", content_type="text")
    assert found[1] == Draft(line=4, body="[1]", content_type="json", delay_seconds=60)
    assert [each.line for each in found[2:] if isinstance(each, Flaw)] == [5, 6, 7]


def test_a_csv_field_too_large_for_a_message_is_named_and_the_rest_is_read() -> None:
    large, after = sending_files.read(b"body\n" + b"x" * 200_000 + b"\nafter\n", CSV)
    assert isinstance(large, Flaw)
    assert (large.line, "200,000 bytes" in large.sentence) == (2, True)
    assert after == Draft(line=3, body="after", content_type="text")


def test_a_csv_without_the_column_is_refused() -> None:
    with pytest.raises(FileError, match="no such column"):
        sending_files.read(b"a,b\n1,2\n", CSV)


def test_what_is_too_much_is_said() -> None:
    with pytest.raises(FileError, match="10,000 messages"):
        sending_files.read(b"[]\n" * 10_001, VALUES)
    with pytest.raises(FileError, match="10 MB"):
        sending_files.read(b" " * 10_000_001, VALUES)


@given(st.lists(st.integers(min_value=0, max_value=127_900), max_size=250))
def test_calls_keep_the_limits_and_the_order_and_lose_nothing(sizes: list[int]) -> None:
    left = [Draft(line=line, body="x" * size, content_type="text") for line, size in enumerate(sizes, start=1)]
    sent: list[int] = []
    while left:
        count = drafts.first_batch(left)
        batch, left = left[:count], left[count:]
        assert 1 <= len(batch) <= drafts.MAX_AT_ONCE
        assert sum(each.size for each in batch) <= drafts.MAX_BATCH_BYTES
        sent += [each.line for each in batch]
    assert sent == list(range(1, len(sizes) + 1))


@pytest.mark.parametrize("body", ['"x"', "1", "true", "null"])
def test_a_json_body_that_is_no_object_or_list_is_offered_as_text(body: str) -> None:
    flaw = drafts.draft(line=1, body=body, content_type="json")
    assert isinstance(flaw, Flaw)
    assert flaw.as_text


def test_a_message_that_is_too_large_or_too_late_is_refused_before() -> None:
    for each in (
        drafts.draft(line=1, body="x" * 127_901, content_type="text"),
        drafts.draft(line=1, body="x", content_type="text", delay_seconds=86_401),
        drafts.draft(line=1, body="\ud800", content_type="text"),
        drafts.draft(line=1, body="[" * 100_000, content_type="json"),
    ):
        assert isinstance(each, Flaw)
    assert isinstance(drafts.draft(line=1, body="x" * 127_900, content_type="text"), Draft)


@pytest.mark.parametrize("how", [VALUES, EXPORT])
@pytest.mark.parametrize("sign", [b"[", b'"', b"0,"])
def test_one_endless_line_costs_no_more_than_the_file(how: HowToRead, sign: bytes) -> None:
    data = b"[" + sign * (4_000_000 // len(sign))
    tracemalloc.start()
    try:
        (flaw,) = sending_files.read(data, how)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(flaw, Flaw)
    assert most < 40_000_000


def test_half_a_surrogate_pair_is_not_called_too_deep_only() -> None:
    flaw = drafts.draft(line=1, body='{"a":"\\ud800"}', content_type="json")
    assert isinstance(flaw, Flaw)
    assert "half of a surrogate pair" in flaw.sentence
    assert "half of a surrogate pair" in str(drafts.split(text='["\\ud800"]'))


def test_a_typed_list_that_cannot_be_split_says_why() -> None:
    for text, why in (('{"a":1}', "no list"), ("[]", "empty"), ("[1 2]", "column 4"), ("[" * 100_000, "too deep")):
        (flaw,) = drafts.split(text=text)
        assert isinstance(flaw, Flaw)
        assert why in flaw.sentence


@pytest.mark.parametrize("how", [VALUES, EXPORT])
def test_a_large_file_of_broken_lines_is_refused_line_by_line_but_not_explained_for_minutes(
    how: HowToRead, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = []

    def parse(text: str) -> bodies.Tree:
        parsed.append(len(text))
        return exact(text)

    exact = bodies.parse_json
    monkeypatch.setattr(bodies, "parse_json", parse)
    found = sending_files.read(b"\n".join([b"[" * 990] * 9_999), how)
    assert [each.line for each in found] == list(range(1, 10_000))
    assert all(isinstance(each, Flaw) for each in found)
    assert isinstance(found[0], Flaw)
    assert "column 991" in found[0].sentence
    assert sum(parsed) <= 1_000_000


def test_a_file_of_line_ends_takes_no_more_memory_than_any_other() -> None:
    data = b"  \n" * 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(FileError, match="no message"):
            sending_files.read(data, VALUES)
        assert tracemalloc.get_traced_memory()[1] < 8 * len(data)
    finally:
        tracemalloc.stop()


def exported(*messages: Message) -> bytes:
    return export_formats.written(list(enumerate(messages)), export_formats.Format.JSONL)


def packed(data: bytes, declared: str = "bytes") -> Message:
    return Message(id="9" * 32, body=b64encode(data).decode(), metadata={"CF-Content-Type": declared})


def test_bytes_of_an_export_go_as_sending_them_again_would_send_them() -> None:
    messages = [
        packed(gzip.compress(b'{"big": 9007199254740993}')),
        packed("naïve text".encode()),
        packed(b'{"late": true}', "json"),
    ]
    found = sending_files.read(exported(*messages), EXPORT)
    copies = [send_again.copy_of(at, message, message) for at, message in enumerate(messages)]
    assert found == [
        Draft(line=at + 1, body=copy.going or "", content_type=copy.content_type) for at, copy in enumerate(copies)
    ]
    assert [(each.body, each.content_type) for each in found if isinstance(each, Draft)] == [
        ('{"big": 9007199254740993}', "json"),
        ("naïve text", "text"),
        ('{"late": true}', "json"),
    ]


def test_bytes_that_sending_again_could_not_send_are_flaws_in_its_words() -> None:
    message = packed(b"\x89PNG\r\n\x1a\n\0\0")
    (flaw,) = sending_files.read(exported(message), EXPORT)
    assert isinstance(flaw, Flaw)
    assert flaw.sentence == send_again.copy_of(0, message, message).lost
    for line in (b'{"body":"?","content_type":"bytes","body_encoding":"base64"}', b'{"body":{},"body_encoding":"x"}'):
        (flaw,) = sending_files.read(line, EXPORT)
        assert isinstance(flaw, Flaw)


def test_what_unpacking_may_cost_is_bounded_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_files, "_MOST_SECONDS", 1e-9)
    found = sending_files.read(exported(*[packed(b"text")] * 5), EXPORT)
    assert [isinstance(each, Draft) for each in found] == [True, False, False, False, False]
    assert {each.sentence for each in found if isinstance(each, Flaw)} == {sending_files.NOT_READ}
