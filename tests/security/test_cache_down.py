"""A cache that is down costs what is remembered, and signing in; no other page, and never a failure of ours."""

import logging
import socket
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from queues_app.models import User
from queues_app.operations import known_queues, queues
from queues_app.sandbox import QueueHandle, Sandbox
from tests.security.conftest import Belongings
from tests.security.routes import ROUTES
from tests.security.test_access import ask, promised, what
from tests.support.people import PASSWORD, Cast, signed_in
from tests.support.stack import calling
from tests.views.messages.acts import peeked, url_of

type Give = Callable[[User], Belongings]

# Where a password or a passkey is tried, and attempts are counted.
COUNTED = {"account_login", "account_reauthenticate", "mfa_login_webauthn", "you_password"}


@pytest.mark.usefixtures("cache_down")
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("name", sorted(set(ROUTES) - COUNTED - {"readyz"}))
def test_every_page_and_every_form_does_without_it(cast: Cast, give: Give, name: str, htmx: bool) -> None:
    browser, own = signed_in(cast.owner), give(cast.owner)
    for method in ("get", "post"):
        answer = ask(browser, name, own, method, htmx=htmx)
        assert what(answer) == promised(name, method, cast.owner, htmx=htmx), answer.content


@pytest.mark.usefixtures("cache_down")
@pytest.mark.parametrize("name", sorted(COUNTED - {"account_login"}))
def test_what_cannot_be_counted_is_closed_in_a_sentence(cast: Cast, give: Give, name: str) -> None:
    answer = ask(signed_in(cast.owner), name, give(cast.owner), "post", htmx=False)
    assert answer.status_code == 503
    assert "The cache of this server does not answer" in answer.content.decode()


@pytest.mark.usefixtures("cache_down")
def test_nobody_signs_in_while_attempts_cannot_be_counted(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    for password in (PASSWORD, "wrong"):
        browser = Client()
        with caplog.at_level(logging.ERROR):
            answer = browser.post("/sign-in/", {"login": "owner", "password": password})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "The cache of this server does not answer" in answer.content.decode()
        assert browser.get("/credentials/").status_code == 302
    assert not Session.objects.exists()
    assert "The cache failed on POST /sign-in/" in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.usefixtures("cache_down")
def test_the_page_to_sign_in_opens_and_who_is_signed_in_stays_so_and_can_leave(cast: Cast) -> None:
    assert Client().get("/sign-in/").status_code == 200
    browser = signed_in(cast.owner)
    assert browser.get("/credentials/").status_code == 200
    assert browser.post("/sign-out/").status_code == 302
    assert not Session.objects.exists()


@pytest.mark.usefixtures("cache_down")
def test_a_peek_again_is_not_held_to_a_floor_that_nobody_can_keep(mine: Belongings, orders: QueueHandle) -> None:
    browser = signed_in(mine.owner)
    batch = peeked(browser, mine.account, orders)
    for _ in range(2):
        answer = browser.post(url_of("peek_again", mine.account, orders, batch.pk), headers={"HX-Request": "true"})
        assert answer.status_code == 204  # nothing new
    assert orders.count("peek") == 3


@pytest.mark.usefixtures("cache_down")
def test_what_is_asked_is_answered_and_asked_anew_each_time(
    mine: Belongings, orders: QueueHandle, sandbox: Sandbox
) -> None:
    caller = calling(mine.owner)
    for _ in range(2):
        reading = queues.read_metrics(caller=caller, account=mine.account, queue_ids=[orders.id], budget_s=5)[orders.id]
        assert reading.metrics is not None
        assert queues.read_queue(caller=caller, account=mine.account, queue_id=orders.id).queue.name == "orders"
    assert (orders.count("metrics"), orders.count("queue")) == (2, 2)
    assert known_queues.remembered_list(account=mine.account) is None


def test_a_cache_that_never_answers_is_waited_for_once_and_then_left_alone(
    mine: Belongings, orders: QueueHandle, cache_silent: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    caller = calling(mine.owner)
    for _ in range(3):
        queues.read_queue(caller=caller, account=mine.account, queue_id=orders.id)

    assert _connections_at(cache_silent) == 2  # and one more try
    assert caplog.text.count("The cache failed, so nothing is remembered") == 1


def _connections_at(door: socket.socket) -> int:
    door.setblocking(False)
    number = 0
    while True:
        try:
            door.accept()[0].close()
        except BlockingIOError:
            return number
        number += 1
