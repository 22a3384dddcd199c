"""A person watches a queue from its page, sees how the watch stands, changes, tests and removes it."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from queues_app import vault
from queues_app.models import (
    Account,
    Action,
    AuditEntry,
    Effect,
    Outcome,
    QueueRule,
    Share,
    Watch,
    WatchKind,
    WatchNotice,
    WatchState,
)
from queues_app.operations import watch_rights, watches
from queues_app.sandbox import QueueHandle
from tests.support.people import Cast, signed_in
from tests.support.receivers import HttpReceiver
from tests.support.teams import LOOKING, make_team, share
from tests.watching.conftest import SECRET, Loop, add, form, make_watch

pytestmark = pytest.mark.django_db


def page(browser: Client) -> str:
    return str(browser.get(reverse("watches")).content.decode())


def test_a_queue_is_watched_from_its_page(browser: Client, account: Account, orders: QueueHandle) -> None:
    address = reverse("watch_add", args=[account.pk, orders.id])
    assert address in browser.get(reverse("queue", args=[account.pk, orders.id])).content.decode()
    assert "Watch orders" in browser.get(address).content.decode()

    add(browser, account, orders, quiet_from="22:00", quiet_until="07:00")

    shown = page(browser)
    assert "more than 100 messages wait, for 5 min" in shown
    assert "quiet 22:00 to 07:00" in shown
    entry = AuditEntry.objects.get(action=Action.WATCH_ADD)
    assert (entry.outcome, entry.queue_name, entry.parameters) == (
        Outcome.OK,
        "orders",
        {"kind": "backlog", "threshold": 100, "minutes": 5},
    )


def test_the_same_form_twice_makes_one(browser: Client, account: Account, orders: QueueHandle) -> None:
    intent = str(uuid.uuid4())
    for _ in range(2):
        assert add(browser, account, orders, intent=intent)["Location"] == reverse("watches")

    assert Watch.objects.count() == 1


def test_an_age_is_typed_in_minutes(browser: Client, account: Account, orders: QueueHandle) -> None:
    add(browser, account, orders, kind="oldest_age", limit="90")

    assert Watch.objects.get().threshold == 5400
    assert 'value="90"' in browser.get(reverse("watch_edit", args=[Watch.objects.get().pk])).content.decode()


def test_a_queues_page_says_who_watches_it_and_how_that_stands(
    cast: Cast, account: Account, orders: QueueHandle
) -> None:
    share(account.credential, make_team(teammate="Operator"), Operator=LOOKING)
    address = reverse("queue", args=[account.pk, orders.id])
    assert "Watches of this queue" not in signed_in(cast.owner).get(address).content.decode()
    make_watch(account, orders, threshold=77, state=WatchState.FIRING, mail_to="me@example.com")
    make_watch(account, orders, threshold=55, queue_id="f" * 32)

    own, team = (signed_in(each).get(address).content.decode() for each in (cast.owner, cast.teammate))

    for shown, whose in ((own, "yours"), (team, "of owner")):
        assert "Watches of this queue" in shown
        assert "more than 77 messages wait" in shown
        assert f">{whose}<" in shown
        assert "55 messages" not in shown
    assert "me@example.com" not in team


def test_the_webhook_is_sealed_and_never_shown(
    browser: Client, account: Account, orders: QueueHandle, http: HttpReceiver
) -> None:
    add(browser, account, orders, url=f"{http.url}/t0ken", secret=SECRET)

    watch = Watch.objects.get()
    assert vault.unseal(watch.sealed_secret).decode() == SECRET
    everything = page(browser) + browser.get(reverse("watch_edit", args=[watch.pk])).content.decode()
    everything += json.dumps([entry.parameters for entry in AuditEntry.objects.all()])
    assert f"{http.url}/…" in everything
    assert "t0ken" not in everything
    assert SECRET not in everything


def test_a_change_keeps_the_webhook_and_begins_anew(
    browser: Client, watch: Watch, orders: QueueHandle, loop: Loop
) -> None:
    orders.push_many([1, 2, 3])
    loop.turn()
    before = bytes(watch.sealed_url)

    browser.post(reverse("watch_edit", args=[watch.pk]), form(limit="7"))

    watch.refresh_from_db()
    assert (watch.threshold, watch.state, bytes(watch.sealed_url)) == (7, WatchState.UNKNOWN, before)
    assert AuditEntry.objects.get(action=Action.WATCH_EDIT).parameters == {
        "watch": watch.pk,
        "kind": "backlog",
        "threshold": "2 → 7",
        "minutes": "0 → 5",
    }
    assert "told “fired" not in page(browser), "that was the watch as it was"
    browser.post(reverse("watch_edit", args=[watch.pk]), form(told="none"))
    watch.refresh_from_db()
    assert (watch.webhook_place, bytes(watch.sealed_url)) == ("", b"")


def test_a_test_is_sent_at_once(browser: Client, watch: Watch, http: HttpReceiver) -> None:
    answer = browser.post(reverse("watch_test", args=[watch.pk]), follow=True)

    said = f"Test of the watch on orders (more than 2 messages wait): {http.url} answered 204 (No Content)."
    assert said in answer.content.decode()
    ((_, body),) = http.taken
    assert json.loads(body)["type"] == "watch.test"
    assert AuditEntry.objects.get().action == Action.WATCH_TEST


def test_a_test_that_does_not_arrive_says_why(
    browser: Client, watch: Watch, http: HttpReceiver, settings: Settings
) -> None:
    settings.WATCH_PRIVATE_ADDRESSES = []

    answer = browser.post(reverse("watch_test", args=[watch.pk]), follow=True)

    assert f"It did not arrive at {http.url}: it is at a private address" in answer.content.decode()
    assert (AuditEntry.objects.get().outcome, AuditEntry.objects.get().reason) == (Outcome.FAILED, "private-address")


def test_a_test_that_one_does_not_take_is_sent_to_the_other_and_says_how_each_went(
    browser: Client, account: Account, orders: QueueHandle, http: HttpReceiver, settings: Settings
) -> None:
    settings.HAS_MAIL_SERVER, settings.EMAIL_FROM = True, "queuescope@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    watch = make_watch(account, orders, http, mail_to="me@example.com")
    http.answers.append((500, {}))

    answer = browser.post(reverse("watch_test", args=[watch.pk]), follow=True)

    assert (
        "The server for mail took the one to me@example.com. "
        f"It did not arrive at {http.url}: it answered 500 (Internal Server Error)."
    ) in answer.content.decode()
    assert (AuditEntry.objects.get().outcome, AuditEntry.objects.get().reason) == (Outcome.FAILED, "answered")


def test_whoever_is_told_is_not_flooded_with_tests(browser: Client, watch: Watch, http: HttpReceiver) -> None:
    for _ in range(3):
        answer = browser.post(reverse("watch_test", args=[watch.pk]), follow=True)

    shown = answer.content.decode()
    assert "Nothing was sent for the watch on orders (more than 2 messages wait)." in shown
    assert "A test of yours went less than 5 s ago. The next may go in 5 s." in shown
    assert "did not arrive" not in shown
    assert len(http.taken) == 1
    assert list(AuditEntry.objects.order_by("pk").values_list("outcome", flat=True)) == [
        Outcome.OK,
        Outcome.REFUSED,
        Outcome.REFUSED,
    ]


def test_an_address_that_no_mail_can_reach_says_so(browser: Client, account: Account, orders: QueueHandle) -> None:
    watch = make_watch(account, orders, mail_to="me@example.com")

    shown = page(browser)

    assert "mail cannot be told: no mail server is set" in shown
    assert reverse("watch_test", args=[watch.pk]) not in shown


def test_a_list_of_watches_reads_one_notice_of_each_way(browser: Client, account: Account, orders: QueueHandle) -> None:
    for minutes in (1, 2):
        watch = make_watch(account, orders, minutes=minutes)
        for number in range(4):
            at = timezone.now() - timedelta(minutes=number)
            for way in ("mail", "webhook"):
                WatchNotice.objects.create(watch=watch, kind="watch.fired", way=way, made_at=at, next_at=at)

    found = list(watches.of(watch.owner))

    assert [sorted(notice.way for notice in each.notices.all()) for each in found] == [["mail", "webhook"]] * 2


def test_what_could_not_be_told_of_a_watch_that_is_gone_is_not_lost(
    browser: Client, watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop
) -> None:
    orders.push_many([1, 2, 3])
    loop.turn()
    http.answers.append((500, {}))
    browser.post(reverse("watch_remove", args=[watch.pk]))
    loop.wait(days=6)
    loop.tell()

    shown = " ".join(page(browser).split())
    assert "orders: “resolved” by webhook: 1 try failed, next" in shown
    assert "It answered 500 (Internal Server Error)." in shown


def test_it_is_asked_before_a_watch_is_removed(
    browser: Client, watch: Watch, orders: QueueHandle, http: HttpReceiver, loop: Loop
) -> None:
    address = reverse("watch_remove", args=[watch.pk])
    asked = browser.get(address).content.decode()
    assert "Remove the watch on orders?" in asked
    assert "Nobody is told. Its webhook address and signing secret are deleted with it." in asked
    assert "Neither can be shown again, so another watch needs them typed anew." in asked
    orders.push_many([1, 2, 3])
    loop.turn()

    asked = browser.get(address, headers={"HX-Request": "true"}).content.decode()

    assert asked.strip().startswith("<dialog")
    assert "<b>It fires now.</b>" in asked
    assert f"Told as its end: {http.url}, as far as they heard that it fires." in asked
    assert Watch.objects.exists(), "a question removes nothing"


def test_a_watch_is_removed_though_its_owner_may_no_longer_watch(browser: Client, watch: Watch, cast: Cast) -> None:
    cast.owner.groups.clear()

    browser.post(reverse("watch_remove", args=[watch.pk]))

    assert not Watch.objects.exists()
    assert AuditEntry.objects.get().action == Action.WATCH_REMOVE


def test_the_page_says_why_a_watch_stopped_and_how_the_last_notice_went(
    browser: Client, watch: Watch, account: Account, orders: QueueHandle, http: HttpReceiver, loop: Loop
) -> None:
    http.answers.append((500, {}))
    orders.push_many([1, 2, 3])
    loop.turn()
    shown = page(browser)
    assert "last: 3 messages wait" in shown
    assert "“fired” by webhook: 1 try failed, next at" in shown
    assert "It answered 500 (Internal Server Error)." in shown

    account.credential.delete()

    assert watch_rights.GONE in page(browser)


def test_what_nobody_checks_is_said(browser: Client, watch: Watch, loop: Loop) -> None:
    loop.turn()
    Watch.objects.update(checked_at=loop.clock.now())

    assert "Nothing checks it: manage.py watch does." in page(browser)


def test_with_what_others_share_nothing_is_watched(cast: Cast, account: Account, orders: QueueHandle) -> None:
    share(account.credential, make_team(teammate="Operator"), Operator=LOOKING)
    browser = signed_in(cast.teammate)

    answer = add(browser, account, orders)

    assert answer.status_code == 403
    assert not Watch.objects.exists()
    assert AuditEntry.objects.latest("pk").outcome == Outcome.REFUSED
    there = reverse("watch_add", args=[account.pk, orders.id])
    assert there not in browser.get(reverse("queue", args=[account.pk, orders.id])).content.decode()


def test_a_queue_that_is_not_there_cannot_be_watched(browser: Client, account: Account) -> None:
    assert browser.get(reverse("watch_add", args=[account.pk, "f" * 32])).status_code == 404


def test_watches_that_fire_come_first(browser: Client, account: Account, orders: QueueHandle) -> None:
    make_watch(account, orders, kind=WatchKind.OLDEST_AGE, threshold=60, state=WatchState.OK)
    make_watch(account, orders, threshold=77, state=WatchState.FIRING)

    shown = page(browser)

    assert shown.index("77 messages") < shown.index("the oldest message")


def test_a_team_sees_what_is_watched_by_a_credential_that_it_shares(
    cast: Cast, account: Account, orders: QueueHandle, http: HttpReceiver
) -> None:
    """To read: neither whom it tells, nor a filter and ids."""
    share(account.credential, make_team(teammate="Operator"), Operator=LOOKING)
    make_watch(account, orders, http, mail_to="me@example.com", threshold=77)
    known: dict[str, Any] = {
        "state": WatchState.FIRING,
        "known_at": timezone.now(),
        "value": 1,
        "message_ids": ["a" * 32],
    }
    hidden = make_watch(account, orders, kind=WatchKind.MESSAGE, query="body.card:4111", threshold=1, **known)

    shown = page(signed_in(cast.teammate))

    assert "Of your teams" in shown
    assert "more than 77 messages wait" in shown
    assert "1 message matches" in shown
    assert "owner" in shown
    for secret in ("me@example.com", http.url, "4111", "a" * 32, reverse("watch_edit", args=[hidden.pk])):
        assert secret not in shown
    assert signed_in(cast.teammate).get(reverse("watch_edit", args=[hidden.pk])).status_code == 404
    assert signed_in(cast.teammate).post(reverse("watch_test", args=[hidden.pk])).status_code == 404
    assert "Of your teams" not in page(signed_in(cast.owner)), "one's own are there already"


@pytest.mark.parametrize("how", ["no team", "rule", "role", "withdrawn"])
def test_nobody_else_does(cast: Cast, account: Account, orders: QueueHandle, how: str) -> None:
    make_watch(account, orders, threshold=77)
    limits = {"Viewer": ("see_queues",)} if how == "role" else {"Operator": LOOKING}
    if how != "no team":
        share(account.credential, make_team(teammate="Operator"), **limits)
    if how == "rule":
        QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern="ord*", created_by="admin")
    if how == "withdrawn":
        Share.objects.all().delete()

    assert "77 messages" not in page(signed_in(cast.teammate))


def test_whoever_may_not_watch_is_not_told_to(cast: Cast) -> None:
    shown = page(signed_in(cast.viewer))

    assert "Your role may not watch queues." in shown
    assert "choose “Watch”" not in shown


def test_whoever_watches_nothing_is_told_by_which_button(browser: Client) -> None:
    assert "Open a queue and choose “Watch”" in page(browser)


def test_what_fires_is_counted_on_every_page(browser: Client, account: Account, orders: QueueHandle) -> None:
    assert "alarm" not in page(browser)
    make_watch(account, orders, state=WatchState.FIRING)

    shown = browser.get(reverse("leases")).content.decode()

    assert '<span class="sr">Watches, 1 firing</span>' in shown
