"""The calls of a credential against its limit: counted, shown to its owner, and kept for what is done on purpose."""

from datetime import timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.test import Client

from queues_app import cloudflare, formats, spending, upstream, vault
from queues_app.models import Account
from queues_app.sandbox import Sandbox
from queues_app.sandbox.ratelimit import RateLimit
from tests.support.people import Cast, make_account
from tests.support.queues import NOW
from tests.views.test_queues import REFRESH, html_of, url

pytestmark = pytest.mark.usefixtures("now")


def test_the_owner_sees_what_was_spent_and_what_cloudflare_says_is_left(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    now.shift(timedelta(minutes=1))
    html = html_of(browser, f"/credentials/{account.credential_id}/")
    assert "<dd>2 calls</dd>" in html
    assert "<dd>2 calls of 1,200</dd>" in html
    assert "2 of 1,200 used, by Cloudflare" in html
    assert "1,198 left until 14:08:22 UTC" in html
    assert "limit is near" not in html


def test_two_rows_of_one_secret_spend_from_one_limit(
    browser: Client, account: Account, sandbox: Sandbox, cast: Cast, now: time_machine.Traveller
) -> None:
    secret = sandbox.tokens["full"]
    again = make_account(cast.owner, secret=secret, account_id=account.account_id, label="again")
    other = make_account(cast.owner, secret=sandbox.tokens["read_only"], account_id=account.account_id, label="other")
    sandbox.add_queue("orders")
    for row in (account, again, other):
        # Where a list is that another credential asked for, nothing is asked.
        html_of(browser, url(row), headers=REFRESH)
    now.shift(timedelta(minutes=1))
    pages = [html_of(browser, f"/credentials/{row.credential_id}/") for row in (account, again, other)]
    assert ["<dd>4 calls of 1,200</dd>" in page for page in pages] == [True, True, False]
    assert "<dd>2 calls of 1,200</dd>" in pages[2]


def test_what_is_remembered_of_a_secret_tells_nothing_of_it(
    account: Account, sandbox: Sandbox, settings: LazySettings
) -> None:
    secret = sandbox.tokens["full"]
    name = upstream.auth_of(account.credential).name
    number, _, purse = name.partition(":")
    assert number == str(account.credential_id)
    assert len(purse) == 32
    assert secret not in name
    # Without the key of this server nobody can look for a secret by it.
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode(), *settings.CREDENTIAL_KEYS]
    assert upstream.auth_of(account.credential).name.partition(":")[2] != purse


