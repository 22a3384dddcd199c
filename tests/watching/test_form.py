"""The form of a watch: what is wrong is said beside its field, and it asks nobody outside."""

import socket
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from queues_app import vault
from queues_app.delivery import SigningKey
from queues_app.models import Account, Effect, QueueRule, Watch
from queues_app.sandbox import QueueHandle, Sandbox
from tests.support.queues import NOW
from tests.support.receivers import HttpReceiver
from tests.watching.conftest import SECRET, add, form

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"limit": ""}, "Type the limit."),
        ({"limit": "many"}, "The limit is no whole number."),
        ({"limit": "-1"}, "The limit is less than 0."),
        ({"kind": "growth", "minutes": "0"}, "Growth is measured within 1 minute or more."),
        ({"kind": "message"}, "Type a filter, as on the queue’s page."),
        ({"kind": "message", "query": "("}, 'id="query-error"'),
        ({"quiet_from": "22:00"}, "Quiet hours need a beginning and an end."),
        ({"quiet_from": "10:00", "quiet_until": "10:00"}, "These are the same. For no quiet hours leave both empty."),
        ({"quiet_from": "10:00:00.5", "quiet_until": "11:00"}, "This is no time of day such as 22:00."),
        ({"quiet_from": "10:00", "quiet_until": "11:00:30"}, "This is no time of day such as 22:00."),
        ({"secret": SECRET}, "A webhook needs an address, too."),
        ({"url": "ftp://x"}, "A webhook begins with https://."),
        ({"url": "https://10.1.2.3/hook"}, "An administrator can allow it in WATCH_PRIVATE_ADDRESSES."),
        ({"url": "syslog+tls://logs.example.com", "secret": SECRET}, "A webhook begins with https://."),
        ({"url": "https://a b/", "secret": SECRET}, "This address holds a blank, or what is not plain ASCII."),
        ({"url": "https://hooks.example.com/", "secret": "whsec_AAAA"}, "This is not whsec_ and 24 to 64 random bytes"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    browser: Client, account: Account, orders: QueueHandle, fields: dict[str, str], sentence: str
) -> None:
    answer = add(browser, account, orders, **fields)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert SECRET not in answer.content.decode()
    assert not Watch.objects.exists()


