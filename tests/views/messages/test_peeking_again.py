"""A page that repeats its peek: it says what differs, and moves nothing."""

from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.test import Client

from queues_app import upstream
from queues_app.models import Account, Batch
from queues_app.sandbox import QueueHandle, Sandbox
from tests.views.messages.acts import HTMX, Elements, peeked, pulled, text_of, url_of

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer


def again(browser: Client, account: Account, queue: QueueHandle, batch: Batch, **sent: str) -> "Answer":
    return browser.post(url_of("peek_again", account, queue, batch.pk), sent, headers=HTMX)


def test_nothing_new_is_an_empty_answer(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    answer = again(browser, account, orders, batch)
    assert (answer.status_code, answer.content) == (204, b"")
    assert orders.count("peek") == 2
    assert Batch.objects.count() == 1


def test_what_differs_is_offered_at_its_own_address(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    orders.push_many([{"order": 4}, {"order": 5}])
    cache.clear()  # so that the count is read again as well
    answer = again(browser, account, orders, batch)
    offer = Batch.objects.get(is_offer=True)
    assert answer.status_code == 200
    assert "2 new" in text_of(answer)
    assert [link["href"] for link in Elements(answer).all("a")] == [url_of("batch", account, orders, offer.pk)]
    assert "<b>5 of about 5</b>; a sample, not a search" in text_of(
        browser.get(url_of("batch", account, orders, offer.pk))
    )
    offer.refresh_from_db()
    assert not offer.is_offer


def test_below_the_floor_it_stays_quiet(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    again(browser, account, orders, batch)
    assert again(browser, account, orders, batch).status_code == 204
    assert orders.count("peek") == 2


def test_a_pull_is_never_repeated(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    assert again(browser, account, orders, batch).status_code == 404
    assert (orders.count("pull"), orders.count("peek")) == (1, 0)


@pytest.mark.parametrize(("kind", "status"), [("rate_limited", 429), ("html", 502), ("hangup", 504)])
def test_a_failure_marks_the_rows_as_stale_and_the_next_answer_takes_the_mark_back(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, kind: str, status: int
) -> None:
    batch = peeked(browser, account, orders)
    sandbox.fault(kind, queue="orders", route="peek")
    failed = again(browser, account, orders, batch)
    assert failed.status_code == status
    assert "Stale." in text_of(failed)
    assert Elements(failed).all("input", name="stale")
    sandbox.clear_faults()
    cache.clear()  # the floor between two peeks
    upstream.close()  # and what the client learnt of the rate limit
    answer = again(browser, account, orders, batch, stale="1")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_page_that_repeats_its_peek_all_day_keeps_few_offers(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    for number in range(7):
        orders.push({"order": number})
        cache.clear()
        last = again(browser, account, orders, batch)
    assert Batch.objects.filter(is_offer=True).count() == 5
    (link,) = Elements(last).all("a")
    assert browser.get(str(link["href"])).status_code == 200