def test_a_new_secret_begins_with_nothing_spent(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    account.credential.sealed_secret = vault.seal(sandbox.tokens["read_only"].encode())
    account.credential.save()
    now.shift(timedelta(seconds=10))
    html_of(browser, url(account), headers=REFRESH)
    assert spending.of(account.credential_id).in_window == len(sandbox.calls) - 2


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
    # For the refresh control, which would else call the counts as young as the answer.
    counted_ms = formats.epoch_ms(NOW + timedelta(seconds=30))
    assert f'data-as-of="{counted_ms}" data-every-s="60" data-every="1 min"' in html
    assert "limit is near for this credential" in html
    assert "asks once in 1 min meanwhile" in html
    assert "limit is near" in html_of(browser, f"/credentials/{account.credential_id}/")
    now.shift(timedelta(minutes=6))
    assert "limit is near" not in html_of(browser, url(account), headers=REFRESH)
    assert len(sandbox.calls) > spent


def test_near_the_limit_the_facts_of_a_queue_are_slow_and_say_of_when_they_are(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller, limit: None
) -> None:
    page = f"{url(account)}{sandbox.add_queue('orders').id}/"
    assert "limit is near" not in html_of(browser, page)
    assert "data-as-of" not in html_of(browser, f"{page}facts/", headers=REFRESH)
    for _ in range(4):
        now.shift(timedelta(seconds=10))
        html_of(browser, url(account), headers=REFRESH)
    counted_ms = formats.epoch_ms(NOW + timedelta(seconds=30))
    spent = len(sandbox.calls)
    html = html_of(browser, f"{page}facts/", headers=REFRESH)
    assert len(sandbox.calls) == spent
    assert f'data-as-of="{counted_ms}" data-every-s="60" data-every="1 min"' in html
    assert "limit is near for this credential" in html
    assert html_of(browser, page).count("limit is near") == 1


def test_near_the_limit_the_dead_letter_map_asks_less_often_and_says_so(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller, limit: None
) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    sandbox.add_queue("orders-dlq", consumer=None).push("dead")
    address = f"/accounts/{account.pk}/dead-letters/"
    assert "limit is near" not in html_of(browser, address)
    for _ in range(3):
        now.shift(timedelta(seconds=10))
        html_of(browser, address)
    spent = len(sandbox.calls)
    now.shift(timedelta(seconds=10))
    html = html_of(browser, address)
    assert len(sandbox.calls) == spent
    # It stays as it was opened, and each count says of when it is.
    assert "data-refresh" not in html
    assert html.count("limit is near for this credential") == 1
    assert "limit is near" in html_of(browser, address, headers=REFRESH)


@pytest.mark.parametrize(("left", "how"), [(115, "near"), (0, "reached")])
def test_a_limit_that_is_reached_is_told_from_one_that_is_near_in_the_list_of_credentials_too(
    browser: Client, account: Account, sandbox: Sandbox, left: int, how: str
) -> None:
    sandbox.add_queue("orders")
    html_of(browser, url(account))
    assert "limit is" not in html_of(browser, "/credentials/")
    # As after calls by whatever else uses the tokens of this user.
    said = cloudflare.RateLimit(limit=1200, left=left, resets_in_s=200)
    name = upstream.auth_of(account.credential).name
    spending.note(cloudflare.Tried("queues", status=200, duration_ms=5, error=None, credential=name, rate_limit=said))
    assert f"limit is {how}: {left} of 1,200 calls left" in html_of(browser, "/credentials/")
    told = f"limit is {how} for this credential: {left} of 1,200 calls are left"
    assert told in html_of(browser, url(account))
    assert told in html_of(browser, f"/credentials/{account.credential_id}/")


@pytest.fixture
def limit(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten calls in five minutes: after a few pages, few are left."""
    monkeypatch.setattr(sandbox, "_limit", RateLimit(calls=10))


def test_analytics_are_counted_against_a_limit_of_their_own(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    queue = sandbox.add_queue("orders")
    html_of(browser, f"{url(account)}{queue.id}/overview/analytics/?last=2h", headers=REFRESH)
    asked = sandbox.count("analytics")
    html = html_of(browser, f"/credentials/{account.credential_id}/")
    assert asked == 1
    assert "<dd>1 question of 300</dd>" in html
    assert f"<dd>{len(sandbox.calls) - asked} call" in html


def test_a_used_up_limit_of_analytics_is_told_and_slows_nothing_else(
    browser: Client, account: Account, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, now: time_machine.Traveller
) -> None:
    monkeypatch.setattr(sandbox, "_graphql_limit", RateLimit(calls=0))
    queue = sandbox.add_queue("orders")
    part = f"{url(account)}{queue.id}/overview/analytics/?last=2h"
    html = html_of(browser, part, headers=REFRESH)
    assert "Cloudflare refused: analytics were asked for too often." in html
    assert "Only these charts wait; what is sampled here goes on." in html
    now.shift(timedelta(seconds=61))
    assert "limit for analytics is used up." in html_of(browser, part, headers=REFRESH)
    assert sandbox.count("analytics") == 1
    html = html_of(browser, f"/credentials/{account.credential_id}/")
    assert "<dd>used up until 14:08:22 UTC</dd>" in html
    assert "limit is near" not in html
    assert "limit is near" not in html_of(browser, url(account))
