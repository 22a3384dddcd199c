"""The sandbox's analytics: what happens in a queue is what they tell of it."""

from datetime import timedelta
from typing import Any

import pytest

from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.sandbox.conftest import Api

OPERATIONS = "queueMessageOperationsAdaptiveGroups"
BACKLOG = "queueBacklogAdaptiveGroups"


def query(dataset: str, asked: str, *, filters: str = "", limit: int = 100, order: str = "") -> str:
    return f"""query Q($tag: string!, $queue: string!, $since: Time!, $until: Time!) {{
      viewer {{ accounts(filter: {{accountTag: $tag}}) {{
        rows: {dataset}(
          limit: {limit} filter: {{queueId: $queue, datetime_geq: $since, datetime_leq: $until {filters}}} {order}
        ) {{ {asked} }}
      }} }}
    }}"""


def ask(api: Api, queue: QueueHandle, text: str, *, by: str = "full", back: timedelta = timedelta(hours=2)) -> Any:
    clock = api.sandbox.clock
    assert isinstance(clock, ManualClock)
    variables = {
        "tag": api.account,
        "queue": queue.id,
        "since": (clock.now() - back).isoformat(),
        "until": clock.now().isoformat(),
    }
    response = api.call("POST", "/graphql", {"query": text, "variables": variables}, by=by)
    assert response.status == 200, response.body
    return response.json()


def rows(
    api: Api, queue: QueueHandle, dataset: str, asked: str, *, back: timedelta = timedelta(hours=2), **how: Any
) -> list[Any]:
    whole = ask(api, queue, query(dataset, asked, **how), back=back)
    assert whole["errors"] is None, whole["errors"]
    found: list[Any] = whole["data"]["viewer"]["accounts"][0]["rows"]
    return found


def counts(api: Api, queue: QueueHandle) -> dict[tuple[str, str, str], int]:
    found = rows(api, queue, OPERATIONS, "count dimensions { actionType consumerType outcome }")
    return {
        (row["dimensions"]["actionType"], row["dimensions"]["consumerType"], row["dimensions"]["outcome"]): row["count"]
        for row in found
    }


def test_what_is_sent_read_and_acknowledged_is_counted(api: Api, orders: QueueHandle) -> None:
    for number in range(3):
        api.result("POST", f"{orders.path}/messages", {"body": {"order": number}})
    leases = [message["lease_id"] for message in api.pull(orders, batch_size=2)]
    api.settle(orders, acks=leases[:1])
    assert counts(api, orders) == {
        ("WriteMessage", "", "success"): 3,
        ("ReadMessage", "http", "success"): 2,
        ("DeleteMessage", "http", "success"): 1,
    }


def test_a_message_at_its_limit_is_dead_lettered_here_and_written_there(
    api: Api, orders: QueueHandle, dead: QueueHandle, clock: ManualClock
) -> None:
    orders.push("stuck")
    for _ in range(3):
        api.pull(orders, visibility_timeout_ms=1000)
        clock.advance(seconds=2)
    (row,) = rows(
        api, orders, OPERATIONS, "count avg { retryCount lagTime } dimensions { outcome }", filters='outcome: "dlq"'
    )
    assert row == {"count": 1, "avg": {"retryCount": 2, "lagTime": 5000}, "dimensions": {"outcome": "dlq"}}
    assert counts(api, dead) == {("WriteMessage", "", "success"): 1}


