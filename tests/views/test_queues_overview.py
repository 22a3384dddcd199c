"""The list of queues with what was sampled before, its totals and its groups; against the sandbox."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from queues_app.models import Account, QueueSample
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, signed_in
from tests.support.queues import NOW
from tests.views.test_queues import html_of, url

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    """The dashboard's clock stands where the sandbox's does."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(cast: Cast) -> Client:
    return signed_in(cast.owner)


def sample(account: Account, queue: QueueHandle, counts: dict[int, int | None]) -> None:
    """Counts by the minutes ago that they were taken."""
    QueueSample.objects.bulk_create(
        QueueSample(account=account, queue_id=queue.id, at=NOW - minutes * MINUTE, messages=count)
        for minutes, count in counts.items()
    )


def test_a_queue_that_grew_stands_first_and_says_from_what(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("steady").push_many(["a"] * 200, age_s=30)
    grown = sandbox.add_queue("grown")
    grown.push_many(["a"] * 100, age_s=30)
    sample(account, grown, {60 * 30: 999, 120: 4, 60: 50, 1: 99})
    html = html_of(browser, url(account))
    assert "Grew from 4 to 100 in 2 h" in html
    assert "+48 / h" in html
    assert html.index("grown") < html.index("steady")
    assert "at most 99, last 99; counted for" in html  # what is older than a day is not drawn


def test_a_dead_letter_queue_that_fills_says_how_fast(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("orders", dead_letter_queue="orders-dlq")
    dead = sandbox.add_queue("orders-dlq", consumer=None)
    dead.push_many(["a"] * 241, age_s=30)
    sample(account, dead, {120: 1, 60: None})
    assert "Dead-letter queue fills at 2/min" in html_of(browser, url(account))


def test_without_samples_nothing_is_said_of_growth(browser: Client, account: Account, sandbox: Sandbox) -> None:
    sandbox.add_queue("orders").push_many(["a"] * 100, age_s=30)
    html = html_of(browser, url(account))
    assert "Grew" not in html
    assert "not counted" in html


def test_samples_of_another_credential_are_not_shown(
    browser: Client, cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    other = make_account(
        cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id, label="of a colleague"
    )
    queue = sandbox.add_queue("orders")
    queue.push_many(["a"] * 100, age_s=30)
    sample(other, queue, {120: 1})
    assert "Grew" not in html_of(browser, url(account))
