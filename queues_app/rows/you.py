"""What the page about oneself gets: primitives, every text ready."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import reverse

from queues_app import formats

# The first that fits: what claims to be several browsers names itself first of all here.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One place where the person is signed in."""

    number: int
    browser: str
    address: str
    at: str
    ago: str
    ms: int
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow:
    """A second factor that is there."""

    name: str
    added: str
    used: str
    remove_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """All of a person's; `codes_left` is None where there are no recovery codes."""

    app: FactorRow | None
    passkeys: tuple[FactorRow, ...]
    codes_left: int | None

    @property
    def any(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def session_rows(
    found: Iterable[UserSession], *, current: str | None, now: datetime, zone: tzinfo
) -> tuple[SessionRow, ...]:
    return tuple(
        SessionRow(
            number=session.pk,
            browser=browser_of(session.user_agent),
            address=session.ip,
            at=formats.moment(session.created_at, zone, now=now),
            ago=formats.age_between(session.created_at, now),
            ms=formats.epoch_ms(session.created_at),
            is_current=session.session_key == current,
        )
        for session in found
    )


def factors_of(found: Iterable[Authenticator], *, now: datetime, zone: tzinfo) -> Factors:
    app, passkeys, codes_left = None, [], None
    for each in found:
        if each.type == Authenticator.Type.TOTP:
            app = _factor(each, "Authenticator app", reverse("mfa_deactivate_totp"), now=now, zone=zone)
        elif each.type == Authenticator.Type.WEBAUTHN:
            url = reverse("mfa_remove_webauthn", args=[each.pk])
            passkeys.append(_factor(each, each.wrap().name, url, now=now, zone=zone))
        else:
            codes_left = len(each.wrap().get_unused_codes())
    return Factors(app=app, passkeys=tuple(passkeys), codes_left=codes_left)


def browser_of(user_agent: str) -> str:
    """`Firefox on Linux`; the claim of the browser, in two words that are ours."""
    browser = next((name for mark, name in _BROWSERS if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "unknown browser"


def _factor(found: Authenticator, name: str, url: str, *, now: datetime, zone: tzinfo) -> FactorRow:
    used = found.last_used_at
    return FactorRow(
        name=name,
        added=f"added {formats.moment(found.created_at, zone, now=now)}",
        used=f"last used {formats.moment(used, zone, now=now)}" if used else "not used yet",
        remove_url=url,
    )
