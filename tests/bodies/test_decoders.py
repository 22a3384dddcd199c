"""Each decoder: what it reads, what it refuses, and that no bytes at all get beyond its bounds."""

import base64
import gzip
import json
import tracemalloc
import zlib
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import brotli
import cbor2
import msgspec
import pytest
import v8serialize
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from queues_app import bodies
from queues_app.bodies import Limits, Plan, Reading
from queues_app.bodies.decoders import OF_BYTES, OF_TEXT, UndecodableError
from tests.bodies.helpers import any_text, as_base64, hostile_text, json_text

PACKERS = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zlib": zlib.compress,
    "zstd": zstandard.compress,
    "brotli": brotli.compress,
}
ORDER = {"order": "A-88240", "warehouse": "AMS-2", "lines": [{"sku": "TX-4410", "qty": 3}]}
TEXT = json.dumps(ORDER)
SMALL = Limits(max_unpacked_bytes=100_000, max_values=2_000)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def by_name(data: bytes) -> Reading:
    return bodies.read(as_base64(data), "bytes")


def names(reading: Reading) -> list[str]:
    return [step.name for step in reading.steps]


@given(st.one_of(st.binary(max_size=400), st.sampled_from([PACKERS[name](b"x" * 500) for name in PACKERS])))
def test_any_bytes_are_decoded_or_refused_by_name(data: bytes) -> None:
    for decoder in OF_BYTES.values():
        decoder.recognises(data)
        with suppress(UndecodableError):
            decoded = decoder.decode(data, SMALL)
            assert decoded.tree is None or len(decoded.tree.nodes) <= SMALL.max_values
            assert len(decoded.data or b"") <= SMALL.max_unpacked_bytes


@given(st.one_of(any_text, hostile_text, json_text, st.text("<>/=&ab \"'?!.\n{}", max_size=60)))
def test_any_text_is_decoded_or_refused_by_name(text: str) -> None:
    for decoder in OF_TEXT.values():
        decoder.recognises(text)
        with suppress(UndecodableError):
            decoded = decoder.decode(text, SMALL)
            assert decoded.tree is not None or decoded.data is not None


