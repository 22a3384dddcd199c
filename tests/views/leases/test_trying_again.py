"""A settling with an unknown end can be tried again, by the same lease id, until the lease ends."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from queues_app.models import Account, Action, AuditEntry, Lease, LeaseState, Outcome
from queues_app.sandbox import ManualClock, QueueHandle
from tests.views.leases.acts import LEASES, act, numbers, pull
from tests.views.messages.acts import HTMX, Elements, settle, text_of, url_of


@pytest.fixture
def lost(browser: Client, account: Account, orders: QueueHandle) -> int:
    """A message whose return was sent, and whose answer was lost."""
    pull(account, orders, 1)
    orders.fault("reset", route="settle", count=1, work="not_done")
    act(browser, "return", *numbers())
    assert Lease.objects.get().state == LeaseState.UNKNOWN
    return numbers()[0]


def test_the_ledger_offers_it_until_the_lease_ends(browser: Client, lost: int) -> None:
    page = browser.get(LEASES)
    assert "1 perhaps held" in text_of(page)
    assert "until then you can try again, it harms nothing" in text_of(page)
    offered = [button["value"] for button in Elements(page).all("button", name="act")]
    assert offered == [f"extend {lost}", f"return {lost}", f"ack {lost}"]
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page = browser.get(LEASES)
    assert "if it was not settled, probably visible again" in text_of(page)
    assert not Elements(page).all("button", name="act")


@pytest.mark.parametrize(
    ("verb", "state"),
    [("return", LeaseState.RETRIED), ("extend", LeaseState.HELD), ("ack", LeaseState.ACKED)],
)
def test_trying_again_is_an_entry_of_its_own_and_settles_the_question(
    browser: Client, lost: int, verb: str, state: LeaseState
) -> None:
    answer = act(browser, verb, lost)
    text = text_of(browser.get(answer["Location"]))
    assert "1 of 1 " in text
    assert Lease.objects.get().state == state
    outcomes = AuditEntry.objects.filter(action__in=(Action.ACK, Action.RETRY, Action.EXTEND)).order_by("pk")
    assert [entry.outcome for entry in outcomes] == [Outcome.UNKNOWN, Outcome.OK]


def test_acknowledging_by_the_row_asks_first(browser: Client, orders: QueueHandle, lost: int) -> None:
    asked = act(browser, "", act=f"ack {lost}")
    assert "Acknowledge 1 message?" in text_of(asked)
    assert orders.count("settle") == 1


def test_it_harms_nothing_where_the_lease_is_over(
    browser: Client, orders: QueueHandle, lost: int, clock: ManualClock
) -> None:
    # As where the return had arrived: the lease id stands for nothing.
    clock.advance(seconds=61)
    text = text_of(browser.get(act(browser, "return", lost)["Location"]))
    assert "0 of 1 returned. 1 skipped: lease is no longer valid." in text
    assert len(orders.messages) == 1


def test_a_try_that_never_left_or_was_lost_too_leaves_it_open(browser: Client, orders: QueueHandle, lost: int) -> None:
    for _ in range(2):
        orders.fault("reset", route="settle", count=1, work="not_done")
        act(browser, "return", lost)
        lease = Lease.objects.get()
        assert lease.state == LeaseState.UNKNOWN
        assert "until then you can try again" in text_of(browser.get(LEASES))


def test_what_is_still_under_way_is_not_offered(browser: Client, lost: int) -> None:
    Lease.objects.update(warning="", settled_at=timezone.now())
    assert not Elements(browser.get(LEASES)).all("button", name="act")
    # No request lasts as long: it was lost with its process.
    Lease.objects.update(
        settled_at=timezone.now() - timedelta(minutes=10), expires_at=timezone.now() + timedelta(hours=1)
    )
    assert Elements(browser.get(LEASES)).all("button", name="act", value=f"return {lost}")


def test_the_batch_offers_it_too(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pull(account, orders, 1)
    orders.fault("reset", route="settle", count=1, work="not_done")
    settle(browser, account, orders, batch, 0, verb="return")
    opened = browser.get(url_of("message", account, orders, batch.pk, 0), headers=HTMX)
    assert "Until then you can try again: it harms nothing." in text_of(opened)
    offered = [button["value"] for button in Elements(opened).all("button", name="verb")]
    assert {"extend", "return", "ack"} <= set(offered)
    assert "Cloudflare said" not in text_of(opened)
    answer = settle(browser, account, orders, batch, 0, verb="return")
    assert "1 of 1 returned." in text_of(browser.get(answer["Location"]))
