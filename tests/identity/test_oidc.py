"""Signing in by OpenID Connect, against a real provider over HTTP."""

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from queues_app.models import Action, AuditEntry, Outcome, User
from queues_app.operations import people
from tests.identity.provider import Provider
from tests.identity.signing_in import START, begin, entry, go, refused
from tests.support.people import PASSWORD, Cast
from tests.views.people.signing import code_of, is_signed_in, sign_in, with_app


@pytest.mark.django_db
def test_a_person_is_made_at_the_first_time_and_found_again(provider: Provider) -> None:
    provider.person("ana", groups=["queue-operators", "cooks"])
    browser = Client()
    back = provider.agree(begin(browser, back="/audit/"), "ana")
    answer = browser.get(back)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/audit/")
    assert is_signed_in(browser)
    ana = User.objects.get()
    assert (ana.username, ana.get_full_name(), ana.has_usable_password()) == ("ana", "Ana Reyes", False)
    assert people.role_of(ana) == "Operator"
    joined = entry(Action.JOIN)
    assert (joined.outcome, joined.user_id, joined.parameters) == (
        Outcome.OK,
        ana.pk,
        {"role": "Operator", "by": "OIDC"},
    )
    assert (entry().outcome, entry().user_id, entry().parameters) == (Outcome.OK, ana.pk, {"by": "OIDC"})

    assert go(Client(), provider).status_code == 302
    assert User.objects.count() == 1
    assert not AuditEntry.objects.filter(action=Action.ROLE).exists()


@pytest.mark.django_db
def test_the_request_carries_state_nonce_and_a_challenge_and_the_exchange_its_verifier(provider: Provider) -> None:
    provider.person("ana", groups=["queue-operators"])
    browser = Client()
    location = begin(browser)
    asked = parse_qs(urlsplit(location).query)
    browser.get(provider.agree(location, "ana"))

    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://testserver/sign-in/oidc/return/"]
    assert provider.exchanges[0]["code_verifier"]
    assert parse_qs(urlsplit(begin(Client())).query)["nonce"] != asked["nonce"]


@pytest.mark.django_db
def test_roles_follow_the_groups_at_each_sign_in_on_the_record(provider: Provider, cast: Cast) -> None:
    provider.person("ana", groups=["queue-operators"])
    go(Client(), provider)
    provider.person("ana", groups=["queue-admins"])
    go(Client(), provider)

    ana = User.objects.get(username="ana")
    assert people.role_of(ana) == "Admin"
    change = entry(Action.ROLE)
    assert (change.outcome, change.user_id) == (Outcome.OK, ana.pk)
    assert change.parameters == {"person": "ana", "role": "Operator → Admin", "by": "OIDC"}


@pytest.mark.django_db
def test_whoever_left_every_group_is_refused(provider: Provider) -> None:
    provider.person("ana", groups=["queue-operators"])
    go(Client(), provider)
    provider.person("ana", groups=["cooks"])
    browser = Client()
    answer = go(browser, provider)

    refused(browser, answer, "no-role")
    assert b"You are in no group that has a role here" in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("groups", [None, [], "cooks", {"queue-admins": True}, [["queue-admins"]], 7])
def test_without_a_mapped_group_nobody_is_made(provider: Provider, groups: object) -> None:
    provider.person("ana", groups=groups)
    browser = Client()

    refused(browser, go(browser, provider), "no-role")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_last_administrator_keeps_the_role_and_the_refusal_is_on_the_record(provider: Provider) -> None:
    provider.person("ana", groups=["queue-admins"])
    go(Client(), provider)
    provider.person("ana", groups=["queue-operators"])
    browser = Client()
    go(browser, provider)

    assert is_signed_in(browser)
    assert people.role_of(User.objects.get()) == "Admin"
    assert (entry(Action.ROLE).outcome, entry(Action.ROLE).reason) == (Outcome.REFUSED, "last-administrator")


