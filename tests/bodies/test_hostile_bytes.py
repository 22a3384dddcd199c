"""Bytes that were made to hurt: what takes seconds or memory is stopped with a sentence, and nothing raises."""

import base64
import gzip
import random
import time

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from queues_app import bodies
from queues_app.bodies import Limits, Plan, Reading
from tests.bodies.helpers import as_base64

V8 = b"\xff\x0f"
MANY = 1_300_000
# Far above what these take now (tenths of a second), far below what they took without a bound (ten to forty).
SECONDS = 5


def packed(data: bytes) -> str:
    return as_base64(gzip.compress(data, mtime=0))


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


def read(data: bytes) -> Reading:
    return bodies.read(as_base64(data), "bytes")


@pytest.mark.parametrize(
    ("data", "step"),
    [
        pytest.param(V8 + b"A" + varint(MANY) + b"o{\x00" * MANY + b"$\x00" + varint(MANY), "v8", id="v8"),
        pytest.param(b"\x0a\x06abcdef" + b"\x08\x01" * 2_000_000, "UTF-8", id="Protobuf"),
        pytest.param(b"\xa1\x61a\x9a\x00\x3d\x09\x00" + b"\xf6" * 4_000_000, "UTF-8", id="CBOR"),
        pytest.param(b"\x81\xa1a\xdd\x00\x3d\x09\x00" + b"\x80" * 4_000_000, "UTF-8", id="MessagePack"),
    ],
)
def test_few_packed_bytes_that_stand_for_many_values_are_not_read_value_by_value(data: bytes, step: str) -> None:
    body = packed(data)
    assert len(body) < 131_072
    began = time.perf_counter()
    reading = bodies.read(body, "bytes")
    assert time.perf_counter() - began < SECONDS
    assert (reading.tree, reading.steps[-1].name, reading.steps[-1].ok) == (None, step, False)


@pytest.mark.parametrize("name", ["v8", "MessagePack", "CBOR", "Protobuf"])
def test_what_is_too_large_to_be_read_value_by_value_says_so_when_it_is_asked_for(name: str) -> None:
    reading = bodies.read(
        as_base64(V8 + bytes(300)), "bytes", limits=Limits(max_value_bytes=100), plan=Plan(forced=(name,))
    )
    assert "larger than 100 B, too large to be read value by value" in reading.problem


def test_a_gzip_of_countless_files_is_stopped() -> None:
    began = time.perf_counter()
    reading = read(gzip.compress(b"", mtime=0) * 140_000)
    assert time.perf_counter() - began < SECONDS
    assert "more than 1,000 files, one behind the other" in reading.problem


def test_a_gzip_of_several_files_and_a_zstandard_of_several_frames_are_read_whole() -> None:
    assert read(gzip.compress(b"one and ", mtime=0) + gzip.compress(b"another", mtime=0)).text == "one and another"
    assert read(zstandard.compress(b"one and ") + zstandard.compress(b"another")).text == "one and another"


@given(st.binary(min_size=1, max_size=3_000), st.data())
def test_a_zstandard_that_is_cut_is_never_taken_for_a_whole_one(data: bytes, draw: st.DataObject) -> None:
    whole = zstandard.compress(data)
    cut = whole[: draw.draw(st.integers(4, len(whole) - 1))]
    reading = read(cut)
    assert (reading.steps[1].name, reading.steps[1].ok) == ("zstd", False)
    assert read(whole).last_bytes == data


@pytest.mark.parametrize(
    "encoding",
    ["ISO-8859-1", "windows-1252", "utf-16", "UTF-16LE", "utf-7", "shift_jis", "idna", "undefined", "rot13", "no-such"],
)
@pytest.mark.parametrize("content_type", ["text", "bytes", None])
def test_whatever_encoding_an_xml_text_names_it_is_read_as_the_text_it_is(
    encoding: str, content_type: str | None
) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><order><city>Zürich</city></order>'
    reading = bodies.read(as_base64(text) if content_type == "bytes" else text, content_type)
    assert reading.value() == {"city": "Zürich"}


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(b"A" + varint(2**32 - 2), id="an array that claims four billion items"),
        pytest.param(b"a" + varint(2**32 - 2) + b"@\x00" + varint(2**32 - 2), id="four billion holes"),
        pytest.param(b'"' + varint(2**31) + b"abc", id="a string that claims 2 GB"),
        pytest.param(b"Z" + varint(2**30) + b"abc", id="a number that claims 512 MB"),
        pytest.param(b"B" + varint(2**31) + b"abc", id="a buffer that claims 2 GB"),
        pytest.param(b"A\x01" * 60_000, id="arrays in arrays"),
        pytest.param(b"A\x01^\x00$\x00\x01", id="an array within itself"),
        pytest.param(b";^\x00^\x00:\x02", id="a map that is its own key"),
        pytest.param(b'rm"\x01ac^\x00.', id="an error that is its own cause"),
        pytest.param(b"D\xff\xff\xff\xff\xff\xff\xff\xff", id="a date that is none"),
    ],
)
def test_hostile_v8_is_read_or_refused_within_its_bounds(inside: bytes) -> None:
    began = time.perf_counter()
    reading = bodies.read(as_base64(V8 + inside), "v8")
    assert len(list(reading.lines())) < 50
    assert time.perf_counter() - began < SECONDS
    assert reading.tree is not None or reading.problem.startswith("Declared as v8, but not read: ")


@given(
    st.integers(0, 2**32),
    st.sampled_from([b"o{\x00", b"A\x00$\x00\x00", b";:\x00", b"',\x00", b"I\x02", b'"\x01a', b"^\x00"]),
)
def test_v8_with_bytes_changed_by_chance_never_raises(seed: int, part: bytes) -> None:
    chance = random.Random(seed)
    data = bytearray(V8 + b"A\x06" + part * 6 + b"$\x00\x06")
    for _ in range(chance.randrange(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    reading = bodies.read(as_base64(bytes(data)), "v8")
    assert reading.tree is not None or reading.problem
    reading.value()
    list(reading.lines())


def test_bytes_behind_a_v8_value_are_told() -> None:
    assert bodies.read(as_base64(V8 + b"I\x02" + b"more"), "v8").notes == ("Bytes behind the value were left out: 4.",)
    assert bodies.read(as_base64(V8 + b"I\x02"), "v8").notes == ()


@given(st.binary(min_size=1, max_size=300), st.booleans())
def test_base64_for_addresses_is_read_where_it_plainly_is_meant(data: bytes, padded: bool) -> None:
    word = base64.urlsafe_b64encode(gzip.compress(data, mtime=0)).decode()
    reading = bodies.read(word if padded else word.rstrip("="), "text")
    assert [step.name for step in reading.steps][:3] == ["text", "base64", "gzip"]
    assert [step.result.data for step in reading.steps if step.name == "gzip" and step.result] == [data]
