"""Signing in and out: on the record or not at all, and closed to everybody who has no business here."""

import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from queues_app.models import Action, AuditEntry, Outcome, User
from tests.support.people import PASSWORD, Cast, signed_in

SIGN_IN = "/sign-in/"
MISTYPED = "Tr0ub4dor-and-3-mistyped"


def sign_in(browser: Client, name: str = "owner", password: str = PASSWORD, **more: str) -> Any:
    return browser.post(SIGN_IN, {"login": name, "password": password, **more})


def is_signed_in(browser: Client) -> bool:
    return browser.get("/credentials/").status_code == 200


def only_entry() -> AuditEntry:
    return AuditEntry.objects.get(action=Action.SIGN_IN)


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit log cannot be written."""

    def full(self: AuditEntry, *args: object, **kwargs: object) -> None:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr(AuditEntry, "save", full)


def test_signing_in_is_on_the_record(cast: Cast) -> None:
    browser = Client()
    answer = sign_in(browser)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_signed_in(browser)
    entry = only_entry()
    assert (entry.outcome, entry.user_id, entry.user_name) == (Outcome.OK, cast.owner.pk, "owner")
    assert (entry.client_address, entry.request_id) == ("127.0.0.1", answer.headers["X-Request-ID"])
    assert entry.completed_at is not None


def test_a_wrong_password_is_on_the_record_and_opens_nothing(cast: Cast) -> None:
    browser = Client()
    answer = sign_in(browser, password=MISTYPED)

    assert answer.status_code in (200, 422)
    assert not is_signed_in(browser)
    entry = only_entry()
    assert (entry.outcome, entry.reason, entry.user_name) == (Outcome.FAILED, "wrong-password", "owner")


def test_a_name_typed_in_another_case_is_still_whose_it_is(cast: Cast) -> None:
    sign_in(Client(), name="OWNER", password=MISTYPED)

    assert (only_entry().user_id, only_entry().user_name) == (cast.owner.pk, "owner")


def test_a_name_that_nobody_has_is_not_written_down(cast: Cast) -> None:
    """It may be a password that was typed into the wrong field."""
    sign_in(Client(), name=MISTYPED)

    entry = only_entry()
    assert (entry.user_id, entry.user_name) == (None, "somebody unknown")
    assert MISTYPED not in str(AuditEntry.objects.values())


def test_an_unknown_name_and_a_wrong_password_look_the_same(cast: Cast) -> None:
    known, unknown = sign_in(Client(), password=MISTYPED), sign_in(Client(), name="nobody", password=MISTYPED)

    assert known.status_code == unknown.status_code
    assert _without_chance(known, "owner") == _without_chance(unknown, "nobody")


def test_too_many_wrong_passwords_are_refused_on_the_record_even_with_the_right_one(cast: Cast) -> None:
    for _ in range(5):
        sign_in(Client(), password=MISTYPED)
    browser = Client()
    sign_in(browser)

    assert not is_signed_in(browser)
    last = AuditEntry.objects.filter(action=Action.SIGN_IN).latest("pk")
    assert (last.outcome, last.reason) == (Outcome.REFUSED, "too-many-attempts")


def test_too_many_attempts_from_one_address_are_told_so(cast: Cast) -> None:
    answers = [sign_in(Client(), name=f"nobody{number}").status_code for number in range(31)]

    assert answers[-1] == 429
    browser = Client()
    assert sign_in(browser).status_code == 429
    assert not is_signed_in(browser)


@pytest.mark.usefixtures("unwritable")
def test_without_an_entry_nobody_signs_in(cast: Cast) -> None:
    browser = Client()
    answer = sign_in(browser)

    assert answer.status_code == 503
    assert "audit log cannot be written" in answer.content.decode()
    assert not is_signed_in(browser)
    assert not Session.objects.exists()


def test_a_sign_in_whose_end_cannot_be_written_gives_no_session_that_works(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = AuditEntry.save

    def fills_up(self: AuditEntry, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise DatabaseError("database or disk is full")
        written(self, *args, **kwargs)

    monkeypatch.setattr(AuditEntry, "save", fills_up)
    browser = Client()
    answer = sign_in(browser)

    assert answer.status_code == 503
    assert not is_signed_in(browser)
    assert only_entry().outcome == Outcome.UNKNOWN


def test_somebody_whose_account_is_closed_does_not_get_in_and_the_attempt_is_on_the_record(cast: Cast) -> None:
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    browser = Client()
    sign_in(browser)

    assert not is_signed_in(browser)
    entry = only_entry()
    assert (entry.outcome, entry.reason, entry.user_name) == (Outcome.REFUSED, "account-closed", "owner")


def test_signing_in_changes_the_session_s_key(cast: Cast) -> None:
    """Whoever planted a session beforehand does not share it afterwards."""
    browser = Client()
    planted = browser.session
    planted["planted"] = True
    planted.save()
    browser.cookies["sessionid"] = str(planted.session_key)
    sign_in(browser)

    assert browser.cookies["sessionid"].value != planted.session_key
    attacker = Client()
    attacker.cookies["sessionid"] = str(planted.session_key)
    assert not is_signed_in(attacker)


def test_signing_out_ends_the_session_on_the_server_and_is_on_the_record(cast: Cast) -> None:
    browser = Client()
    sign_in(browser)
    session = browser.cookies["sessionid"].value
    assert browser.post("/sign-out/").status_code == 302

    assert not Session.objects.filter(session_key=session).exists()
    assert AuditEntry.objects.get(action=Action.SIGN_OUT).outcome == Outcome.OK


@pytest.mark.usefixtures("unwritable")
def test_signing_out_is_never_refused(cast: Cast) -> None:
    """Somebody who leaves a shared machine must get out, also while nothing can be written down."""
    browser = signed_in(cast.owner)
    browser.post("/sign-out/")

    assert SESSION_KEY not in browser.session


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        " https://evil.example",
        "\thttps://evil.example",
        "http://testserver.evil.example/",
        "http://testserver@evil.example/",
        "///evil.example",
        "\x00/audit/",
    ],
)
def test_signing_in_leads_to_no_other_place_than_ours(cast: Cast, target: str) -> None:
    assert sign_in(Client(), next=target).headers["Location"] == "/"
    browser = Client()
    answer = browser.post(f"{SIGN_IN}?{_query(target)}", {"login": "owner", "password": PASSWORD})
    assert answer.headers["Location"] == "/"
    assert "evil.example" not in signed_in(cast.owner).get(f"{SIGN_IN}?{_query(target)}").headers["Location"]


def test_signing_in_leads_back_to_the_page_that_was_asked(cast: Cast) -> None:
    assert sign_in(Client(), next="/audit/?outcome=failed").headers["Location"] == "/audit/?outcome=failed"


@pytest.mark.django_db
def test_of_the_addresses_of_allauth_s_accounts_only_signing_in_and_out_and_confirming_exist(client: Client) -> None:
    names = {str(name) for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert {name for name in names if name.startswith("account_")} <= {
        "account_login",
        "account_logout",
        "account_inactive",
        "account_reauthenticate",
    }
    for name in ("account_signup", "account_reset_password", "account_email", "account_change_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for path in ("accounts/signup/", "accounts/login/", "sign-in/signup/", "signup/", "login/", "logout/", "admin/"):
        assert client.get(f"/{path}").status_code == 404, path
        assert client.post(f"/{path}", {"username": "new", "password1": PASSWORD}).status_code == 404, path
    assert not User.objects.exists()


def test_no_password_is_logged_or_shown_again(cast: Cast, records: pytest.LogCaptureFixture) -> None:
    answers = [sign_in(Client(), password=MISTYPED), sign_in(Client(), name=MISTYPED), sign_in(Client())]

    logged = "".join(str(vars(record)) for record in records.records)
    for secret in (MISTYPED, PASSWORD):
        assert secret not in logged
    assert MISTYPED not in answers[0].content.decode()


def test_the_session_s_cookie_is_out_of_reach_of_scripts_and_other_sites(cast: Cast) -> None:
    browser = Client()
    sign_in(browser)
    cookie = browser.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["domain"] == ""


def _query(target: str) -> str:
    return urlencode({"next": target})


def _without_chance(answer: HttpResponse, name: str) -> str:
    """The page without what differs from one request to the next."""
    text = answer.content.decode().replace(name, "NAME")
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    text = text.replace(answer.headers["X-Request-ID"], "")
    return re.sub(r'data-now(-ms)?="\d+"', "", text)
