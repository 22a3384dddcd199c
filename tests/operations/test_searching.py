"""Hostile bodies of the size that Cloudflare takes: a whole batch of them is found in without being walked."""

import base64
import gzip
import json
import time
from datetime import UTC, datetime

import cbor2
import msgspec
import pytest
import v8serialize

from queues_app import bodies, finding
from queues_app.cloudflare import Message
from queues_app.operations import decoding, searching
from queues_app.operations.searching import Wanted

BOMBS = {
    "open": "[" * 120_000,
    "closed": "[" * 60_000 + "]" * 60_000,
    "objects": '{"a":' * 20_000,
    "after a mark": "\ufeff" + "[" * 100_000,
    "in a string": '"' + "[" * 100_000 + '"',
    "broken at the end": "[" + "[]," * 40_000 + "NaN]",
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("declared", ["text", "json"])
def test_a_body_of_brackets_is_text_and_is_not_read_node_by_node(
    body: str, declared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(message: Message, **_: object) -> bodies.Reading:
        raise AssertionError("It was read node by node.")

    monkeypatch.setattr(decoding, "read", read)
    message = Message(id="9" * 32, body=body, metadata={"CF-Content-Type": declared})
    found = searching.find(
        [message], Wanted(query=finding.parse("-body.a:*")), max_retries=3, now=datetime(2026, 11, 26, tzinfo=UTC)
    )
    assert found.documents[0].text == body
    assert repr(found.documents[0].value) == "MISSING"


@pytest.mark.parametrize(("body", "declared"), [('{"a": 1}\n{"a": 2}', "text"), ('"[1]"', "json")])
def test_what_has_few_brackets_is_read_as_on_its_page(body: str, declared: str) -> None:
    message = Message(id="9" * 32, body=body, metadata={"CF-Content-Type": declared})
    assert repr(searching.body_of(message).value) != "MISSING"


@pytest.mark.parametrize(("values", "is_walked"), [(100, True), (20_000, False)])
def test_a_packed_body_of_many_values_is_text_in_a_search_and_whole_on_its_page(values: int, is_walked: bool) -> None:
    packed = base64.b64encode(msgspec.msgpack.encode({"a": [1] * values})).decode()
    message = Message(id="9" * 32, body=packed, metadata={"CF-Content-Type": "bytes"})
    assert (repr(searching.body_of(message).value) != "MISSING") is is_walked
    assert decoding.read(message).tree is not None


NOW = datetime(2026, 11, 26, tzinfo=UTC)


def of_bytes(data: bytes, declared: str = "bytes") -> Message:
    return Message(id="9" * 32, body=base64.b64encode(data).decode(), metadata={"CF-Content-Type": declared})


def matching(query: str, *messages: Message) -> list[int]:
    return list(searching.find(messages, Wanted(query=finding.parse(query)), max_retries=3, now=NOW).positions)


def test_small_bodies_that_unpack_to_hundreds_of_thousands_of_values_are_not_walked() -> None:
    bomb = gzip.compress(("[" + "1," * 499_999 + "1]").encode())
    written = Message(id="9" * 32, body=base64.b64encode(bomb).decode(), metadata={"CF-Content-Type": "text"})
    within = gzip.compress(("[" + "1," * 59_999 + "1]").encode())
    lines = gzip.compress(b'{"a":1}\n' * 15_000)
    messages = [written, of_bytes(bomb), of_bytes(within), of_bytes(lines)]
    began = time.process_time()
    found = searching.find(messages * 3, Wanted(query=finding.parse("1")), max_retries=3, now=NOW)
    assert time.process_time() - began < 2
    assert found.unread == 12
    assert {repr(document.value) for document in found.documents} == {"MISSING"}


def test_what_a_batch_may_cost_is_bounded_and_what_came_after_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_MOST_CHARACTERS", 10)
    first, second = of_bytes(gzip.compress(b'{"order": "A-1"}')), of_bytes(gzip.compress(b'{"order": "A-2"}'))
    found = searching.find([first, second], Wanted(query=finding.parse("body.order:*")), max_retries=3, now=NOW)
    assert (found.positions, found.unread) == ((0,), 1)
    # What was not looked into is unknown, so a minus does not mean it either.
    assert found.documents[1].is_whole is False
    assert not finding.matches(finding.parse("-A-2"), found.documents[1])


ORDER = {"order": "A-88207", "lines": [{"sku": "TX-4410"}]}
STRUCTURES = {
    "v8": of_bytes(v8serialize.dumps(ORDER), "v8"),
    "MessagePack": of_bytes(msgspec.msgpack.encode(ORDER)),
    "CBOR": of_bytes(cbor2.dumps(ORDER)),
    "Protobuf": of_bytes(b"\x0a\x07A-88207\x12\x07TX-4410\x18\x05"),
    "a form": Message(id="9" * 32, body="order=A%2D88207&sku=TX%2D4410", metadata={"CF-Content-Type": "text"}),
}


@pytest.mark.parametrize("message", STRUCTURES.values(), ids=STRUCTURES)
def test_words_are_looked_for_in_what_the_page_shows(message: Message) -> None:
    assert matching("a-88207 TX-4410", message) == [0]
    assert matching("-A-88207", message) == []
    assert matching("-A-88208", message) == [0]


def test_keys_of_a_packed_structure_are_words_too() -> None:
    assert matching("sku", STRUCTURES["v8"]) == [0]


INNER = Message(
    id="9" * 32,
    body=json.dumps({"payload": json.dumps({"inner": json.dumps({"reason": "no stock"}), "list": [{"n": 7}]})}),
    metadata={"CF-Content-Type": "json"},
)


def test_a_path_leads_through_json_in_strings_as_on_the_page() -> None:
    assert matching('body.payload.inner.reason:"no stock"', INNER) == [0]
    assert matching("body.payload.list[0].n:>6", INNER) == [0]
    assert matching("body.payload.list.n:8", INNER) == []
    assert finding.cell(searching.documents_of([INNER], now=NOW)[0], ("payload", "inner", "reason")) == "no stock"


def test_each_string_is_unfolded_once_however_many_terms_ask() -> None:
    long = Message(
        id="9" * 32,
        body=json.dumps({"p": "[" + "1," * 59_999 + "1]"}),
        metadata={"CF-Content-Type": "json"},
    )
    began = time.process_time()
    assert matching(" | ".join(f"body.p.{n}:1" for n in range(33)), *[long] * 20) == []
    assert time.process_time() - began < 3


def test_a_string_of_brackets_is_no_value() -> None:
    deep = Message(id="9" * 32, body=json.dumps({"a": "[" * 900 + "]" * 900}), metadata={"CF-Content-Type": "json"})
    assert matching("body.a.b:1", deep) == []


def test_a_path_into_a_token_may_begin_in_its_claims() -> None:
    parts = ('{"alg":"HS256"}', '{"sub":"ana","iat":5}', "nothing")
    token = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    message = Message(id="9" * 32, body=token, metadata={"CF-Content-Type": "text"})
    assert matching("body.sub:ana", message) == [0]
    assert matching("body.claims.sub:ana", message) == [0]
    assert matching("ana", message) == [0]
    assert matching("body.sub:vera", message) == []
