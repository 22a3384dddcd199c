"""Our client against the sandbox, over a real socket: the whole round, in every variant."""

from datetime import UTC, datetime, timedelta

import pytest

from queues_app.cloudflare import (
    ApiToken,
    Client,
    Conflict,
    ConsumerSettings,
    DeliveryPaused,
    GlobalKey,
    InvalidCredential,
    InvalidRequest,
    MalformedId,
    NotFound,
    NotPermitted,
    Outgoing,
    PullNotEnabled,
    QueueSettings,
    Retry,
)
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.contract.asking import Where, lease_of, pull

# Credentials


def test_a_token_of_a_user_says_that_it_is_active(client: Client, full: ApiToken) -> None:
    answer = client.verify_user_token(full)
    assert answer.value.status == "active"
    assert answer.cf_ray is not None
    assert answer.rate_limit is not None


def test_a_token_of_an_account_is_refused_by_the_user_route_only(
    client: Client, sandbox: Sandbox, account: str
) -> None:
    owned = ApiToken(secret=sandbox.tokens["account_owned"])
    with pytest.raises(InvalidCredential) as refused:
        client.verify_user_token(owned)
    assert refused.value.errors[0].code == 1000
    assert client.verify_account_token(owned, account_id=account).value.status == "active"


def test_dead_and_unknown_tokens_are_told_apart_from_missing_permission(
    client: Client, sandbox: Sandbox, where: Where
) -> None:
    for name in ("expired", "disabled"):
        with pytest.raises((InvalidCredential, NotPermitted)):
            client.metrics(ApiToken(secret=sandbox.tokens[name]), **where)
    for name in ("read_only", "wrong_account"):
        with pytest.raises(NotPermitted):
            pull(client, ApiToken(secret=sandbox.tokens[name]), where)
    with pytest.raises(InvalidCredential):
        client.verify_user_token(ApiToken(secret="made-up"))


def test_a_key_pair_sees_both_accounts(client: Client, sandbox: Sandbox) -> None:
    email, key = sandbox.global_key
    found = client.accounts(GlobalKey(email=email, key=key)).value
    assert {one.name: one.id for one in found} == sandbox.accounts


# Queues and consumers


def test_all_queues_are_listed_over_all_pages(client: Client, sandbox: Sandbox, full: ApiToken, account: str) -> None:
    for number in range(145):
        sandbox.add_queue(f"queue-{number:03}")
    found = client.queues(full, account_id=account).value
    assert sorted(one.name for one in found) == [f"queue-{number:03}" for number in range(145)]


def test_a_queue_is_made_changed_replaced_and_deleted(client: Client, full: ApiToken, account: str) -> None:
    made = client.create_queue(full, account_id=account, name="fresh", settings=QueueSettings(delivery_delay=5))
    where: Where = {"account_id": account, "queue_id": made.value.id}
    client.edit_queue(full, **where, settings=QueueSettings(delivery_paused=True))
    changed = client.queue(full, **where).value
    assert (changed.name, changed.delivery_delay, changed.delivery_paused) == ("fresh", 5, True)
    assert changed.created_at is not None
    client.replace_queue(full, **where, name="renamed", settings=QueueSettings())
    replaced = client.queue(full, **where).value
    assert (replaced.name, replaced.delivery_delay, replaced.delivery_paused) == ("renamed", 0, False)
    client.delete_queue(full, **where)
    with pytest.raises(NotFound) as gone:
        client.queue(full, **where)
    assert gone.value.reason == "queue-not-found"


def test_a_name_that_is_taken_or_no_name_is_refused(
    client: Client, full: ApiToken, account: str, orders: QueueHandle
) -> None:
    with pytest.raises(Conflict) as taken:
        client.create_queue(full, account_id=account, name=orders.name)
    assert taken.value.reason == "name-taken"
    with pytest.raises(InvalidRequest):
        client.create_queue(full, account_id=account, name="")


