"""A provider of OpenID Connect that lies, is down or answers nonsense signs nobody in."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.test import Client
from pytest_django import Settings

from queues_app.models import User
from tests.identity.provider import Provider, made_key
from tests.identity.signing_in import START, begin, go, refused
from tests.views.people.signing import is_signed_in

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
