"""Whatever comes is a typed answer or a CloudflareError, for every call."""

from typing import Any

import httpx
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from queues_app import cloudflare
from queues_app.cloudflare import CloudflareError
from tests.cloudflare.scripted import EVERYTHING, TOKEN, here, script

CALLS = st.sampled_from(sorted(EVERYTHING))
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 405, 409, 418, 429, 500, 502, 599])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", "true", "false", "a" * 32, "2026-01-01T00:00:00Z", 3.0, 3.5, 0, -1, 2**63, 1e300])
)
KEYS = st.text() | st.sampled_from(
    [
        "success",
        "errors",
        "messages",
        "result",
        "result_info",
        "code",
        "message",
        "documentation_url",
        "source",
        "pointer",
        "error_chain",
        "queue_id",
        "queue_name",
        "created_on",
        "producers",
        "consumers",
        "settings",
        "id",
        "body",
        "attempts",
        "timestamp_ms",
        "metadata",
        "metrics",
        "lease_id",
        "ref",
        "message_backlog_count",
        "backlog_count",
        "oldest_message_timestamp_ms",
        "ackCount",
        "retryCount",
        "warnings",
        "completed",
        "started_at",
        "total_count",
        "total_pages",
        "per_page",
        "type",
        "script",
        "script_name",
        "dead_letter_queue",
        "status",
        "name",
        "data",
        "viewer",
        "backlog",
        "operations",
        "dimensions",
        "at",
        "actionType",
        "avg",
        "count",
        "extensions",
        "events",
        "destination",
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
ENVELOPES = st.fixed_dictionaries(
    {"result": JSON},
    optional={"success": st.booleans() | JSON, "errors": JSON, "messages": JSON, "result_info": JSON, "data": JSON},
)


def ask(name: str, response: httpx.Response) -> None:
    outcome = outcome_of(name, response)
    if isinstance(outcome, CloudflareError):
        assert outcome.sentence
        assert outcome.reason
        assert all(item.message.isprintable() for item in outcome.errors)
    else:
        msgspec.json.encode(outcome)  # whatever was read can be kept: it is text and numbers of sane size


def outcome_of(name: str, response: httpx.Response) -> object:
    try:
        return EVERYTHING[name](script(response).client())
    except CloudflareError as error:
        return error


@settings(max_examples=300)
@given(CALLS, STATUSES, ENVELOPES)
def test_any_envelope_is_an_answer_or_an_error(name: str, status: int, envelope: dict[str, Any]) -> None:
    ask(name, httpx.Response(status, content=msgspec.json.encode(envelope)))


@settings(max_examples=200)
@given(CALLS, STATUSES, st.binary() | JSON.map(msgspec.json.encode))
def test_any_bytes_are_an_answer_or_an_error(name: str, status: int, body: bytes) -> None:
    ask(name, httpx.Response(status, content=body))


@settings(max_examples=200)
@given(CALLS, ENVELOPES.map(msgspec.json.encode), st.data())
def test_an_answer_with_a_few_bytes_changed_is_an_answer_or_an_error(
    name: str, body: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(body)))
    changed = body[:at] + data.draw(st.binary(max_size=6)) + body[at + data.draw(st.integers(0, 4)) :]
    ask(name, httpx.Response(200, content=changed))


HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@given(CALLS, STATUSES, HEADER, HEADER, HEADER)
def test_any_headers_are_an_answer_or_an_error(name: str, status: int, one: str, two: str, three: str) -> None:
    headers = {"ratelimit": one, "ratelimit-policy": two, "retry-after": three, "cf-ray": one, "content-type": two}
    ask(name, httpx.Response(status, content=b"{}", headers=headers))


MESSAGES = st.fixed_dictionaries(
    {
        "id": st.uuids().map(lambda value: value.hex),
        "body": st.text(),
        "timestamp_ms": st.integers(0, 2**52),
        "attempts": st.integers(0, 100),
        "metadata": st.dictionaries(st.text(), st.text(), max_size=3),
        "lease_id": st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1),
    }
)


@given(st.lists(MESSAGES, max_size=5))
def test_what_was_sent_is_what_is_read(messages: list[dict[str, Any]]) -> None:
    played = script(httpx.Response(200, json={"success": True, "result": {"messages": messages}}))
    read = played.client().pull(TOKEN, **here(), batch_size=100, visibility_timeout_ms=1000).value
    assert [
        {
            "id": message.id,
            "body": message.body,
            "timestamp_ms": message.timestamp_ms,
            "attempts": message.attempts,
            "metadata": message.metadata,
            "lease_id": message.lease_id,
        }
        for message in read.messages
    ] == messages
    assert all(message.body_is_string and not message.body_repaired for message in read.messages)


@given(JSON)
def test_a_body_of_any_json_keeps_its_text(value: object) -> None:
    text = msgspec.json.encode(value)
    envelope = b'{"success": true, "result": {"messages": [{"id": "m", "body": ' + text + b"}]}}"
    (message,) = (
        script(httpx.Response(200, content=envelope)).client().peek(TOKEN, **here(), batch_size=1).value.messages
    )
    assert isinstance(message, cloudflare.Message)
    assert message.body_is_string == isinstance(value, str)
    assert message.body == (value if isinstance(value, str) else text.decode())