def test_a_message_given_up_without_a_dead_letter_queue_failed(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    bare = sandbox.add_queue("bare", max_retries=0)
    bare.push("lost")
    api.pull(bare, visibility_timeout_ms=1000)
    clock.advance(seconds=2)
    assert counts(api, bare)["DeleteMessage", "http", "fail"] == 1


def test_purged_messages_leave_the_backlog_and_are_no_operation(
    api: Api, orders: QueueHandle, clock: ManualClock
) -> None:
    orders.push_many(["one", "two"])
    refs = [{"ref": message["ref"]} for message in api.peek(orders)]
    api.result("POST", f"{orders.path}/messages/purge", {"refs": refs[:1]})
    clock.advance(minutes=1)
    orders.push("three")
    clock.advance(minutes=1)
    found = rows(api, orders, BACKLOG, "avg { messages } dimensions { datetimeMinute }")
    assert ("DeleteMessage", "", "success") not in counts(api, orders)
    assert found[-1]["avg"]["messages"] == pytest.approx(1 + 38 / 60)


def test_the_backlog_is_an_average_over_the_time_that_messages_were_there(
    api: Api, orders: QueueHandle, clock: ManualClock
) -> None:
    clock.advance(seconds=38)  # to the full minute
    orders.push("four")
    clock.advance(seconds=30)
    orders.push("six by now")
    clock.advance(seconds=30)
    (row,) = rows(api, orders, BACKLOG, "avg { messages bytes } dimensions { datetimeMinute }")
    assert row["avg"] == {"messages": 1.5, "bytes": 9}
    assert row["dimensions"]["datetimeMinute"] == "2026-11-23T14:04:00Z"


def test_a_delayed_message_waits_in_a_backlog_of_its_own(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    clock.advance(seconds=38)
    orders.push("later", delay_s=30)
    clock.advance(seconds=59)
    (row,) = rows(api, orders, "queueDelayedBacklogAdaptiveGroups", "avg { messages }")
    assert row["avg"]["messages"] == 0.5


def test_an_idle_queue_has_no_rows_although_it_holds_messages(
    api: Api, orders: QueueHandle, clock: ManualClock
) -> None:
    orders.push("stuck")
    clock.advance(hours=3)
    assert rows(api, orders, BACKLOG, "avg { messages }") == []


def test_a_worker_is_busy_while_it_works(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    mails = sandbox.add_queue("mails", consumer="worker", service_seconds=10)
    clock.advance(seconds=38)
    mails.push_many(["one", "two", "three"])
    clock.advance(minutes=1)
    (row,) = rows(api, mails, "queueConsumerMetricsAdaptiveGroups", "avg { concurrency } dimensions { datetimeMinute }")
    assert row["avg"]["concurrency"] == 0.5
    assert counts(api, mails)["DeleteMessage", "worker", "success"] == 3


def test_rows_are_ordered_grouped_and_cut_as_asked(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    for _ in range(3):
        orders.push("again")
        clock.advance(minutes=4)
    by_minute = rows(
        api, orders, OPERATIONS, "count dimensions { at: datetimeMinute }", order="orderBy: [datetimeMinute_DESC]"
    )
    assert [row["dimensions"]["at"][11:16] for row in by_minute] == ["14:11", "14:07", "14:03"]
    newest = rows(
        api, orders, OPERATIONS, "count dimensions { datetimeMinute }", order="orderBy: [datetimeMinute_DESC]", limit=1
    )
    assert [row["dimensions"]["datetimeMinute"][11:16] for row in newest] == ["14:11"]
    by_hour = rows(api, orders, OPERATIONS, "count dimensions { datetimeHour }")
    assert by_hour == [{"count": 3, "dimensions": {"datetimeHour": "2026-11-23T14:00:00Z"}}]
    by_day = rows(api, orders, OPERATIONS, "count dimensions { date }")
    assert by_day == [{"count": 3, "dimensions": {"date": "2026-11-23"}}]
    assert rows(api, orders, OPERATIONS, "count sum { billableOperations bytes } max { messageSize }") == [
        {"count": 3, "sum": {"billableOperations": 3, "bytes": 15}, "max": {"messageSize": 5}}
    ]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ('actionType: "WriteMessage"', 2),
        ('actionType_neq: "WriteMessage"', 1),
        ('actionType_in: ["ReadMessage", "DeleteMessage"]', 1),
        ('OR: [{actionType: "ReadMessage"}, {actionType: "WriteMessage"}]', 3),
        ('AND: [{actionType: "ReadMessage"}, {consumerType: "worker"}]', 0),
        ('datetimeHour_lt: "2026-11-23T14:00:00Z"', 0),
    ],
)
def test_filters_let_through_what_they_say(api: Api, orders: QueueHandle, filters: str, count: int) -> None:
    orders.push_many(["one", "two"])
    api.pull(orders, batch_size=1)
    found = rows(api, orders, OPERATIONS, "count", filters=filters)
    assert sum(row["count"] for row in found) == count


@pytest.mark.parametrize("by", ["read_only", "account_owned", "wrong_account"])
def test_a_token_without_the_permission_is_refused_with_200(api: Api, orders: QueueHandle, by: str) -> None:
    whole = ask(api, orders, query(BACKLOG, "avg { messages }"), by=by)
    assert whole["data"] is None
    assert whole["errors"][0]["extensions"]["code"] == "authz"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (query(BACKLOG, "avg { weight }"), "unknown field"),
        (query(BACKLOG, "count"), "unknown field"),
        (query(BACKLOG, "dimensions { queueName }"), "unknown field"),
        (query("queuesBacklogAdaptiveGroups", "avg { messages }"), "unknown field"),
        (query(BACKLOG, "avg { messages }", filters='queueID: "x"'), "unknown arg"),
        (query(BACKLOG, "avg { messages }", filters="queueId_neq: 5"), "error parsing args"),
        (query(BACKLOG, "avg { messages }", order="orderBy: [weight_DESC]"), "unknown enum value"),
        (query(BACKLOG, "avg { messages }", limit=10_001), "limit must be positive number"),
        (query(BACKLOG, "avg { messages }", limit=0), "limit must be positive number"),
        ("{ viewer { zones { x } } }", "unknown field"),
        ("{ viewer { accounts { x } } }", "accountTag is required"),
        ("{ viewer", "error parsing query"),
    ],
)
def test_a_wrong_query_is_refused_in_words(api: Api, orders: QueueHandle, text: str, words: str) -> None:
    whole = ask(api, orders, text)
    assert whole["data"] is None
    assert words in whole["errors"][0]["message"]


