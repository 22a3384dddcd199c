import threading

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.cloudflare import ApiToken, RateLimit, RateLimited, Throttled
from queues_app.cloudflare.ratelimit import (
    MOST_CREDENTIALS,
    Budgets,
    read_rate_limit,
    read_retry_after,
)
from tests.cloudflare.scripted import TOKEN, bad, good, here, script

METRICS = {"backlog_count": 1, "backlog_bytes": 1, "oldest_message_timestamp_ms": 0}
EMPTY: dict[str, list[object]] = {"messages": []}


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        (
            {"Ratelimit": '"default";r=1187;t=242', "Ratelimit-Policy": '"default";q=1200;w=300'},
            (1200, 1187, 242),
        ),
        ({"ratelimit": "default; r = 5 ; t = 1"}, (None, 5, 1)),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, (100, 50, 5)),
        (
            {"x-ratelimit-limit": "1200", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "60"},
            (1200, 3, 60),
        ),
        ({"x-ratelimit-remaining": "7, 9"}, (None, 7, None)),
    ],
)
def test_the_headers_are_read_in_all_their_forms(headers: dict[str, str], read: tuple[int | None, ...]) -> None:
    assert read_rate_limit(httpx.Headers(headers)) == RateLimit(*read)


def test_no_headers_say_nothing() -> None:
    assert read_rate_limit(httpx.Headers()) is None
    assert read_rate_limit(httpx.Headers({"ratelimit": "soon", "x-ratelimit-limit": "many"})) is None


@given(st.text(), st.text(), st.text())
def test_any_header_is_read_or_left(one: str, two: str, three: str) -> None:
    read_rate_limit({"ratelimit": one, "ratelimit-policy": two, "x-ratelimit-reset": three})
    wait = read_retry_after({"retry-after": one}, 0.0)
    assert wait is None or wait >= 0


def test_retry_after_is_seconds_or_a_date() -> None:
    assert read_retry_after({"retry-after": " 12 "}, 0.0) == 12
    assert read_retry_after({"retry-after": "1.5"}, 0.0) == 1.5
    assert read_retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 20.0) == 40
    assert read_retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 100.0) == 0
    assert read_retry_after({"retry-after": "-5"}, 0.0) is None
    assert read_retry_after({}, 0.0) is None


def test_after_a_429_harmless_calls_are_not_sent_until_the_time_is_over() -> None:
    played = script(bad(429, 971, "Please wait", Retry_After="60"), good(METRICS))
    client = played.client()
    with pytest.raises(RateLimited):
        client.metrics(TOKEN, **here())
    with pytest.raises(Throttled) as caught:
        client.peek(TOKEN, **here(), batch_size=1)
    assert caught.value.retry_after == pytest.approx(60)
    assert caught.value.in_short == "held back"
    assert not caught.value.may_have_happened
    assert len(played.requests) == 1
    played.now += 61
    client.metrics(TOKEN, **here())
    assert len(played.requests) == 2


def test_after_a_429_a_deliberate_act_is_still_sent() -> None:
    played = script(bad(429, 971, "Please wait", Retry_After="60"), good(EMPTY))
    client = played.client()
    with pytest.raises(RateLimited):
        client.metrics(TOKEN, **here())
    client.pull(TOKEN, **here(), batch_size=1, visibility_timeout_ms=1000)
    assert len(played.requests) == 2


def test_a_full_queue_does_not_hold_back_the_other_calls() -> None:
    played = script(bad(429, 10251, "storage", Retry_After="60"), good(METRICS))
    client = played.client()
    with pytest.raises(RateLimited):
        client.metrics(TOKEN, **here())
    client.metrics(TOKEN, **here())
    assert len(played.requests) == 2


def _left(left: int, limit: int = 1200) -> httpx.Response:
    answer = good(METRICS)
    answer.headers["ratelimit"] = f'"default";r={left};t=100'
    answer.headers["ratelimit-policy"] = f'"default";q={limit};w=300'
    return answer


def test_the_last_calls_of_a_window_are_kept_for_deliberate_acts() -> None:
    played = script(_left(20), good(METRICS))
    client = played.client()
    client.metrics(TOKEN, **here())
    with pytest.raises(Throttled, match="limit for this credential is nearly reached"):
        client.metrics(TOKEN, **here())
    assert len(played.requests) == 1
    played.now += 101
    client.metrics(TOKEN, **here())


def test_calls_under_way_count_before_their_answers_are_here() -> None:
    now = 0.0
    budgets = Budgets(lambda: now)
    budgets.note(TOKEN, RateLimit(1200, 23, 100), None)
    assert [budgets.hold_back(TOKEN) for _ in range(4)] == [None, None, None, 100.0]


def test_a_small_limit_keeps_a_small_reserve() -> None:
    played = script(_left(8, limit=50))
    client = played.client()
    client.metrics(TOKEN, **here())
    client.metrics(TOKEN, **here())


def test_one_credential_does_not_hold_back_another() -> None:
    played = script(_left(1))
    client = played.client()
    client.metrics(TOKEN, **here())
    client.metrics(ApiToken(secret="another"), **here())
    assert len(played.requests) == 2


def test_an_absurd_wait_is_not_believed() -> None:
    now = 0.0
    budgets = Budgets(lambda: now)
    budgets.note(TOKEN, None, 10.0**9)
    assert budgets.hold_back(TOKEN) == 600


def test_what_is_kept_is_bounded_and_holds_no_secret() -> None:
    budgets = Budgets(lambda: 0.0)
    for number in range(MOST_CREDENTIALS + 50):
        budgets.note(ApiToken(secret=f"token-{number}"), RateLimit(1200, 5, 100), None)
    assert len(budgets) == MOST_CREDENTIALS
    assert budgets.hold_back(ApiToken(secret="token-0")) is None
    assert budgets.hold_back(ApiToken(secret=f"token-{MOST_CREDENTIALS}")) == 100
    assert "token-" not in repr(vars(budgets))


def test_many_threads_share_one_budget() -> None:
    budgets = Budgets(lambda: 0.0)
    budgets.note(TOKEN, RateLimit(1200, 220, 100), None)
    passed: list[float | None] = []

    def ask() -> None:
        for _ in range(100):
            passed.append(budgets.hold_back(TOKEN))  # noqa: PERF401 - each is asked after the other

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(None) == 200
