"""Those who asked are told by webhook and by mail: signed, tried again, given up, and never at a private address."""

import json
import logging
import socket
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from pytest_django import Settings

from queues_app import vault
from queues_app.access import Permission
from queues_app.delivery import PrivateAddressError, SigningKey
from queues_app.models import (
    Account,
    AccountEnvironment,
    Effect,
    NoticeOutcome,
    NoticeWay,
    QueueRule,
    User,
    Watch,
    WatchKind,
    WatchNotice,
)
from queues_app.operations import watch_notices, watch_sending
from queues_app.sandbox import QueueHandle
from tests.support.receivers import HttpReceiver
from tests.watching.conftest import SECRET, Loop, empty, make_watch, remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def firing(watch: Watch, orders: QueueHandle) -> Watch:
    orders.push_many([1, 2, 3])
    return watch


def notice() -> WatchNotice:
    return WatchNotice.objects.get()


def test_what_is_posted_is_signed_and_says_what_and_where(
    firing: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop
) -> None:
    loop.turn()

    ((headers, body),) = http.taken
    told = json.loads(body)
    assert http.paths == ["/hook/t0ken"]
    assert (told["type"], told["timestamp"]) == ("watch.fired", "2026-11-23T14:04:22+00:00")
    assert told["data"] == {
        "watch": firing.pk,
        "account": "acme-logistics",
        "environment": "sandbox",
        "queue": "orders",
        "queue_id": orders.id,
        "kind": "backlog",
        "threshold": 2,
        "minutes": 0,
        "value": 3,
        "known_at": "2026-11-23T14:04:22+00:00",
        "message_ids": [],
        "over_since": "2026-11-23T14:04:22+00:00",
        "fired_at": "2026-11-23T14:04:22+00:00",
        "resolved_at": None,
        "condition": "more than 2 messages wait",
        "found": "3 messages wait",
        "url": f"http://127.0.0.1:8000/accounts/{firing.account_id}/queues/{orders.id}/",
    }
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == SigningKey.read(SECRET).sign(signed)
    assert headers["content-type"] == "application/json"


def test_a_webhook_that_fails_is_tried_again_with_the_same_number(
    firing: Watch, http: HttpReceiver, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    http.answers.extend([(500, {}), (503, {"Retry-After": "90"})])
    loop.turn()
    assert (notice().outcome, notice().tries, notice().sentence) == (
        NoticeOutcome.WAITING,
        1,
        "It answered 500 (Internal Server Error).",
    )
    loop.tell()
    assert notice().tries == 1, "it is left alone for a while"
    loop.wait(seconds=30)
    loop.tell()
    loop.wait(seconds=89)
    loop.tell()
    assert notice().tries == 2, "it was asked to wait for longer"

    loop.wait(seconds=1)
    loop.tell()

    assert (notice().outcome, notice().tries, notice().sentence) == (NoticeOutcome.TOLD, 3, "")
    ((headers, _),) = http.taken
    assert headers["webhook-id"] == f"watch_{notice().number.hex}"


def test_it_is_given_up_in_the_end(firing: Watch, http: HttpReceiver, loop: Loop) -> None:
    http.answers.extend([(500, {})] * 20)
    loop.turn()
    waits = []
    while notice().outcome == NoticeOutcome.WAITING:
        waits.append((notice().next_at - loop.clock.now()).total_seconds())
        loop.wait(seconds=waits[-1])
        loop.tell()

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600]
    assert (notice().outcome, notice().tries) == (NoticeOutcome.GIVEN_UP, watch_notices.MOST_TRIES)
    assert len(http.paths) == watch_notices.MOST_TRIES


def test_an_address_that_no_host_has_is_tried_like_any_other(firing: Watch, loop: Loop) -> None:
    firing.sealed_url = vault.seal(b"https://999.1.1.1/hook")
    firing.save()
    loop.turn()
    assert (notice().outcome, notice().tries) == (NoticeOutcome.WAITING, 1)
    assert notice().next_at > loop.clock.now()


