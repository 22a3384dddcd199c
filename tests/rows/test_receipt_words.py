"""The parameters of a record in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.rows.receipt_words import changes, in_words, kept_batch

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
names = st.sampled_from(
    ["before", "after", "from", "to", "batch", "raw", "position", "visibility_timeout_ms", "format"]
)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"batch_size": 10, "visibility_timeout_ms": 30_000}, "batch size 10, lease 30 s"),
        ({"batch_size": 1_000, "repeated": True}, "batch size 1,000, repeated by the page"),
        ({"batch": "b", "chosen": 3, "delay_seconds": 300}, "chosen 3, delay 5 min"),
        ({"position": 0, "raw": False}, "place 1, decoded from base64"),
        ({"chosen": 2, "whole_batch": False, "format": "jsonl"}, "chosen 2, as JSONL"),
        ({"settings": {"delivery_paused": True, "retry_delay": 0}}, "settings: paused, retry delay 0 s"),
        ({"leases": [1, 2, 3], "check_up": True}, "as part of a check-up"),
        ({"something_new": None}, "something new not given"),
        ({"batch_size": 4, "forecast": 12}, "batch size 4, forecast R-12"),
        ({"batch_size": 4, "forecast": True}, "batch size 4, to foretell a pull"),
        ({"delivery": "running → paused", "type": "http_pull"}, "type http_pull"),
        ({}, ""),
    ],
)
def test_what_was_asked_is_said_in_words(parameters: dict[str, Any], words: str) -> None:
    assert in_words(parameters) == words


def test_settings_stand_before_and_after() -> None:
    told = changes(
        {
            "before": {"delivery_delay": 0, "message_retention_period": 345_600, "max_retries": 3},
            "after": {"delivery_delay": 60, "message_retention_period": 345_600, "dead_letter_queue": ""},
        }
    )
    assert [(one.name, one.before, one.after, one.changed) for one in told] == [
        ("delivery delay", "0 s", "1 min", True),
        ("retention", "4 d", "4 d", False),
        ("max retries", "3", "unknown", True),
        ("dead-letter queue", "unknown", "not given", True),
    ]


def test_a_change_in_one_word_is_told_in_two() -> None:
    told = changes({"delivery": "running → paused", "retry_delay": "0 → 90", "max_retries": "5 → not set", "type": "x"})
    assert [(one.name, one.before, one.after, one.changed) for one in told] == [
        ("delivery", "running", "paused", True),
        ("retry delay", "0 s", "1 min 30 s", True),
        ("max retries", "5", "not set", True),
    ]


def test_a_value_without_a_name_is_told_too() -> None:
    (told,) = changes({"from": "main", "to": "ana", "environment": "production"})
    assert (told.name, told.before, told.after) == ("value", "main", "ana")
    assert in_words({"from": "main", "to": "ana", "environment": "production"}) == "environment production"


def test_the_messages_of_a_sending_are_no_setting() -> None:
    one_call = {"sending": "x", "from": 3, "to": 4, "count": 2}
    assert changes(one_call) == ()
    assert in_words(one_call) == "sending x, count 2, places 3 to 4"
    assert in_words({"from": 3, "to": 3}) == "place 3"


@given(st.dictionaries(names | st.text(max_size=6), any_json, max_size=5))
def test_no_record_is_too_odd_to_be_told(parameters: dict[str, Any]) -> None:
    assert isinstance(in_words(parameters), str)
    assert isinstance(kept_batch(parameters), str)
    assert all(isinstance(one.before, str) for one in changes(parameters))
