from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from queues_app.cloudflare import Consumer, Producer, parsing

QUEUE: dict[str, Any] = {
    "queue_id": "a" * 32,
    "queue_name": "orders",
    "created_on": "2022-10-30T16:05:14.966372Z",
    "modified_on": "2022-10-31T16:05:14Z",
    "producers_total_count": 2.0,
    "producers": [
        {"type": "worker", "script": "shop"},
        {"type": "r2_bucket", "bucket_name": "uploads"},
    ],
    "consumers_total_count": 1,
    "consumers": [
        {
            "consumer_id": "c1",
            "type": "worker",
            "script": "mailer",
            "dead_letter_queue": "orders-dlq",
            "settings": {"batch_size": 10, "max_retries": 3.0, "max_concurrency": None},
        }
    ],
    "settings": {"delivery_delay": 5, "delivery_paused": True, "message_retention_period": 345600},
    "jurisdiction": "eu",
}


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(value if isinstance(value, bytes) else msgspec.json.encode(value))


def consumer(**fields: object) -> Consumer:
    return parsing.consumer(raw(fields))


def test_a_queue_is_read_whole() -> None:
    queue = parsing.queue(raw(QUEUE))
    assert queue is not None
    assert (queue.id, queue.name, queue.jurisdiction) == ("a" * 32, "orders", "eu")
    assert queue.created_at == datetime(2022, 10, 30, 16, 5, 14, 966372, tzinfo=UTC)
    assert queue.producers == (Producer("worker", "shop"), Producer("r2_bucket", "uploads"))
    assert (queue.producers_total_count, queue.consumers_total_count) == (2, 1)
    assert (queue.delivery_delay, queue.delivery_paused, queue.message_retention_period) == (5, True, 345600)
    assert queue.consumers[0].max_retries == 3
    assert queue.consumers[0].dead_letter_queue == "orders-dlq"
    assert queue.consumers[0].max_concurrency is None


def test_the_short_object_of_a_create_is_a_queue_too() -> None:
    queue = parsing.queue(raw({"queue_id": "b" * 32, "queue_name": "short", "producers_total_count": None}))
    assert queue is not None
    assert (queue.producers, queue.producers_total_count) == ((), 0)
    assert (queue.delivery_delay, queue.delivery_paused) == (None, False)


@pytest.mark.parametrize("odd", [None, [], "x", {}, {"queue_id": "../../x"}, {"queue_id": 5}])
def test_a_queue_without_a_usable_id_is_none(odd: object) -> None:
    assert parsing.queue(raw(odd)) is None


def test_the_script_is_found_under_each_of_its_names() -> None:
    assert consumer(type="worker", script="a").script == "a"
    assert consumer(type="worker", script_name="b").script == "b"
    assert consumer(type="worker", service="c").script == "c"


def test_a_consumer_may_be_of_any_type_and_say_little() -> None:
    assert consumer(type="notification").type == "notification"
    assert consumer().type == "unknown"
    assert consumer(type="http_pull", dead_letter_queue="").dead_letter_queue is None
    assert consumer(type="http_pull", settings=None).max_retries is None
    assert consumer(type="http_pull", settings={"max_retries": 3.5}).max_retries is None


def test_a_list_with_one_unreadable_item_is_no_list() -> None:
    read = parsing.list_of(parsing.queue)
    assert len(read(raw([QUEUE])) or ()) == 1
    assert read(raw([QUEUE, {}])) is None
    assert read(raw(None)) is None
    assert read(raw([])) == ()


def test_metrics_of_zero_and_of_nothing_differ() -> None:
    zero = parsing.metrics(raw({"backlog_count": 0, "backlog_bytes": 0, "oldest_message_timestamp_ms": 0}))
    assert zero is not None
    assert (zero.backlog_count, zero.backlog_bytes, zero.oldest_message_at) == (0, 0, None)
    unknown = parsing.metrics(raw({"backlog_count": None}))
    assert unknown is not None
    assert unknown.backlog_count is None


def test_a_message_is_read_whole() -> None:
    wire = {
        "id": "m1",
        "body": "eyJ9",
        "timestamp_ms": 1700000000123,
        "attempts": 2,
        "metadata": {"CF-Content-Type": "json", "CF-msg-delay-secs": 5},
        "lease_id": "secret-lease",
        "ref": "secret-ref",
    }
    batch = parsing.messages(
        raw({"messages": [wire], "message_backlog_count": 7, "metadata": {"metrics": {"backlog_count": 8}}}),
        repaired=False,
    )
    assert batch is not None
    (message,) = batch.messages
    assert (message.id, message.body, message.body_is_string) == ("m1", "eyJ9", True)
    assert (message.timestamp_ms, message.attempts) == (1700000000123, 2)
    assert message.metadata == {"CF-Content-Type": "json", "CF-msg-delay-secs": "5"}
    assert (message.lease_id, message.ref) == ("secret-lease", "secret-ref")
    assert batch.backlog_count == 7
    assert batch.metrics is not None
    assert batch.metrics.backlog_count == 8


