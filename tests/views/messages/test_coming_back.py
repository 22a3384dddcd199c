"""Whatever is done to messages of a batch leads back to the filter and the order that it was looked at with."""

import pytest
from django.test import Client

from queues_app.models import Account
from queues_app.sandbox import QueueHandle
from tests.views.messages.acts import HTMX, Elements, delete, peeked, pulled, settle, text_of, url_of

FOUND = {"q": "plain", "sort": "-size"}


def query_of(url: str) -> str:
    return url.partition("?")[2]


@pytest.mark.parametrize("verb", ["return", "extend", "ack", "retry"])
def test_a_settling_leads_back_to_what_was_looked_at(
    browser: Client, account: Account, orders: QueueHandle, verb: str
) -> None:
    batch = pulled(browser, account, orders)
    answer = settle(browser, account, orders, batch, 1, verb=verb, **FOUND)
    assert query_of(answer["Location"]).startswith("q=plain&sort=-size&settled=")
    page = browser.get(answer["Location"])
    assert "1 of 1 " in text_of(page)
    assert [box["value"] for box in Elements(page).all("input", name="position", type="checkbox")] == ["1"]


def test_the_page_and_its_questions_carry_it_on(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    page = browser.get(url_of("batch", account, orders, batch.pk, **FOUND))
    (selection,) = [part for part in page.content.decode().split("<form") if 'id="selection"' in part.split(">")[0]]
    for name, value in FOUND.items():
        assert f'name="{name}" value="{value}"' in selection.partition("</form>")[0]
    for headers in (None, HTMX):
        asked = settle(browser, account, orders, batch, 1, step="confirm", headers=headers, **FOUND)
        assert Elements(asked).all("input", name="q", value="plain")
        (cancel,) = [link for link in Elements(asked).all("a") if "autofocus" in link]
        assert query_of(str(cancel["href"])) == "q=plain&sort=-size"


def test_a_row_opened_in_place_leads_back_by_the_page_around_it(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pulled(browser, account, orders)
    around = f"http://testserver{url_of('batch', account, orders, batch.pk, **FOUND)}"
    opened = browser.get(url_of("message", account, orders, batch.pk, 1), headers=HTMX | {"HX-Current-URL": around})
    assert Elements(opened).all("input", name="sort", value="-size")


def test_a_deletion_its_undo_and_another_look_lead_back(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    answer = delete(browser, account, orders, batch, 1, **FOUND)
    assert query_of(answer["Location"]).startswith("q=plain&sort=-size&settled=")
    page = browser.get(answer["Location"])
    (undo,) = {str(link["href"]) for link in Elements(page).all("a") if "send-again" in str(link.get("href"))}
    assert undo.endswith("?position=1&q=plain&sort=-size")
    (back, *_) = [link for link in Elements(browser.get(undo)).all("a") if str(link["href"]).endswith("sort=-size")]
    assert back["href"] == url_of("batch", account, orders, batch.pk, **FOUND)
    entry = query_of(answer["Location"]).rpartition("=")[2]
    again = browser.post(url_of("look_again", account, orders, batch.pk, entry), FOUND)
    assert again["Location"] == answer["Location"]


@pytest.mark.parametrize(
    "typed", [{"q": '"never closed'}, {"sort": "no such column"}, {"next": "https://elsewhere.example/"}]
)
def test_what_is_no_filter_leads_nowhere(
    browser: Client, account: Account, orders: QueueHandle, typed: dict[str, str]
) -> None:
    batch = pulled(browser, account, orders)
    location = settle(browser, account, orders, batch, 0, **typed)["Location"]
    assert location.startswith(url_of("batch", account, orders, batch.pk))
    assert query_of(location).startswith("settled=")
