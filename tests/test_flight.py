"""The same facts are asked for once, whoever wants them at the same moment, and never across credentials.

On the cache in memory and, with tests/settings_team.py, on a real Redis.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from queues_app import flight
from queues_app.audit import Caller
from queues_app.models import Account
from queues_app.operations import analytics, known_queues, queues
from queues_app.sandbox import ManualClock, QueueHandle, Request, Response, Sandbox
from tests.support.people import Cast, make_account
from tests.support.stack import calling
from tests.support.waiting import LONG_ENOUGH, wait_until

PEOPLE = 6


class HeldSandbox(Sandbox):
    """A sandbox that keeps every answer back until it is let go."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock=clock, seed="empty")
        self.going = threading.Event()

    def handle(self, request: Request) -> Response:
        response = super().handle(request)
        self.going.wait(LONG_ENOUGH)
        return response


class Crowd:
    """Threads that want something at the same moment; it knows how many of them wait for another's answer."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.waiting: set[int] = set()

    def pause(self, seconds: float) -> None:
        self.waiting.add(threading.get_ident())
        threading.Event().wait(seconds)

    def wants[T](self, number: int, ask: Callable[[], T]) -> "list[Future[T]]":
        return [self.pool.submit(ask) for _ in range(number)]

    def is_waiting(self, number: int) -> None:
        wait_until(lambda: len(self.waiting) >= number, what=f"crowd of {number} that waits")


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[HeldSandbox]:
    held = HeldSandbox(clock)
    yield held
    held.going.set()


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    with ThreadPoolExecutor(max_workers=2 * PEOPLE) as pool:
        crowd = Crowd(pool)
        monkeypatch.setattr(flight, "_pause", crowd.pause)
        yield crowd


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    return sandbox.add_queue("orders", max_retries=3)


def asking(account: Account) -> Caller:
    """The owner, whose rights are known: the threads of a test do not see what it has not committed."""
    caller = calling(account.credential.owner)
    queues.require(caller=caller)
    return caller


def listing(account: Account) -> Callable[[], Any]:
    caller = asking(account)
    return lambda: queues.list_queues(caller=caller, account=account)


def reading(account: Account, queue: QueueHandle) -> Callable[[], Any]:
    caller = asking(account)
    return lambda: queues.read_queue(caller=caller, account=account, queue_id=queue.id)


def counting(account: Account, queue: QueueHandle) -> Callable[[], Any]:
    caller = asking(account)
    return lambda: queues.read_metrics(caller=caller, account=account, queue_ids=[queue.id], budget_s=LONG_ENOUGH)


def name_is_known(account: Account, queue: QueueHandle, sandbox: HeldSandbox) -> None:
    """Which rules hold for a queue follows from its name, and a page that shows a queue has read it."""
    sandbox.going.set()
    reading(account, queue)()
    sandbox.going.clear()
    sandbox.forget_calls()


def charting(account: Account, queue: QueueHandle) -> Callable[[], Any]:
    caller, until = asking(account), timezone.now()
    since = until - timedelta(hours=1)
    return lambda: analytics.read(
        caller=caller, account=account, queue_id=queue.id, since=since, until=until, points=60
    )


def feeding(account: Account, queue: QueueHandle) -> Callable[[], Any]:
    caller = asking(account)
    return lambda: analytics.subscriptions_of(caller=caller, account=account, queue_id=queue.id)


@pytest.mark.parametrize("what", ["list", "queue", "metrics", "analytics", "subscriptions"])
def test_many_who_want_the_same_at_once_cost_one_call(
    account: Account, orders: QueueHandle, sandbox: HeldSandbox, crowd: Crowd, what: str
) -> None:
    if what in ("analytics", "subscriptions"):
        name_is_known(account, orders, sandbox)
    ask = {
        "list": listing(account),
        "queue": reading(account, orders),
        "metrics": counting(account, orders),
        "analytics": charting(account, orders),
        "subscriptions": feeding(account, orders),
    }[what]

    answers = crowd.wants(PEOPLE, ask)
    crowd.is_waiting(PEOPLE - 1)
    sandbox.going.set()

    first, *others = [answer.result(LONG_ENOUGH) for answer in answers]
    assert all(other == first for other in others)
    assert len(sandbox.calls) == 1


def test_nothing_is_shared_between_credentials(
    account: Account, cast: Cast, orders: QueueHandle, sandbox: HeldSandbox, crowd: Crowd
) -> None:
    """The same account at Cloudflare, reached by two tokens: what one may see the other may not."""
    other = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id)

    mine, theirs = crowd.wants(2, listing(account)), crowd.wants(2, listing(other))
    crowd.is_waiting(2)
    wait_until(lambda: len(sandbox.calls) == 2, what="second call")
    sandbox.going.set()

    for answer in (*mine, *theirs):
        assert [queue.name for queue in answer.result(LONG_ENOUGH).queues] == ["orders"]
    assert len(sandbox.calls) == 2


def test_when_the_first_fails_the_next_asks_and_serves_the_rest(
    account: Account, orders: QueueHandle, sandbox: HeldSandbox, crowd: Crowd
) -> None:
    sandbox.fault("html", route="queues", status=403, count=1)
    answers = crowd.wants(PEOPLE, listing(account))
    crowd.is_waiting(PEOPLE - 1)
    sandbox.going.set()

    assert len([answer for answer in answers if answer.exception(LONG_ENOUGH)]) == 1
    assert len(sandbox.calls) == 2


def test_one_who_dies_while_asking_costs_the_next_no_more_than_the_turn(
    account: Account, orders: QueueHandle, sandbox: HeldSandbox, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.going.set()
    monkeypatch.setattr(flight, "TURN_S", 1)
    # What a process that was killed leaves behind: its lock, and nobody to take it away.
    assert cache.add(f"asking:queues:{account.pk}", "of-one-who-died", flight.TURN_S)

    (answer,) = crowd.wants(1, listing(account))

    assert [queue.name for queue in answer.result(LONG_ENOUGH).queues] == ["orders"]
    assert crowd.waiting
    assert len(sandbox.calls) == 1


def test_who_waits_longer_than_a_call_may_take_is_told_so_and_asks_nothing(
    account: Account, orders: QueueHandle, sandbox: HeldSandbox, crowd: Crowd, settings: Settings
) -> None:
    settings.UPSTREAM_CONNECT_TIMEOUT = settings.UPSTREAM_TIMEOUT = 0.05
    assert cache.add(f"asking:queues:{account.pk}", "of-another-host", 60)

    (answer,) = crowd.wants(1, listing(account))

    with pytest.raises(flight.StillAskedError, match="has not answered yet"):
        answer.result(LONG_ENOUGH)
    assert sandbox.calls == []


def test_who_is_done_takes_away_no_lock_but_their_own(account: Account, orders: QueueHandle) -> None:
    lock = f"asking:queue:{account.pk}:{orders.id}"

    def ask(stands: Callable[[], bool]) -> str:
        assert stands()
        cache.set(lock, "of-the-next", 60)  # the turn ended, and another began
        assert not stands()
        return "mine"

    assert flight.once(f"queue:{account.pk}:{orders.id}", known=lambda: None, ask=ask) == "mine"
    assert cache.get(lock) == "of-the-next"


def test_an_answer_from_before_a_change_is_neither_shared_nor_remembered(
    account: Account, orders: QueueHandle, sandbox: HeldSandbox, crowd: Crowd
) -> None:
    (before,) = crowd.wants(1, reading(account, orders))
    wait_until(lambda: len(sandbox.calls) == 1, what="call under way")
    known_queues.forget(account=account, queue_id=orders.id)  # as who changes the settings does

    (after,) = crowd.wants(1, reading(account, orders))
    wait_until(lambda: len(sandbox.calls) == 2, what="call after the change")
    sandbox.going.set()
    before.result(LONG_ENOUGH)
    found = after.result(LONG_ENOUGH)

    assert known_queues.remembered_queue(account=account, queue_id=orders.id) == found
