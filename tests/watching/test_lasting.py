"""A watch that must be beyond its limit for some minutes: when it fires, and what is said until then."""

from datetime import time, timedelta

import pytest

from queues_app.models import Account, AuditEntry, Watch, WatchState
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast
from tests.watching.conftest import Loop, empty, make_watch, said

pytestmark = pytest.mark.django_db


def state(watch: Watch) -> str:
    watch.refresh_from_db()
    return watch.state


def test_it_fires_when_it_has_lasted(account: Account, orders: QueueHandle, loop: Loop) -> None:
    watch = make_watch(account, orders, minutes=3)
    orders.push_many([1, 2, 3])

    loop.turns(3)
    assert state(watch) == WatchState.OK
    loop.turn()
    assert state(watch) == WatchState.FIRING


def test_what_came_between_begins_anew(account: Account, orders: QueueHandle, loop: Loop) -> None:
    watch = make_watch(account, orders, minutes=2)
    for _ in range(3):
        orders.push_many([1, 2, 3])
        loop.turns(2)
        empty(orders)
        loop.turn()

    assert not AuditEntry.objects.exists()
    assert state(watch) == WatchState.OK


def test_it_fires_at_the_check_that_comes_a_little_before_its_minutes_are_over(
    account: Account, orders: QueueHandle, loop: Loop
) -> None:
    watch = make_watch(account, orders, minutes=1)
    orders.push_many([1, 2, 3])
    loop.turn()
    Watch.objects.update(beyond_since=loop.clock.now() + timedelta(seconds=3))
    loop.turn()
    assert state(watch) == WatchState.FIRING


def test_until_then_it_is_not_called_ok(cast: Cast, account: Account, orders: QueueHandle, loop: Loop) -> None:
    make_watch(account, orders, minutes=5)
    orders.push_many([1, 2, 3])
    loop.turn()
    text = said(cast, loop)
    assert "over the limit since 14:04:22, 0 s ago fires at 14:09:22" in text
    assert "last: 3 messages wait at 14:04:22" in text
    assert "over the limit" in said(cast, loop, f"/accounts/{account.pk}/queues/{orders.id}/")


def test_what_quiet_hours_hold_back_is_said(cast: Cast, account: Account, orders: QueueHandle, loop: Loop) -> None:
    make_watch(account, orders, mail_to="ops@example.com", quiet_from=time(14), quiet_until=time(20))
    assert "quiet 14:00 to 20:00" in said(cast, loop)
    assert "is told at" not in said(cast, loop)
    orders.push_many([1, 2, 3])
    loop.turn()
    assert "quiet 14:00 to 20:00; “fired” is told at 20:00 if it is so then" in said(cast, loop)