def test_what_is_too_old_or_too_wide_is_refused(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    text = query(BACKLOG, "avg { messages }")
    assert "older than" in ask(api, orders, text, back=timedelta(days=40))["errors"][0]["message"]
    later = (
        query(BACKLOG, "avg { messages }")
        .replace("$until}", '"2027-02-01T00:00:00Z"}')
        .replace("datetime_leq: $until", 'datetime_leq: "2027-02-01T00:00:00Z"')
    )
    assert "time range wider" in ask(api, orders, later, back=timedelta(days=30))["errors"][0]["message"]


def test_variants_answer_in_part_nothing_or_without_the_delayed_backlog(api: Api, orders: QueueHandle) -> None:
    orders.push("one")
    api.sandbox.vary(analytics="empty")
    assert rows(api, orders, BACKLOG, "avg { messages }") == []
    api.sandbox.vary(analytics="no_delayed")
    refused = ask(api, orders, query("queueDelayedBacklogAdaptiveGroups", "avg { messages }"))
    assert "unknown field" in refused["errors"][0]["message"]
    api.sandbox.vary(analytics="partial")
    part = ask(api, orders, query("queueConsumerMetricsAdaptiveGroups", "avg { concurrency }"))
    assert part["data"]["viewer"]["accounts"][0]["rows"] is None
    assert part["errors"][0]["path"][-1] == "queueConsumerMetricsAdaptiveGroups"


def test_the_demo_has_a_past_by_the_minute_and_by_the_hour(clock: ManualClock) -> None:
    api = Api(Sandbox(clock=clock, seed="demo"))
    out = api.sandbox.queue("webhooks-out")
    by_minute = rows(api, out, BACKLOG, "avg { messages } dimensions { datetimeMinute }", limit=1000)
    assert len(by_minute) >= 118
    text = query(BACKLOG, "avg { messages } dimensions { datetimeHour }", limit=1000)
    whole = ask(api, out, text, back=timedelta(days=29))
    assert len(whole["data"]["viewer"]["accounts"][0]["rows"]) >= 29 * 24
    again = Api(Sandbox(clock=clock, seed="demo"))
    assert rows(again, out, BACKLOG, "avg { messages } dimensions { datetimeMinute }", limit=1000) == by_minute


def test_the_past_of_a_day_is_even_and_has_no_hour_in_one_of_its_steps(clock: ManualClock) -> None:
    api = Api(Sandbox(clock=clock, seed="demo"))
    out = api.sandbox.queue("webhooks-out")
    asked = "count dimensions { datetimeFiveMinutes }"
    only = 'actionType: "WriteMessage"'
    found = rows(api, out, OPERATIONS, asked, filters=only, limit=1000, back=timedelta(hours=24))
    steps = sorted(row["count"] for row in found)
    assert len(steps) >= 24 * 12 - 2
    # Busy by day, quiet by night: four times as much and chance, and not twelve times.
    assert steps[-1] < 6 * steps[len(steps) // 2]


def test_history_that_nobody_can_ask_for_is_let_go_and_the_backlog_stays_right(
    api: Api, orders: QueueHandle, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.sandbox.history._MOST_MINUTES", 10)
    orders.push_many(["kept"] * 5, delay_s=0)
    api.call("PATCH", orders.path, {"settings": {"message_retention_period": 1_206_000}})
    for _ in range(40):
        clock.advance(days=1)
        orders.push("daily")
    clock.advance(seconds=38)
    found = rows(api, orders, BACKLOG, "avg { messages } dimensions { datetimeMinute }")
    assert found[-1]["avg"]["messages"] == pytest.approx(len(orders.messages) - 1 + 38 / 60)


def test_a_queue_can_be_given_a_past(api: Api, orders: QueueHandle, clock: ManualClock) -> None:
    orders.lived(6, dead_letters=0.5)
    clock.advance(minutes=5)
    found = counts(api, orders)
    assert found["WriteMessage", "", "success"] > 300
    assert found["DeleteMessage", "http", "dlq"] > 100


def test_what_passes_while_nobody_looks_leaves_no_gap(clock: ManualClock) -> None:
    api = Api(Sandbox(clock=clock, seed="demo"))
    clock.advance(hours=3)
    busy = rows(
        api,
        api.sandbox.queue("search-index"),
        OPERATIONS,
        "count dimensions { datetimeMinute }",
        filters='actionType: "WriteMessage"',
        limit=1000,
    )
    assert len(busy) >= 118


def test_queries_have_a_limit_of_their_own_and_are_refused_in_their_own_words(clock: ManualClock) -> None:
    sandbox = Sandbox(clock=clock, seed="empty", rate_limit=5, graphql_limit=2)
    api, queue = Api(sandbox), sandbox.add_queue("orders")
    text = query(BACKLOG, "avg { messages }")
    for _ in range(2):
        assert ask(api, queue, text)["errors"] is None

    response = api.call("POST", "/graphql", {"query": text, "variables": {}})

    assert response.status == 429
    assert response.json()["data"] is None
    (error,) = response.json()["errors"]
    assert error["message"] == "rate limiter budget depleted, try again after 5 minutes"
    assert error["extensions"]["code"] == "budget"
    assert not {name for name in response.headers if "limit" in name.lower()}
    # None of these counted against the other limit, and the other is not closed.
    assert api.call("GET", queue.path).headers["Ratelimit"] == '"default";r=4;t=300'
    clock.advance(seconds=301)
    assert ask(api, queue, text)["errors"] is None


def test_what_the_other_calls_used_up_closes_no_query(clock: ManualClock) -> None:
    sandbox = Sandbox(clock=clock, seed="empty", rate_limit=1)
    api, queue = Api(sandbox), sandbox.add_queue("orders")
    assert [api.call("GET", queue.path).status for _ in range(2)] == [200, 429]

    assert ask(api, queue, query(BACKLOG, "avg { messages }"))["errors"] is None
