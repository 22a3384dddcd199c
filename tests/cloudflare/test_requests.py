from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest

from queues_app import cloudflare
from queues_app.cloudflare import ConsumerSettings, MalformedId, Outgoing, QueueSettings, Retry
from tests.cloudflare.scripted import ACCOUNT, EVERYTHING, QUEUE, SECRET, TOKEN, bad, good, here, script

BASE = f"https://api.test/client/v4/accounts/{ACCOUNT}/queues/{QUEUE}"
A_QUEUE = {"queue_id": QUEUE, "queue_name": "orders"}


def test_each_call_asks_its_route() -> None:
    routes: Mapping[str, tuple[str, str]] = {
        "queue": ("GET", ""),
        "metrics": ("GET", "/metrics"),
        "consumers": ("GET", "/consumers"),
        "empty_status": ("GET", "/purge"),
        "peek": ("POST", "/messages/peek"),
        "preview": ("POST", "/messages/preview"),
        "pull": ("POST", "/messages/pull"),
        "settle": ("POST", "/messages/ack"),
        "preview_settle": ("POST", "/messages/preview/ack"),
        "extend": ("POST", "/messages/extend"),
        "push": ("POST", "/messages"),
        "push_batch": ("POST", "/messages/batch"),
        "purge_messages": ("POST", "/messages/purge"),
        "empty_queue": ("POST", "/purge"),
        "replace_queue": ("PUT", ""),
        "edit_queue": ("PATCH", ""),
        "delete_queue": ("DELETE", ""),
        "create_consumer": ("POST", "/consumers"),
        "replace_consumer": ("PUT", "/consumers/" + "c" * 32),
        "delete_consumer": ("DELETE", "/consumers/" + "c" * 32),
    }
    for name, (method, path) in routes.items():
        played = script(bad(404))
        with pytest.raises(cloudflare.NotFound):
            EVERYTHING[name](played.client())
        assert (played.requests[0].method, str(played.requests[0].url)) == (method, BASE + path)


def test_a_pull_sends_its_numbers_and_a_settlement_its_leases() -> None:
    played = script(good({"messages": []}), good({"ackCount": 1, "retryCount": 2, "warnings": {}}))
    client = played.client()
    client.pull(TOKEN, **here(), batch_size=7, visibility_timeout_ms=12_000)
    assert played.sent() == {"batch_size": 7, "visibility_timeout_ms": 12_000}
    settled = client.settle(TOKEN, **here(), acks=("a",), retries=(Retry("b", 0), Retry("c")))
    assert played.sent() == {
        "acks": [{"lease_id": "a"}],
        "retries": [{"lease_id": "b", "delay_seconds": 0}, {"lease_id": "c"}],
    }
    assert (settled.value.ack_count, settled.value.retry_count) == (1, 2)


def test_a_json_message_is_sent_digit_by_digit() -> None:
    played = script(good({"metadata": {"metrics": {"backlog_count": 3}}}))
    exact = Outgoing(body='{"b": 1.10, "a": 12345678901234567890123}', content_type="json", delay_seconds=0)
    pushed = played.client().push(TOKEN, **here(), message=exact)
    assert b'{"b": 1.10, "a": 12345678901234567890123}' in played.requests[0].content
    assert played.sent()["delay_seconds"] == 0
    assert pushed.value.metrics is not None
    assert pushed.value.metrics.backlog_count == 3


@pytest.mark.parametrize("body", ["", "{", "NaN", "[" * 100_000, '"\ud800"', "'x'"])
def test_a_json_message_that_is_none_is_refused_before_it_is_sent(body: str) -> None:
    with pytest.raises(ValueError, match=r"not valid JSON|surrogates"):
        Outgoing(body=body, content_type="json")


