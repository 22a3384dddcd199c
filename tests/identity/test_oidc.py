"""Signing in by OpenID Connect, against a real provider over HTTP."""

import base64
import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from queues_app.models import Action, AuditEntry, Outcome, User
from queues_app.operations import people
from tests.identity.provider import Provider, made_key
from tests.support.people import PASSWORD, Cast
from tests.views.people.signing import code_of, is_signed_in, sign_in, with_app

START = "/sign-in/oidc/"


def begin(browser: Client, back: str = "") -> str:
    answer = browser.get(START, {"next": back} if back else {})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def go(browser: Client, provider: Provider, sub: str = "ana") -> Any:
    return browser.get(provider.agree(begin(browser), sub))


def entry(action: Action = Action.SIGN_IN) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("pk")


def refused(browser: Client, answer: Any, reason: str, *, status: int = 403) -> None:
    assert (answer.status_code, is_signed_in(browser)) == (status, False)
    assert (entry().reason, entry().parameters) == (reason, {"by": "OIDC"})


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


FOREIGN = made_key("second")
DEEP = b"[" * 200_000

LIES: dict[str, Callable[[Provider, dict[str, Any]], str]] = {
    "another audience": lambda it, claims: it.signed({**claims, "aud": "another-client"}),
    "no audience": lambda it, claims: it.signed({k: v for k, v in claims.items() if k != "aud"}),
    "several audiences and no party": lambda it, claims: it.signed(
        {**claims, "aud": ["queuescope", "other"], "azp": "other"}
    ),
    "another issuer": lambda it, claims: it.signed({**claims, "iss": "https://login.example.com"}),
    "expired": lambda it, claims: it.signed({**claims, "exp": time.time() - 60}),
    "never expiring": lambda it, claims: it.signed({k: v for k, v in claims.items() if k != "exp"}),
    "not yet valid": lambda it, claims: it.signed({**claims, "nbf": time.time() + 600}),
    "another nonce": lambda it, claims: it.signed({**claims, "nonce": "of another sign-in"}),
    "no nonce": lambda it, claims: it.signed({k: v for k, v in claims.items() if k != "nonce"}),
    "no subject": lambda it, claims: it.signed({k: v for k, v in claims.items() if k != "sub"}),
    "an empty subject": lambda it, claims: it.signed({**claims, "sub": ""}),
    "a subject that is no text": lambda it, claims: it.signed({**claims, "sub": "\ud800"}),
    "a nonce that is no text": lambda it, claims: it.signed({**claims, "nonce": "\ud800"}),
    "expiring never in numbers": lambda it, claims: it.signed({**claims, "exp": float("inf")}),
    "expiring in a list": lambda it, claims: it.signed({**claims, "exp": [1]}),
    "nested without end": lambda it, claims: ".".join((_part(b"[" * 11_000), _part(b"{}"), "AA")),
    "longer than any": lambda it, claims: it.signed({**claims, "more": "x" * 20_000}),
    "another key of this name": lambda it, claims: Provider.signed(_with(FOREIGN), claims),
    "an unknown key": lambda it, claims: it.signed(claims, headers={"kid": "third"}),
    "no signature": lambda it, claims: jwt.encode(claims, "", algorithm="none", headers={"kid": "second"}),
    "a shared secret": lambda it, claims: jwt.encode(
        claims, "the-clients-own-secret-of-32-bytes", algorithm="HS256", headers={"kid": "second"}
    ),
    "no token": lambda it, claims: "",
    "noise": lambda it, claims: "a.b.c",
}


