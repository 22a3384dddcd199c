"""One queue: its frame, and the facts that refresh themselves."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from queues_app.models import Account, AuditEntry
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.people import Cast, make_account, signed_in

pytestmark = pytest.mark.usefixtures("now")

HTMX = {"HX-Request": "true"}


@pytest.fixture
def orders(sandbox: Sandbox) -> QueueHandle:
    queue = sandbox.add_queue("orders", max_retries=5, dead_letter_queue="orders-dlq")
    queue.push_many([{"order": number} for number in range(12)], age_s=7200)
    return queue


def url(account: Account, queue_id: str, part: str = "") -> str:
    return f"/accounts/{account.pk}/queues/{queue_id}/{part}"


def html_of(browser: Client, address: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
    response = browser.get(address, headers=headers or {})
    assert response.status_code == status
    return response.content.decode()


def test_a_queue_has_its_name_state_and_facts_with_their_time(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    html = html_of(browser, url(account, orders.id))
    assert "<title>orders · acme-logistics (sandbox) · Queuescope</title>" in html
    for text in ("Backlog, 14:03:22", "about 12", "2 h 0 min", "HTTP pull, limit 5", "orders-dlq", "4 d", "Running"):
        assert text in html
    assert f'href="{url(account, orders.id, "history/")}"' in html


def test_opening_a_queue_touches_no_message(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    html_of(browser, url(account, orders.id))
    assert {call.route for call in sandbox.calls} == {"queue", "metrics"}
    assert not AuditEntry.objects.exists()


def test_the_dead_letter_queue_is_linked_once_the_list_was_seen(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    dead = sandbox.add_queue("orders-dlq", consumer=None)
    assert f'href="/accounts/{account.pk}/queues/?q=orders-dlq"' in html_of(browser, url(account, orders.id))
    browser.get(f"/accounts/{account.pk}/queues/")
    assert f'href="{url(account, dead.id)}"' in html_of(browser, url(account, orders.id))


def test_the_facts_refresh_alone(
    browser: Client, account: Account, orders: QueueHandle, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account, orders.id))
    orders.push("one more")
    now.shift(timedelta(seconds=10))
    html = html_of(browser, url(account, orders.id, "facts/"), headers=HTMX)
    assert "about 13" in html
    assert "Backlog, 14:03:32" in html
    assert "<html" not in html
    assert ", load" not in html


def test_facts_that_cannot_be_asked_are_unknown_and_say_what_they_were(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account, orders.id))
    now.shift(timedelta(minutes=1))
    orders.fault("server_error", route="metrics")
    html = html_of(browser, url(account, orders.id, "facts/"), headers=HTMX)
    assert "Backlog, last read 14:03:22" in html
    assert "was 12" in html
    assert "Could not ask: Cloudflare has an internal error." in html
    assert "about 12" not in html


def test_why_a_queue_cannot_be_read_stands_once_on_its_page(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account, orders.id))
    now.shift(timedelta(minutes=1))
    orders.fault("server_error", route="queue")
    for page in ("", "overview/", "settings/", "history/"):
        html = html_of(browser, url(account, orders.id, page), status=502)
        assert "Cloudflare has an internal error." in html
        assert "Could not ask" not in html, page
        assert "These are the last known facts." in html


def test_facts_of_a_queue_that_cannot_be_read_are_the_remembered_ones(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    html_of(browser, url(account, orders.id))
    now.shift(timedelta(minutes=1))
    orders.fault("server_error", route="queue")
    html = html_of(browser, url(account, orders.id, "facts/"), status=502, headers=HTMX)
    assert "Unknown, was running" in html
    assert "HTTP pull, limit 5" in html
    assert "Could not ask: Cloudflare has an internal error." in html
    assert "Backlog, 14:03:22" in html  # an old count, under its own time


def test_facts_of_which_nothing_is_known_are_unknown_and_never_zero(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    orders.fault("server_error", route="queue")
    html = html_of(browser, url(account, orders.id, "facts/"), status=502, headers=HTMX)
    assert html.count("unknown") >= 5
    assert ">0<" not in html


def test_an_empty_queue_says_zero_only_when_it_was_told_so(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    empty = sandbox.add_queue("empty")
    html = html_of(browser, url(account, empty.id))
    assert "<b>0</b>" in html
    assert "none waits" in html
    empty.vary(counts="null")
    now.shift(timedelta(minutes=1))
    html = html_of(browser, url(account, empty.id, "facts/"), headers=HTMX)
    assert "<b>0</b>" not in html
    assert "unknown" in html


def test_the_facts_without_htmx_are_the_page_itself(browser: Client, account: Account, orders: QueueHandle) -> None:
    response = browser.get(url(account, orders.id, "facts/"))
    assert response.headers["Location"] == url(account, orders.id)


def test_a_paused_queue_says_so(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.pause()
    html = html_of(browser, url(account, orders.id))
    assert "<span>Paused</span>" in html
    assert "Delivery is paused, so nothing can be pulled." in html


def test_a_queue_that_is_not_there_is_a_404_with_a_sentence(browser: Client, account: Account) -> None:
    html = html_of(browser, url(account, "f" * 32), status=404)
    assert "data-sentence" in html
    assert html_of(browser, f"/accounts/{account.pk}/queues/not-an-id/", status=404)


@pytest.mark.parametrize(
    "kind", ["server_error", "html", "truncated", "empty", "null_result", "wrong_shape", "redirect"]
)
def test_upstream_trouble_is_a_page_with_a_diagnosis(
    browser: Client, account: Account, orders: QueueHandle, kind: str
) -> None:
    orders.fault(kind, route="queue")
    html = html_of(browser, url(account, orders.id), status=502)
    assert "Usually means" in html
    assert "GET …/queues/…" in html


def test_a_hostile_name_is_inert_on_its_own_page(browser: Client, account: Account, sandbox: Sandbox) -> None:
    hostile = sandbox.add_queue("</title><script>alert(1)</script>\u202e", consumer="<svg onload=alert(2)>")
    html = html_of(browser, url(account, hostile.id))
    assert "<script>alert" not in html
    assert "<svg onload" not in html
    assert "\u202e" not in html
    assert "[U+202E]" in html


def test_a_viewer_sees_the_facts_and_why_the_rest_is_closed(
    cast: Cast, upstream_url: str, orders: QueueHandle, sandbox: Sandbox
) -> None:
    own = make_account(cast.viewer, secret=sandbox.tokens["read_only"], account_id=sandbox.accounts["acme-logistics"])
    html = html_of(signed_in(cast.viewer), url(own, orders.id))
    assert "about 12" in html
    assert "Your role may not peek at messages." in html


@pytest.mark.parametrize("part", ["", "facts/"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_another_persons_queue_does_not_exist(
    cast: Cast, account: Account, orders: QueueHandle, part: str, headers: dict[str, str]
) -> None:
    html_of(signed_in(cast.teammate), url(account, orders.id, part), status=404, headers=headers)


def test_a_person_without_a_role_sees_no_queue(
    cast: Cast, upstream_url: str, orders: QueueHandle, sandbox: Sandbox
) -> None:
    own = make_account(cast.stranger, secret=sandbox.tokens["full"], account_id=sandbox.accounts["acme-logistics"])
    for part, headers in (("", {}), ("facts/", HTMX)):
        html = html_of(signed_in(cast.stranger), url(own, orders.id, part), status=403, headers=headers)
        assert "Your role may not see queues." in html
    assert not orders.calls


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_looking_at_a_queue_is_only_ever_a_get(
    browser: Client, account: Account, orders: QueueHandle, method: str
) -> None:
    assert getattr(browser, method)(url(account, orders.id)).status_code == 405


def test_a_queue_that_cannot_be_read_can_still_be_peeked_at_and_says_why(
    cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    orders = sandbox.add_queue("orders")
    orders.fault("rate_limited", route="queue")

    response = signed_in(cast.owner).get(f"/accounts/{account.pk}/queues/{orders.id}/")

    assert response.status_code == 429
    html = response.content.decode()
    assert "asked too often" in html
    assert 'id="peek"' in html