@pytest.mark.parametrize("field", ["script", "script_name"])
def test_a_consumer_is_made_replaced_and_deleted(client: Client, sandbox: Sandbox, full: ApiToken, field: str) -> None:
    sandbox.vary(script_field=field)
    bare = sandbox.add_queue("bare", consumer=None)
    where: Where = {"account_id": bare.account_id, "queue_id": bare.id}
    settings = ConsumerSettings(type="http_pull", dead_letter_queue="bare-dlq", max_retries=7)
    made = client.create_consumer(full, **where, settings=settings).value
    assert (made.type, made.dead_letter_queue, made.max_retries) == ("http_pull", "bare-dlq", 7)
    assert made.id is not None
    with pytest.raises(Conflict) as second:
        client.create_consumer(full, **where, settings=settings)
    assert second.value.reason == "consumer-exists"
    worker = ConsumerSettings(type="worker", script="mailer")
    client.replace_consumer(full, **where, consumer_id=made.id, settings=worker)
    (read,) = client.consumers(full, **where).value
    assert (read.type, read.script) == ("worker", "mailer")
    client.delete_consumer(full, **where, consumer_id=made.id)
    assert client.consumers(full, **where).value == ()


def test_a_consumer_of_a_type_nobody_knows_is_read(client: Client, sandbox: Sandbox, full: ApiToken) -> None:
    odd = sandbox.add_queue("odd", consumer="notification")
    queue = client.queue(full, account_id=odd.account_id, queue_id=odd.id).value
    assert queue.consumers[0].type == "notification"


# Messages


def test_a_peek_costs_nothing(client: Client, full: ApiToken, where: Where, orders: QueueHandle) -> None:
    orders.push({"order": 1}, age_s=60)
    orders.push(b"\x00\xff")
    first = client.peek(full, **where, batch_size=10).value
    again = client.peek(full, **where, batch_size=10).value
    assert [message.attempts for message in first.messages + again.messages] == [0] * 4
    assert [message.metadata["CF-Content-Type"] for message in first.messages] == ["json", "bytes"]
    assert first.messages[0].lease_id is None
    assert first.messages[0].ref is not None
    assert first.backlog_count is None


def test_a_message_is_sent_pulled_extended_and_settled(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle
) -> None:
    pushed = client.push(full, **where, message=Outgoing(body='{"order": 1}', content_type="json")).value
    assert pushed.metrics is not None
    assert pushed.metrics.backlog_count == 1
    client.push_batch(full, **where, messages=(Outgoing(body="two"), Outgoing(body="three")))
    pulled = pull(client, full, where)
    assert [(one.body.replace(" ", ""), one.attempts) for one in pulled.messages] == [
        ('{"order":1}', 1),
        ("two", 1),
        ("three", 1),
    ]
    assert pulled.backlog_count == 3
    leases = tuple(lease_of(pulled, position) for position in range(3))
    renewed = client.extend(full, **where, lease_ids=leases[:1], visibility_timeout_ms=60_000).value
    settled = client.settle(
        full,
        **where,
        acks=(renewed.leases[pulled.messages[0].id], leases[1], "made up"),
        retries=(Retry(leases[2], delay_seconds=10),),
    ).value
    assert (settled.ack_count, settled.retry_count) == (2, 1)
    assert list(settled.warnings) == ["made up"]
    assert [(held.body, held.state) for held in orders.messages] == [("three", "delayed")]


def test_a_lapsed_lease_is_a_warning_and_not_a_failure(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle, clock: ManualClock
) -> None:
    orders.push("slow")
    lease_id = lease_of(pull(client, full, where, lease_ms=1000))
    clock.advance(seconds=2)
    settled = client.settle(full, **where, acks=(lease_id,)).value
    assert settled.ack_count == 0
    assert lease_id in settled.warnings
    assert pull(client, full, where).messages[0].attempts == 2


def test_refs_of_a_peek_are_deleted(client: Client, full: ApiToken, where: Where, orders: QueueHandle) -> None:
    orders.push("stuck")
    ref = client.peek(full, **where, batch_size=1).value.messages[0].ref
    assert ref is not None
    purged = client.purge_messages(full, **where, refs=(ref, "stale")).value
    assert list(purged.warnings) == ["stale"]
    assert orders.messages == []


def test_the_older_preview_leases_and_settles(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle
) -> None:
    orders.push("old")
    previewed = client.preview(full, **where, batch_size=1).value
    lease_id = previewed.messages[0].lease_id
    assert lease_id is not None
    assert client.preview_settle(full, **where, acks=(lease_id,)).value.warnings == {}
    assert orders.messages == []