def test_whoever_is_closed_here_stays_closed(provider: Provider, cast: Cast) -> None:
    provider.person("ana", groups=["queue-operators"])
    browser = Client()
    go(browser, provider)
    people.close(caller=people.CONSOLE, person=User.objects.get(username="ana"))

    assert not is_signed_in(browser)
    refused(browser, go(browser, provider), "account-closed")


@pytest.mark.parametrize("name", ["owner", "OWNER"])
def test_no_account_is_taken_over_by_its_name(provider: Provider, cast: Cast, name: str) -> None:
    provider.person("mallory", preferred_username=name, groups=["queue-admins"])
    browser = Client()
    answer = go(browser, provider, "mallory")

    assert (answer.status_code, is_signed_in(browser)) == (403, False)
    assert (entry(Action.JOIN).outcome, entry(Action.JOIN).reason) == (Outcome.REFUSED, "name-taken")
    assert not SocialAccount.objects.exists()
    assert people.role_of(cast.owner) == "Operator"


def test_whoever_is_signed_in_already_is_not_joined_to_what_comes(provider: Provider, cast: Cast) -> None:
    """allauth would connect the two, if the address asked for it."""
    provider.person("ana", groups=["queue-operators"])
    browser = Client()
    sign_in(browser)
    location = browser.get(START, {"process": "connect"}).headers["Location"]
    browser.get(provider.agree(location, "ana"))

    assert SocialAccount.objects.get().user.username == "ana"
    assert browser.get("/you/").context["name"] == "ana"


@pytest.mark.django_db
def test_a_name_of_the_mail_stands_in_and_without_any_nobody_is_made(provider: Provider) -> None:
    provider.person("ana", preferred_username="ana reyes", email="ana@example.com", groups=["queue-operators"])
    provider.person("bo", preferred_username="", email="", groups=["queue-operators"])
    browser = Client()
    go(Client(), provider)

    refused(browser, go(browser, provider, "bo"), "no-name")
    assert User.objects.get().username == "ana@example.com"


@pytest.mark.django_db
def test_a_full_name_is_one_line_of_what_can_be_printed(provider: Provider) -> None:
    provider.person("ana", groups=["queue-operators"])
    provider.twist = lambda claims: provider.signed({**claims, "name": "Ana\0\ud800 \u202eRe\r\nyes" + "s" * 400})
    go(Client(), provider)

    name = User.objects.get().get_full_name()
    assert (name[:9], len(name)) == ("Ana Reyes", 150)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["ana\0", "a\r\nb", "ana\u202e", "a" * 151, "\ud800", "<b>", "ana reyes", "/etc", ["ana"]]
)
def test_a_name_that_is_none_makes_nobody(provider: Provider, name: object) -> None:
    provider.person("ana", groups=["queue-operators"])
    provider.twist = lambda claims: provider.signed({**claims, "preferred_username": name, "email": name})
    browser = Client()

    refused(browser, go(browser, provider), "no-name")
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "https://other.example.com/", "javascript:x"]
)
def test_nobody_is_sent_on_to_another_host(provider: Provider, settings: Settings, back: str) -> None:
    settings.ALLOWED_HOSTS = ["testserver", ".example.com"]
    provider.person("ana", groups=["queue-operators"])
    browser = Client()

    assert browser.get(provider.agree(begin(browser, back), "ana")).headers["Location"] == "/"


@pytest.mark.django_db
def test_the_session_of_before_is_not_gone_on_with(provider: Provider) -> None:
    provider.person("ana", groups=["queue-operators"])
    browser = Client()
    location = begin(browser)
    before = browser.session.session_key
    browser.get(provider.agree(location, "ana"))

    assert is_signed_in(browser)
    assert browser.session.session_key != before


@pytest.mark.django_db
def test_what_only_the_userinfo_says_counts_when_it_is_of_the_same_person(provider: Provider) -> None:
    provider.person("ana", groups=["queue-operators"])
    provider.twist = lambda claims: provider.signed({k: v for k, v in claims.items() if k != "groups"})
    browser = Client()
    go(browser, provider)
    assert is_signed_in(browser)

    provider.twist = lambda claims: provider.signed({**{k: v for k, v in claims.items() if k != "groups"}, "sub": "bo"})
    other = Client()
    refused(other, go(other, provider), "bad-token")


