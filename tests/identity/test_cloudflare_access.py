"""Behind Cloudflare Access: the header is believed when Cloudflare signed it for us, and never otherwise."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from queues_app.identity import tokens
from queues_app.identity.cloudflare_access import HEADER
from queues_app.models import Action, AuditEntry, Outcome, User
from queues_app.operations import people
from tests.identity.provider import made_key, served
from tests.support.people import Cast, signed_in
from tests.views.people.signing import code_of, is_signed_in, sign_in, with_app

AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"
PAGE = "/credentials/"


class Team:
    """The keys of a team, published as Cloudflare does."""

    def __init__(self) -> None:
        self.key = made_key("team-1")
        self.published = [self.key["public"]]
        self.is_down = False
        self.asked = 0
        self.address = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_right = environ["PATH_INFO"] == "/cdn-cgi/access/certs"
        self.asked += is_right
        status = "503 Down" if self.is_down else "200 OK" if is_right else "404 Not Found"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps({"keys": self.published, "public_certs": []}).encode()]

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What Cloudflare says of Ana; a claim changed to None is left out."""
        now = int(time.time())
        said = {
            "aud": [AUDIENCE],
            "email": "ana@example.com",
            "exp": now + 600,
            "iat": now,
            "nbf": now,
            "iss": self.address,
            "type": "app",
            "identity_nonce": "6ei69kawdKzMIAPF",
            "sub": "7335d417-61da-459d-899c-0a01c76a2f94",
            "country": "DE",
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def token(self, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        return jwt.encode(
            self.claims(**changes), self.key["private"], "RS256", headers={"kid": self.key["kid"], **(headers or {})}
        )


@pytest.fixture
def team(settings: Settings, db: None) -> Iterator[Team]:
    team = Team()
    tokens.keys_at.cache_clear()
    with served(team) as address:
        team.address = settings.ACCESS_TEAM_DOMAIN = address
        settings.ACCESS_AUDIENCE = AUDIENCE
        settings.ACCESS_ROLES = {"queue-admins": "Admin", "boss@example.com": "Admin"}
        settings.ACCESS_DEFAULT_ROLE = "Operator"
        yield team


def ask(browser: Client, token: str | None, address: str = PAGE, **more: Any) -> Any:
    headers = {} if token is None else {"Cf-Access-Jwt-Assertion": token}
    return browser.get(address, headers=headers, **more)


def come(browser: Client, token: str) -> Any:
    """The first page: it signs in and comes back to itself."""
    first = ask(browser, token)
    assert (first.status_code, first.headers["Location"]) == (302, PAGE)
    return ask(browser, token)


def entry(action: Action = Action.SIGN_IN) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("pk")


def test_a_person_is_made_by_the_first_request_and_stays_the_same(team: Team) -> None:
    browser = Client()
    assert come(browser, team.token()).status_code == 200

    ana = User.objects.get()
    assert (ana.username, people.role_of(ana), ana.has_usable_password()) == ("ana@example.com", "Operator", False)
    assert (entry().outcome, entry().parameters) == (Outcome.OK, {"by": "Cloudflare Access"})
    # A later token of the same person, as Cloudflare makes them anew, goes on with the session.
    assert ask(browser, team.token(iat=int(time.time()) - 5)).status_code == 200
    assert AuditEntry.objects.filter(action=Action.SIGN_IN).count() == 1
    assert team.asked == 1


@pytest.mark.parametrize(
    "said", [{"groups": ["queue-admins"]}, {"custom": {"groups": ["queue-admins"]}}, {"email": "boss@example.com"}]
)
def test_groups_and_addresses_give_roles(team: Team, said: dict[str, Any]) -> None:
    come(Client(), team.token(**said))

    assert people.role_of(User.objects.get()) == "Admin"


def test_without_a_usual_role_whoever_is_in_no_group_is_refused(team: Team, settings: Settings) -> None:
    settings.ACCESS_DEFAULT_ROLE = ""
    answer = ask(Client(), team.token())

    assert (answer.status_code, entry().reason) == (403, "no-role")
    assert not User.objects.exists()


OTHER = made_key("team-1")


def public_pem(team: Team) -> bytes:
    key = team.key["private"].public_key()
    return bytes(key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def with_public_key_as_secret(team: Team) -> str:
    """Made by hand: the library does not sign so."""

    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "kid": "team-1", "typ": "JWT"}) + b"." + part(team.claims())
    mac = base64.urlsafe_b64encode(hmac.digest(public_pem(team), signed, hashlib.sha256)).rstrip(b"=")
    return (signed + b"." + mac).decode()


def of_another(team: Team, **headers: Any) -> str:
    return jwt.encode(team.claims(), OTHER["private"], "RS256", headers={"kid": "team-1", **headers})


FORGERIES: dict[str, Callable[[Team], str]] = {
    "empty": lambda team: "",
    "noise": lambda team: "e30.e30.e30",
    "alg none": lambda team: jwt.encode(team.claims(), "", "none", headers={"kid": "team-1"}),
    "the public key as a shared secret": with_public_key_as_secret,
    "another algorithm of the same key": lambda team: jwt.encode(
        team.claims(), team.key["private"], "RS512", headers={"kid": "team-1"}
    ),
    "another key of the same name": of_another,
    "an unknown key": lambda team: of_another(team, kid="team-2"),
    "a path as the key's name": lambda team: of_another(team, kid="../../dev/null"),
    "a key it brings along": lambda team: of_another(team, jwk=OTHER["public"]),
    "an address of keys it brings along": lambda team: of_another(team, jku="http://127.0.0.1:9/keys"),
    "an address of a certificate it brings along": lambda team: of_another(team, x5u="http://127.0.0.1:9/cert"),
    "an extension that must be understood": lambda team: team.token(headers={"crit": ["exp"]}),
    "another application": lambda team: team.token(aud=["f" * 64]),
    "no application": lambda team: team.token(aud=None),
    "another team": lambda team: team.token(iss="https://other.cloudflareaccess.com"),
    "no team": lambda team: team.token(iss=None),
    "expired": lambda team: team.token(exp=int(time.time()) - 60),
    "never expiring": lambda team: team.token(exp=None),
    "not yet valid": lambda team: team.token(nbf=int(time.time()) + 600),
    "from the future": lambda team: team.token(iat=int(time.time()) + 600),
    "no address": lambda team: team.token(email=None),
    "an empty address": lambda team: team.token(email=" "),
    "no subject": lambda team: team.token(sub=""),
    "a token of the team, not of the application": lambda team: team.token(type="org"),
    "a service": lambda team: team.token(email=None, sub="", common_name="e367826f93b8d71185e03fe518aff3b4.access"),
    "a service with an address": lambda team: team.token(common_name="e367826f93b8d71185e03fe518aff3b4.access"),
    "cut short": lambda team: team.token()[:-9],
    "without its signature": lambda team: team.token().rpartition(".")[0] + ".",
    "twice": lambda team: f"{team.token()},{team.token()}",
    "with another claim set": lambda team: ".".join(
        [team.token().split(".")[0], of_another(team).split(".")[1] + "AA", team.token().split(".")[2]]
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_opens_nothing(team: Team, forgery: str) -> None:
    browser = Client()
    answer = ask(browser, FORGERIES[forgery](team))

    assert answer.status_code == 403
    assert not is_signed_in(browser)
    assert not User.objects.exists()
    assert (entry().outcome, entry().reason) == (Outcome.REFUSED, "bad-token")
    assert entry().user_name == "somebody unknown"


def test_the_cookie_of_cloudflare_alone_is_not_looked_at(team: Team) -> None:
    browser = Client()
    browser.cookies["CF_Authorization"] = team.token()

    assert ask(browser, None).status_code == 302
    assert not User.objects.exists()


def test_other_headers_of_cloudflare_are_not_looked_at(team: Team) -> None:
    answer = Client().get(PAGE, headers={"Cf-Access-Authenticated-User-Email": "ana@example.com"})

    assert answer.headers["Location"].startswith("/sign-in/")
    assert not User.objects.exists()


def test_without_the_settings_the_header_is_a_strangers_word(team: Team, settings: Settings) -> None:
    settings.ACCESS_AUDIENCE = ""
    answer = ask(Client(), team.token())

    assert answer.headers["Location"].startswith("/sign-in/")
    assert (team.asked, User.objects.exists()) == (0, False)


def test_the_session_ends_with_the_header(team: Team) -> None:
    browser = Client()
    come(browser, team.token())

    assert ask(browser, None).headers["Location"].startswith("/sign-in/")
    assert entry(Action.SIGN_OUT).user_name == "ana@example.com"
    assert ask(browser, None).status_code == 302


def test_the_session_ends_when_the_header_is_forged(team: Team) -> None:
    browser = Client()
    come(browser, team.token())

    assert ask(browser, of_another(team)).status_code == 403
    assert ask(browser, None).status_code == 302


def test_another_person_in_the_same_browser_gets_a_session_of_their_own(team: Team) -> None:
    browser = Client()
    come(browser, team.token())
    come(browser, team.token(email="bo@example.com", sub="another"))

    assert ask(browser, team.token(email="bo@example.com", sub="another"), "/you/").context["name"] == "bo@example.com"


def test_whoever_is_in_other_groups_now_has_other_roles_at_the_next_request(team: Team, cast: Cast) -> None:
    browser = Client()
    come(browser, team.token(groups=["queue-admins"]))
    assert ask(browser, team.token(groups=["queue-admins"]), "/people/").status_code == 200

    answer = ask(browser, team.token(), "/people/", follow=True)
    assert answer.status_code == 403
    assert people.role_of(User.objects.get(username="ana@example.com")) == "Operator"
    assert entry(Action.ROLE).parameters["role"] == "Admin → Operator"


def test_a_second_factor_of_here_is_asked_for(team: Team) -> None:
    browser = Client(headers={HEADER: team.token()})
    browser.get(PAGE)
    secret = with_app(browser)
    other = Client(headers={HEADER: team.token()})

    assert other.get(PAGE).headers["Location"].startswith("/sign-in/second-step/")
    assert not is_signed_in(other)
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):  # a code is taken once
        answer = other.post("/sign-in/second-step/", {"code": code_of(secret)})
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert is_signed_in(other)
    assert entry().parameters == {"by": "Cloudflare Access, code"}


def test_a_form_is_not_carried_out_as_somebody_new(team: Team) -> None:
    browser = Client()
    answer = browser.post("/preferences/", {"zone": "UTC"}, headers={"Cf-Access-Jwt-Assertion": team.token()})

    assert answer.headers["Location"].startswith("/sign-in/")
    assert not User.objects.exists()


def test_whoever_is_closed_here_stays_closed(team: Team, cast: Cast) -> None:
    browser = Client()
    come(browser, team.token())
    people.close(caller=people.CONSOLE, person=User.objects.get(username="ana@example.com"))

    assert ask(browser, team.token()).status_code == 403
    assert (entry().reason, entry().parameters) == ("account-closed", {"by": "Cloudflare Access"})


def test_a_session_that_began_by_a_password_needs_no_header(team: Team, cast: Cast) -> None:
    browser = Client()
    sign_in(browser)

    assert ask(browser, None).status_code == 200
    assert ask(browser, team.token(), "/you/").context["name"] == "owner"


def test_after_signing_out_a_button_leads_back(team: Team) -> None:
    browser = Client()
    come(browser, team.token())
    browser.post("/sign-out/", headers={"Cf-Access-Jwt-Assertion": team.token()})
    page = ask(browser, team.token(), "/sign-in/?next=/audit/").content.decode()

    assert '<a class="button wide" href="/audit/"' in page
    assert "Cloudflare Access" not in Client().get("/sign-in/").content.decode()


@pytest.mark.parametrize("address", ["/healthz/", "/readyz/", "/metrics", "/sign-in/"])
def test_probes_need_no_header_and_a_forged_one_does_not_matter(team: Team, settings: Settings, address: str) -> None:
    settings.METRICS_ADDRESSES = ["127.0.0.1"]
    assert ask(Client(), None, address).status_code == 200
    assert ask(Client(), of_another(team), address).status_code == 200
    assert team.asked == 0


def test_forged_names_of_keys_do_not_make_us_ask(team: Team, settings: Settings) -> None:
    come(Client(), team.token())
    for number in range(5):
        assert ask(Client(), of_another(team, kid=f"forged-{number}")).status_code == 403

    assert team.asked == 1


def test_a_new_key_is_found_once_the_floor_has_passed(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    come(Client(), team.token())
    team.key = made_key("team-2")
    team.published.append(team.key["public"])
    assert ask(Client(), team.token()).status_code == 403

    monkeypatch.setattr(tokens, "FLOOR", 0.0)
    assert come(Client(), team.token()).status_code == 200


def test_keys_that_cannot_be_read_anew_go_on(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    come(Client(), team.token())
    team.is_down = True
    monkeypatch.setattr(tokens, "FLOOR", 0.0)
    monkeypatch.setattr(tokens, "LASTS", 0.0)

    assert come(Client(), team.token()).status_code == 200


def test_a_key_that_was_withdrawn_is_not_believed(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Client()
    come(browser, team.token())
    team.published = [OTHER["public"]]
    monkeypatch.setattr(tokens, "FLOOR", 0.0)
    monkeypatch.setattr(tokens, "LASTS", 0.0)

    assert ask(browser, team.token()).status_code == 403


def test_without_any_key_a_sentence_says_so_and_nobody_is_signed_out(team: Team) -> None:
    browser = Client()
    come(browser, team.token())
    tokens.keys_at.cache_clear()
    team.is_down = True

    answer = ask(browser, team.token())
    assert (answer.status_code, entry().reason, entry().outcome) == (503, "provider-down", Outcome.FAILED)
    assert b"Who you are cannot be checked at the moment" in answer.content
    tokens.keys_at.cache_clear()
    team.is_down = False
    assert ask(browser, team.token()).status_code == 200


def test_a_part_of_a_page_signs_in_too(team: Team) -> None:
    answer = ask(Client(), team.token(), PAGE, follow=True, HTTP_HX_REQUEST="true")

    assert answer.status_code == 200


def test_people_of_the_cast_are_not_taken_over(team: Team, cast: Cast) -> None:
    User.objects.filter(pk=cast.admin.pk).update(username="ana@example.com")

    assert ask(Client(), team.token()).status_code == 403
    assert entry(Action.JOIN).reason == "name-taken"
    assert signed_in(cast.admin).get(PAGE).status_code == 200
