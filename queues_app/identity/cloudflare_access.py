"""Behind Cloudflare Access: every request brings a token that Cloudflare signed, and only that is believed.

Without ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE the header is a stranger's word, and not looked at. A session that began
by it lasts as long as requests bring it, for the same person with the same roles. What needs no sign-in, such as
/healthz/, needs no token.
"""

from collections.abc import Callable
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from dashboard.errors import too_many_requests
from dashboard.middleware import GetResponse
from queues_app import failures
from queues_app.expected import ExpectedError
from queues_app.identity import claims as read
from queues_app.identity import tokens
from queues_app.identity.tokens import BadTokenError, UnprovenError
from queues_app.models import User
from queues_app.operations.arrivals import Arrival, admit
from queues_app.signin import BY_ANOTHER, caller_named, refuse_stranger

BY: Final = "Cloudflare Access"
HEADER: Final = "Cf-Access-Jwt-Assertion"
CERTS: Final = "/cdn-cgi/access/certs"


def is_on() -> bool:
    """Whether Cloudflare Access stands in front of us."""
    return bool(settings.ACCESS_TEAM_DOMAIN and settings.ACCESS_AUDIENCE)


def team_address() -> str:
    """The team's address, which is also the issuer of its tokens."""
    domain: str = settings.ACCESS_TEAM_DOMAIN
    return domain if "://" in domain else f"https://{domain}"


class CloudflareAccessMiddleware:
    """Begins a session by the token of a request, and ends it with the token."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not is_on() or not getattr(view_func, "login_required", True):
            return None
        try:
            return _pass(request)
        except ExpectedError as error:
            return failures.respond(request, error)


def _pass(request: HttpRequest) -> HttpResponse | None:
    """None lets the request go on, as whoever is signed in now.

    Raises UnprovenError, and what keeps somebody out.
    """
    token = request.headers.get(HEADER)
    begun_by = _begun_by(request)
    try:
        arrival = None if token is None else arrival_of(token)
    except UnprovenError as error:
        if begun_by and error.is_refusal:
            get_adapter(request).logout(request)
        if not ratelimit.consume(request, action="login"):
            return too_many_requests(request)
        refuse_stranger(request, error, by=BY)
        raise
    if begun_by and (arrival is None or _mark(arrival) != begun_by):
        get_adapter(request).logout(request)
    # A form is never carried out as somebody whom its page did not know.
    if arrival is None or request.user.is_authenticated or request.method not in ("GET", "HEAD"):
        return None
    return _begin(request, arrival)


def _begin(request: HttpRequest, arrival: Arrival) -> HttpResponse:
    """Signs in and comes back to the same address; on the way the second step, for whoever has one here."""
    person = admit(caller=caller_named(request, None, arrival.name), arrival=arrival)
    record_authentication(request, person, BY_ANOTHER, provider=BY, mark=_mark(arrival))
    response: HttpResponse = perform_login(
        request, person, email_verification=settings.ACCOUNT_EMAIL_VERIFICATION, redirect_url=request.get_full_path()
    )
    return response


def _begun_by(request: HttpRequest) -> str:
    """The mark of whom this session began for; empty for a session that began another way, or for none."""
    user = request.user if isinstance(request.user, User) else None
    records = get_authentication_records(request, user)
    return next((record["mark"] for record in records if record.get("provider") == BY), "")


def _mark(arrival: Arrival) -> str:
    """Whom a session is for, and as what: whoever is in other groups now begins anew."""
    return " ".join((arrival.uid, *sorted(arrival.roles)))


def arrival_of(token: str) -> Arrival:
    """Who a token stands for.

    Raises BadTokenError, KeysError, NoNameError.
    """
    team = team_address()
    found = tokens.verify(
        token,
        tokens.keys_at(team + CERTS),
        algorithms=["RS256"],
        issuer=team,
        audience=settings.ACCESS_AUDIENCE,
        required=["email", "type"],
    )
    email = read.text_of(found, "email")
    # The token of a service has a name in place of a person's address.
    if not email or "common_name" in found or found["type"] != "app":
        raise BadTokenError
    custom = found.get("custom")
    wider = {**custom, **found} if isinstance(custom, dict) else found
    groups = read.groups_of(wider, settings.ACCESS_GROUPS_CLAIM)
    usual = frozenset({settings.ACCESS_DEFAULT_ROLE} if settings.ACCESS_DEFAULT_ROLE else ())
    return Arrival(
        by=BY,
        uid=read.uid_of(team, found["sub"]),
        name=read.name_of(found, "email"),
        full_name=read.line_of(found, "name"),
        roles=read.roles_of({*groups, email}, settings.ACCESS_ROLES) or usual,
    )