@pytest.mark.django_db
def test_no_token_is_kept_or_logged(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    provider.person("ana", groups=["queue-admins"], email="ana@example.com")
    seen: list[str] = []

    def twist(claims: dict[str, Any]) -> str:
        seen.append(provider.signed(claims))
        return seen[-1]

    provider.twist = twist
    browser = Client()
    with caplog.at_level(logging.DEBUG, logger="queues_app"):
        go(browser, provider)

    assert not SocialToken.objects.exists()
    assert SocialAccount.objects.get().extra_data == {}
    kept = str(list(AuditEntry.objects.values())) + str(dict(browser.session)) + caplog.text
    for secret in (seen[0], provider.exchanges[0]["code"], "the-clients-own-secret"):
        assert secret not in kept


def test_a_second_factor_of_here_is_asked_for_and_none_is_needed(provider: Provider, cast: Cast) -> None:
    provider.person("ana", groups=["queue-operators"])
    browser = Client()
    go(browser, provider)
    secret = with_app(browser)
    other = Client()
    answer = go(other, provider)

    assert answer.headers["Location"].startswith("/sign-in/second-step/")
    assert not is_signed_in(other)
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):  # a code is taken once
        other.post("/sign-in/second-step/", {"code": code_of(secret)})
    assert is_signed_in(other)
    assert entry().parameters == {"by": "OIDC, code"}


def test_whom_the_provider_answers_for_cannot_pass_it_by(provider: Provider, cast: Cast) -> None:
    provider.person("ana", groups=["queue-operators"])
    go(Client(), provider)
    ana = User.objects.get(username="ana")
    ana.set_password(PASSWORD)
    ana.save()
    browser = Client()
    answer = sign_in(browser, "ana")

    assert (answer.status_code, is_signed_in(browser)) == (403, False)
    assert (entry().outcome, entry().reason) == (Outcome.REFUSED, "signs-in-elsewhere")


def test_with_local_sign_in_off_only_the_provider_is_left(provider: Provider, cast: Cast, settings: Settings) -> None:
    settings.LOCAL_SIGN_IN = False
    page = Client().get("/sign-in/").content.decode()
    assert "Sign in with Acme" in page
    assert "password" not in page.lower()
    assert "passkey" not in page.lower()

    browser = Client()
    for address, form in (
        ("/sign-in/", {"login": "owner", "password": PASSWORD}),
        ("/sign-in/passkey/", {"credential": "{}"}),
        ("/join/", {"word": "x", "name": "zoe", "new": PASSWORD}),
    ):
        assert browser.post(address, form).status_code == 403, address
        assert entry().reason == "local-sign-in-off"
    assert browser.get("/join/?word=x").status_code == 403
    assert browser.get("/sign-in/passkey/").status_code == 403
    assert not is_signed_in(browser)


def test_with_local_sign_in_off_nobody_invites(provider: Provider, cast: Cast, settings: Settings) -> None:
    settings.LOCAL_SIGN_IN = False
    browser = Client()
    browser.force_login(cast.admin)

    assert "/people/invite/" not in browser.get("/people/").content.decode()
    assert browser.post("/people/invite/", {"role": "Operator"}).status_code == 403
    assert (entry(Action.INVITE).outcome, entry(Action.INVITE).reason) == (Outcome.REFUSED, "local-sign-in-off")


@pytest.mark.django_db
def test_without_a_provider_there_is_no_way_to_one() -> None:
    assert Client().get(START).status_code == 404
    assert Client().get("/sign-in/oidc/return/").status_code == 404
    assert "Sign in with" not in Client().get("/sign-in/").content.decode().replace("Sign in with a passkey", "")


@pytest.mark.django_db
def test_signing_out_is_of_here(provider: Provider) -> None:
    provider.person("ana", groups=["queue-operators"])
    browser = Client()
    go(browser, provider)
    answer = browser.post("/sign-out/")

    assert answer.headers["Location"] == "/sign-in/"
    assert not is_signed_in(browser)
