"""The batch page: a kept copy at its own address, whatever the upstream does."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from queues_app.cloudflare import Message
from queues_app.models import Account, AuditEntry, Batch, Deletion, DeletionState, LeaseState, Mode, Outcome
from queues_app.sandbox import ManualClock, QueueHandle, Sandbox, SandboxServer
from tests.support.people import Cast, make_account, make_user, signed_in
from tests.views.messages.acts import Elements, keep, peeked, pulled, text_of, url_of

# 100 rows with previews, and the page around them (speed.md: 156 kB with longer ones).
MOST_BYTES = 230_000


def test_the_sample_says_what_it_is(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("many")
    queue.push_many([{"number": number} for number in range(120)])
    batch = peeked(browser, account, queue)
    page = browser.get(url_of("batch", account, queue, batch.pk))
    text = text_of(page)
    assert "<b>50 of about 120</b>; a sample, not a search" in text
    assert "Kept sealed until" in text
    assert "Backlog about 120 at" in text
    assert len(Elements(page).all("a", role="button")) == 50


def test_a_backlog_that_is_not_told_is_unknown(browser: Client, account: Account, orders: QueueHandle) -> None:
    orders.vary(counts="null")
    batch = peeked(browser, account, orders)
    text = text_of(browser.get(url_of("batch", account, orders, batch.pk)))
    assert "<b>3 messages</b>; how many there are is unknown" in text
    assert "Backlog unknown" in text


def test_a_count_below_the_sample_is_not_set_against_it(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    Batch.objects.update(backlog_count=1)
    page = browser.get(url_of("batch", account, orders, batch.pk))
    assert "<b>3 messages</b>; the backlog was read as about 1" in text_of(page)


def test_attempts_stand_against_the_limit(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = pulled(browser, account, orders)
    text = text_of(browser.get(url_of("batch", account, orders, batch.pk)))
    assert "1 / 5" in text
    assert '4 / 5 <span class="last">last</span>' in text


def test_a_limit_that_is_unknown_is_said(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("nobody", consumer=None)
    queue.push("x", attempts=2)
    batch = peeked(browser, account, queue)
    assert "2, limit unknown" in text_of(browser.get(url_of("batch", account, queue, batch.pk)))


def test_every_row_can_be_chosen_and_only_a_peek_repeats_itself(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    looked = Elements(browser.get(url_of("batch", account, orders, peeked(browser, account, orders).pk)))
    assert ["data-deletable" in box for box in looked.all("input", name="position")] == [True] * 3
    assert looked.all("form", hx_trigger="refresh from:body")
    leased = Elements(browser.get(url_of("batch", account, orders, pulled(browser, account, orders).pk)))
    assert [box["value"] for box in leased.all("input", name="position")] == ["0", "1", "2"]
    assert not leased.all("form", hx_trigger="refresh from:body")


def test_a_lapsed_lease_is_said_and_no_longer_counts_as_held(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = pulled(browser, account, orders)
    batch.leases.filter(position=1).update(expires_at=timezone.now() - timedelta(seconds=1))
    page = browser.get(url_of("batch", account, orders, batch.pk))
    assert "lapsed " in text_of(page)
    boxes = Elements(page).all("input", name="position")
    assert [box["value"] for box in boxes if "data-leased" in box] == ["0", "2"]


def test_the_kept_copy_is_there_while_the_upstream_is_down(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    batch = peeked(browser, account, orders)
    cache.clear()
    sandbox.fault("server_error")
    page = browser.get(url_of("batch", account, orders, batch.pk))
    assert page.status_code == 200
    assert "plain <b>words</b>" in text_of(page)
    assert "so the price of a pull is not known" in text_of(page)


def test_an_expired_batch_is_gone_with_a_sentence(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = peeked(browser, account, orders)
    Batch.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = browser.get(url_of("batch", account, orders, batch.pk))
    assert answer.status_code == 404
    assert "no longer kept" in text_of(answer)


@pytest.mark.parametrize("who", ["teammate", "admin", "auditor", "stranger"])
def test_nobody_else_finds_it(cast: Cast, browser: Client, account: Account, orders: QueueHandle, who: str) -> None:
    batch = pulled(browser, account, orders)
    other = signed_in(getattr(cast, who))
    for name, more in (("batch", ()), ("message", (0,)), ("message_body", (0,))):
        assert other.get(url_of(name, account, orders, batch.pk, *more)).status_code == 404
    for name in ("settle", "peek_again"):
        assert other.post(url_of(name, account, orders, batch.pk)).status_code == 404


def test_anonymous_people_are_led_to_sign_in(account: Account, orders: QueueHandle, browser: Client) -> None:
    batch = pulled(browser, account, orders)
    for name, more in (("batch", ()), ("message", (0,)), ("message_body", (0,))):
        answer = Client().get(url_of(name, account, orders, batch.pk, *more))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")


def test_whoever_lost_the_right_to_look_reads_no_kept_copy(
    cast: Cast, browser: Client, account: Account, orders: QueueHandle
) -> None:
    batch = peeked(browser, account, orders)
    cast.owner.groups.clear()
    answer = signed_in(cast.owner).get(url_of("batch", account, orders, batch.pk))
    assert answer.status_code == 403
    assert AuditEntry.objects.latest("id").outcome == Outcome.REFUSED


def test_a_key_that_is_gone_gives_a_page_with_a_sentence(
    browser: Client, account: Account, orders: QueueHandle, settings: Settings
) -> None:
    batch = peeked(browser, account, orders)
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    for name, more in (("batch", ()), ("message", (0,)), ("message_body", (0,))):
        answer = browser.get(url_of(name, account, orders, batch.pk, *more))
        assert answer.status_code == 409
        assert "The key that sealed this is no longer on this server" in text_of(answer)


def test_an_empty_queue_is_said_to_be_empty(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("empty")
    for look, what in ((peeked, "peek"), (pulled, "pull")):
        text = text_of(browser.get(url_of("batch", account, queue, look(browser, account, queue).pk)))
        assert "Nothing here" in text
        assert f"The {what} returned nothing and the backlog was 0" in text


def test_a_peek_that_finds_nothing_in_a_backlog_names_the_reasons(
    browser: Client, account: Account, sandbox: Sandbox
) -> None:
    queue = sandbox.add_queue("waiting", delay=900)
    queue.push_many(["later"] * 37)
    batch = peeked(browser, account, queue)
    text = text_of(browser.get(url_of("batch", account, queue, batch.pk)))
    assert "The peek returned nothing, yet the backlog is about 37" in text
    assert "queue delay is 15 min" in text
    assert "delivery is running" in text
    assert "approximate" in text


def test_a_pull_that_gets_nothing_names_what_you_hold_yourself(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    pulled(browser, account, orders)
    second = pulled(browser, account, orders)
    text = text_of(browser.get(url_of("batch", account, orders, second.pk)))
    assert "The pull returned nothing, yet the backlog is about 3" in text
    assert "you hold 3" in text
    assert "No attempt was used." in text


def test_a_hundred_bodies_of_60_kb_stay_a_small_page_with_few_queries(
    browser: Client,
    account: Account,
    orders: QueueHandle,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    body = '{"filler":"' + "x" * 60_000 + '"}'
    batch = keep(
        account,
        orders,
        *(
            Message(
                id=f"{number:032x}",
                body=body,
                timestamp_ms=1_700_000_000_000 + number,
                attempts=1,
                metadata={"CF-Content-Type": "json"},
                lease_id=f"lease-{number}",
            )
            for number in range(100)
        ),
        mode=Mode.PULL,
        visibility_timeout_ms=60_000,
        leased_until=timezone.now() + timedelta(minutes=1),
    )
    browser.get(url_of("queue", account, orders))  # so that the account is the one visited last
    with django_assert_max_num_queries(18):
        page = browser.get(url_of("batch", account, orders, batch.pk))
    assert len(page.content) < MOST_BYTES
    assert len(Elements(page).all("input", name="position")) == 100
    assert "lease-7" not in text_of(page)


def test_kept_batches_are_listed_with_their_age(browser: Client, account: Account, orders: QueueHandle) -> None:
    first, second = peeked(browser, account, orders), pulled(browser, account, orders)
    links = Elements(browser.get(url_of("batch", account, orders, second.pk))).all("a")
    addresses = [attrs.get("href") for attrs in links]
    assert url_of("batch", account, orders, first.pk) in addresses
    assert {"href": url_of("batch", account, orders, second.pk), "aria-current": "page"} in links


def test_times_are_in_the_readers_zone(
    cast: Cast,
    browser: Client,
    account: Account,
    sandbox_server: SandboxServer,
    orders: QueueHandle,
    clock: ManualClock,
) -> None:
    cast.owner.zone = "Asia/Tokyo"
    cast.owner.save()
    batch = peeked(browser, account, orders)
    text = text_of(signed_in(cast.owner).get(url_of("batch", account, orders, batch.pk)))
    assert "Sent, Asia/Tokyo" in text
    assert f'23:03<span class="s">:{clock.now():%S}</span>' in text


def test_what_is_due_within_a_day_is_said_over_the_table_and_in_its_row(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    sent_ms = round((timezone.now() - timedelta(hours=90)).timestamp() * 1000)
    batch = keep(
        account,
        orders,
        Message(id="a" * 32, body="x", timestamp_ms=sent_ms),
        Message(id="b" * 32, body="y", timestamp_ms=sent_ms + 80 * 3_600_000),
    )
    Batch.objects.update(message_retention_period=96 * 3600)
    page = browser.get(url_of("batch", account, orders, batch.pk))
    text = text_of(page)
    assert "Retention deletes 1 of these 2 messages within 24 h, the first" in text
    assert "in 5 h 59 min" in text
    assert text.count("5 h left") == 1
    assert len(Elements(page).all("svg", **{"class": "meter "})) == 1
    assert len(Elements(page).all("svg", **{"class": "meter loss"})) == 1
    message = text_of(browser.get(url_of("message", account, orders, batch.pk, 0)))
    assert '<span class="is-loss">Deleted in <b>5 h 59 min</b>' in message


@pytest.mark.parametrize("mode", [Mode.PEEK, Mode.PULL])
def test_what_left_the_queue_is_not_said_to_be_lost_by_retention(
    browser: Client, account: Account, orders: QueueHandle, mode: Mode
) -> None:
    """Deleted after a peek or acknowledged after a pull: retention has nothing to do with it any more."""
    now = timezone.now()
    sent_ms = round((now - timedelta(hours=90)).timestamp() * 1000)
    messages = [Message(id=name * 32, body="x", timestamp_ms=sent_ms, lease_id=f"lease {name}") for name in "ab"]
    batch = keep(
        account,
        orders,
        *messages,
        mode=mode,
        leased_until=now + timedelta(seconds=30) if mode == Mode.PULL else None,
    )
    Batch.objects.update(message_retention_period=96 * 3600)
    if mode == Mode.PULL:
        batch.leases.filter(position=0).update(state=LeaseState.ACKED)
    else:
        Deletion.objects.create(
            batch=batch, position=0, message_id="a" * 32, entry_id=1, deleted_at=now, state=DeletionState.DELETED
        )
    text = text_of(browser.get(url_of("batch", account, orders, batch.pk)))
    assert "Retention deletes 1 of these 2 messages within 24 h" in text
    assert text.count("5 h left") == 1
    for position, is_said in ((0, False), (1, True)):
        opened = text_of(browser.get(url_of("message", account, orders, batch.pk, position)))
        assert ("<dt>Retention</dt>" in opened) is is_said


def test_without_anything_due_there_is_no_clock(browser: Client, account: Account, orders: QueueHandle) -> None:
    batch = keep(account, orders, Message(id="a" * 32, body="x", timestamp_ms=1))
    assert "Loss clock" not in text_of(browser.get(url_of("batch", account, orders, batch.pk)))


def test_a_pull_is_a_sample_too(browser: Client, account: Account, sandbox: Sandbox) -> None:
    queue = sandbox.add_queue("many")
    queue.push_many([{"number": number} for number in range(40)])
    batch = pulled(browser, account, queue)
    text = text_of(browser.get(url_of("batch", account, queue, batch.pk)))
    assert "<b>10 of about 40</b>, pulled; a sample, not a search" in text


@pytest.mark.parametrize(("role", "said"), [("Operator", "they hold 3, the"), ("Lead", "owner holds 3, the")])
def test_colleagues_who_hold_the_messages_are_named_to_whoever_may_see_that(
    browser: Client, account: Account, sandbox: Sandbox, orders: QueueHandle, role: str, said: str
) -> None:
    pulled(browser, account, orders)
    orders.vary(peek_leased=False)
    person = make_user("colleague", role)
    theirs = make_account(person, secret=sandbox.tokens["full"], account_id=account.account_id)
    colleague = signed_in(person)
    batch = peeked(colleague, theirs, orders)
    page = colleague.get(url_of("batch", theirs, orders, batch.pk))
    assert said in text_of(page)
    assert Elements(page).all("button", form="peek")
