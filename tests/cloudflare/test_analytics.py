"""Analytics: one question with variables, and points that tell a gap from a zero."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues_app.cloudflare import (
    CloudflareError,
    NotPermitted,
    QueueHistory,
    RateLimited,
    Step,
    Throttled,
    Unreadable,
    step_for,
)
from queues_app.cloudflare.analytics import MOST_ROWS
from tests.cloudflare.scripted import (
    ACCOUNT,
    QUEUE,
    SINCE,
    TOKEN,
    UNTIL,
    Script,
    answer,
    bad,
    good,
    here,
    script,
)


def told(errors: object = None, **datasets: object) -> Any:
    """An answer with these datasets; those that are left out are empty."""
    whole = {"backlog": [], "delayed": [], "consumer": [], "operations": []} | datasets
    return answer(200, {"data": {"viewer": {"accounts": [whole]}}, "errors": errors})


def refused(message: str, code: str | None = None, status: int = 200) -> Any:
    extensions = {} if code is None else {"code": code}
    return answer(status, {"data": None, "errors": [{"message": message, "path": None, "extensions": extensions}]})


def at(minute: int) -> str:
    return f"2026-11-23T12:{minute:02}:00Z"


def backlog(minute: int, messages: float) -> dict[str, Any]:
    return {"avg": {"messages": messages, "bytes": messages * 100}, "dimensions": {"at": at(minute)}}


def operation(minute: int, action: str, count: int, outcome: str = "success", **averages: float) -> dict[str, Any]:
    return {
        "count": count,
        "sum": {"billableOperations": count},
        "avg": averages,
        "dimensions": {"at": at(minute), "actionType": action, "outcome": outcome},
    }


def ask(played: Script, step: Step = Step.MINUTE) -> QueueHistory:
    return played.client().analytics(TOKEN, **here(), since=SINCE, until=UNTIL, step=step).value


def test_one_request_asks_for_everything_and_what_varies_is_a_variable() -> None:
    played = script(told())
    ask(played)
    (request,) = played.requests
    assert (request.method, request.url.path) == ("POST", "/client/v4/graphql")
    sent = played.sent()
    assert sent["variables"] == {
        "accountTag": ACCOUNT,
        "queueId": QUEUE,
        "since": "2026-11-23T12:00:00Z",
        "until": "2026-11-23T13:00:00Z",
    }
    for dataset in ("Backlog", "DelayedBacklog", "ConsumerMetrics", "MessageOperations"):
        assert f"queue{dataset}AdaptiveGroups" in sent["query"]
    assert not any(value in sent["query"] for value in sent["variables"].values())


def test_a_bucket_without_rows_is_a_gap() -> None:
    found = ask(script(told(backlog=[backlog(9, 7.5), backlog(3, 4)])))
    assert [(point.at.minute, point.messages, point.bytes) for point in found.points] == [(3, 4, 400), (9, 7.5, 750)]
    assert found.points[0].written is None
    assert found.missing == ()


def test_where_operations_were_counted_a_kind_without_a_row_is_zero() -> None:
    rows = [operation(3, "WriteMessage", 5), operation(3, "DeleteMessage", 2, "dlq", lagTime=900, retryCount=3)]
    (point,) = ask(script(told(operations=rows))).points
    assert (point.written, point.read, point.deleted, point.dead_lettered, point.failed) == (5, 0, 2, 2, 0)
    assert (point.billable, point.lag_ms, point.retries) == (7, 900, 3)
    assert point.messages is None


def test_averages_of_several_rows_have_the_weight_of_their_counts() -> None:
    rows = [
        operation(3, "DeleteMessage", 3, lagTime=100, retryCount=0),
        operation(3, "DeleteMessage", 1, "fail", lagTime=500, retryCount=4),
    ]
    (point,) = ask(script(told(operations=rows))).points
    assert (point.lag_ms, point.retries, point.deleted, point.failed) == (200, 1, 4, 1)


def test_what_was_only_read_says_how_late_it_was() -> None:
    (point,) = ask(script(told(operations=[operation(3, "ReadMessage", 3, lagTime=100)]))).points
    assert (point.lag_ms, point.retries) == (100, None)


def test_a_count_that_cannot_be_read_is_unknown_and_not_zero() -> None:
    rows = [operation(3, "WriteMessage", 5) | {"count": "many"}, operation(3, "WriteMessage", 2)]
    assert ask(script(told(operations=rows))).points[0].written is None


@pytest.mark.parametrize("value", [-1, "9", None, 2**60, True, {}])
def test_an_average_of_another_kind_is_unknown(value: object) -> None:
    row = {"avg": {"messages": value}, "dimensions": {"at": at(3)}}
    assert ask(script(told(backlog=[row]))).points[0].messages is None


def test_a_row_without_a_time_belongs_nowhere() -> None:
    assert ask(script(told(backlog=[{"avg": {"messages": 1}, "dimensions": {"at": "soon"}}]))).points == ()


def test_days_are_read_as_days() -> None:
    row = {"avg": {"messages": 3}, "dimensions": {"at": "2026-11-23"}}
    found = ask(script(told(backlog=[row])), Step.DAY)
    assert (found.points[0].at, found.step_s) == (datetime(2026, 11, 23, tzinfo=UTC), 86_400)


def test_what_lies_outside_of_the_time_asked_for_is_left_out() -> None:
    rows = [backlog(3, 1)] + [
        {"avg": {"messages": 1}, "dimensions": {"at": moment}}
        for moment in ("2026-11-23T13:00:00Z", "2026-11-23T11:59:00Z", "9999-12-31T23:59:00Z")
    ]
    assert len(ask(script(told(backlog=rows))).points) == 1


@pytest.mark.parametrize("step", Step)
def test_rows_of_any_moment_make_no_more_points_than_the_time_has_steps(step: Step) -> None:
    """Each row may say a moment of its own, down to the microsecond."""
    rows = [
        operation(0, "WriteMessage", 1)
        | {"dimensions": {"at": (SINCE + timedelta(seconds=number * 0.36)).isoformat(), "actionType": "WriteMessage"}}
        for number in range(MOST_ROWS - 1)
    ]
    found = ask(script(told(operations=rows)), step)
    assert len(found.points) == max(1, 3600 // step.seconds)
    assert all(point.at.timestamp() % step.seconds == 0 for point in found.points)
    assert sum(point.written or 0 for point in found.points) == len(rows)


def test_of_averages_that_fall_together_the_newest_is_taken() -> None:
    rows = [
        {"avg": {"messages": messages}, "dimensions": {"at": f"2026-11-23T12:03:{second:02}Z"}}
        for second, messages in ((50, 7), (3, 4))
    ]
    (point,) = ask(script(told(backlog=rows))).points
    assert (point.at.isoformat(), point.messages) == ("2026-11-23T12:03:00+00:00", 7)


def test_a_dataset_that_did_not_answer_is_named_and_the_others_are_read() -> None:
    errors = [{"message": "unable to execute query", "path": ["viewer", "accounts", "0", "consumer"]}]
    found = ask(script(told(errors, backlog=[backlog(3, 1)], consumer=None)))
    assert found.missing == ("consumer",)
    assert found.points[0].messages == 1


def test_where_no_dataset_answers_the_reason_is_told() -> None:
    nothing = {"backlog": None, "delayed": None, "consumer": None, "operations": None}
    errors = [{"message": "does not have access to the path", "extensions": {"code": "authz"}}]
    with pytest.raises(NotPermitted):
        ask(script(told(errors, **nothing)))
    with pytest.raises(Unreadable):
        ask(script(told(None, **nothing)))


def test_an_account_without_the_delayed_backlog_is_asked_again_without_it() -> None:
    without = {"backlog": [backlog(3, 1)], "consumer": [], "operations": []}
    played = script(
        refused('unknown field "queueDelayedBacklogAdaptiveGroups"'),
        answer(200, {"data": {"viewer": {"accounts": [without]}}, "errors": None}),
    )
    found = ask(played)
    assert found.missing == ("delayed",)
    assert found.points[0].messages == 1
    assert "queueDelayedBacklogAdaptiveGroups" not in played.sent()["query"]


def test_more_rows_than_one_answer_holds_leave_out_the_oldest_bucket() -> None:
    newest = [operation(9, "WriteMessage", 1)] * (MOST_ROWS - 1)
    found = ask(script(told(operations=[*newest, operation(3, "WriteMessage", 1)])))
    assert found.is_cut
    assert [point.at.minute for point in found.points] == [9]


def test_an_account_that_analytics_do_not_know_has_nothing() -> None:
    found = ask(script(answer(200, {"data": {"viewer": {"accounts": []}}, "errors": None})))
    assert (found.points, len(found.missing)) == ((), 4)


@pytest.mark.parametrize("data", [{}, {"viewer": None}, {"viewer": {"accounts": 3}}, {"viewer": {"accounts": [3]}}, []])
def test_data_of_another_shape_is_no_answer(data: object) -> None:
    with pytest.raises(Unreadable) as caught:
        ask(script(answer(200, {"data": data, "errors": None})))
    assert caught.value.reason == "wrong-shape"


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (refused("not authorized for that account", "authz"), "NotPermitted", "analytics-not-permitted"),
        (refused("no", "authz"), "NotPermitted", "analytics-not-permitted"),
        (refused("account does not have access to the path"), "NotPermitted", "analytics-not-permitted"),
        (bad(403, 10000, "Authentication error"), "NotPermitted", "analytics-not-permitted"),
        (bad(400, 9109, "Unauthorized"), "NotPermitted", "analytics-not-permitted"),
        (bad(401, 10000, "Authentication error"), "InvalidCredential", "credential-invalid"),
        (bad(400, 6003, "Invalid request headers"), "InvalidCredential", "credential-malformed"),
        (refused("cannot request data older than 4w3d", "quota"), "InvalidRequest", "analytics-range"),
        (refused("cannot request a time range wider than 4w2d", status=400), "InvalidRequest", "analytics-range"),
        (refused("limit reached, please try reduced time period"), "InvalidRequest", "analytics-range"),
        (refused("rate limiter budget depleted", "budget"), "RateLimited", "analytics-rate-limited"),
        (refused("quota exceeded, please repeat"), "RateLimited", "analytics-rate-limited"),
        (refused("rate limiter budget depleted, try again", status=429), "RateLimited", "analytics-rate-limited"),
        (bad(429, 971, "throttle"), "RateLimited", "rate-limited"),
        (refused("error parsing args"), "InvalidRequest", "analytics-declined"),
        (bad(503, 0, "try again later"), "ServerFault", "server-fault"),
    ],
)
def test_a_refusal_has_a_name(reply: Any, kind: str, reason: str) -> None:
    with pytest.raises(CloudflareError) as caught:
        ask(script(reply))
    assert (type(caught.value).__name__, caught.value.reason) == (kind, reason)


def test_a_question_over_the_limit_is_not_asked_again_at_once() -> None:
    played = script(refused("rate limiter budget depleted", "budget"))
    with pytest.raises(CloudflareError):
        ask(played)
    assert len(played.requests) == 1


@pytest.mark.parametrize("status", [200, 429])
def test_the_limit_of_analytics_holds_back_analytics_alone_and_ends(status: int) -> None:
    played = script(
        refused("rate limiter budget depleted", "budget", status=status), good({"backlog_count": 1}), told()
    )
    client = played.client()

    def analytics() -> None:
        client.analytics(TOKEN, **here(), since=SINCE, until=UNTIL, step=Step.MINUTE)

    with pytest.raises(RateLimited):
        analytics()
    with pytest.raises(Throttled, match="limit for analytics is used up") as caught:
        analytics()
    assert caught.value.reason == "analytics-throttled"
    client.metrics(TOKEN, **here())
    assert len(played.requests) == 2
    played.now += 301
    analytics()
    assert len(played.requests) == 3


def test_the_limit_of_the_other_calls_holds_back_no_analytics() -> None:
    played = script(bad(429, 971, "Please wait", Retry_After="60"), told())
    client = played.client()
    with pytest.raises(RateLimited):
        client.metrics(TOKEN, **here())

    client.analytics(TOKEN, **here(), since=SINCE, until=UNTIL, step=Step.MINUTE)

    assert len(played.requests) == 2


def test_what_a_header_says_of_the_other_limit_is_not_taken_for_this_one() -> None:
    reply = told()
    reply.headers["ratelimit"] = '"default";r=1;t=100'
    played = script(reply, told())
    client = played.client()

    for _ in range(2):
        answered = client.analytics(TOKEN, **here(), since=SINCE, until=UNTIL, step=Step.MINUTE)

    assert answered.rate_limit is None


@pytest.mark.parametrize(
    ("hours", "points", "step"),
    [
        (0.5, 60, Step.MINUTE),
        (2, 119, Step.FIVE_MINUTES),
        (24, 288, Step.FIVE_MINUTES),
        (24, 200, Step.HOUR),
        (720, 720, Step.HOUR),
        (720, 30, Step.DAY),
        (720, 5, Step.DAY),
        (720, 0, Step.DAY),
    ],
)
def test_the_step_is_the_finest_that_needs_no_more_points(hours: float, points: int, step: Step) -> None:
    assert step_for(UNTIL - timedelta(hours=hours), UNTIL, points) is step


ROWS = st.builds(
    operation,
    st.integers(0, 59),
    st.sampled_from(["WriteMessage", "ReadMessage", "DeleteMessage", "Other"]),
    st.integers(0, 1000),
    st.sampled_from(["success", "dlq", "fail", ""]),
    lagTime=st.floats(0, 1e6),
)


@given(st.lists(ROWS, max_size=30))
def test_every_operation_is_in_one_point(rows: list[dict[str, Any]]) -> None:
    points = ask(script(told(operations=rows))).points
    assert [point.at for point in points] == sorted({datetime.fromisoformat(row["dimensions"]["at"]) for row in rows})
    for name, action in (("written", "WriteMessage"), ("read", "ReadMessage"), ("deleted", "DeleteMessage")):
        expected = sum(row["count"] for row in rows if row["dimensions"]["actionType"] == action)
        assert sum(getattr(point, name) for point in points) == expected