@given(st.binary(max_size=2_000), st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_is_unpacked_again(data: bytes, packer: str) -> None:
    assert OF_BYTES[packer].decode(PACKERS[packer](data), Limits()).data == data


@given(values)
def test_structured_bytes_give_the_values_that_were_written(value: Any) -> None:
    for name, write in (("MessagePack", msgspec.msgpack.encode), ("CBOR", cbor2.dumps)):
        decoded = OF_BYTES[name].decode(write(value), Limits())
        assert decoded.tree is not None
        assert bodies.building.plain(decoded.tree) == value


@given(st.lists(st.tuples(st.text("abc", min_size=1), st.text(st.characters(exclude_categories=["Cs"]))), min_size=2))
def test_a_form_gives_the_fields_that_were_written(fields: list[tuple[str, str]]) -> None:
    decoded = OF_TEXT["form"].decode(urlencode(fields), Limits())
    assert decoded.tree is not None
    assert [(node.key, node.text) for node in decoded.tree.nodes[1:]] == fields


@pytest.mark.parametrize("packer", ["gzip", "zlib", "zstd"])
def test_packed_json_is_a_tree_and_each_step_can_be_looked_at(packer: str) -> None:
    reading = by_name(PACKERS[packer](TEXT.encode()))
    assert names(reading) == ["base64", packer, "UTF-8", "JSON"]
    assert reading.value() == ORDER
    assert all(step.took_ms >= 0 for step in reading.steps)
    packed, unpacked, written = (reading.after(place) or reading for place in (0, 1, 2))
    assert packed.data == PACKERS[packer](TEXT.encode())
    assert unpacked.data == TEXT.encode()
    assert (written.text, written.tree) == (TEXT, None)
    assert reading.payload_kind == "binary"  # what a download gives is packed


def test_brotli_is_read_by_hand_only() -> None:
    body = as_base64(brotli.compress(TEXT.encode()))
    assert "brotli" not in names(bodies.read(body, "bytes"))
    assert bodies.read(body, "bytes", plan=Plan(forced=("brotli",))).value() == ORDER


def test_a_chain_of_chains_is_followed() -> None:
    inside = base64.b64encode(gzip.compress(TEXT.encode(), mtime=0))
    reading = by_name(gzip.compress(inside, mtime=0))
    assert names(reading) == ["base64", "gzip", "UTF-8", "base64", "gzip", "UTF-8", "JSON"]
    assert reading.value() == ORDER


@pytest.mark.parametrize("packer", sorted(PACKERS))
def test_a_bomb_is_stopped_with_a_sentence(packer: str) -> None:
    bomb = PACKERS[packer](bytes(64_000_000))
    reading = bodies.read(as_base64(bomb), "bytes", plan=Plan(forced=(packer,)))
    assert "unpack to more than 4.2 MB, so it was stopped" in reading.problem
    assert reading.tree is None


def test_a_bomb_in_a_bomb_is_stopped_at_the_first() -> None:
    reading = by_name(gzip.compress(gzip.compress(bytes(200_000_000), mtime=0) * 300, mtime=0))
    assert reading.problem


def test_damaged_gzip_says_where_and_is_shown_as_bytes() -> None:
    reading = by_name(gzip.compress(TEXT.encode(), mtime=0)[:40])
    assert "it ends in the middle" in reading.problem
    assert [badge.kind for badge in reading.badges] == ["undecoded", "recognised"]


def test_json_inside_strings_is_opened_in_place() -> None:
    inner = json.dumps({"reason": "no stock", "deep": json.dumps({"n": [1, 2]})})
    reading = bodies.read(json.dumps({"event": "failed", "payload": inner, "after": [1]}), "json")
    assert names(reading) == ["JSON", "JSON in strings"]
    assert reading.value() == {
        "event": "failed",
        "payload": {"reason": "no stock", "deep": {"n": [1, 2]}},
        "after": [1],
    }
    assert reading.tree is not None
    assert reading.tree.nodes[2].type == "JSON in a string"
    shut = bodies.read(json.dumps({"payload": inner}), "json", plan=Plan(off=frozenset({"JSON in strings"})))
    assert shut.value() == {"payload": inner}


def test_lines_of_json_are_a_list_and_a_table() -> None:
    reading = bodies.read('{"a":1,"b":"x"}\n{"a":2,"c":[1]}\n', "text")
    assert names(reading) == ["text", "NDJSON"]
    table = reading.table()
    assert table is not None
    assert [column[0].text for column in table.columns] == ["a", "b", "c"]
    assert [[cell[0].text if cell else "" for cell in row] for row in table.rows] == [["1", "x", ""], ["2", "", "[…]"]]


def test_xml_is_a_tree_and_never_fetches_or_expands() -> None:
    reading = bodies.read('<order id="7"><line sku="TX"/><note>handle &amp; care</note></order>', "text")
    assert reading.value() == {"@id": "7", "line": {"@sku": "TX"}, "note": "handle & care"}
    laughs = '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;">]><a>&m;</a>'
    refused = bodies.read(laughs, "text", plan=Plan(forced=("XML",)))
    assert "document type" in refused.problem
    assert bodies.read(laughs, "text").tree is None
    assert bodies.read("<a>" * 5_000, "text").tree is None


def test_a_token_is_read_and_said_not_to_be_verified() -> None:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, {"sub": "ana"})
    ]
    reading = bodies.read(".".join([*parts, "c2ln"]), "text")
    assert names(reading) == ["text", "JWT"]
    assert reading.value() == {"header": {"alg": "none"}, "claims": {"sub": "ana"}, "signature": "4 characters"}
    assert "not verified" in reading.notes[0]


def test_protobuf_without_a_schema_shows_numbers_and_guesses_what_is_nested() -> None:
    data = bytes.fromhex("0a07412d383832343012190a0754582d3434313010031d0000c842210000000000c05e4018c0843d")
    reading = by_name(data)
    assert names(reading) == ["base64", "Protobuf"]
    assert reading.tree is not None
    said = [(node.key, node.type.split(",")[0], node.text) for node in reading.tree.nodes[1:]]
    assert said[:4] == [("1", "text", "A-88240"), ("2", "message", ""), ("1", "text", "TX-4410"), ("2", "varint", "3")]
    assert "as float 100" in reading.tree.nodes[5].type
    assert "without its schema" in reading.notes[0]


