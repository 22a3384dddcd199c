"""What the list says of a watch: since when, how long it fired, when it is looked at next, how each way was told."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from queues_app.models import Account, AccountEnvironment, AccountTurn, User, Watch, WatchKind, WatchNotice
from queues_app.operations import sampling, watch_notices
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, signed_in
from tests.support.receivers import HttpReceiver
from tests.support.teams import LOOKING, make_team, share
from tests.watching.conftest import Loop, empty, make_watch, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def utc(cast: Cast) -> None:
    User.objects.update(zone="UTC")


@pytest.fixture
def mails(settings: Settings) -> None:
    settings.HAS_MAIL_SERVER, settings.EMAIL_FROM = True, "queuescope@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


def test_it_says_since_when_it_is_over_its_limit_and_fires(
    cast: Cast, account: Account, orders: QueueHandle, loop: Loop
) -> None:
    make_watch(account, orders, minutes=1)
    orders.push_many([1, 2, 3])
    loop.turns(2)
    loop.wait(minutes=12)

    text = said(cast, loop)

    assert "firing fired 14:05:22, 12 min ago over the limit since 14:04:22 " in text
    assert "last: 3 messages wait at 14:05:22, 12 min ago" in text


def test_what_is_resolved_says_how_long_it_fired(cast: Cast, watch: Watch, orders: QueueHandle, loop: Loop) -> None:
    orders.push_many([1, 2, 3])
    loop.turns(6)
    empty(orders)
    loop.turn()
    loop.wait(minutes=2)

    assert "ok resolved 14:10:22, 2 min ago fired for 6 min " in said(cast, loop)
    shown = said(cast, loop, reverse("queue", args=[watch.account_id, orders.id]))
    assert "resolved 14:10:22, 2 min ago" in shown
    assert "fired for 6 min yours" in shown


def test_what_is_not_looked_at_yet_says_when_it_is(cast: Cast, watch: Watch, orders: QueueHandle, loop: Loop) -> None:
    Watch.objects.update(created_at=loop.clock.now())
    assert "unknown first reading by 14:04:22 " in said(cast, loop)
    loop.wait(minutes=2)

    assert "unknown first reading at the next check " in said(cast, loop)


def test_why_something_is_unknown_is_said(cast: Cast, watch: Watch, orders: QueueHandle, loop: Loop) -> None:
    orders.fault("wrong_shape", route="metrics", count=100)
    loop.turn()
    watch.refresh_from_db()

    assert watch.problem
    assert watch.problem in said(cast, loop)
    assert "first reading" not in said(cast, loop)


def test_what_should_have_fired_fires_at_the_next_check(
    cast: Cast, account: Account, orders: QueueHandle, loop: Loop
) -> None:
    make_watch(account, orders, minutes=1)
    orders.push_many([1, 2, 3])
    loop.turn()
    assert "fires at 14:05:22 " in said(cast, loop)
    loop.wait(minutes=2)

    assert "fires at the next check " in said(cast, loop)


def test_where_it_is_checked_seldom_it_fires_no_earlier_than_that(
    cast: Cast, account: Account, orders: QueueHandle, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_watch(account, orders, minutes=1)
    make_watch(account, orders, kind=WatchKind.MESSAGE, query="body.state:poisoned", threshold=1)
    orders.push_many([1, 2, 3])
    loop.turn()
    AccountTurn.objects.update(is_slowed=True, next_at=loop.clock.now() + sampling.SLOWED)

    text = said(cast, loop)

    assert "fires at 14:07:22 " in text
    assert "Checked once in 3 min for now" in text
    assert "Peeked at only every 10 min for now" in text
    assert "less often where a row says so" in text


def test_each_way_says_how_it_was_told(
    cast: Cast, account: Account, orders: QueueHandle, http: HttpReceiver, loop: Loop, mails: None
) -> None:
    """What fails needs somebody; what is told is past."""
    make_watch(account, orders, http, mail_to="me@example.com")
    http.answers.extend([(500, {})] * 2)
    orders.push_many([1, 2, 3])
    loop.turn()
    loop.wait(seconds=30)
    loop.tell()

    text = said(cast, loop)

    assert len(mail.outbox) == 1
    assert "told “fired” by e-mail at " in text
    assert "“fired” by webhook: 2 tries failed, next at 14:05:52. It answered 500 (Internal Server Error)." in text
    page = signed_in(cast.owner).get(reverse("watches")).content.decode()
    assert page.count('<span class="second is-price">') == 1


@pytest.mark.parametrize(("sentence", "tone"), [("It answered 500.", "is-loss"), (watch_notices.TOO_LATE, "")])
def test_what_was_given_up_is_a_loss_unless_something_newer_says_otherwise(
    cast: Cast, watch: Watch, loop: Loop, sentence: str, tone: str
) -> None:
    now = loop.clock.now()
    WatchNotice.objects.create(
        watch=watch,
        owner=watch.owner,
        kind="watch.fired",
        way="webhook",
        made_at=now,
        next_at=now,
        ended_at=now,
        outcome="given_up",
        tries=9,
        sentence=sentence,
    )

    assert f"gave up “fired” by webhook at 14:03:22, 0 s ago , after 9 tries: {sentence}" in said(cast, loop)
    page = signed_in(cast.owner).get(reverse("watches")).content.decode()
    assert page.count('<span class="second is-loss">') == int(bool(tone))


def test_the_environment_stands_beside_the_account_and_is_read_once_for_all(
    cast: Cast, account: Account, orders: QueueHandle
) -> None:
    AccountEnvironment.objects.update(environment="staging")
    share(account.credential, make_team(teammate="Operator"), Operator=LOOKING)
    asked = []
    for number in (1, 3):
        for minutes in range(number):
            make_watch(account, orders, minutes=minutes)
        for one in (cast.owner, cast.teammate):
            browser = signed_in(one)
            with CaptureQueriesContext(connection) as queries:
                page = browser.get(reverse("watches")).content.decode()
            assert 'acme-logistics <span class="env" data-environment="staging">' in page
            asked.append(len(queries))

    assert asked[:2] == asked[2:]
