"""Hostile bodies of the size that Cloudflare takes: a whole batch of them is found in without being walked."""

import base64
from datetime import UTC, datetime

import msgspec
import pytest

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
    def read(message: Message) -> bodies.Reading:
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
    assert repr(searching.value_of(message)[1]) != "MISSING"


@pytest.mark.parametrize(("values", "is_walked"), [(100, True), (20_000, False)])
def test_a_packed_body_of_many_values_is_text_in_a_search_and_whole_on_its_page(values: int, is_walked: bool) -> None:
    packed = base64.b64encode(msgspec.msgpack.encode({"a": [1] * values})).decode()
    message = Message(id="9" * 32, body=packed, metadata={"CF-Content-Type": "bytes"})
    assert (repr(searching.value_of(message)[1]) != "MISSING") is is_walked
    assert decoding.read(message).tree is not None