def test_a_batch_sends_each_message_and_its_delay() -> None:
    played = script(good(None))
    played.client().push_batch(TOKEN, **here(), messages=(Outgoing("a"), Outgoing("b")), delay_seconds=5)
    assert played.sent()["delay_seconds"] == 5
    assert [message["body"] for message in played.sent()["messages"]] == ["a", "b"]


def test_settings_that_are_not_given_are_not_sent() -> None:
    played = script(good(A_QUEUE))
    client = played.client()
    client.edit_queue(TOKEN, **here(), settings=QueueSettings(delivery_paused=False))
    assert played.sent() == {"settings": {"delivery_paused": False}}
    client.create_queue(TOKEN, account_id=ACCOUNT, name="new", jurisdiction="eu")
    assert played.sent() == {"queue_name": "new", "jurisdiction": "eu"}


def test_a_consumer_is_asked_for_with_script_name_and_read_back_as_script() -> None:
    played = script(good({"consumer_id": "c1", "type": "worker", "script": "mailer"}))
    settings = ConsumerSettings(type="worker", script="mailer", dead_letter_queue="dlq", max_retries=5)
    made = played.client().create_consumer(TOKEN, **here(), settings=settings)
    assert played.sent() == {
        "type": "worker",
        "script_name": "mailer",
        "dead_letter_queue": "dlq",
        "settings": {"max_retries": 5},
    }
    assert made.value.script == "mailer"


def test_the_credential_travels_per_request_and_stays_nowhere() -> None:
    played = script(good({"backlog_count": 1}))
    client = played.client()
    client.metrics(TOKEN, **here())
    client.metrics(cloudflare.GlobalKey(email="a@example.com", key="key1"), **here())
    first, second = played.requests
    assert first.headers["authorization"] == f"Bearer {SECRET}"
    assert "authorization" not in second.headers
    assert (second.headers["x-auth-email"], second.headers["x-auth-key"]) == ("a@example.com", "key1")
    assert "x-auth-key" not in first.headers


def test_cookies_of_one_answer_do_not_travel_with_the_next_request() -> None:
    cookie = good({"backlog_count": 1})
    cookie.headers["set-cookie"] = "__cf_bm=users-session; Path=/; Domain=api.test"
    played = script(cookie)
    client = played.client()
    client.metrics(TOKEN, **here())
    client.metrics(TOKEN, **here())
    assert "cookie" not in played.requests[1].headers


def test_an_answer_tells_status_ray_time_and_budget() -> None:
    answer = good({"backlog_count": 1})
    answer.headers.update({"cf-ray": "8f2a-FRA", "ratelimit": '"default";r=1000;t=60'})

    def slowly(_: httpx.Request) -> httpx.Response:
        played.now += 0.25
        return answer

    played = script(slowly)
    told = played.client().metrics(TOKEN, **here())
    assert (told.status, told.cf_ray, told.duration_ms) == (200, "8f2a-FRA", 250)
    assert told.rate_limit == cloudflare.RateLimit(None, 1000, 60)
    assert told.received_at.tzinfo is UTC
    assert abs((datetime.now(UTC) - told.received_at).total_seconds()) < 60


@pytest.mark.parametrize(
    "evil", ["", "..", "../" * 3, "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n", "a/../" + "b" * 27, "orders"]
)
def test_what_is_no_id_never_stands_in_a_path(evil: str) -> None:
    played = script(good(None))
    client = played.client()
    for ids in ({"account_id": evil, "queue_id": QUEUE}, {"account_id": ACCOUNT, "queue_id": evil}):
        with pytest.raises(MalformedId, match="not 32 lowercase hex digits"):
            client.peek(TOKEN, **ids, batch_size=1)
    with pytest.raises(MalformedId):
        client.delete_consumer(TOKEN, **here(), consumer_id=evil)
    assert played.requests == []


@pytest.mark.parametrize(
    "url", ["api.test", "ftp://api.test", "https://", "https://u:p@api.test/", "https://api.test/?x=1"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="has to be http"):
        cloudflare.Client(base_url=url)
