"""What is told last is how it is: nothing older arrives after something newer, whatever is under way meanwhile."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest

from queues_app import vault
from queues_app.models import NoticeKind, NoticeOutcome, Watch, WatchNotice
from queues_app.operations import watch_sending
from queues_app.sandbox import QueueHandle
from tests.support.receivers import HttpReceiver
from tests.watching.conftest import Loop, change, empty, remove

pytestmark = pytest.mark.django_db
type Told = Callable[[], list[str]]
type Act = Callable[[Watch, Loop], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """What happens while the next notice is under way, once; then that notice fails or arrives as it would."""

    def during(act: Callable[[], None]) -> None:
        original = watch_sending.send

        def trying(notice: WatchNotice) -> None:
            monkeypatch.setattr(watch_sending, "send", original)
            act()
            original(notice)

        monkeypatch.setattr(watch_sending, "send", trying)

    return during


type Meanwhile = Callable[[Callable[[], None]], None]


@pytest.mark.parametrize("act", [remove, lambda watch, loop: change(watch, loop, threshold=50)])
def test_what_is_under_way_when_its_watch_ends_is_not_tried_again_after_the_end(
    watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told, meanwhile: Meanwhile, act: Act
) -> None:
    http.answers.append((500, {}))
    orders.push_many([1, 2, 3])
    meanwhile(lambda: act(watch, loop))
    loop.turn()
    loop.tell()
    loop.wait(hours=3)
    loop.tell()

    assert told() == ["watch.resolved"]
    fired = WatchNotice.objects.get(kind=NoticeKind.FIRED)
    assert (fired.outcome, fired.sentence, bytes(fired.sealed_url)) == (
        NoticeOutcome.GIVEN_UP,
        "It was no longer so when it could have been told.",
        b"",
    )


def test_what_is_under_way_when_it_is_over_is_not_tried_again_after_that(
    watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told, meanwhile: Meanwhile
) -> None:
    def over() -> None:
        empty(orders)
        loop.check()

    http.answers.append((500, {}))
    orders.push_many([1, 2, 3])
    meanwhile(over)
    loop.turn()
    loop.tell()
    loop.wait(hours=3)
    loop.tell()

    assert told() == ["watch.resolved"]


def test_the_end_waits_for_what_is_under_way(
    watch: Watch, orders: QueueHandle, loop: Loop, told: Told, meanwhile: Meanwhile
) -> None:
    """Another process would tell it while the beginning has not arrived yet."""

    def removed() -> None:
        remove(watch, loop)
        loop.tell()
        assert told() == []

    orders.push_many([1, 2, 3])
    meanwhile(removed)
    loop.turn()
    assert told() == ["watch.fired"]
    loop.wait(seconds=10)
    loop.tell()

    assert told() == ["watch.fired", "watch.resolved"]


def test_an_end_that_did_not_arrive_is_not_told_after_it_began_again(
    watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told, meanwhile: Meanwhile
) -> None:
    def again() -> None:
        orders.push_many([1, 2, 3])
        loop.check()

    orders.push_many([1, 2, 3])
    loop.turn()
    empty(orders)
    http.answers.append((500, {}))
    meanwhile(again)
    loop.turn()
    loop.wait(hours=3)
    loop.tell()

    assert told() == ["watch.fired", "watch.fired"]


def test_what_fires_anew_is_told_though_its_beginning_and_its_end_were_not(
    watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told, meanwhile: Meanwhile
) -> None:
    def over() -> None:
        empty(orders)
        loop.check()

    http.answers.extend([(500, {}), (500, {})])
    orders.push_many([1, 2, 3])
    meanwhile(over)
    loop.turn()
    loop.tell()
    WatchNotice.objects.filter(kind=NoticeKind.RESOLVED).update(next_at=loop.clock.now() + timedelta(hours=1))
    loop.wait(minutes=1)
    loop.tell()
    assert list(WatchNotice.objects.order_by("pk").values_list("outcome", flat=True)) == ["given_up", "waiting"]
    orders.push_many([1, 2, 3])
    loop.turn()

    assert told() == ["watch.fired"]


@pytest.mark.parametrize(("is_elsewhere", "told_last"), [(False, "watch.fired"), (True, "watch.resolved")])
def test_the_end_of_what_a_watch_was_is_not_told_where_it_fires_anew(
    watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told, is_elsewhere: bool, told_last: str
) -> None:
    """It waits for the end of the quiet hours, which its owner took away meanwhile. The clock stands at 14:04 UTC.

    The same address may be typed anew.
    """
    orders.push_many([1, 2, 3])
    loop.turn()
    Watch.objects.update(quiet_from=time(14), quiet_until=time(14, 30))
    watch.owner.zone = "UTC"
    watch.owner.save()
    address = f"{http.url}/another" if is_elsewhere else f"{http.url}/hook/t0ken"
    change(watch, loop, quiet_from=None, quiet_until=None, threshold=1, sealed_url=vault.seal(address.encode()))
    loop.turn()
    assert told() == ["watch.fired", "watch.fired"]

    loop.wait(minutes=30)
    loop.tell()

    assert told()[-1] == told_last
