"""The official Python SDK against the sandbox, over a real socket, with strict checks of every answer."""

from collections.abc import Iterator

import cloudflare
import pytest
from cloudflare import Cloudflare
from cloudflare.types.queues.consumer import MqHTTPConsumerResponse, MqWorkerConsumerResponse

from queues_app.sandbox import ManualClock, QueueHandle, Sandbox, SandboxServer


@pytest.fixture
def client(sandbox_server: SandboxServer, sandbox: Sandbox) -> Iterator[Cloudflare]:
    with Cloudflare(
        api_token=sandbox.tokens["full"],
        base_url=sandbox_server.url,
        max_retries=0,
        timeout=10,
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
def account(sandbox: Sandbox) -> str:
    return sandbox.accounts["acme-logistics"]


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")


def test_a_token_is_verified_by_the_user_route(client: Cloudflare) -> None:
    answer = client.user.tokens.verify()
    assert answer is not None
    assert answer.status == "active"


def test_a_token_of_an_account_is_verified_by_the_account_route_only(
    client: Cloudflare, sandbox: Sandbox, account: str
) -> None:
    owned = client.with_options(api_token=sandbox.tokens["account_owned"])
    with pytest.raises(cloudflare.AuthenticationError) as refusal:
        owned.user.tokens.verify()
    assert refusal.value.errors[0].code == 1000
    answer = owned.accounts.tokens.verify(account_id=account)
    assert answer is not None
    assert answer.status == "active"


def test_accounts_are_listed_page_by_page(client: Cloudflare) -> None:
    assert [one.name for one in client.accounts.list(per_page=5)] == ["acme-logistics", "acme-labs"]


def test_the_key_pair_works_too(sandbox_server: SandboxServer, sandbox: Sandbox) -> None:
    email, key = sandbox.global_key
    with Cloudflare(api_email=email, api_key=key, base_url=sandbox_server.url, max_retries=0) as client:
        assert len(list(client.accounts.list())) == 2


def test_a_queue_is_made_changed_and_deleted(client: Cloudflare, account: str) -> None:
    made = client.queues.create(account_id=account, queue_name="fresh")
    assert made is not None
    assert made.queue_id is not None
    queue_id = made.queue_id
    edited = client.queues.edit(queue_id, account_id=account, settings={"delivery_paused": True})
    assert edited is not None
    assert edited.settings is not None
    assert edited.settings.delivery_paused is True
    replaced = client.queues.update(queue_id, account_id=account, queue_name="renamed")
    assert replaced is not None
    assert replaced.settings is not None
    assert (replaced.queue_name, replaced.settings.delivery_paused) == ("renamed", False)
    assert [queue.queue_name for queue in client.queues.list(account_id=account)] == ["renamed"]
    deleted = client.queues.delete(queue_id, account_id=account)
    assert deleted is not None
    assert deleted.success is True
    with pytest.raises(cloudflare.NotFoundError):
        client.queues.get(queue_id, account_id=account)


def test_consumers_of_both_types_are_managed(client: Cloudflare, account: str, sandbox: Sandbox) -> None:
    queue_id = sandbox.add_queue("bare", consumer=None).id
    made = client.queues.consumers.create(
        queue_id,
        account_id=account,
        type="http_pull",
        dead_letter_queue="bare-dlq",
        settings={"max_retries": 7, "visibility_timeout_ms": 60_000},
    )
    assert isinstance(made, MqHTTPConsumerResponse)
    assert made.consumer_id is not None
    replaced = client.queues.consumers.update(
        made.consumer_id, account_id=account, queue_id=queue_id, type="worker", script_name="mailer"
    )
    assert isinstance(replaced, MqWorkerConsumerResponse)
    assert [one.type for one in client.queues.consumers.list(queue_id, account_id=account)] == ["worker"]
    got = client.queues.consumers.get(made.consumer_id, account_id=account, queue_id=queue_id)
    assert got is not None
    assert got.queue_name == "bare"
    with pytest.raises(cloudflare.ConflictError) as refusal:
        client.queues.consumers.create(queue_id, account_id=account, type="http_pull")
    assert refusal.value.errors[0].code == 11004
    deleted = client.queues.consumers.delete(made.consumer_id, account_id=account, queue_id=queue_id)
    assert deleted is not None
    assert deleted.success is True


def test_messages_go_in_and_out(client: Cloudflare, account: str, orders: QueueHandle) -> None:
    messages = client.queues.messages
    pushed = messages.push(orders.id, account_id=account, body={"order": 1}, content_type="json")
    assert pushed is not None
    assert pushed.metadata is not None
    assert pushed.metadata.metrics is not None
    assert pushed.metadata.metrics.backlog_count == 1
    messages.bulk_push(
        orders.id,
        account_id=account,
        messages=[{"body": "two", "content_type": "text"}, {"body": {"order": 3}, "content_type": "json"}],
    )
    pulled = messages.pull(orders.id, account_id=account, batch_size=2, visibility_timeout_ms=5000)
    assert pulled is not None
    assert pulled.messages is not None
    assert pulled.message_backlog_count == 3
    assert [(one.body, one.attempts) for one in pulled.messages] == [('{"order":1}', 1), ("two", 1)]
    first, second = (one.lease_id for one in pulled.messages)
    assert first is not None
    assert second is not None
    settled = messages.ack(
        orders.id,
        account_id=account,
        acks=[{"lease_id": first}, {"lease_id": "made up"}],
        retries=[{"lease_id": second, "delay_seconds": 10}],
    )
    assert settled is not None
    assert (settled.ack_count, settled.retry_count) == (1, 1)
    assert list(settled.warnings or {}) == ["made up"]


def test_a_peek_gives_refs_that_purge_removes(client: Cloudflare, account: str, orders: QueueHandle) -> None:
    orders.push("stuck")
    peeked = client.queues.messages.peek(orders.id, account_id=account, batch_size=10)
    assert peeked is not None
    assert peeked.messages is not None
    assert peeked.messages[0].attempts == 0
    ref = peeked.messages[0].ref
    assert ref is not None
    purged = client.queues.messages.purge(orders.id, account_id=account, refs=[{"ref": ref}, {"ref": "stale"}])
    assert purged is not None
    assert list(purged.warnings or {}) == ["stale"]
    assert orders.messages == []


def test_a_queue_is_counted_and_emptied(
    client: Cloudflare, account: str, orders: QueueHandle, clock: ManualClock
) -> None:
    orders.push("four", age_s=60)
    metrics = client.queues.get_metrics(orders.id, account_id=account)
    assert metrics is not None
    assert (metrics.backlog_count, metrics.backlog_bytes) == (1, 4)
    assert metrics.oldest_message_timestamp_ms == clock.now_ms() - 60_000
    client.queues.purge.start(orders.id, account_id=account, delete_messages_permanently=True)
    status = client.queues.purge.status(orders.id, account_id=account)
    assert status is not None
    assert status.completed == "true"
    assert orders.messages == []


def test_event_subscriptions_are_made_listed_changed_and_ended(
    client: Cloudflare, account: str, orders: QueueHandle
) -> None:
    subscriptions = client.queues.subscriptions
    made = subscriptions.create(
        account_id=account,
        name="builds",
        enabled=True,
        events=["build.failed"],
        source={"type": "workersBuilds.worker", "worker_name": "shop"},
        destination={"type": "queues.queue", "queue_id": orders.id},
    )
    assert made is not None
    changed = subscriptions.update(made.id, account_id=account, enabled=False)
    assert changed is not None
    assert (changed.name, changed.enabled, changed.destination.queue_id) == ("builds", False, orders.id)
    assert [one.id for one in subscriptions.list(account_id=account, order="created_at")] == [made.id]
    got = subscriptions.get(made.id, account_id=account)
    assert got is not None
    assert got.events == ["build.failed"]
    subscriptions.delete(made.id, account_id=account)
    assert list(subscriptions.list(account_id=account)) == []


def test_a_pull_without_a_consumer_says_why(client: Cloudflare, account: str, sandbox: Sandbox) -> None:
    queue_id = sandbox.add_queue("bare", consumer=None).id
    with pytest.raises(cloudflare.APIStatusError) as refusal:
        client.queues.messages.pull(queue_id, account_id=account)
    assert refusal.value.status_code == 405
    assert refusal.value.errors[0].code == 0
