"""The calls of a credential against its limit: counted, shown to its owner, and kept for what is done on purpose."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from queues_app.models import Account
from queues_app.sandbox import Sandbox
from queues_app.sandbox.ratelimit import RateLimit
from tests.support.people import Cast, signed_in
from tests.support.queues import NOW
from tests.views.test_queues import REFRESH, html_of, url


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    """The dashboard's clock stands where the sandbox's does."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(cast: Cast) -> Client:
    return signed_in(cast.owner)


def test_the_owner_sees_what_was_spent_and_what_cloudflare_says_is_left(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    now.shift(timedelta(minutes=1))
    html = html_of(browser, f"/credentials/{account.credential_id}/")
    assert "<dd>2 calls</dd>" in html
    assert "<dd>2 calls of 1,200</dd>" in html
    assert "1,198 left until 14:08:22 UTC" in html
    assert "limit is near" not in html


def test_near_the_limit_refreshes_are_slow_and_say_so(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller, limit: None
) -> None:
    sandbox.add_queue("orders")
    for _ in range(4):
        html_of(browser, url(account))
        now.shift(timedelta(seconds=10))
    spent = len(sandbox.calls)
    html = html_of(browser, url(account), headers=REFRESH)
    assert len(sandbox.calls) == spent
    assert "limit is near for this credential" in html
    assert "asks once in 1 min meanwhile" in html
    assert "limit is near" in html_of(browser, f"/credentials/{account.credential_id}/")
    now.shift(timedelta(minutes=6))
    assert "limit is near" not in html_of(browser, url(account), headers=REFRESH)
    assert len(sandbox.calls) > spent


@pytest.fixture
def limit(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten calls in five minutes: after a few pages, few are left."""
    monkeypatch.setattr(sandbox, "_limit", RateLimit(calls=10))