def _part(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _with(key: dict[str, Any]) -> Provider:
    other = Provider.__new__(Provider)
    other.key = key
    return other


@pytest.mark.django_db
@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_right_signs_nobody_in(provider: Provider, lie: str) -> None:
    provider.person("ana", groups=["queue-admins"])
    provider.twist = lambda claims: LIES[lie](provider, claims)
    browser = Client()

    refused(browser, go(browser, provider), "bad-token")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_token_made_anew_with_nothing_changed_would_be_believed(provider: Provider) -> None:
    """So what is refused above is refused for its lie."""
    provider.person("ana", groups=["queue-admins"])
    provider.twist = provider.signed
    browser = Client()
    go(browser, provider)

    assert is_signed_in(browser)


@pytest.mark.django_db
def test_an_answer_that_this_browser_did_not_ask_for_is_refused(provider: Provider) -> None:
    provider.person("ana", groups=["queue-admins"])
    back = provider.agree(begin(Client()), "ana")
    victim = Client()

    refused(victim, victim.get(back), "bad-state")
    refused(victim, victim.get("/sign-in/oidc/return/?code=x"), "bad-state")


@pytest.mark.django_db
def test_an_answer_counts_once(provider: Provider) -> None:
    provider.person("ana", groups=["queue-admins"])
    browser = Client()
    back = provider.agree(begin(browser), "ana")
    browser.get(back)
    browser.post("/sign-out/")

    refused(browser, browser.get(back), "bad-state")


@pytest.mark.django_db
def test_saying_no_over_there_is_told_so(provider: Provider) -> None:
    browser = Client()
    answer = browser.get(provider.deny(begin(browser)))

    refused(browser, answer, "cancelled")
    assert b"was not finished at the other place" in answer.content


@pytest.mark.django_db
def test_a_provider_that_is_down_is_a_sentence(provider: Provider, settings: Settings) -> None:
    browser = Client()
    back = provider.agree(begin(browser), "ana")
    settings.OIDC_ISSUER = "http://127.0.0.1:9"

    for address in (START, back):
        answer = browser.get(address)
        refused(browser, answer, "provider-down", status=503)
        assert b"The place that answers for you does not do so at the moment" in answer.content
    assert browser.get("/sign-in/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "config",
    [{"issuer": "https://login.example.com"}, {"token_endpoint": None}, {"jwks_uri": "ftp://127.0.0.1/keys"}],
)
def test_a_provider_that_names_itself_otherwise_is_not_asked(provider: Provider, config: dict[str, Any]) -> None:
    provider.config = config
    browser = Client()

    refused(browser, browser.get(START), "provider-down", status=503)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", DEEP),
        ("/oauth2/token", b"[1, 2"),
        ("/oauth2/token", b"[1, 2]"),
        ("/oauth2/token", b'"an access_token"'),
        ("/oauth2/token", DEEP),
        ("/jwks", DEEP),
        ("/jwks", b'{"keys": [{"kty": "RSA", "kid": ["x"], "n": 5, "e": []}, {"kty": "EC", "crv": {}}, {"kty": 1}]}'),
        ("/userinfo", DEEP),
    ],
)
def test_a_provider_that_answers_nonsense_is_a_sentence(provider: Provider, path: str, answer: bytes) -> None:
    provider.person("ana", groups=["queue-admins"])
    provider.twist = lambda claims: provider.signed({k: v for k, v in claims.items() if k != "groups"})
    provider.answers = {path: answer}
    browser = Client()

    begun = browser.get(START)
    back = provider.agree(begun.headers["Location"], "ana") if begun.status_code == 302 else START
    refused(browser, browser.get(back), "provider-down", status=503)


@pytest.mark.django_db
def test_a_token_for_the_userinfo_that_no_header_holds_is_a_sentence(provider: Provider) -> None:
    provider.person("ana", groups=["queue-admins"])
    browser = Client()
    back = provider.agree(begin(browser), "ana")

    def twist(claims: dict[str, Any]) -> str:
        token = provider.signed({k: v for k, v in claims.items() if k != "groups"})
        provider.answers = {"/oauth2/token": json.dumps({"access_token": "\u0142", "id_token": token}).encode()}
        return token

    provider.twist = twist
    refused(browser, browser.get(back), "provider-down", status=503)


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
