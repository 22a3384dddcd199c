"""What stands around every page: who is signed in, where they are, and how the page behaves."""

import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from queues_app import formats
from queues_app.forms.preferences import THEMES, offered_intervals
from queues_app.loopback import is_loopback
from queues_app.models import Account, User
from queues_app.operations import approvals, ledger, watches
from queues_app.rows.options import Option
from queues_app.rows.shared import named

CLOUDFLARE = "api.cloudflare.com"
DEFAULT_INTERVAL = 10  # seconds, or the next that the server allows


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    initials: str


@dataclass(frozen=True, slots=True)
class AccountPlace:
    """An account that this person's credentials reach."""

    name: str
    environment: str
    credential: str
    url: str
    environment_url: str
    chosen: bool
    # Messages that this person holds by it.
    held: int = 0
    # This person's watches there that fire.
    firing: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the header: `key` is pressed after `g`."""

    name: str
    url: str
    key: str
    chosen: bool
    # How much of what the place is about waits there; 0 is not shown. What is counted, for the ear.
    count: int = 0
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """Primitives only. Anonymous pages have no person, no account and no places."""

    person: Person | None
    account: AccountPlace | None
    accounts: tuple[AccountPlace, ...]
    places: tuple[Place, ...]
    # One's own watches that fire now.
    firing: int
    environment: str
    rehearsal: str
    zone: str
    theme: str
    intervals: tuple[Option, ...]
    version: str
    host: str
    now_ms: int


def context_processor(request: HttpRequest) -> dict[str, object]:
    """`shell` for every template. Built when it is first used: the fragments for htmx never ask."""
    return {"shell": SimpleLazyObject(lambda: build(request))}


def build(request: HttpRequest) -> Shell:
    """Also works for requests that never met the session middleware, such as a refused one."""
    user = getattr(request, "user", None)
    person = user if isinstance(user, User) and user.is_authenticated else None
    accounts = _accounts(request, person) if person else ()
    account = next((place for place in accounts if place.chosen), None)
    environment = account.environment if account else ""
    interval = refresh_interval(request)
    return Shell(
        person=Person(person.get_username(), person.initials) if person else None,
        account=account,
        accounts=accounts,
        places=_places(request, person, account, accounts) if person else (),
        firing=sum(place.firing for place in accounts),
        environment=environment,
        rehearsal=rehearsal(settings.CLOUDFLARE_API_BASE_URL, environment),
        zone=person.zone if person else "UTC",
        theme=_theme(request),
        intervals=tuple(
            Option(
                value=str(seconds),
                label=f"every {formats.duration(seconds)}" if seconds else "off",
                chosen=seconds == interval,
            )
            for seconds in offered_intervals()
        ),
        version=version(),
        host=request.META.get("HTTP_HOST", "").partition(":")[0],
        now_ms=time.time_ns() // 1_000_000,
    )


def rehearsal(base_url: str, environment: str) -> str:
    """The sentence of the banner, or nothing. It never claims more than is known about where requests go."""
    host = urlsplit(base_url).hostname or ""
    if host != CLOUDFLARE:
        # The service that compose.yaml calls so is the sandbox too.
        if host == "sandbox" or is_loopback(host):
            return "REHEARSAL: a sandbox. Nothing here reaches Cloudflare."
        return f"REHEARSAL: requests go to {host}, not to Cloudflare."
    if environment == "sandbox":
        return "REHEARSAL: this account is marked as a sandbox, but requests do reach Cloudflare."
    return ""


def _accounts(request: HttpRequest, person: User) -> tuple[AccountPlace, ...]:
    """All accounts in reach; chosen is the one of the page, else the one visited last, else the first."""
    held = ledger.held_through(OuterRef("pk"), person, now=timezone.now())
    firing = watches.firing_through(OuterRef("pk"), person)
    found = list(Account.objects.of(person).annotate(held=held, firing=firing))
    visited = getattr(request, "account", None)
    wanted = visited.pk if visited is not None else request.session.get("account")
    if found and wanted not in {account.pk for account in found}:
        wanted = found[0].pk
    return tuple(
        AccountPlace(
            name=account.name,
            environment=account.environment,
            credential=named(account.credential, person),
            url=reverse("queues", args=[account.pk]),
            environment_url=reverse("environment", args=[account.pk]),
            chosen=account.pk == wanted,
            held=account.held or 0,  # type: ignore[attr-defined]  # the column above
            firing=account.firing or 0,  # type: ignore[attr-defined]  # the same
        )
        for account in found
    )


def _places(
    request: HttpRequest, person: User, account: AccountPlace | None, accounts: Iterable[AccountPlace]
) -> tuple[Place, ...]:
    held = sum(place.held for place in accounts)
    targets = [
        ("Queues", account.url if account else reverse("home"), "q", 0, ""),
        ("Leases", reverse("leases"), "l", held, "held by you"),
        ("Audit log", reverse("audit"), "a", 0, ""),
        ("Credentials", reverse("credentials"), "c", 0, ""),
    ]
    # Only where some queue has a two-person rule: elsewhere nobody asks and nobody is asked.
    if approvals.is_used():
        asked = len(approvals.for_you(person).requests) + len(approvals.to_carry_out(person))
        targets.append(("Approvals", reverse("approvals"), "p", asked, "waiting for you"))
    # The map stands beside the list that it belongs to.
    is_map = request.resolver_match is not None and request.resolver_match.view_name == "dead_letters"
    path = account.url if account and is_map else request.path
    return tuple(
        Place(name, url, key, chosen=url != reverse("home") and path.startswith(url), count=count, counted=word)
        for name, url, key, count, word in targets
    )


def _theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else "auto"


def refresh_interval(request: HttpRequest) -> int:
    """Seconds between two refreshes; 0 is off. The cookie is a stranger's word, and the floor is ours."""
    offered = offered_intervals()
    usual = next((seconds for seconds in offered if seconds >= DEFAULT_INTERVAL), 0)
    return {str(seconds): seconds for seconds in offered}.get(request.COOKIES.get("refresh", ""), usual)


@cache
def version() -> str:
    """The version in `pyproject.toml`: the application runs from its source."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
