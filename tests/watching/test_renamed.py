"""A queue that was renamed: what its newer name hides from a person reaches neither their watch nor their visits."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from queues_app.models import Account, Effect, QueueRule, QueueSample, QueueVisit, Watch, WatchState
from queues_app.sandbox import QueueHandle, Sandbox
from tests.views.messages.acts import rename
from tests.watching.conftest import Loop, make_watch

pytestmark = pytest.mark.django_db
HIDDEN = "secret-orders"
STOPPED = "A rule does not let you watch queues here: deny see_queues on secret-* to everybody."


@pytest.fixture(autouse=True)
def rule() -> QueueRule:
    return QueueRule.objects.create(
        effect=Effect.DENY, permissions=["see_queues"], pattern="secret-*", created_by="admin"
    )


@pytest.fixture
def quiet(account: Account, orders: QueueHandle) -> Watch:
    """More than 2 messages, told to nobody."""
    return make_watch(account, orders)


def renamed(sandbox: Sandbox, queue: QueueHandle, name: str, browser: Client, account: Account) -> None:
    """And whoever looks at the list lets the newer name be remembered."""
    rename(sandbox, queue, name)
    queue.push_many([1, 2, 3])
    browser.get(reverse("queues", args=[account.pk]))


def standing(watch: Watch) -> tuple[str, str, str]:
    watch.refresh_from_db()
    return watch.state, watch.problem, watch.queue_name


def test_a_watch_stops_under_the_name_that_its_owner_knew(
    browser: Client, account: Account, orders: QueueHandle, quiet: Watch, sandbox: Sandbox, loop: Loop
) -> None:
    renamed(sandbox, orders, HIDDEN, browser, account)

    loop.turns(2)

    assert standing(quiet) == (WatchState.UNKNOWN, STOPPED, "orders")
    assert HIDDEN not in browser.get(reverse("watches")).content.decode()
    assert sandbox.count("metrics") == 0


def test_it_stays_so_when_the_newer_name_is_forgotten(
    browser: Client, account: Account, orders: QueueHandle, quiet: Watch, sandbox: Sandbox, loop: Loop
) -> None:
    renamed(sandbox, orders, HIDDEN, browser, account)
    loop.turn()
    cache.clear()
    loop.turn()
    assert standing(quiet) == (WatchState.UNKNOWN, STOPPED, "orders")

    cache.clear()
    sandbox.fault("server_error", route="queues")
    loop.turn()

    assert standing(quiet) == (WatchState.UNKNOWN, "Cloudflare has an internal error.", "orders")
    assert sandbox.count("metrics") == 0


def test_it_goes_on_by_the_newer_name_when_its_owner_may_see_that(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    quiet: Watch,
    sandbox: Sandbox,
    loop: Loop,
    rule: QueueRule,
) -> None:
    renamed(sandbox, orders, HIDDEN, browser, account)
    loop.turn()
    rule.delete()

    loop.turns(2)

    assert standing(quiet) == (WatchState.FIRING, "", HIDDEN)


def test_a_name_that_may_be_seen_is_learned(
    browser: Client, account: Account, orders: QueueHandle, quiet: Watch, sandbox: Sandbox, loop: Loop
) -> None:
    renamed(sandbox, orders, "new-orders", browser, account)

    loop.turns(2)

    assert standing(quiet) == (WatchState.FIRING, "", "new-orders")


@pytest.mark.parametrize(("name", "samples"), [(HIDDEN, 0), ("new-orders", 1)])
def test_a_queue_that_was_visited_is_counted_only_for_whoever_may_see_it_by_its_newer_name(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, loop: Loop, name: str, samples: int
) -> None:
    QueueVisit.objects.create(
        user=account.credential.owner,
        account=account,
        queue_id=orders.id,
        queue_name="orders",
        visited_at=loop.clock.now(),
    )
    rename(sandbox, orders, name)
    browser.get(f"{reverse('queue', args=[account.pk, orders.id])}facts/", headers={"HX-Request": "true"})
    QueueSample.objects.all().delete()

    loop.turn()

    assert QueueSample.objects.count() == samples
