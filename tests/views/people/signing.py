"""What the tests of people do at a browser."""

from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from tests.support.people import PASSWORD


def sign_in(browser: Client, name: str = "owner", password: str = PASSWORD) -> Any:
    return browser.post("/sign-in/", {"login": name, "password": password})


def is_signed_in(browser: Client) -> bool:
    return bool(browser.get("/credentials/").status_code == 200)


def confirm(browser: Client, password: str = PASSWORD) -> Any:
    return browser.post("/you/confirm/", {"password": password})


def code_of(secret: str, *, later: int = 0) -> str:
    """What an authenticator app would show now, or so many steps of 30 s later."""
    counter = int(timezone.now().timestamp()) // 30 + later
    return str(format_hotp_value(hotp_value(secret.replace(" ", ""), counter)))


def with_app(browser: Client) -> str:
    """Add an authenticator app; its secret."""
    confirm(browser)
    secret: str = browser.get("/you/app/").context["secret"]
    assert browser.post("/you/app/", {"code": code_of(secret)}).status_code == 302
    return secret
