"""A page that repeats its peek: it says what differs, and moves nothing."""

import re
import uuid
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.test import Client

from queues_app import upstream
from queues_app.cloudflare import Message
from queues_app.models import Account, Batch
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account
from tests.views.messages.acts import HTMX, Elements, delete, keep, peek, peeked, pulled, text_of, url_of

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
    assert [link["href"] for link in Elements(answer).all("a")] == [
        url_of("batch", account, orders, offer.pk, since=batch.pk)
    ]
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


def test_what_is_new_is_marked_and_what_is_gone_is_named(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    assert delete(browser, account, orders, batch, 1).status_code == 303
    orders.push({"order": 4})
    cache.clear()
    answer = again(browser, account, orders, batch)
    assert "1 new, 1 gone:" in text_of(answer)
    (link,) = Elements(answer).all("a")
    page = browser.get(str(link["href"]))
    text = text_of(page)
    assert "1 new; gone:" in text
    assert url_of("message", account, orders, batch.pk, 1) in {a.get("href") for a in Elements(page).all("a")}
    assert text.count(">new</span>") == 1
    Elements(page).assert_sound()
    # By itself the batch says nothing of an earlier one.
    offer = str(link["href"]).partition("?")[0]
    for address in (offer, f"{offer}?since=x", f"{offer}?since={uuid.uuid4()}"):
        assert "Since the peek" not in text_of(browser.get(address))


@pytest.fixture
def newer(browser: Client, account: Account, orders: QueueHandle) -> tuple[Batch, Batch]:
    """A peek, and the newer one that was offered on its page, with one message more."""
    earlier = peeked(browser, account, orders)
    orders.push({"order": 4})
    cache.clear()
    again(browser, account, orders, earlier)
    return earlier, Batch.objects.get(is_offer=True)


def test_filter_order_and_columns_leave_what_is_new_marked(
    browser: Client, account: Account, orders: QueueHandle, newer: tuple[Batch, Batch]
) -> None:
    earlier, batch = newer
    asked = {"q": "attempts:>=0", "sort": "age", "since": earlier.pk}
    page = browser.get(url_of("batch", account, orders, batch.pk, **asked))
    assert text_of(page).count(">new</span>") == 1
    # Every way on: to fewer rows, another order, a message and back.
    listing = page.content.decode().partition('id="listing"')[2]
    ways = re.findall(rf'href="({url_of("batch", account, orders, batch.pk)}[^"]*)"', listing)
    assert len(ways) > 8
    assert [way for way in ways if f"since={earlier.pk}" not in way] == []
    forms = listing.split("<form")
    finding = [form.partition("</form>")[0] for form in forms if 'id="filter"' in form or 'class="pane"' in form]
    assert len(finding) == 2  # the filter and the columns
    assert all(f'name="since" value="{earlier.pk}"' in form for form in finding)
    # The address that is pushed with the part alone.
    part = browser.get(url_of("batch", account, orders, batch.pk, **asked), headers=HTMX)
    assert part["HX-Push-Url"] == url_of("batch", account, orders, batch.pk, **asked)


def test_whatever_is_done_on_the_newer_batch_leads_back_to_what_is_new(
    browser: Client, account: Account, orders: QueueHandle, newer: tuple[Batch, Batch]
) -> None:
    earlier, batch = newer
    since = {"since": str(earlier.pk)}
    kept = browser.post(url_of("find_columns", account, orders, batch.pk), {"column": ["order"], "sort": "age"} | since)
    assert kept["Location"] == url_of("batch", account, orders, batch.pk, sort="age", **since)
    assert text_of(browser.get(kept["Location"])).count(">new</span>") == 1
    assert f"?since={earlier.pk}&settled=" in delete(browser, account, orders, batch, 0, **since)["Location"]
    # A message there, looked at in another way, and read by hand.
    message = browser.get(url_of("message", account, orders, batch.pk, 1, **since))
    links = [str(link.get("href")) for link in Elements(message).all("a")]
    assert url_of("batch", account, orders, batch.pk, **since) in links
    assert url_of("message", account, orders, batch.pk, 2, **since) in links
    assert url_of("message", account, orders, batch.pk, 1, view="raw", **since) in links
    assert "message 2 of 4, kept copy" in text_of(message)
    assert Elements(message).all("input", name="since", value=str(earlier.pk))


def test_another_peek_is_not_told_against_the_one_before(
    browser: Client, account: Account, orders: QueueHandle, newer: tuple[Batch, Batch]
) -> None:
    answer = peek(browser, account, orders, q="attempts:>=0", since=str(newer[0].pk))
    assert answer["Location"].endswith("?q=attempts%3A%3E%3D0")


@pytest.mark.parametrize("typed", ["x", "2026-11-23T09:00:00Z", "\0", "https://elsewhere.example/"])
def test_what_names_no_peek_is_carried_nowhere(
    browser: Client, account: Account, orders: QueueHandle, newer: tuple[Batch, Batch], typed: str
) -> None:
    page = browser.get(url_of("batch", account, orders, newer[1].pk, q="order", since=typed))
    assert page.status_code == 200
    assert 'name="since"' not in page.content.decode()
    assert "since=" not in page.content.decode().partition('id="listing"')[2]


def test_what_a_sample_lacks_is_not_called_gone(browser: Client, account: Account, sandbox: Sandbox) -> None:
    many = sandbox.add_queue("many", max_retries=5)
    many.push_many([{"order": number} for number in range(12)])
    peek(browser, account, many, batch_size=5)
    batch = Batch.objects.latest("fetched_at")
    assert delete(browser, account, many, batch, 0).status_code == 303
    cache.clear()
    answer = again(browser, account, many, batch)
    assert "1 no longer in the sample" in text_of(answer)
    assert "gone" not in text_of(answer)


def test_an_earlier_peek_of_somebody_else_is_not_looked_into(
    browser: Client, account: Account, orders: QueueHandle, cast: Cast
) -> None:
    batch = peeked(browser, account, orders)
    theirs = make_account(cast.teammate, secret="x" * 40, account_id=account.account_id, label="other")
    other = keep(theirs, orders, Message(id="f" * 32, body="x"))
    assert "Since the peek" not in text_of(browser.get(url_of("batch", account, orders, batch.pk, since=other.pk)))
