"""Find in a kept batch: everything in the address, nothing asked of the upstream."""

import base64
import gzip
import re
import uuid
from dataclasses import replace

import pytest
from django.test import Client

from queues_app.cloudflare import Message
from queues_app.models import Account, AuditEntry, Batch, Effect, Outcome, QueueRule, QueueView, SavedFilter
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, make_account, signed_in
from tests.views.messages.acts import HTMX, Elements, keep, peeked, pulled, text_of, url_of


def made(number: int, body: str, attempts: int | None = 1) -> Message:
    return Message(
        id=f"{number:032x}",
        body=body,
        timestamp_ms=1_763_600_000_000 + number,
        attempts=attempts,
        metadata={"CF-Content-Type": "json"},
    )


@pytest.fixture
def batch(account: Account, orders: QueueHandle) -> Batch:
    """Twenty orders; the first six are stuck and of one warehouse, the last has a shape of its own."""
    messages = [
        made(
            number,
            f'{{"order":{{"id":{9007199254740990 + number}}},"warehouse":"{"AMS-2" if number < 6 else f"W{number}"}"}}',
            attempts=4 if number < 6 else 1,
        )
        for number in range(19)
    ]
    return keep(account, orders, *messages, made(19, '{"odd":"<img src=x>"}', None), backlog_count=500)


def positions(answer: object) -> list[str | None]:
    return [attrs["value"] for attrs in Elements(answer).all("input", type="checkbox", name="position")]  # type: ignore[arg-type]


