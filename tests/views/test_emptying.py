"""Empty a whole queue: by its typed name, once, on the record, and followed to the end."""

import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client

from queues_app import cloudflare
from queues_app.models import Account, Action, AuditEntry, Outcome
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.people import Cast, make_user, signed_in
from tests.views.messages.acts import HTMX, Elements, rename, text_of, url_of

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders-dlq", max_retries=3)
    queue.push_many(range(12))
    return queue


@pytest.fixture
def browser(cast: Cast, account: Account) -> Client:
    """The owner's, who leads."""
    cast.owner.groups.set(make_user("lead", "Lead").groups.all())
    return signed_in(cast.owner)


def empty(browser: Client, account: Account, queue: QueueHandle, **typed: Any) -> "Answer":
    headers = typed.pop("headers", None)
    fields = {"name": queue.name, "shown_name": queue.name, "intent": uuid.uuid4(), **typed}
    return browser.post(url_of("queue_empty", account, queue), fields, headers=headers)


def status(browser: Client, account: Account, queue: QueueHandle, *, htmx: bool = False, **query: object) -> "Answer":
    if htmx:
        cache.delete(f"emptying:{account.pk}:{queue.id}")
    return browser.get(
        url_of("queue_empty_status", account, queue, **query), headers=HTMX if htmx else {"Accept": "text/html"}
    )


def only_entry() -> AuditEntry:
    return AuditEntry.objects.get(action=Action.EMPTY)


def test_the_question_says_all_before_anything_is_sent(browser: Client, account: Account, orders: QueueHandle) -> None:
    for headers in (None, HTMX):
        answer = browser.get(url_of("queue_empty", account, orders), headers=headers)
        text, elements = text_of(answer), Elements(answer)
        assert answer.status_code == 200
        assert "Empty orders-dlq?" in text
        assert "Deletes <b>every</b> message: about 12 at " in text
        assert "and any that arrive before it ends. No copy is kept." in text
        assert "Not yet the name:" in text
        (field,) = elements.all("input", id="empty-name")
        assert (field["value"], field["pattern"]) == ("", "orders-dlq")
        assert bool(elements.all("dialog", aria_labelledby="question")) is (headers == HTMX)
    assert orders.count("empty_queue") == 0
    assert not AuditEntry.objects.exists()


