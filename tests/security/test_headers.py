"""Every header of every kind of answer: a header more or less is seen here."""

from collections.abc import Mapping
from typing import Any, NoReturn

import pytest
from django.test import Client
from django.urls import reverse

from queues_app.views import audit
from tests.security.conftest import Belongings
from tests.support.people import PASSWORD, Cast, signed_in

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), usb=()",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": POLICY,
}
PAGE = {**ALWAYS, "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8"}
# How long, which request, and what it depends on: told elsewhere.
VARYING = {"Content-Length", "X-Request-ID", "Vary"}
HTMX = {"HX-Request": "true"}


def told(answer: Any) -> Mapping[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in VARYING}


@pytest.fixture
def browser(mine: Belongings) -> Client:
    browser = signed_in(mine.owner)
    browser.raise_request_exception = False
    return browser


def test_a_page(browser: Client, mine: Belongings) -> None:
    for name in ("audit", "credentials", "credential_add"):
        assert told(browser.get(reverse(name))) == PAGE
    assert told(browser.get(reverse("queue", args=[mine.account.pk, mine.queue_id]))) == PAGE


def test_a_part_of_a_page(browser: Client, mine: Belongings) -> None:
    args = [mine.account.pk, mine.queue_id, mine.pulled.pk, 0]
    assert told(browser.get(reverse("message", args=args), headers=HTMX)) == PAGE
    assert told(browser.get(reverse("queues", args=args[:1]), headers=HTMX)) == PAGE


def test_a_body_as_a_file(browser: Client, mine: Belongings) -> None:
    args = [mine.account.pk, mine.queue_id, mine.pulled.pk, 0]
    headers = dict(told(browser.get(reverse("message_body", args=args))))
    assert headers.pop("Content-Disposition").startswith("attachment; filename=")
    assert headers == {
        **PAGE,
        "Content-Type": "application/octet-stream",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def test_a_page_that_is_not_there(browser: Client) -> None:
    assert told(browser.get("/nothing/here/")) == PAGE
    assert told(browser.get("/credentials/4711/", headers=HTMX)) == PAGE
    assert told(Client().get("/nothing/here/")) == PAGE


def test_what_may_not_be_done(browser: Client) -> None:
    assert told(browser.get("/sign-out/")) == {**PAGE, "Allow": "POST"}
    strict = Client(enforce_csrf_checks=True)
    assert told(strict.post("/sign-in/")) == PAGE


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_mistake_of_ours(browser: Client, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> None:
    def fails(*args: object, **kwargs: object) -> NoReturn:
        message = "injected by the test"
        raise RuntimeError(message)

    monkeypatch.setattr(audit, "AuditFilterForm", fails)
    answer = browser.get("/audit/", headers=headers)
    assert answer.status_code == 500
    assert told(answer) == PAGE
    assert b"injected by the test" not in answer.content


def test_signing_in(cast: Cast) -> None:
    page = dict(told(Client().get("/sign-in/")))
    assert page.pop("Expires")  # allauth forbids to keep it in older words, too
    assert page == {**PAGE, "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private"}

    browser = Client()
    answer = browser.post("/sign-in/", {"login": "owner", "password": PASSWORD})
    assert "no-store" in answer.headers["Cache-Control"]
    assert {**told(answer), "Cache-Control": "no-store"}.items() >= {**PAGE, "Location": "/"}.items()


def test_a_redirect_to_sign_in(cast: Cast) -> None:
    assert told(Client().get("/audit/")) == {**PAGE, "Location": "/sign-in/?next=/audit/"}
    part = told(Client().get("/audit/", headers=HTMX))
    assert part == {**PAGE, "HX-Redirect": "/sign-in/?next=/"}


def test_a_host_that_is_not_ours() -> None:
    answer = Client().get("/nothing/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert told(answer) == PAGE


def test_cookies_are_for_this_site_alone(browser: Client, cast: Cast) -> None:
    visitor = Client()
    visitor.get("/sign-in/")
    visitor.post("/sign-in/", {"login": "owner", "password": PASSWORD})
    for name in ("sessionid", "csrftoken"):
        cookie = visitor.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    chosen = browser.post("/preferences/", {"theme": "dark"}).cookies["theme"]
    assert (chosen["samesite"], chosen["path"], chosen["domain"]) == ("Lax", "/", "")
