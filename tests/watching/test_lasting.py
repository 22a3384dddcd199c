"""A watch that must be beyond its limit for some minutes: when it fires, and what is said until then."""

import html
import re
from datetime import time, timedelta

import pytest
import time_machine

from queues_app.models import Account, Watch, WatchState
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, signed_in
from tests.watching.conftest import Loop, make_watch

pytestmark = pytest.mark.django_db


def said(cast: Cast, loop: Loop, path: str = "/watches/") -> str:
    """The page as it is read, at the loop's time."""
    with time_machine.travel(loop.clock.now(), tick=False):
        page = signed_in(cast.owner).get(path).content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_it_fires_at_the_check_that_comes_a_little_before_its_minutes_are_over(
    account: Account, orders: QueueHandle, loop: Loop
) -> None:
    watch = make_watch(account, orders, minutes=1)
    orders.push_many([1, 2, 3])
    loop.turn()
    Watch.objects.update(beyond_since=loop.clock.now() + timedelta(seconds=3))
    loop.turn()
    watch.refresh_from_db()
    assert watch.state == WatchState.FIRING


def test_until_then_it_is_not_called_ok(cast: Cast, account: Account, orders: QueueHandle, loop: Loop) -> None:
    make_watch(account, orders, minutes=5)
    orders.push_many([1, 2, 3])
    loop.turn()
    text = said(cast, loop)
    assert "over the limit since 14:04:22, fires at 14:09:22" in text
    assert "last: 3 messages wait at 14:04:22" in text
    assert "over the limit" in said(cast, loop, f"/accounts/{account.pk}/queues/{orders.id}/")


def test_what_quiet_hours_hold_back_is_said(cast: Cast, account: Account, orders: QueueHandle, loop: Loop) -> None:
    make_watch(account, orders, mail_to="ops@example.com", quiet_from=time(14), quiet_until=time(20))
    assert "quiet 14:00 to 20:00" in said(cast, loop)
    assert "is told at" not in said(cast, loop)
    orders.push_many([1, 2, 3])
    loop.turn()
    assert "quiet 14:00 to 20:00; “fired” is told at 20:00 if it is so then" in said(cast, loop)
