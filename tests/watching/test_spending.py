"""Watches leave most of a credential's limit to people: one budget for all its accounts, and slower near the limit."""

from typing import Any, Final

import pytest
from django.urls import reverse

from queues_app import spending
from queues_app.models import Account, QueueSample, Watch, WatchKind
from queues_app.operations import sampling
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import signed_in
from tests.watching.conftest import Loop, make_watch

pytestmark = pytest.mark.django_db
NEAR: Final = spending.Spent(in_minute=250, in_window=1000, told=None)


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The limit of the credential is near, until it is called off."""
    monkeypatch.setattr(spending, "of", lambda credential: NEAR)
    return monkeypatch


def counted() -> int:
    return QueueSample.objects.count()


def test_two_accounts_of_a_credential_spend_from_one_budget(
    account: Account, sandbox: Sandbox, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "MOST_A_MINUTE", 4)
    beside = Account.objects.create(credential=account.credential, account_id="b" * 32, name="acme-2")
    for number in range(4):
        queue = sandbox.add_queue(f"q{number}")
        make_watch(account, queue, queue_name=f"q{number}")
        make_watch(beside, queue, queue_name=f"q{number}")

    calls = sandbox_calls(sandbox, loop)

    assert calls == 4
    assert counted() == 2, "the other account is not in the sandbox"
    loop.turn()
    assert counted() == 4, "those that were not read come next"


def sandbox_calls(sandbox: Sandbox, loop: Loop) -> int:
    before = len(sandbox.calls)
    loop.turn()
    return len(sandbox.calls) - before


def test_near_the_limit_it_counts_less_often_and_says_so(
    watch: Watch, orders: QueueHandle, loop: Loop, near: pytest.MonkeyPatch
) -> None:
    loop.turns(7)
    assert counted() == 3, "once in 3 minutes"
    near.setattr("queues_app.views.watches.timezone.now", loop.clock.now)
    page = signed_in(watch.owner).get(reverse("watches")).content.decode()
    assert "Checked once in 3 min for now: Cloudflare’s limit is near for its credential." in page

    near.undo()
    loop.turns(5)
    page = signed_in(watch.owner).get(reverse("watches")).content.decode()

    assert counted() == 3 + 3, "each minute again"
    assert "for now" not in page


def test_near_the_limit_a_watch_for_a_message_peeks_half_as_often(
    account: Account, orders: QueueHandle, loop: Loop, sandbox: Sandbox, near: pytest.MonkeyPatch
) -> None:
    watch = make_watch(account, orders, kind=WatchKind.MESSAGE, query="body:1", threshold=1)
    loop.turn()
    watch.refresh_from_db()
    first = watch.peeked_at

    loop.turns(9)
    watch.refresh_from_db()
    assert watch.peeked_at == first
    loop.turns(3)
    watch.refresh_from_db()

    assert watch.peeked_at != first


def test_what_is_left_of_the_budget_is_for_peeks(
    account: Account, orders: QueueHandle, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "MOST_A_MINUTE", 5)
    for number in range(4):
        make_watch(account, orders, kind=WatchKind.MESSAGE, query="body:1", threshold=number + 1)

    loop.turn()
    assert Watch.objects.exclude(peeked_at=None).count() == 2, "one call counted, two for each peek"
    loop.turn()

    assert Watch.objects.exclude(peeked_at=None).count() == 4