def test_neither_body_nor_lease_nor_ref_has_a_repr() -> None:
    wire = {"id": "m", "body": "confidential", "lease_id": "lease-secret", "ref": "ref-secret"}
    shown = repr(parsing.messages(raw({"messages": [wire]}), repaired=False))
    assert "confidential" not in shown
    assert "secret" not in shown


@pytest.mark.parametrize(
    "text", ['{"b": 1.0e3, "a":  [9007199254740993]}', "12345678901234567890.10", "null", "[1]", "true"]
)
def test_a_body_that_is_no_string_keeps_its_exact_text(text: str) -> None:
    batch = parsing.messages(raw(f'{{"messages": [{{"id": "m", "body": {text}}}]}}'.encode()), repaired=False)
    assert batch is not None
    assert batch.messages[0].body == text
    assert not batch.messages[0].body_is_string


def test_what_is_no_message_is_counted_and_not_hidden() -> None:
    batch = parsing.messages(raw({"messages": [{"id": 5}, "x", None, []]}), repaired=False)
    assert batch is not None
    assert [message.id for message in batch.messages] == ["5"]
    assert batch.skipped == 3


def test_no_messages_member_is_not_an_empty_batch() -> None:
    odds: list[object] = [None, {}, [], {"messages": {}}, {"messages": "x"}]
    for odd in odds:
        assert parsing.messages(raw(odd), repaired=False) is None
    batch = parsing.messages(raw({"messages": None}), repaired=False)
    assert batch is not None
    assert batch.messages == ()
    assert batch.backlog_count is None


def test_settling_tells_counts_and_warnings_or_nothing() -> None:
    told = parsing.settled(raw({"ackCount": 2, "retryCount": 0, "warnings": {"lease": "expired\x00"}}))
    assert (told.ack_count, told.retry_count, told.warnings) == (2, 0, {"lease": "expired"})
    nothing_told: list[object] = [None, {}, [], {"ackCount": None}]
    for silent in nothing_told:
        settled = parsing.settled(raw(silent))
        assert (settled.ack_count, settled.retry_count, settled.warnings) == (None, None, {})
    assert parsing.settled(raw({"warnings": ["one", {"message": "two"}]})).warnings == {"": "one; two"}


@pytest.mark.parametrize(
    "result",
    [
        {"extend": [{"id": "m1", "lease_id": "new"}]},
        {"messages": [{"id": "m1", "lease_id": "new"}], "warnings": {}},
        [{"id": "m1", "lease_id": "new"}],
    ],
)
def test_new_leases_are_found_wherever_they_stand(result: object) -> None:
    assert parsing.extended(raw(result)).leases == {"m1": "new"}


@pytest.mark.parametrize(
    ("said", "completed"),
    [(True, True), (False, False), ("true", True), ("false", False), ("", None), (None, None), (5, None)],
)
def test_whether_emptying_is_complete_is_read_in_all_its_forms(said: object, completed: bool | None) -> None:
    assert parsing.empty_status(raw({"completed": said})).completed is completed
    assert parsing.empty_status(raw({"complete": said})).completed is completed


def test_a_time_of_completion_means_complete() -> None:
    status = parsing.empty_status(raw({"started_at": "2026-01-01T00:00:00Z", "completed": "2026-01-01T00:01:00Z"}))
    assert status.completed is True
    assert status.completed_at == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert status.started_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_purge_tells_what_stayed() -> None:
    purged = parsing.purged(raw({"errors": [{"message": "too late"}], "warnings": {"ref": "unknown"}}))
    assert purged.errors == ("too late",)
    assert purged.warnings == {"ref": "unknown"}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("ac\u202eme\x1b[2J\u200b", "ac me [2J"),
        ("acme\r\nlogistics", "acme logistics"),
        ("\u202e\x1b\x01", "a" * 32),
        ("", "a" * 32),
    ],
)
def test_the_name_of_an_account_is_one_line_of_what_can_be_seen(name: str, kept: str) -> None:
    account = parsing.account(raw({"id": "a" * 32, "name": name}))
    assert account is not None
    assert account.name == kept


def test_an_account_and_a_token_are_read() -> None:
    account = parsing.account(raw({"id": "a" * 32, "name": "acme", "type": "standard"}))
    assert account is not None
    assert (account.name, account.type) == ("acme", "standard")
    assert parsing.account(raw({"id": "x"})) is None
    token = parsing.token(raw({"id": "t", "status": "active", "expires_on": "2027-01-01T00:00:00Z"}))
    assert token is not None
    assert (token.status, token.expires_on) == ("active", datetime(2027, 1, 1, tzinfo=UTC))
    assert parsing.token(raw(None)) is None