def test_a_fault_of_ours_counts_as_a_try_and_keeps_nobody_else_waiting(
    firing: Watch, loop: Loop, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    # Where HTTPS became a must, the plain address from before cannot be read any more.
    firing.sealed_url = vault.seal(b"http://hooks.example.com/hook")
    firing.save()
    settings.HTTPS_ONLY = True
    loop.turn()
    assert (notice().outcome, notice().tries) == (NoticeOutcome.WAITING, 1)
    assert notice().next_at > loop.clock.now()
    assert "Queuescope itself failed" in notice().sentence
    assert "by a fault of ours" in caplog.text


def test_a_redirect_is_not_followed(firing: Watch, http: HttpReceiver, loop: Loop) -> None:
    http.answers.append((307, {"Location": f"{http.url}/elsewhere"}))

    loop.turn()

    assert http.paths == ["/hook/t0ken"]
    assert "Redirects are not followed" in notice().sentence


def test_two_who_tell_at_once_tell_once(
    firing: Watch, http: HttpReceiver, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, others = watch_notices._try, []

    def meanwhile(one: WatchNotice) -> None:
        others.append(watch_notices.tell(one.pk, clock=loop.clock.now))
        original(one)

    monkeypatch.setattr(watch_notices, "_try", meanwhile)
    loop.turn()

    assert (others, len(http.taken)) == ([None], 1)


@pytest.mark.parametrize("is_own_name", [False, True])
def test_a_private_address_is_refused(
    firing: Watch, http: HttpReceiver, loop: Loop, settings: Settings, is_own_name: bool
) -> None:
    """By the address itself, and by a name that leads to it."""
    settings.WATCH_PRIVATE_ADDRESSES = []
    if is_own_name:
        firing.sealed_url = vault.seal(http.url.replace("127.0.0.1", "localhost").encode())
        firing.save()

    loop.turn()

    assert http.paths == []
    assert notice().sentence == PrivateAddressError.sentence


def test_the_connection_goes_to_the_very_address_that_was_looked_at(
    firing: Watch, http: HttpReceiver, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere when it is asked a second time."""
    firing.sealed_url = vault.seal(http.url.replace("127.0.0.1", "hooks.localhost").encode())
    firing.save()
    original, asked = socket.getaddrinfo, []

    def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        return original("127.0.0.1" if host == "hooks.localhost" and len(asked) == 1 else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    WatchNotice.objects.create(
        watch=firing,
        kind="watch.fired",
        way=NoticeWay.WEBHOOK,
        made_at=loop.clock.now(),
        next_at=loop.clock.now(),
        number=uuid.uuid4(),
    )
    loop.tell()

    assert asked.count("hooks.localhost") == 1
    assert len(http.taken) == 1


def test_mail_says_the_same_and_no_body(account: Account, orders: QueueHandle, loop: Loop, settings: Settings) -> None:
    settings.HAS_MAIL_SERVER, settings.EMAIL_FROM = True, "queuescope@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    make_watch(account, orders, mail_to="me@example.com")
    orders.push_many(["s3cret-body"] * 3)
    loop.turn()
    empty(orders)
    loop.turn()

    fired, resolved = mail.outbox
    assert (fired.subject, fired.to) == ("[sandbox] orders: 3 messages wait", ["me@example.com"])
    assert f"/queues/{orders.id}/" in fired.body
    assert "s3cret" not in fired.body
    assert resolved.subject == "[sandbox] orders: resolved"
    assert "It is no longer so that more than 2 messages wait." in resolved.body


def test_a_mail_says_how_long_it_fires_by_the_clocks_of_its_owner(
    account: Account, orders: QueueHandle, loop: Loop, settings: Settings
) -> None:
    """It was over its limit before it fired, and fired until it was resolved."""
    settings.HAS_MAIL_SERVER, settings.EMAIL_FROM = True, "queuescope@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    AccountEnvironment.objects.update(environment="staging")
    User.objects.update(zone="Europe/Berlin")
    make_watch(account, orders, mail_to="me@example.com", minutes=2)
    orders.push_many([1, 2, 3])
    loop.turns(3)
    loop.turns(11)
    empty(orders)
    loop.turn()

    fired, resolved = mail.outbox
    assert fired.subject == "[staging] orders: 3 messages wait"
    for sent in (fired, resolved):
        assert "Queue: orders in acme-logistics (staging)\n" in sent.body
        assert "Times in Europe/Berlin." in sent.body
        assert "T1" not in sent.body
    assert "Over the limit since 23 Nov 2026 15:04:22, fired at 23 Nov 2026 15:06:22." in fired.body
    assert "Last check: 3 messages wait, at 23 Nov 2026 15:06:22." in fired.body
    assert "Fired for 12 min, since 23 Nov 2026 15:06:22 until 23 Nov 2026 15:18:22." in resolved.body


def test_a_webhook_says_from_when_until_when_it_fired(
    firing: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop
) -> None:
    loop.turns(3)
    empty(orders)
    loop.turn()

    data = json.loads(http.taken[-1][1])["data"]
    assert {name: data[name] for name in ("over_since", "fired_at", "resolved_at")} == {
        "over_since": None,
        "fired_at": "2026-11-23T14:04:22+00:00",
        "resolved_at": "2026-11-23T14:07:22+00:00",
    }


def test_no_name_and_no_id_begins_a_line_of_its_own(
    account: Account, orders: QueueHandle, loop: Loop, settings: Settings, http: HttpReceiver
) -> None:
    """They are others' words. The data of a webhook stays what it is; its sentences are one line."""
    settings.HAS_MAIL_SERVER, settings.EMAIL_FROM = True, "queuescope@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    forged = "x\n\nhttps://evil.example.com/\r\u2028\u202e\x85y"
    watch = make_watch(
        account,
        orders,
        http,
        mail_to="me@example.com",
        queue_name=f"orders{forged}",
        account_name=f"acme{forged}",
        kind=WatchKind.MESSAGE,
        query=f"body{forged}",
        message_ids=[f"id{forged}"],
        value=1,
    )
    plain = "x https://evil.example.com/ [U+2028][U+202E][U+0085]y"
    for kind in ("watch.fired", "watch.resolved", watch_sending.TEST):
        for way in (NoticeWay.MAIL, NoticeWay.WEBHOOK):
            notice = watch_notices.test_of(watch, way)
            notice.kind = kind
            watch_sending.send(notice)

    for sent in mail.outbox:
        assert not [line for line in sent.body.splitlines() if line.startswith(("https:", "y"))]
        assert f"Queue: orders{plain} in acme{plain}" in sent.body
        assert f"Messages: id{plain}." in sent.body
        assert f"orders{plain}" in sent.subject
    assert f"It fires when a message matches body{plain}." in mail.outbox[0].body
    for _, body in http.taken:
        data = json.loads(body)["data"]
        assert (data["queue"], data["account"], data["message_ids"]) == (
            watch.queue_name,
            watch.account_name,
            watch.message_ids,
        )
        assert data["condition"] == f"a message matches body{plain}"


def test_a_long_name_does_not_stretch_a_mail(
    account: Account, orders: QueueHandle, loop: Loop, settings: Settings
) -> None:
    settings.HAS_MAIL_SERVER, settings.EMAIL_FROM = True, "queuescope@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    watch = make_watch(account, orders, mail_to="me@example.com", message_ids=["i" * 10_000])

    watch_sending.send(watch_notices.test_of(watch, NoticeWay.MAIL))

    assert f"Messages: {'i' * 100}…." in mail.outbox[0].body


def test_without_a_server_for_mail_it_waits_for_one_and_is_not_lost(
    account: Account, orders: QueueHandle, loop: Loop, settings: Settings
) -> None:
    make_watch(account, orders, mail_to="me@example.com")
    orders.push_many([1, 2, 3])

    loop.turn()

    assert (notice().outcome, notice().sentence) == (
        NoticeOutcome.WAITING,
        "No mail server is set where manage.py watch runs.",
    )
    settings.HAS_MAIL_SERVER, settings.EMAIL_FROM = True, "queuescope@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    loop.wait(seconds=30)
    loop.tell()

    assert notice().outcome == NoticeOutcome.TOLD
    assert [each.subject for each in mail.outbox] == ["[sandbox] orders: 3 messages wait"]


def test_without_a_server_for_mail_it_is_marked_as_not_told_in_the_end(
    account: Account, orders: QueueHandle, loop: Loop
) -> None:
    make_watch(account, orders, mail_to="me@example.com")
    orders.push_many([1, 2, 3])
    loop.turn()
    while notice().outcome == NoticeOutcome.WAITING:
        loop.wait(hours=1)
        loop.tell()

    assert notice().outcome == NoticeOutcome.GIVEN_UP
    assert "No mail server is set" in notice().sentence


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("closed", "The account of its owner is closed."),
        ("role", "Your role may not watch queues. Ask an administrator for the role Operator, Lead or Admin."),
        ("rule", "A rule does not let you watch queues here: deny watch on ord* to everybody."),
    ],
)
@pytest.mark.parametrize("is_removed", [False, True])
def test_whoever_lost_the_right_is_told_nothing_more(
    firing: Watch, http: HttpReceiver, loop: Loop, how: str, sentence: str, is_removed: bool
) -> None:
    """What waits to be told, too."""
    if not is_removed:
        http.answers.append((500, {}))
    loop.turn()
    if is_removed:
        remove(firing, loop)
    take_away(firing.owner, how)
    loop.wait(minutes=1)
    loop.tell()

    last = WatchNotice.objects.latest("pk")
    assert (last.outcome, last.sentence) == (NoticeOutcome.GIVEN_UP, sentence)
    assert len(http.taken) == int(is_removed)


def take_away(owner: User, how: str) -> None:
    if how == "closed":
        owner.is_active = False
        owner.save()
    elif how == "role":
        owner.groups.set([Group.objects.get(name="Viewer")])
    else:
        QueueRule.objects.create(effect=Effect.DENY, permissions=[Permission.WATCH], pattern="ord*", created_by="admin")


def test_neither_the_secret_nor_the_path_is_logged(
    firing: Watch, http: HttpReceiver, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http.answers.extend([(500, {}), lambda: False])
    loop.turn()
    loop.wait(minutes=1)
    loop.tell()

    everything = caplog.text + notice().sentence + repr(notice()) + json.dumps(notice().told)
    assert SECRET not in everything
    assert "t0ken" not in everything