def test_a_filter_leaves_the_rows_that_match_at_their_positions(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    calls = orders.count("peek")
    page = browser.get(url_of("batch", account, orders, batch.pk, q="body.order.id:9007199254740993"))
    assert positions(page) == ["3"]
    assert "<b>1</b> of 20 match" in text_of(page)
    assert orders.count("peek") == calls
    Elements(page).assert_sound()


def test_what_was_typed_joins_the_filter_and_the_address(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    url = url_of("batch", account, orders, batch.pk, q="attempts:>=2", add="-body.order.id:9007199254740990")
    part = browser.get(url, headers=HTMX)
    assert positions(part) == ["1", "2", "3", "4", "5"]
    assert part["HX-Push-Url"] == url_of(
        "batch", account, orders, batch.pk, q="attempts:>=2 -body.order.id:9007199254740990"
    )
    assert part.content.lstrip().startswith(b"<section")
    chips = [attrs for attrs in Elements(part).all("a") if (attrs.get("aria-label") or "").startswith("Remove")]
    assert [chip["href"] for chip in chips] == [
        url_of("batch", account, orders, batch.pk, q="-body.order.id:9007199254740990"),
        url_of("batch", account, orders, batch.pk, q="attempts:>=2"),
    ]


def test_a_wrong_filter_is_explained_at_its_place_and_the_rows_stay(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    url = url_of("batch", account, orders, batch.pk, q="attempts:>=2", add='late "half')
    part = browser.get(url, headers=HTMX)
    assert part.status_code == 422
    assert part["HX-Retarget"] == "#filter-wrong"
    assert part["HX-Push-Url"] == "false"
    assert "This quote is not closed." in text_of(part)
    assert '<mark class="wrong">"</mark>half' in text_of(part)
    page = browser.get(url)
    assert page.status_code == 422
    assert len(positions(page)) == 6
    assert Elements(page).all("input", name="add")[0]["value"] == 'late "half'


@pytest.mark.parametrize("query", [{"sort": "[nonsense"}, {"q": "x" * 501}, {"q": "a\0b"}])
def test_no_address_breaks_the_page(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch, query: dict[str, str]
) -> None:
    page = browser.get(url_of("batch", account, orders, batch.pk, **query))
    assert page.status_code == 422
    assert len(positions(page)) == 20


def test_nothing_that_matches_is_not_nothing_there(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    text = text_of(browser.get(url_of("batch", account, orders, batch.pk, q="never")))
    assert "Not in this sample" in text
    assert "None of these 20 match. About 480 others were not looked at." in text
    assert "Clear filter" in text
    assert "was looked for as text" not in text


def test_a_path_without_its_beginning_is_told_how_it_is_written(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    text = text_of(browser.get(url_of("batch", account, orders, batch.pk, q="customer.tier:gold")))
    assert "“customer.tier:gold” was looked for as text; a field of the body is body.customer.tier:gold." in text


def test_matches_are_marked_in_previews_and_in_the_opened_message(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    page = browser.get(url_of("batch", account, orders, batch.pk, q="w7"))
    assert '<mark class="found">W7</mark>' in text_of(page)
    (row,) = Elements(page).all("a", role="button")
    opened = browser.get(row["href"] or "", headers=HTMX)
    assert '<mark class="found">W7</mark>' in text_of(opened)


def test_a_mark_lets_no_markup_in(browser: Client, account: Account, orders: QueueHandle, batch: Batch) -> None:
    page = browser.get(url_of("batch", account, orders, batch.pk, q='"<img src"'))
    assert b'<mark class="found">&lt;img src</mark>=x&gt;' in page.content
    Elements(page).assert_sound()


def test_rows_are_sorted_by_a_head_and_say_so(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    page = browser.get(url_of("batch", account, orders, batch.pk, sort="age", q="attempts:4"))
    assert positions(page) == ["5", "4", "3", "2", "1", "0"]
    assert len(Elements(page).all("th", aria_sort="ascending")) == 1
    page = browser.get(url_of("batch", account, orders, batch.pk, sort="-attempts"))
    # Unknown comes last, whichever way.
    assert positions(page)[-1] == "19"


def test_columns_are_kept_for_the_queue_and_can_be_sorted_by(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    answer = browser.post(
        url_of("find_columns", account, orders, batch.pk), {"column": ["warehouse", "order.id"], "q": "attempts:4"}
    )
    assert answer["Location"] == url_of("batch", account, orders, batch.pk, q="attempts:4")
    assert QueueView.objects.get().columns == ["warehouse", "order.id"]
    page = browser.get(url_of("batch", account, orders, batch.pk, sort="-order.id"))
    assert positions(page)[0] == "18"
    assert ">9007199254740993</td>" in text_of(page)
    assert ">none</td>" in text_of(page)


@pytest.mark.parametrize("columns", [["a", "b", "c", "d", "e"], ["a..b"]])
def test_columns_that_cannot_be_are_refused_with_a_sentence(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch, columns: list[str]
) -> None:
    answer = browser.post(url_of("find_columns", account, orders, batch.pk), {"column": columns})
    assert answer.status_code == 422
    assert "Nothing was done" in text_of(answer)
    assert not QueueView.objects.exists()


def test_shapes_and_what_the_stuck_share_lead_to_their_rows(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    page = browser.get(url_of("batch", account, orders, batch.pk))
    text = text_of(page)
    assert ">1 odd</a>" in text
    assert ">19 alike</a>" in text
    assert "has odd; lacks order; lacks warehouse" in text
    assert positions(browser.get(url_of("batch", account, orders, batch.pk, q="shape:odd"))) == ["19"]
    assert "6 of 6, against 0 of the other 13" in text
    assert '<mark class="shared">AMS-2</mark>' in text
    shared = re.search(r'href="([^"]+)"[^>]*>warehouse = "AMS-2"', text)
    assert shared is not None
    assert len(positions(browser.get(shared[1]))) == 6


def test_a_filter_is_saved_shared_picked_and_deleted(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    url = url_of("filters", account, orders, batch.pk)
    browser.post(url, {"name": "stuck", "q": "attempts:>=2", "is_shared": "on"})
    browser.post(url, {"name": "mine", "q": "late"})
    page = browser.get(url_of("batch", account, orders, batch.pk))
    assert ">stuck</a>" in text_of(page)
    assert url_of("batch", account, orders, batch.pk, q="attempts:>=2") in {
        attrs.get("href") for attrs in Elements(page).all("a")
    }
    # The team sees what is shared, and cannot delete it.
    theirs = make_account(cast.teammate, secret="x" * 40, account_id=account.account_id, label="theirs")
    their_batch = keep(theirs, orders, made(1, "{}"))
    teammate = signed_in(cast.teammate)
    text = text_of(teammate.get(url_of("batch", theirs, orders, their_batch.pk)))
    assert ">stuck</a>" in text
    assert ">mine</a>" not in text
    stuck = SavedFilter.objects.get(name="stuck")
    assert teammate.post(url_of("filter_delete", theirs, orders, their_batch.pk, stuck.pk)).status_code == 404
    taken = teammate.post(
        url_of("filters", theirs, orders, their_batch.pk), {"name": "stuck", "q": "x", "is_shared": "on"}
    )
    assert "The team has a filter of this name already." in text_of(taken)
    browser.post(url_of("filter_delete", account, orders, batch.pk, stuck.pk))
    assert [saved.name for saved in SavedFilter.objects.all()] == ["mine"]


@pytest.mark.parametrize(("name", "q"), [("", "late"), ("stuck", ""), ("stuck", 'a "b')])
def test_a_filter_without_name_or_sense_is_not_saved(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch, name: str, q: str
) -> None:
    answer = browser.post(url_of("filters", account, orders, batch.pk), {"name": name, "q": q})
    assert answer.status_code == 422
    assert not SavedFilter.objects.exists()


def test_two_chosen_messages_are_compared_line_by_line(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    answer = browser.post(url_of("compare", account, orders, batch.pk), {"position": ["6", "0"]})
    assert answer["Location"] == url_of("compare", account, orders, batch.pk, a=0, b=6)
    page = browser.get(answer["Location"])
    text = text_of(page)
    assert "2 differences" in text
    assert "order.id" in text
    assert "9007199254740990" in text
    assert "9007199254740996" in text
    odd = text_of(browser.get(url_of("compare", account, orders, batch.pk, a=0, b=19)))
    assert "only in the first" in odd
    assert "only in the second" in odd
    Elements(browser.get(url_of("compare", account, orders, batch.pk, a=0, b=19))).assert_sound()


@pytest.mark.parametrize("chosen", [[], ["1"], ["1", "2", "3"], ["1", "99"], ["1", "x"]])
def test_only_two_can_be_compared(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch, chosen: list[str]
) -> None:
    answer = browser.post(url_of("compare", account, orders, batch.pk), {"position": chosen})
    assert answer.status_code == 422
    assert "Nothing was done" in text_of(answer)


def test_a_message_is_compared_with_itself_in_an_older_copy_of_ones_own_only(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    older = keep(account, orders, made(0, '{"order":{"id":1},"warehouse":"AMS-2"}'))
    text = text_of(browser.get(url_of("compare", account, orders, batch.pk, a=0, b=0, other=older.pk)))
    assert "1 difference" in text
    theirs = make_account(cast.teammate, secret="x" * 40, account_id=account.account_id, label="theirs")
    foreign = keep(theirs, orders, made(0, "{}"))
    for other in (foreign.pk, uuid.uuid4()):
        assert browser.get(url_of("compare", account, orders, batch.pk, a=0, b=0, other=other)).status_code == 404


def test_bodies_without_structure_are_compared_as_text(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = keep(account, orders, made(0, "one"), made(1, "two"))
    text = text_of(browser.get(url_of("compare", account, orders, batch.pk, a=0, b=1)))
    assert "compared as text" in text
    assert '"one"' in text


def test_sightings_say_how_often_since_when_and_with_which_attempts(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    earlier = peeked(browser, account, orders)
    later = pulled(browser, account, orders)
    part = browser.get(url_of("sightings", account, orders, later.pk, 0), headers=HTMX)
    text = text_of(part)
    assert "2 times since" in text
    assert re.search(r"attempts <b>0 → 1</b>", text)
    assert "Looked into 2 kept copies of this queue, yours alone." in text
    assert url_of("compare", account, orders, later.pk, a=0, b=0, other=earlier.pk) in text
    page = browser.get(url_of("sightings", account, orders, later.pk, 0))
    assert "Back to the message" in text_of(page)


def test_a_message_seen_once_says_so(browser: Client, account: Account, orders: QueueHandle, batch: Batch) -> None:
    assert "Only in this copy" in text_of(browser.get(url_of("sightings", account, orders, batch.pk, 0)))


def test_a_rule_that_takes_reading_away_takes_what_is_kept_for_finding_as_well(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    saved = SavedFilter.objects.create(owner=account.credential.owner, name="stuck", text="attempts:>3")
    QueueRule.objects.create(effect=Effect.DENY, permissions=["peek"], pattern="ord*", role="Operator")
    for name, more, form in (
        ("filters", (), {"name": "another", "q": "attempts:4"}),
        ("filter_delete", (saved.pk,), {}),
        ("find_columns", (), {"column": ["warehouse"]}),
    ):
        assert browser.post(url_of(name, account, orders, batch.pk, *more), form).status_code == 403, name
        assert AuditEntry.objects.order_by("-pk")[0].outcome == Outcome.REFUSED
    assert SavedFilter.objects.get() == saved
    assert not QueueView.objects.exists()


def test_the_page_says_how_many_bodies_were_too_large_to_look_into(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    bomb = base64.b64encode(gzip.compress(b"[" + b"1," * 400_000 + b"1]")).decode()
    large = [replace(made(number, bomb), metadata={"CF-Content-Type": "text"}) for number in (0, 2)]
    shown = keep(account, orders, large[0], made(1, '{"order": 1}'), large[1])
    page = browser.get(url_of("batch", account, orders, shown.pk, q="order"))
    assert positions(page) == ["1"]
    assert "2 bodies were too large to look into: what they hold may not be found." in text_of(page)
    few = keep(account, orders, made(0, '{"order": 1}'))
    assert "too large" not in text_of(browser.get(url_of("batch", account, orders, few.pk)))


def test_a_message_leads_to_the_ones_beside_it_in_the_filter_and_the_order(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    asked = {"q": "attempts:>=2", "sort": "age"}
    listed = browser.get(url_of("batch", account, orders, batch.pk, **asked))
    rows = [attrs["href"] for attrs in Elements(listed).all("a") if "data-open" in attrs]
    assert rows[:2] == [url_of("message", account, orders, batch.pk, place, **asked) for place in (5, 4)]
    page = browser.get(str(rows[1]))
    assert "message 5 of 20, 2 of 6 in this filter and order" in text_of(page)
    ways = {attrs.get("rel"): attrs["href"] for attrs in Elements(page).all("a") if attrs.get("rel")}
    assert ways == {
        "prev": url_of("message", account, orders, batch.pk, 5, **asked),
        "next": url_of("message", account, orders, batch.pk, 3, **asked),
    }
    assert url_of("batch", account, orders, batch.pk, **asked) in {a.get("href") for a in Elements(page).all("a")}
    Elements(page).assert_sound()


def test_without_a_filter_a_message_leads_through_the_batch_as_it_came(
    browser: Client, account: Account, orders: QueueHandle, batch: Batch
) -> None:
    page = browser.get(url_of("message", account, orders, batch.pk, 19))
    ways = {attrs.get("rel"): attrs["href"] for attrs in Elements(page).all("a") if attrs.get("rel")}
    assert ways == {"prev": url_of("message", account, orders, batch.pk, 18)}
    other = browser.get(url_of("message", account, orders, batch.pk, 19, q="attempts:>=2"))
    assert "message 20 of 20, which the filter does not mean" in text_of(other)
    assert not [a for a in Elements(other).all("a") if a.get("rel")]
