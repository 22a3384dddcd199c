"""The forecast beside the Pull button: what it asks, what it says, and that it uses nothing."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queues_app.models import Account, Action, AuditEntry, Batch, Lease, Outcome
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.views.messages.acts import HTMX, Elements, peeked, pull, pulled, text_of, url_of

if TYPE_CHECKING:
    from tests.views.messages.acts import Answer


def ask(browser: Client, account: Account, queue: QueueHandle, **typed: Any) -> "Answer":
    headers = typed.pop("headers", HTMX)
    return browser.post(url_of("forecast", account, queue), {"batch_size": 10, **typed}, headers=headers)


def words_of(answer: "Answer") -> str:
    """What a reader reads, without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(answer))).replace(" ,", ",")


def entry_in(answer: "Answer") -> str:
    (hidden,) = Elements(answer).all("input", type="hidden", name="forecast")
    return hidden["value"] or ""


def queue_with(sandbox: Sandbox, *attempts: int, **how: Any) -> QueueHandle:
    """A limit of five and a dead-letter queue unless the test says otherwise; a message for each number of attempts."""
    queue = sandbox.add_queue("priced", **{"max_retries": 5, "dead_letter_queue": "later", **how})
    for number, used in enumerate(attempts):
        queue.push({"secret-body": number}, attempts=used)
    return queue


@pytest.mark.parametrize(
    ("attempts", "how", "said"),
    [
        ([0, 3], {}, "None of these 2 is on its last; at the limit of 5 they go to later"),
        ([0, 4], {}, "1 of these 2 is on its last: unless acknowledged, it may go to later"),
        ([4, 4], {}, "2 of these 2 are on their last: unless acknowledged, they may go to later"),
        ([0, 5], {}, "1 of these 2 is on its last: unless acknowledged, it goes to later"),
        ([6, 5, 0], {}, "2 of these 3 are on their last: unless acknowledged, they go to later"),
        ([5, 4], {}, "2 of these 2 are on their last: unless acknowledged, 1 goes and 1 may go to later"),
        ([5], {}, "This one is on its last: unless acknowledged, it goes to later"),
        ([1], {}, "This one is not on its last; at the limit of 5 they go to later"),
        (
            [0, 5],
            {"dead_letter_queue": ""},
            "1 of these 2 is on its last and, unless acknowledged, will be deleted: no dead-letter queue",
        ),
        (
            [4, 5],
            {"dead_letter_queue": ""},
            "are on their last and, unless acknowledged, 1 will and 1 may be deleted: no dead-letter queue",
        ),
    ],
)
def test_it_says_which_are_on_their_last_and_where_they_go(
    browser: Client, account: Account, sandbox: Sandbox, attempts: list[int], how: dict[str, Any], said: str
) -> None:
    queue = queue_with(sandbox, *attempts, **how)
    assert said in words_of(ask(browser, account, queue))


@pytest.mark.parametrize("rule", ["retries", "attempts"])
def test_what_it_says_will_happen_happens_by_either_rule(
    browser: Client, account: Account, sandbox: Sandbox, clock: ManualClock, rule: str
) -> None:
    later = sandbox.add_queue("later", consumer=None)
    queue = queue_with(sandbox, 3, 4, 5)
    queue.vary(limit_rule=rule)
    said = words_of(ask(browser, account, queue))
    assert "2 of these 3 are on their last: unless acknowledged, 1 goes and 1 may go to later" in said
    assert "Cloudflare's pages disagree whether the limit of 5 counts the first delivery" in said
    pull(browser, account, queue, visibility_timeout="1 s")
    clock.advance(seconds=2)
    assert len(queue.messages) == (2 if rule == "retries" else 1)
    assert len(later.messages) == (1 if rule == "retries" else 2)


