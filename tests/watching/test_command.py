"""`manage.py watch`, what it tells about itself, and the counts that pages keep."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, OperationalError
from django.utils import timezone
from pytest_django import Settings

from queues_app.management import loops
from queues_app.management.commands import watch as command
from queues_app.models import Account, QueueSample, Watch, WatchState
from queues_app.operations import overview, samples, sampling
from queues_app.sandbox import QueueHandle
from tests.support.people import signed_in
from tests.support.receivers import HttpReceiver
from tests.support.stack import calling
from tests.support.waiting import wait_until

pytestmark = pytest.mark.django_db


def once() -> None:
    call_command("watch", "--once")


def test_once_asks_checks_tells_and_tidies(
    watch: Watch, account: Account, orders: QueueHandle, http: HttpReceiver
) -> None:
    orders.push_many([1, 2, 3])
    for days in (400, 2):
        QueueSample.objects.create(account=account, queue_id=orders.id, at=timezone.now() - timedelta(days=days))

    once()
    once()

    watch.refresh_from_db()
    assert watch.state == WatchState.FIRING
    assert len(http.taken) == 1
    assert QueueSample.objects.count() == 2, "the one of 400 days ago is gone, and one was kept this minute"


def test_a_database_that_fails_is_left_alone_for_a_while(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loops, "connection", Mock())
    monkeypatch.setattr(sampling, "take_turn", Mock(side_effect=OperationalError("at secret-host")))

    once()

    assert f"Account {watch.account_id} was not asked: OperationalError" in caplog.text
    assert "secret-host" not in caplog.text


def test_what_is_slow_is_begun_once_and_holds_up_nothing_else() -> None:
    begun: list[int] = []
    over = threading.Event()

    def act(number: int) -> None:
        begun.append(number)
        if number == 1:
            over.wait(5)

    with ThreadPoolExecutor(2) as threads:
        under_way = command._UnderWay(threads, act)
        under_way.begin(1)
        under_way.begin(2)
        under_way.begin(1)
        wait_until(lambda: 2 in begun, what="beginning of the second")
        over.set()

    assert sorted(begun) == [1, 2]


def test_a_page_that_reads_counts_keeps_one_a_minute(account: Account, orders: QueueHandle) -> None:
    orders.push_many([1, 2])
    for _ in range(3):
        overview.read_counts(
            caller=calling(account.credential.owner), account=account, queue_ids=[orders.id], budget_s=5
        )
    assert list(QueueSample.objects.values_list("messages", flat=True)) == [2]

    QueueSample.objects.update(at=timezone.now() - samples.EVERY)
    cache.clear()
    overview.read_counts(caller=calling(account.credential.owner), account=account, queue_ids=[orders.id], budget_s=5)

    assert QueueSample.objects.count() == 2


def test_no_page_fails_for_a_sample(account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QueueSample.objects, "bulk_create", Mock(side_effect=DatabaseError("locked")))

    answer = signed_in(account.credential.owner).get(f"/accounts/{account.pk}/queues/")

    assert answer.status_code == 200


def test_metrics_count_watches_samples_and_notices(watch: Watch, orders: QueueHandle, settings: Settings) -> None:
    settings.METRICS_TOKEN = "t" * 40
    orders.push_many([1, 2, 3])
    once()

    told = signed_in(watch.owner).get("/metrics", headers={"authorization": f"Bearer {settings.METRICS_TOKEN}"})

    lines = told.content.decode().splitlines()
    assert 'queuescope_watches{state="firing"} 1.0' in lines
    assert 'queuescope_watches{state="ok"} 0.0' in lines
    assert "queuescope_samples_total 1.0" in lines
    assert 'queuescope_watch_notices{outcome="told",way="webhook"} 1.0' in [
        line.replace('way="webhook",outcome="told"', 'outcome="told",way="webhook"') for line in lines
    ]