def test_cbor_keeps_its_tags_and_nothing_of_it_is_computed() -> None:
    value = cbor2.dumps({"tagged": cbor2.CBORTag(4242, [1]), "big": 2**80, "power": cbor2.CBORTag(5, [2**30, 3])})
    reading = by_name(value)
    assert names(reading) == ["base64", "CBOR"]
    assert reading.value() == {"tagged": [[1]], "big": 2**80, "power": [[2**30, 3]]}


def test_bytes_of_other_alphabets_are_text() -> None:
    assert by_name("Größe in UTF-16".encode("utf-16")).text == "Größe in UTF-16"
    guessed = by_name("Größe: 42 mm, naïve café".encode("cp1252"))
    assert guessed.text == "Größe: 42 mm, naïve café"
    assert "a guess" in guessed.notes[0]


def test_events_of_known_forms_are_named() -> None:
    cloud = {"specversion": "1.0", "id": "1", "source": "/a", "type": "com.acme.failed"}
    r2 = {"account": "a", "action": "PutObject", "bucket": "uploads", "object": {"key": "k"}}
    cf = {"type": "cf.workersBuilds.worker.build.failed", "source": {}, "payload": {}, "metadata": {}}
    said = [bodies.read(json.dumps(event), "json").steps[-1] for event in (cloud, r2, cf)]
    assert [(step.name, step.detail) for step in said] == [
        ("CloudEvents", "com.acme.failed, version 1.0"),
        ("R2 event", "PutObject in uploads"),
        ("Cloudflare event", "cf.workersBuilds.worker.build.failed"),
    ]


def test_a_decoder_can_be_switched_off_and_another_forced() -> None:
    body = as_base64(gzip.compress(TEXT.encode(), mtime=0))
    off = bodies.read(body, "bytes", plan=Plan(off=frozenset({"gzip"})))
    assert off.tree is None
    assert off.badges == (("recognised", "gzip data"),)
    wrong = bodies.read(body, "bytes", plan=Plan(forced=("CBOR",)))
    assert wrong.problem.startswith("Read as CBOR by hand, but: ")
    assert bodies.read(body, "bytes", plan=Plan(forced=("gzip", "JSON"))).value() == ORDER
    assert bodies.read(body, "bytes", plan=Plan(forced=("no such decoder",))).value() == ORDER


@given(
    st.one_of(st.binary(max_size=200).map(as_base64), json_text),
    st.sampled_from(["text", "json", "bytes", "v8", None]),
    st.lists(st.sampled_from(sorted(bodies.DECODERS)), max_size=3),
    st.frozensets(st.sampled_from(sorted(bodies.DECODERS)), max_size=4),
)
def test_any_plan_gives_a_reading(body: str, content_type: str | None, forced: list[str], off: frozenset[str]) -> None:
    reading = bodies.read(body, content_type, plan=Plan(off=off, forced=tuple(forced)))
    assert reading.steps
    for place in range(len(reading.steps)):
        part = reading.after(place)
        assert part is None or list(part.hex_lines()) or not part.data


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
        (b"GIF89a" + bytes(20), "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif" + bytes(8), "image/avif"),
    ],
)
def test_pictures_are_told_by_their_first_bytes(data: bytes, kind: str) -> None:
    assert bodies.picture_of(by_name(data)) == (kind, data)
    assert bodies.picture_of(by_name(gzip.compress(data, mtime=0))) == (kind, data)


@pytest.mark.parametrize("data", [b"<svg xmlns='x'><script/></svg>", b"%PDF-1.7 \xff", b"II*\x00" + bytes(8), b""])
def test_what_could_hold_a_script_is_no_picture(data: bytes) -> None:
    assert bodies.picture_of(by_name(data)) is None


def test_each_line_of_a_tree_tells_its_path() -> None:
    lines = bodies.read('{"a b":[{"sku":1}],"x":{"y":null}}', "json").lines()
    assert [line.path for line in lines if line.event != "close"] == [
        "",
        '["a b"]',
        '["a b"][0]',
        '["a b"][0].sku',
        "x",
        "x.y",
    ]


def test_a_long_key_does_not_stand_again_in_each_value_below_it() -> None:
    shared = [1]
    data = v8serialize.dumps({"k" * 60_000: [shared, *([n] for n in range(3_000))], "again": [shared] * 3_000})
    tracemalloc.start()
    try:
        reading = bodies.read(base64.b64encode(data).decode(), "v8")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reading.tree is not None
    assert peak < 60_000_000
    assert reading.tree.nodes[-1].text.startswith("↻ see kkk")