def test_a_count_that_cannot_be_read_is_not_zero(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.vary(counts="null")
    assert "every</b> message: how many is unknown," in text_of(browser.get(url_of("queue_empty", account, orders)))


def test_the_typed_name_empties_the_queue_and_leads_to_its_status(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    answer = empty(browser, account, orders)
    entry = only_entry()
    assert (answer.status_code, answer["Location"]) == (
        303,
        url_of("queue_empty_status", account, orders, entry=entry.pk),
    )
    assert orders.messages == []
    assert (entry.outcome, entry.queue_name, entry.backlog_count) == (Outcome.OK, "orders-dlq", 12)
    assert entry.backlog_read_at is not None
    page = text_of(browser.get(answer["Location"]))
    assert "Emptying was asked for at " in page
    assert entry.receipt in page
    assert "Cloudflare says that it is complete." in page
    assert "about 0 at " in page
    assert 'hx-trigger="every' not in page.partition('id="emptying"')[2]
    assert orders.count("empty_queue") == 1


@pytest.mark.parametrize(
    "typed", ["", "orders-dl", "orders-dlq ", " orders-dlq", "ORDERS-DLQ", "orders", "orders‐dlq", "*", "o" * 600]
)
@pytest.mark.parametrize("headers", [None, HTMX])
def test_until_the_name_is_typed_exactly_nothing_is_sent(
    browser: Client, account: Account, orders: QueueHandle, typed: str, headers: dict[str, str] | None
) -> None:
    answer = empty(browser, account, orders, name=typed, headers=headers)
    assert answer.status_code == 422
    (field,) = Elements(answer).all("input", id="empty-name")
    assert field["value"] == typed
    assert 'id="empty-name-error"' in text_of(answer)
    assert orders.count("empty_queue") == 0
    assert len(orders.messages) == 12


@pytest.mark.parametrize("typed", ["orders-dlq", "orders-old"])
def test_a_rename_in_between_refuses(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, typed: str
) -> None:
    """Also whoever types the new name, on a page that still showed the old one."""
    browser.get(url_of("queue", account, orders))
    rename(sandbox, orders, "orders-old")
    answer = empty(browser, account, orders, name=typed, shown_name="orders-dlq")
    assert answer.status_code == 422
    assert "Empty orders-old?" in text_of(answer)
    assert orders.count("empty_queue") == 0
    if typed == "orders-dlq":
        assert "The queue was renamed after this page was made" in text_of(answer)
        assert (only_entry().outcome, only_entry().reason) == (Outcome.REFUSED, "name-changed")
    assert empty(browser, account, orders, name="orders-old", shown_name="orders-old").status_code == 303
    assert orders.count("empty_queue") == 1


def test_the_header_beside_the_end_shows_no_older_count(browser: Client, account: Account, orders: QueueHandle) -> None:
    assert "about 12" in text_of(browser.get(url_of("queue_settings", account, orders)))
    empty(browser, account, orders)
    page = text_of(status(browser, account, orders, entry=only_entry().pk))
    (facts,) = re.findall(r'<div class="queue-facts".*?</dl>', page, re.DOTALL)
    assert "about 12" not in facts
    assert "none waits" in facts
    # The part that follows it lets the header ask anew, once the end is told.
    assert status(browser, account, orders, htmx=True, entry=only_entry().pk).headers["HX-Trigger"] == '{"refresh": {}}'


def test_the_same_answer_twice_empties_once(browser: Client, account: Account, orders: QueueHandle) -> None:
    intent = uuid.uuid4()
    first, second = (empty(browser, account, orders, intent=intent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert orders.count("empty_queue") == 1
    assert only_entry().outcome == Outcome.OK


@pytest.mark.parametrize("fault", ["reset", "hangup"])
def test_an_answer_that_was_lost_is_unknown_and_the_status_tells(
    browser: Client, account: Account, orders: QueueHandle, fault: str
) -> None:
    orders.fault(fault, route="empty_queue", count=1)
    answer = empty(browser, account, orders, headers=HTMX)
    entry = only_entry()
    assert (entry.outcome, entry.backlog_count) == (Outcome.UNKNOWN, 12)
    page = text_of(browser.get(answer["HX-Redirect"]))
    assert "Whether the queue is being emptied is unknown." in page
    assert "Cloudflare says that it is complete." in page
    assert orders.count("empty_queue") == 1


def test_a_worker_that_is_killed_leaves_the_truth(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cloudflare.Client, "empty_queue", killed)
    with pytest.raises(KeyboardInterrupt):
        empty(browser, account, orders)
    entry = only_entry()
    assert (entry.outcome, entry.is_complete, entry.backlog_count) == (Outcome.UNKNOWN, False, 12)
    page = text_of(status(browser, account, orders, entry=entry.pk))
    assert "This is under way, or its end was lost" in page
    assert "Cloudflare does not say whether it is done." in page


def test_what_was_declined_is_told_and_not_followed(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.fault("rate_limited", route="empty_queue", count=1)
    page = text_of(browser.get(empty(browser, account, orders)["Location"]))
    assert "Nothing was deleted." in page
    assert 'id="emptying"' not in page
    assert orders.count("empty_status") == 0
    assert only_entry().outcome == Outcome.FAILED


@pytest.mark.parametrize("shape", ["status", "queue"])
@pytest.mark.parametrize("form", ["string", "bool", "timestamp"])
def test_it_is_followed_to_the_end_in_each_shape_of_the_answer(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock, shape: str, form: str
) -> None:
    orders.vary(emptying=60, purge_result=shape, empty_completed=form)
    entry_url = empty(browser, account, orders)["Location"]
    query = {"entry": entry_url.partition("entry=")[2]}
    clock.advance(seconds=30)
    half = text_of(status(browser, account, orders, htmx=True, **query))
    assert 'hx-trigger="every' in half
    assert "<b>about 6 at " in half
    if form != "timestamp":
        assert "Cloudflare says that it is under way since 23 Nov 14:03:22 UTC." in half
    clock.advance(seconds=30)
    whole = text_of(status(browser, account, orders, htmx=True, **query))
    assert "Cloudflare says that it is complete" in whole
    assert "hx-trigger" not in whole
    assert "<b>about 0 at " in whole
    assert "<html" not in whole


def test_what_is_never_told_is_unknown_and_asked_for_again(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    orders.vary(empty_completed="silent", counts="null")
    page = text_of(browser.get(empty(browser, account, orders)["Location"]))
    assert "Cloudflare does not say whether it is done." in page
    assert "<b>unknown</b>" in page
    assert 'hx-trigger="every' in page
    assert "about 0" not in page.partition('id="emptying"')[2]


def test_where_none_is_known_it_says_so_and_asks_no_further(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    page = text_of(browser.get(url_of("queue_empty_status", account, orders)))
    assert "Cloudflare tells of no emptying of this queue." in page
    assert 'hx-trigger="every' not in page.partition('id="emptying"')[2]


def test_a_status_that_cannot_be_read_says_why_and_asks_more_slowly(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    orders.vary(emptying=60)
    url = empty(browser, account, orders)["Location"]
    usual = Elements(browser.get(url)).all("section", id="emptying")[0]["hx-trigger"]
    orders.fault("html", route="empty_status")
    answer = browser.get(url)
    assert "Cannot be told" in text_of(answer)
    assert "How far it is is unknown." in text_of(answer)
    slower = Elements(answer).all("section", id="emptying")[0]["hx-trigger"]
    assert (usual, slower) == ("every 5s", "every 30s")


def test_an_earlier_emptying_is_not_taken_for_this_one(
    browser: Client, account: Account, orders: QueueHandle, clock: ManualClock, sandbox: Sandbox
) -> None:
    empty(browser, account, orders)
    early = sandbox.store
    before = next(one.queues[orders.id].emptying for one in early.accounts.values() if orders.id in one.queues)
    clock.advance(minutes=1)
    url = empty(browser, account, orders)["Location"]
    next(one for one in early.accounts.values() if orders.id in one.queues).queues[orders.id].emptying = before
    page = text_of(browser.get(url))
    assert "Cloudflare tells of an earlier emptying only, under way since 23 Nov 14:03:22 UTC." in page
    assert "complete" not in page.partition('id="emptying"')[2].partition("<p")[0]


def test_many_pages_ask_no_more_often_than_one(browser: Client, account: Account, orders: QueueHandle) -> None:
    url = empty(browser, account, orders)["Location"]
    answers = [browser.get(url, headers=HTMX).status_code for _ in range(3)]
    assert answers == [200, 204, 204]
    assert orders.count("empty_status") == 1


@pytest.mark.parametrize("entry", ["", "x", "0", "9" * 20, "٣", "-1"])
def test_a_status_without_an_entry_of_ones_own_tells_of_the_queue_alone(
    browser: Client, account: Account, orders: QueueHandle, entry: str
) -> None:
    page = text_of(status(browser, account, orders, entry=entry))
    assert "Cloudflare tells of no emptying of this queue." in page
    assert "Receipt" not in page.partition("<template")[0]


@pytest.mark.parametrize("role", ["Operator", "Viewer"])
def test_without_the_right_nothing_is_emptied_and_the_attempt_is_recorded(
    cast: Cast, account: Account, orders: QueueHandle, role: str
) -> None:
    cast.owner.groups.set(make_user("other", role).groups.all())
    person = signed_in(cast.owner)
    page = person.get(url_of("queue_settings", account, orders))
    assert "Your role may not empty queues. Ask an administrator for the role Lead or Admin." in text_of(page)
    assert not Elements(page).all("a", href=url_of("queue_empty", account, orders))
    assert empty(person, account, orders).status_code == 403
    assert person.get(url_of("queue_empty", account, orders)).status_code == 403
    assert empty(person, account, orders, name="typo").status_code == 403
    assert [entry.outcome for entry in AuditEntry.objects.filter(action=Action.EMPTY)] == [Outcome.REFUSED] * 3
    assert orders.count("empty_queue") == 0
    assert len(orders.messages) == 12


def test_the_way_there_stands_at_the_foot_of_the_settings(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    page = browser.get(url_of("queue_settings", account, orders))
    assert Elements(page).all("a", href=url_of("queue_empty", account, orders))
    assert Elements(page).all("a", href=url_of("queue_empty_status", account, orders))


def test_a_hostile_name_is_shown_escaped_and_can_be_typed(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("any")
    queue.push("x")
    rename(sandbox, queue, '"><script>(.*)[a-z]{3}')
    answer = browser.get(url_of("queue_empty", account, queue))
    Elements(answer).assert_sound()
    (shown,) = Elements(answer).all("input", name="shown_name")
    assert empty(browser, account, queue, name=shown["value"], shown_name=shown["value"]).status_code == 303
    assert queue.messages == []