def test_a_form_asks_for_no_name_so_it_tells_of_none_whether_it_is_there(
    browser: Client, account: Account, orders: QueueHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, asked, host = socket.getaddrinfo, [], "inner.example.com"

    def getaddrinfo(name: Any, *args: Any, **kwargs: Any) -> Any:
        if name == host and not kwargs.get("flags", 0) & socket.AI_NUMERICHOST:
            asked.append(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    answer = add(browser, account, orders, url=f"https://{host}/hook", secret=SECRET)

    assert (answer["Location"], asked) == (reverse("watches"), [])


@pytest.mark.parametrize("host", ["localhost", "redis:6379", "metadata.google.internal", "10.1"])
def test_what_can_only_be_inside_is_refused_beside_the_field(
    browser: Client, account: Account, orders: QueueHandle, settings: Settings, host: str
) -> None:
    settings.WATCH_PRIVATE_ADDRESSES = []
    answer = add(browser, account, orders, url=f"https://{host}/hook", secret=SECRET)

    assert answer.status_code == 422
    assert "Webhooks to a private address, or one of this machine, are not allowed here." in answer.content.decode()
    assert "nothing was sent" not in answer.content.decode()


def test_a_secret_that_is_not_typed_is_made_and_shown_once(
    browser: Client, account: Account, orders: QueueHandle, http: HttpReceiver
) -> None:
    shown = add(browser, account, orders, url=f"{http.url}/hook").content.decode()

    secret = vault.unseal(Watch.objects.get().sealed_secret).decode()
    SigningKey.read(secret)
    assert secret in shown
    assert "It is not shown again" in shown
    edit = browser.get(reverse("watch_edit", args=[Watch.objects.get().pk]))
    assert secret not in browser.get(reverse("watches")).content.decode() + edit.content.decode()


def test_what_was_typed_comes_back_with_the_focus_where_it_is_wrong_but_no_secret(
    browser: Client, account: Account, orders: QueueHandle, http: HttpReceiver
) -> None:
    shown = add(browser, account, orders, limit="", url=f"{http.url}/hook", secret=SECRET).content.decode()

    assert f'value="{http.url}/hook"' in shown
    assert SECRET not in shown
    assert "Type it again: a secret is in no page." in shown
    (focused,) = [line for line in shown.splitlines() if " autofocus" in line and "<input" in line]
    assert 'name="backlog_limit"' in focused


def test_the_same_watch_is_made_again_only_by_somebody_who_says_so(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    add(browser, account, orders)
    assert (
        "more than 100 messages wait"
        in browser.get(reverse("watch_add", args=[account.pk, orders.id])).content.decode()
    ), "those that there are stand on the form"

    again = add(browser, account, orders)
    assert (again.status_code, Watch.objects.count()) == (422, 1)
    assert "You have a watch on this queue that waits for the same." in again.content.decode()

    add(browser, account, orders, twice="on")
    assert Watch.objects.count() == 2


@time_machine.travel(NOW, tick=False)
def test_the_form_says_how_the_queue_stands_as_far_as_that_is_remembered(
    browser: Client, account: Account, orders: QueueHandle, sandbox: Sandbox
) -> None:
    orders.push("old", age_s=3 * 3600)
    orders.push("new")
    address = reverse("watch_add", args=[account.pk, orders.id])
    assert "As of" not in browser.get(address).content.decode()
    browser.get(reverse("queue", args=[account.pk, orders.id]))
    counted = sandbox.count("metrics")

    said = "2 messages wait, the oldest is 3 h 0 min old."
    assert said in browser.get(address).content.decode()
    add(browser, account, orders)
    edit = reverse("watch_edit", args=[Watch.objects.get().pk])
    assert said in browser.get(edit).content.decode()
    assert sandbox.count("metrics") == counted


def test_a_watch_that_may_ask_no_more_tells_its_owner_nothing_newer(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    orders.push("new")
    add(browser, account, orders)
    edit = reverse("watch_edit", args=[Watch.objects.get().pk])
    browser.get(reverse("queue", args=[account.pk, orders.id]))
    assert "1 message waits" in browser.get(edit).content.decode()
    QueueRule.objects.create(effect=Effect.DENY, permissions=["see_queues"], pattern="ord*", created_by="admin")

    assert "1 message waits" not in browser.get(edit).content.decode()


def test_all_that_is_wrong_is_said_at_once(browser: Client, account: Account, orders: QueueHandle) -> None:
    shown = add(
        browser, account, orders, kind="growth", limit="many", minutes="0", mail_to="nobody", url="https://10.0.0.1/x"
    ).content.decode()

    for sentence in (
        "The limit is no whole number.",
        "Growth is measured within 1 minute or more.",
        "This is no address for mail.",
        "Webhooks to a private address, or one of this machine, are not allowed here.",
    ):
        assert sentence in shown


def test_each_kind_keeps_its_own_limit_and_what_is_typed_for_another_does_no_harm(
    browser: Client, account: Account, orders: QueueHandle
) -> None:
    shown = add(browser, account, orders, growth_limit="many", url="ftp://x").content.decode()
    assert "The limit is no whole number." not in shown
    for name, value in (("growth_limit", "many"), ("backlog_limit", "100"), ("oldest_age_limit", "")):
        assert f'name="{name}" value="{value}"' in shown

    add(browser, account, orders, growth_limit="many")
    assert Watch.objects.get().threshold == 100


def test_where_no_mail_can_leave_a_watch_that_tells_by_mail_alone_is_made_only_by_somebody_who_says_so(
    browser: Client, account: Account, orders: QueueHandle, http: HttpReceiver
) -> None:
    refused = add(browser, account, orders, mail_to="me@example.com")
    assert (refused.status_code, Watch.objects.count()) == (422, 0)
    assert "No mail can leave this deployment, so this watch would tell nobody." in refused.content.decode()

    add(browser, account, orders, mail_to="me@example.com", unmailed="on")
    add(browser, account, orders, mail_to="me@example.com", limit="7", url=f"{http.url}/hook", secret=SECRET)
    add(browser, account, orders, limit="8")
    assert Watch.objects.count() == 3


def test_a_webhook_is_kept_exchanged_or_removed_by_choice(
    browser: Client, watch: Watch, orders: QueueHandle, http: HttpReceiver
) -> None:
    address, before = reverse("watch_edit", args=[watch.pk]), bytes(watch.sealed_url)
    shown = browser.get(address).content.decode()
    assert f"Keep {http.url}<" in shown
    assert "…." not in shown

    typed = {"url": f"{http.url}/other", "secret": SECRET}
    browser.post(address, form(told="keep", **typed))
    watch.refresh_from_db()
    assert bytes(watch.sealed_url) == before

    assert "Type the other address." in browser.post(address, form(told="another")).content.decode()
    browser.post(address, form(told="another", **typed))
    watch.refresh_from_db()
    assert vault.unseal(watch.sealed_url).decode() == f"{http.url}/other"


def test_a_watch_is_saved_and_tested_by_one_button(
    browser: Client, account: Account, orders: QueueHandle, http: HttpReceiver
) -> None:
    form_of = reverse("watch_add", args=[account.pk, orders.id])
    assert 'name="then" value="test"' in browser.get(form_of).content.decode()

    add(browser, account, orders, url=f"{http.url}/hook", secret=SECRET, then="test")

    shown = browser.get(reverse("watches")).content.decode()
    assert "orders is watched." in shown
    assert f"{http.url}/… answered 204 (No Content)." in shown
    assert len(http.taken) == 1


def test_no_test_is_sent_with_a_secret_that_nobody_has_yet(
    browser: Client, account: Account, orders: QueueHandle, http: HttpReceiver
) -> None:
    shown = add(browser, account, orders, url=f"{http.url}/hook", then="test").content.decode()

    assert http.taken == []
    assert reverse("watch_test", args=[Watch.objects.get().pk]) in shown


def test_the_form_leads_back_to_the_queue_by_its_name(browser: Client, account: Account, orders: QueueHandle) -> None:
    shown = browser.get(reverse("watch_add", args=[account.pk, orders.id])).content.decode()

    queue = reverse("queue", args=[account.pk, orders.id])
    assert f'<a class="up" href="{queue}">orders</a>' in shown
    assert f'href="{queue}">Cancel</a>' in shown
