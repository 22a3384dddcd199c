"""The form of a watch: what is wrong is said beside its field, and it asks nobody outside."""

import socket
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from queues_app import vault
from queues_app.delivery import SigningKey
from queues_app.models import Account, Watch
from queues_app.sandbox import QueueHandle
from tests.support.receivers import HttpReceiver
from tests.watching.conftest import SECRET, add

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"limit": ""}, "Type a number."),
        ({"limit": "-1"}, "This is less than 0."),
        ({"kind": "growth", "minutes": ""}, "Type within how many minutes."),
        ({"kind": "message"}, "Type a filter, as on the queue’s page."),
        ({"kind": "message", "query": "("}, 'id="query-error"'),
        ({"quiet_from": "22:00"}, "Quiet hours need a beginning and an end."),
        ({"quiet_from": "10:00", "quiet_until": "10:00"}, "These are the same. For no quiet hours leave both empty."),
        ({"quiet_from": "10:00:00.5", "quiet_until": "11:00"}, "This is no time of day such as 22:00."),
        ({"quiet_from": "10:00", "quiet_until": "11:00:30"}, "This is no time of day such as 22:00."),
        ({"secret": SECRET}, "A webhook needs an address, too."),
        ({"url": "ftp://x"}, "A webhook begins with https://."),
        ({"url": "https://10.1.2.3/hook"}, "It is at a private address"),
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
    assert "It is at a private address" in answer.content.decode()


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
    assert 'name="limit"' in focused


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
