"""What is counted, and who may read it."""

import re
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from queues_app import cloudflare, upstream
from queues_app.delivery import DeliveryError
from queues_app.models import Account, AuditDestination, Batch
from queues_app.operations import forwarding, standing
from queues_app.sandbox import QueueHandle, Sandbox
from queues_app.telemetry import calls, metrics
from tests.cloudflare.scripted import ACCOUNT, QUEUE, TOKEN, script
from tests.forwarding.entries import write
from tests.security.conftest import new_intent
from tests.support.people import Cast, signed_in
from tests.support.receivers import HttpReceiver

SCRAPER = "k7Qe2mVx9Lr4Tz8Wn1Bc6Hd3Jf5Gs0Pa"


@pytest.fixture
def read(client: Client, settings: Settings) -> Callable[[], str]:
    """What Prometheus gets."""
    settings.METRICS_TOKEN = SCRAPER

    def scraped() -> str:
        response = client.get("/metrics", headers={"Authorization": f"Bearer {SCRAPER}"})
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        return response.content.decode()

    return scraped


def value(text: str, sample: str) -> float:
    found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.django_db
def test_by_default_there_are_no_metrics_for_anybody(client: Client, cast: Cast) -> None:
    for browser in (client, signed_in(cast.admin)):
        assert browser.get("/metrics").status_code == 404
        assert browser.post("/metrics").status_code == 404


@pytest.mark.django_db
def test_they_are_given_for_the_token_or_to_an_address_and_without_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.METRICS_TOKEN = SCRAPER
    settings.METRICS_ADDRESSES = ["10.2.0.0/16"]
    assert client.get("/metrics", headers={"Authorization": f"Bearer {SCRAPER}"}).status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.2.3.4").status_code == 200
    assert client.post("/metrics", REMOTE_ADDR="10.2.3.4").status_code == 405
    assert client.get("/metrics", headers={"Authorization": f"Bearer {SCRAPER[1:]}"}).status_code == 404


@pytest.mark.django_db
def test_requests_are_counted_by_view_and_never_by_path(client: Client, cast: Cast, read: Callable[[], str]) -> None:
    before = read()
    signed_in(cast.owner).get("/audit/?user=ana")
    client.get("/nothing/of/9e107d9d372bb6826bd81d3542a419d6/")
    client.generic("BREW", "/audit/")
    after = read()

    def grew(sample: str) -> float:
        return value(after, sample) - value(before, sample)

    assert grew('queuescope_requests_total{method="GET",status="2xx",view="audit"}') == 1
    assert grew('queuescope_requests_total{method="GET",status="4xx",view="none"}') == 1
    assert grew('queuescope_requests_total{method="other",status="3xx",view="audit"}') == 1
    assert grew('queuescope_request_seconds_count{view="audit"}') == 2
    assert "BREW" not in after
    assert "9e107d9d" not in after
    assert "ana" not in re.findall(r'="([^"]*)"', after)


def test_a_pull_is_told_by_its_call_its_entry_and_its_leases(
    cast: Cast, account: Account, sandbox: Sandbox, read: Callable[[], str]
) -> None:
    queue = sandbox.add_queue("orders", max_retries=5)
    queue.push_many([{"order": number} for number in range(3)])
    before = read()
    assert pull(cast, account, queue) == 303
    after = read()

    def grew(sample: str) -> float:
        return value(after, sample) - value(before, sample)

    assert grew('queuescope_upstream_calls_total{operation="pull",outcome="ok"}') == 1
    assert grew('queuescope_upstream_call_seconds_count{operation="pull"}') == 1
    assert grew('queuescope_audit_entries_total{action="messages.pull",outcome="ok"}') == 1
    assert grew("queuescope_leases_held") == 3
    assert value(after, "queuescope_upstream_slots_in_use") == 0
    assert value(after, "queuescope_upstream_slots") == 208
    assert value(after, "queuescope_database_up") == 1
    batch = Batch.objects.get()
    for secret in (queue.id, queue.name, account.account_id, batch.leases.all()[0].message_id, "owner"):
        assert secret not in after


def test_a_pull_without_an_answer_is_told_as_unknown(
    cast: Cast, account: Account, sandbox: Sandbox, read: Callable[[], str]
) -> None:
    queue = sandbox.add_queue("orders", max_retries=5)
    before = read()
    sandbox.fault("reset", route="pull", count=1)
    pull(cast, account, queue)
    after = read()
    for sample in (
        'queuescope_upstream_calls_total{operation="pull",outcome="unknown"}',
        'queuescope_audit_entries_total{action="messages.pull",outcome="unknown"}',
        "queuescope_unknown_outcomes_last_day",
    ):
        assert value(after, sample) - value(before, sample) == 1


