"""Whoever was told that a watch fires hears how that ended, though its owner ended it; and nobody hears it late."""

import json
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from queues_app import vault
from queues_app.models import Account, NoticeOutcome, NoticeWay, User, Watch, WatchNotice
from queues_app.operations import watch_notices, watch_words
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, make_account
from tests.support.receivers import HttpReceiver
from tests.watching.conftest import Loop, change, empty, make_watch, remove

pytestmark = pytest.mark.django_db
type Told = Callable[[], list[str]]


def last_told(http: HttpReceiver) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(http.taken[-1][1])["data"]
    return data


@pytest.fixture
def firing(watch: Watch, orders: QueueHandle, loop: Loop) -> Watch:
    """And the receiver knows."""
    orders.push_many([1, 2, 3])
    loop.turn()
    return watch


def test_a_watch_that_is_removed_while_it_fires_says_so(
    firing: Watch, http: HttpReceiver, loop: Loop, told: Told
) -> None:
    remove(firing, loop)
    loop.tell()

    assert told() == ["watch.fired", "watch.resolved"]
    assert (last_told(http)["because"], last_told(http)["watch"]) == (watch_words.REMOVED, firing.pk)


def test_a_watch_that_is_changed_while_it_fires_says_so_and_begins_anew(
    firing: Watch, http: HttpReceiver, loop: Loop, told: Told
) -> None:
    change(firing, loop, threshold=1)
    loop.tell()
    assert (told(), last_told(http)["because"]) == (["watch.fired", "watch.resolved"], watch_words.CHANGED)
    assert last_told(http)["condition"] == "more than 2 messages wait", "as it was when it fired"

    loop.turn()

    assert told() == ["watch.fired", "watch.resolved", "watch.fired"]


def test_those_who_heard_that_it_fires_hear_that_it_ended_where_others_are_told_from_now_on(
    firing: Watch, http: HttpReceiver, loop: Loop, told: Told
) -> None:
    change(firing, loop, sealed_url=vault.seal(f"{http.url}/another".encode()))
    http.answers.append((500, {}))
    loop.turn()
    loop.wait(minutes=1)
    loop.tell()

    assert http.paths == ["/hook/t0ken", "/hook/t0ken", "/another", "/hook/t0ken"]
    assert told() == ["watch.fired", "watch.fired", "watch.resolved"]


def test_in_quiet_hours_it_is_told_when_they_are_over(
    firing: Watch, http: HttpReceiver, loop: Loop, told: Told
) -> None:
    """The clock stands at 14:04 UTC."""
    Watch.objects.update(quiet_from=time(14), quiet_until=time(14, 30))
    firing.owner.zone = "UTC"
    firing.owner.save()
    remove(firing, loop)
    loop.tell()
    assert told() == ["watch.fired"]

    loop.wait(minutes=26)
    loop.tell()

    assert told() == ["watch.fired", "watch.resolved"]


def test_what_was_resolved_in_quiet_hours_before_it_was_removed_is_told_as_resolved(
    firing: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop
) -> None:
    Watch.objects.update(quiet_from=time(14), quiet_until=time(14, 30))
    firing.owner.zone = "UTC"
    firing.owner.save()
    empty(orders)
    loop.turn()
    remove(firing, loop)
    loop.wait(minutes=30)
    loop.tell()

    assert last_told(http)["because"] == watch_words.NO_LONGER
    assert last_told(http)["resolved_at"] == "2026-11-23T14:05:22+00:00"


@pytest.mark.parametrize("act", [remove, lambda watch, loop: change(watch, loop, threshold=50)])
def test_nobody_hears_the_end_of_what_nobody_was_told(
    watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop, act: Callable[[Watch, Loop], None]
) -> None:
    http.answers.extend([(500, {})] * 20)
    orders.push_many([1, 2, 3])
    loop.turn()
    act(watch, loop)
    loop.wait(hours=3)
    loop.tell()

    assert len(http.paths) == 1
    (notice,) = WatchNotice.objects.all()
    assert (notice.outcome, notice.sentence) == (
        NoticeOutcome.GIVEN_UP,
        "It was no longer so when it could have been told.",
    )


def test_what_is_over_before_it_could_be_told_is_not_told_in_the_wrong_order(
    watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop, told: Told
) -> None:
    """Else a receiver that was down would hear of the end first, and then of the beginning."""
    http.answers.append((500, {}))
    orders.push_many([1, 2, 3])
    loop.turn()
    Watch.objects.update(checked_at=loop.clock.now())
    empty(orders)
    WatchNotice.objects.update(next_at=loop.clock.now() + watch_notices.LONGEST_WAIT)
    loop.turn()
    loop.wait(hours=3)
    loop.tell()

    assert told() == []


def test_by_mail_it_says_why(account: Account, orders: QueueHandle, loop: Loop, settings: Settings) -> None:
    settings.HAS_MAIL_SERVER, settings.EMAIL_FROM = True, "queuescope@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    watch = make_watch(account, orders, mail_to="me@example.com")
    orders.push_many([1, 2, 3])
    loop.turns(3)
    loop.wait(minutes=1)
    remove(watch, loop)
    loop.tell()

    _, ended = mail.outbox
    assert ended.subject == "[sandbox] orders: watch removed", "whether it is resolved is not known"
    assert ended.body.startswith(watch_words.REMOVED)
    assert "Fired for 3 min, since 23 Nov 2026 14:04:22 until 23 Nov 2026 14:07:22." in ended.body


def test_a_watch_whose_credential_is_gone_is_over_for_those_who_were_told(
    firing: Watch, account: Account, loop: Loop, told: Told
) -> None:
    account.credential.delete()
    remove(firing, loop)
    loop.tell()

    assert told() == ["watch.fired", "watch.resolved"]


def test_one_whose_webhook_is_slow_holds_up_nobody_else(
    watch: Watch, orders: QueueHandle, loop: Loop, cast: Cast, account: Account
) -> None:
    """A person's notices are told one after the other, whoever else waits."""
    other = make_watch(another_account(cast.teammate, account), orders)
    for each in (*[watch] * 60, other):
        WatchNotice.objects.create(
            watch=each,
            owner=each.owner,
            kind="watch.fired",
            way="webhook",
            made_at=loop.clock.now(),
            next_at=loop.clock.now(),
        )

    assert watch_notices.owners_due(loop.clock.now()) == [watch.owner_id, other.owner_id]


def test_a_turn_of_one_person_ends_though_more_is_due(
    firing: Watch, loop: Loop, http: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        notice = watch_notices.test_of(firing, NoticeWay.WEBHOOK)
        notice.next_at = loop.clock.now()
        notice.save()
    monkeypatch.setattr(watch_notices, "_TURN_S", -1.0)

    loop.tell()

    assert len(http.taken) == 2, "the one that it fires, and one more"


def another_account(user: User, account: Account) -> Account:
    return make_account(user, secret="cfut_" + "c" * 48, account_id=account.account_id, name="theirs", label="theirs")