def test_it_uses_no_attempt_leases_nothing_and_shows_no_body(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    queue = queue_with(sandbox, 0, 4)
    answer = ask(browser, account, queue)
    assert [(message.attempts, message.state) for message in queue.messages] == [(0, "ready"), (4, "ready")]
    assert (queue.count("peek"), queue.count("pull")) == (1, 0)
    assert not Lease.objects.exists()
    assert "secret-body" not in text_of(answer)
    assert "<html" not in text_of(answer)
    Elements(answer).assert_sound()


def test_its_peek_is_on_the_record_and_can_be_opened(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = queue_with(sandbox, 0)
    answer = ask(browser, account, queue)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome, entry.message_count) == (Action.PEEK, Outcome.OK, 1)
    assert entry.parameters == {"batch_size": 10, "forecast": True}
    batch = Batch.objects.get()
    assert batch.is_offer
    address = url_of("batch", account, queue, batch.pk)
    assert Elements(answer).all("a", href=address)
    assert browser.get(address).status_code == 200
    batch.refresh_from_db()
    assert not batch.is_offer


def test_a_young_peek_on_the_page_is_forecast_from_without_asking(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    page = browser.get(url_of("batch", account, orders, batch.pk))
    said = words_of(page)
    assert "Uses one attempt of each of about 3." in said
    assert "None of these 3 is on its last" in said
    assert "Forecast from your peek" in said
    assert entry_in(page) == str(batch.entry_id)
    assert not Elements(page).all("button", name="anew")
    assert not Elements(page).all("div", hx_trigger="focusin once from:#pull-fields")
    assert orders.count("peek") == 1


@pytest.mark.parametrize("how", ["old", "pulled", "nothing"])
def test_without_a_young_peek_the_page_asks_nothing_and_has_a_button(
    browser: Client, account: Account, orders: QueueHandle, how: str
) -> None:
    if how == "old":
        batch = peeked(browser, account, orders)
        Batch.objects.update(fetched_at=timezone.now() - timedelta(seconds=61))
    elif how == "pulled":
        batch = pulled(browser, account, orders)
    before = len(orders.calls)
    page = browser.get(
        url_of("queue", account, orders) if how == "nothing" else url_of("batch", account, orders, batch.pk)
    )
    assert "Uses one attempt of each. At the limit of 5 they go to orders-dlq" in words_of(page)
    assert Elements(page).all("button", name="anew", formaction=url_of("forecast", account, orders))
    assert Elements(page).all("div", hx_trigger="focusin once from:#pull-fields")
    assert [call.route for call in orders.calls[before:] if call.route in ("peek", "pull")] == []


def test_another_number_is_read_from_the_same_peek(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = queue_with(sandbox, 5, 0, 5, 0)
    shown = entry_in(ask(browser, account, queue, batch_size=4))
    fewer = ask(browser, account, queue, batch_size=2, forecast=shown)
    assert "Uses one attempt of each of about 2. 1 of these 2 is on its last" in words_of(fewer)
    assert entry_in(fewer) == shown
    more = words_of(ask(browser, account, queue, batch_size=9, forecast=shown))
    assert "Uses one attempt of each of up to 9. 2 of these 4" in more
    assert "Only 4 could be seen; of the others nothing is known." in more
    assert queue.count("peek") == 1
    assert AuditEntry.objects.count() == 1


def test_a_page_that_is_loaded_again_shows_the_last_one_with_its_age_while_it_is_young(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    queue = queue_with(sandbox, 5, 0)
    page = url_of("queue", account, queue)
    shown = entry_in(ask(browser, account, queue))
    again = browser.get(page)
    assert "1 of these 2 is on its last" in words_of(again)
    assert re.search(r"Forecast from your peek \d s ago", words_of(again))
    assert entry_in(again) == shown
    assert not Elements(again).all("div", hx_trigger="focusin once from:#pull-fields")
    assert Elements(again).all("button", name="anew")
    assert (queue.count("peek"), AuditEntry.objects.count()) == (1, 1)

    Batch.objects.update(fetched_at=timezone.now() - timedelta(seconds=61))
    assert "on its last" not in words_of(browser.get(page))
    assert Elements(browser.get(page)).all("div", hx_trigger="focusin once from:#pull-fields")


def test_after_a_pull_the_last_forecast_is_not_shown_again(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = queue_with(sandbox, 5, 0)
    ask(browser, account, queue)
    pull(browser, account, queue, batch_size=1)
    assert "on its last" not in words_of(browser.get(url_of("queue", account, queue)))


def test_a_new_one_is_asked_for_by_the_button_only(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = queue_with(sandbox, 0)
    shown = entry_in(ask(browser, account, queue))
    assert entry_in(ask(browser, account, queue, forecast=shown, anew="1")) != shown
    assert queue.count("peek") == 2


def test_a_peek_that_is_gone_is_said_and_not_repeated(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = queue_with(sandbox, 0)
    shown = entry_in(ask(browser, account, queue))
    Batch.objects.all().delete()
    answer = ask(browser, account, queue, forecast=shown)
    assert answer.status_code == 404
    assert "No forecast: The peek behind this forecast is no longer kept." in words_of(answer)
    assert queue.count("peek") == 1


def test_what_is_leased_here_is_left_out_and_counted(
    browser: Client, cast: Cast, account: Account, sandbox: Sandbox
) -> None:
    queue = queue_with(sandbox, 4, 4, 0, 0, 0)
    theirs = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id)
    pull(signed_in(cast.teammate), theirs, queue, batch_size=2)
    said = words_of(ask(browser, account, queue, batch_size=3))
    assert "Uses one attempt of each of about 3. None of these 3 is on its last" in said
    assert "2 leased left out. Order is best effort: the pull may bring others." in said
    assert AuditEntry.objects.latest("pk").parameters["batch_size"] == 5


def test_fewer_than_asked_for_is_said(browser: Client, account: Account, orders: QueueHandle) -> None:
    said = words_of(ask(browser, account, orders, batch_size=10))
    assert "Uses one attempt of each of about 3." in said
    assert "3 of the 10 could be seen; delayed ones and what others hold may be missing." in said


def test_nothing_seen_is_said(browser: Client, account: Account, sandbox: Sandbox) -> None:
    assert "Brings nothing, as far as could be seen." in words_of(ask(browser, account, queue_with(sandbox)))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"paused": True}, "Delivery is paused, so nothing can be pulled."),
        ({"consumer": None}, "this queue has no HTTP pull consumer"),
        ({"consumer": "worker"}, "A Worker consumes this queue: what you see here it may take at any moment."),
        ({"consumer": "worker", "paused": True}, "delivery is paused, so it takes nothing until somebody resumes it."),
    ],
)
def test_where_nothing_can_be_pulled_that_is_the_answer_and_nothing_is_peeked(
    browser: Client, account: Account, sandbox: Sandbox, how: dict[str, Any], said: str
) -> None:
    queue = sandbox.add_queue("closed", **how)
    assert said in words_of(ask(browser, account, queue))
    assert said in words_of(browser.get(url_of("queue", account, queue)))
    assert queue.count("peek") == 0
    assert not AuditEntry.objects.exists()


def test_where_peek_is_not_there_yet_the_forecast_comes_from_a_preview(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    """A preview, too, leases nothing and leaves the attempts alone."""
    queue = queue_with(sandbox, 0, 4)
    sandbox.vary(peek="absent")
    assert "Forecast from your preview" in words_of(ask(browser, account, queue))
    assert [(message.attempts, message.state) for message in queue.messages] == [(0, "ready"), (4, "ready")]


def test_counts_that_are_not_told_do_not_matter(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.vary(counts="null")
    assert "Uses one attempt of each of about 3." in words_of(ask(browser, account, orders))


@pytest.mark.parametrize("headers", [None, HTMX])
def test_what_is_typed_is_kept(
    browser: Client, account: Account, orders: QueueHandle, headers: dict[str, str] | None
) -> None:
    answer = ask(browser, account, orders, batch_size=2, visibility_timeout="7 min", headers=headers)
    assert answer.status_code == 200
    assert "Uses one attempt of each of about 2." in words_of(answer)
    values = [field.get("value") for field in Elements(answer).all("input")]
    assert ("7 min" in values) is (headers is None)  # htmx leaves the fields where they are


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize(
    "typed", [{"batch_size": "0"}, {"batch_size": "ten"}, {"forecast": "x"}, {"forecast": "9" * 30}]
)
def test_what_is_typed_wrongly_asks_nothing(
    browser: Client, account: Account, orders: QueueHandle, typed: dict[str, str], headers: dict[str, str] | None
) -> None:
    answer = ask(browser, account, orders, headers=headers, **typed)
    assert answer.status_code == 422
    assert orders.count("peek") == 0


def test_a_get_leads_to_the_page_of_the_form(browser: Client, account: Account, orders: QueueHandle) -> None:
    answer = browser.get(url_of("forecast", account, orders))
    assert answer["Location"] == url_of("queue", account, orders)
    assert orders.calls == []


def test_a_failure_is_said_where_the_forecast_would_stand(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    orders.fault("html", route="peek", status=502)
    answer = ask(browser, account, orders)
    assert answer.status_code == 502
    assert "Uses one attempt of each. At the limit of 5 they go to orders-dlq" in words_of(answer)
    assert "No forecast: " in words_of(answer)
    assert AuditEntry.objects.get().outcome == Outcome.FAILED


@pytest.mark.parametrize("lacks", ["pull", "peek"])
def test_whoever_may_not_pull_or_peek_is_refused_on_the_record(
    account: Account, sandbox: Sandbox, upstream_url: str, orders: QueueHandle, lacks: str
) -> None:
    person = make_user("half", "Viewer")
    own = make_account(person, secret=sandbox.tokens["full"], account_id=account.account_id)
    browser = signed_in(person)
    page = Elements(browser.get(url_of("queue", own, orders)))
    assert not page.all("button", name="anew")
    assert not page.all("div", hx_trigger="focusin once from:#pull-fields")
    assert ask(browser, own, orders).status_code == 403
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome, entry.parameters["forecast"]) == (Action.PEEK, Outcome.REFUSED, True)
    assert orders.count("peek") == 0


def test_a_pull_names_the_forecast_that_was_shown(browser: Client, account: Account, orders: QueueHandle) -> None:
    shown = entry_in(ask(browser, account, orders))
    assert pull(browser, account, orders, forecast=shown).status_code == 303
    assert AuditEntry.objects.get(action=Action.PULL).parameters["forecast"] == int(shown)
    assert pull(browser, account, orders).status_code == 303
    assert "forecast" not in AuditEntry.objects.filter(action=Action.PULL).latest("pk").parameters


def test_a_pull_cannot_name_somebody_elses_forecast(
    browser: Client, cast: Cast, account: Account, sandbox: Sandbox, orders: QueueHandle
) -> None:
    theirs = make_account(cast.teammate, secret=sandbox.tokens["full"], account_id=account.account_id)
    shown = entry_in(ask(signed_in(cast.teammate), theirs, orders))
    answer = pull(browser, account, orders, forecast=shown)
    assert answer.status_code == 422
    assert "not one of yours" in text_of(answer)
    assert orders.count("pull") == 0
    assert AuditEntry.objects.get(action=Action.PULL).reason == "not-your-forecast"
    assert ask(browser, account, orders, forecast=shown).status_code == 404


def test_a_dead_letter_queue_that_is_not_there_is_said_to_be_missing_wherever_it_is_named(
    browser: Client, account: Account, sandbox: Sandbox, now: time_machine.Traveller
) -> None:
    queue = queue_with(sandbox, 5)
    doubt = "not in this account: what becomes of them then is unknown"
    assert doubt not in text_of(ask(browser, account, queue))  # nothing was listed yet
    browser.get(reverse("queues", args=[account.pk]))
    for price in (ask(browser, account, queue), browser.get(url_of("queue", account, queue))):
        assert doubt in text_of(price)
    assert "later</a><small>, not in this account" in re.sub(
        r"</?span[^>]*>", "", text_of(browser.get(url_of("queue", account, queue)))
    )
    assert "It is not in this account" in text_of(browser.get(url_of("queue_settings", account, queue)))
    later = sandbox.add_queue("later")
    now.shift(timedelta(seconds=10))
    browser.get(reverse("queues", args=[account.pk]))
    price = ask(browser, account, queue)
    assert doubt not in text_of(price)
    assert next(link["href"] for link in Elements(price).all("a")) == url_of("queue", account, later)