def test_a_place_that_is_not_free_is_told_as_a_refusal(settings: Settings) -> None:
    settings.UPSTREAM_SLOTS = 1
    sample = ("queuescope_upstream_refusals_total", {"reason": "slots"})
    before = metrics.REGISTRY.get_sample_value(*sample) or 0
    with upstream.slot():
        assert metrics.REGISTRY.get_sample_value("queuescope_upstream_slots_in_use") == 1
        with pytest.raises(upstream.UpstreamBusyError), upstream.slot():
            pass
    assert metrics.REGISTRY.get_sample_value(*sample) == before + 1
    assert metrics.REGISTRY.get_sample_value("queuescope_upstream_slots_in_use") == 0


@pytest.mark.django_db
def test_facts_are_counted_by_whether_they_were_asked_or_in_the_cache(
    sandbox: Sandbox, cast: Cast, account: Account, read: Callable[[], str]
) -> None:
    orders = sandbox.add_queue("orders")

    def counted() -> list[float]:
        text = read()
        sources = [("queue", "asked"), ("queue", "cache"), ("metrics", "asked"), ("metrics", "cache")]
        return [
            value(text, f'queuescope_facts_total{{facts="{facts}",source="{source}"}}') for facts, source in sources
        ]

    browser, page = signed_in(cast.owner), reverse("queue", args=[account.pk, orders.id])
    before = counted()
    assert browser.get(page).status_code == 200
    once = counted()
    assert [new - old for new, old in zip(once, before, strict=True)] == [1, 0, 1, 0]
    assert browser.get(page).status_code == 200
    assert [new - old for new, old in zip(counted(), once, strict=True)] == [0, 1, 0, 1]


@pytest.mark.django_db
def test_how_far_each_destination_of_the_audit_was_told(
    read: Callable[[], str], http: HttpReceiver, settings: Settings
) -> None:
    settings.AUDIT_FORWARD = [f"{http.url.replace('//', '//me:pa55@')}/t0ken#siem", "log:"]
    (siem, _) = forwarding.destinations()
    forwarding.begin(siem)
    write(2)
    http.answers.append((500, {}))
    with pytest.raises(DeliveryError):
        forwarding.forward(siem)
    before = read()
    assert value(before, 'queuescope_audit_forward_waiting{destination="siem"}') == 2
    assert value(before, 'queuescope_audit_forward_failures_total{destination="siem"}') == 1

    AuditDestination.objects.update(next_at=None)
    forwarding.forward(siem)
    forwarding.forward(siem)

    after = read()
    assert value(after, 'queuescope_audit_forward_waiting{destination="siem"}') == 0
    assert value(after, 'queuescope_audit_forwarded_total{destination="siem"}') == 2
    assert 'destination="log"' not in after, "nothing forwards to it yet"
    assert "pa55" not in after
    assert "t0ken" not in after


@pytest.mark.django_db
def test_with_a_database_that_is_down_the_rest_is_told(
    read: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_: object) -> int:
        raise OperationalError("could not connect")

    monkeypatch.setattr(standing, "_unknown_outcomes", down)
    text = read()
    assert value(text, "queuescope_database_up") == 0
    assert "queuescope_leases_held" not in text
    assert "queuescope_requests_total" in text


@pytest.mark.parametrize(
    ("step", "pulls", "looks"),
    [
        (httpx.Response(200, json={"success": True, "result": {"messages": []}}), "ok", "ok"),
        (
            httpx.Response(403, json={"success": False, "errors": [{"code": 10000, "message": "no"}]}),
            "refused",
            "refused",
        ),
        (httpx.Response(500, json={"success": False, "errors": []}), "unknown", "failed"),
        (httpx.Response(200, text="<html>"), "unknown", "failed"),
        (httpx.ReadTimeout("late"), "unknown", "lost"),
        (httpx.ConnectError("nobody there"), "failed", "failed"),
    ],
)
def test_each_try_of_a_call_is_told_with_what_came_of_it(
    step: httpx.Response | Exception, pulls: str, looks: str
) -> None:
    told: list[cloudflare.Tried] = []
    client = script(step).client(observe=told.append)
    with suppress(cloudflare.CloudflareError):
        client.pull(TOKEN, account_id=ACCOUNT, queue_id=QUEUE, batch_size=1, visibility_timeout_ms=1000)
    with suppress(cloudflare.CloudflareError):
        client.peek(TOKEN, account_id=ACCOUNT, queue_id=QUEUE, batch_size=1)
    assert {tried.came.value for tried in told if tried.operation == "pull"} == {pulls}
    assert {tried.came.value for tried in told if tried.operation == "peek"} == {looks}
    assert len([tried for tried in told if tried.operation == "pull"]) == 1


def test_an_observer_that_fails_costs_no_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(metrics, "UPSTREAM_CALLS", None)
    calls.observe(cloudflare.Tried("pull", status=200, duration_ms=5, error=None))
    assert "could not be told" in caplog.text


def pull(cast: Cast, account: Account, queue: QueueHandle) -> int:
    form = {"batch_size": 10, "visibility_timeout": "30 s", "intent": new_intent()}
    return signed_in(cast.owner).post(reverse("pull", args=[account.pk, queue.id]), form).status_code