@pytest.mark.parametrize("result", ["status", "queue"])
def test_a_queue_is_counted_and_emptied(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle, clock: ManualClock, result: str
) -> None:
    orders.vary(purge_result=result)
    orders.push("four", age_s=60)
    metrics = client.metrics(full, **where).value
    assert (metrics.backlog_count, metrics.backlog_bytes) == (1, 4)
    now = datetime.fromtimestamp(clock.now_ms() / 1000, UTC)
    assert metrics.oldest_message_at == now - timedelta(seconds=60)
    client.empty_queue(full, **where)
    assert client.empty_status(full, **where).value.completed is True
    assert orders.messages == []


def test_every_refusal_of_a_pull_says_why(
    client: Client, sandbox: Sandbox, full: ApiToken, where: Where, orders: QueueHandle
) -> None:
    bare = sandbox.add_queue("bare", consumer=None)
    with pytest.raises(PullNotEnabled) as no_consumer:
        pull(client, full, {"account_id": bare.account_id, "queue_id": bare.id})
    assert no_consumer.value.errors[0].code == 0
    assert no_consumer.value.status == 405
    with pytest.raises(NotFound):
        pull(client, full, {"account_id": where["account_id"], "queue_id": "0" * 32})
    with pytest.raises((NotFound, NotPermitted)):
        pull(client, full, {"account_id": "0" * 32, "queue_id": where["queue_id"]})
    with pytest.raises(InvalidRequest):
        pull(client, full, {"account_id": where["account_id"], "queue_id": orders.id}, batch_size=101)
    with pytest.raises(MalformedId):
        pull(client, full, {"account_id": where["account_id"], "queue_id": orders.name})
    orders.pause()
    with pytest.raises(DeliveryPaused) as paused:
        pull(client, full, where)
    assert paused.value.status == 409


def test_a_refused_body_says_which_part_is_meant(client: Client, full: ApiToken, where: Where) -> None:
    with pytest.raises(InvalidRequest) as refused:
        client.push(full, **where, message=Outgoing(body='"a string"', content_type="json"))
    assert refused.value.errors[0].code == 10207
    assert refused.value.reason == "body-invalid"


# Where the facts disagree


@pytest.mark.parametrize("shape", ["plain", "base64", "mixed", "object"])
def test_a_json_body_arrives_in_each_of_its_forms(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle, shape: str
) -> None:
    orders.vary(json_bodies=shape)
    orders.push_many([{"order": number} for number in range(4)])
    bodies = [message.body for message in client.peek(full, **where, batch_size=10).value.messages]
    assert len(bodies) == 4
    strings = [message.body_is_string for message in pull(client, full, where).messages]
    assert strings == [shape != "object"] * 4


@pytest.mark.parametrize(
    "variant",
    [
        {"counts": "null"},
        {"numbers": "floats"},
        {"write_result": "null"},
        {"write_result": "missing"},
        {"late_acks": "accepted"},
        {"limit_rule": "attempts"},
        {"script_field": "script_name"},
    ],
)
def test_the_round_works_in_every_variant(
    client: Client, sandbox: Sandbox, full: ApiToken, where: Where, orders: QueueHandle, variant: dict[str, str]
) -> None:
    sandbox.vary(**variant)
    client.push(full, **where, message=Outgoing(body="one"))
    counts = (None, 1) if "counts" in variant else (1,)
    assert client.metrics(full, **where).value.backlog_count in counts
    (listed,) = (one for one in client.queues(full, account_id=where["account_id"]).value if one.id == orders.id)
    assert listed.consumers[0].max_retries == 5
    pulled = pull(client, full, where)
    assert pulled.messages[0].attempts == 1
    assert client.settle(full, **where, acks=(lease_of(pulled),)).value.ack_count in (1, None)
    client.delete_queue(full, **where)


def test_an_account_without_peek_answers_not_found(
    client: Client, full: ApiToken, where: Where, orders: QueueHandle
) -> None:
    orders.vary(peek="absent")
    with pytest.raises(NotFound) as absent:
        client.peek(full, **where, batch_size=1)
    assert absent.value.reason == "not-found"
