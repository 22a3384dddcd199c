"""System checks of the ways to sign in: whole, encrypted, with roles that there are, and at least one of them open."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from queues_app.access import ROLES
from queues_app.checks.telling import setting_error
from queues_app.identity import cloudflare_access, network, oidc

_OIDC: Final = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_ROLES")
_ACCESS: Final = ("ACCESS_TEAM_DOMAIN", "ACCESS_AUDIENCE")


@register("queuescope")
def check_oidc(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E080 to E083: the provider of OpenID Connect."""
    missing = [name for name in _OIDC if not getattr(settings, name)]
    if len(missing) == len(_OIDC):
        return []
    messages = [
        setting_error(80, f"{name} is missing, while other settings of OIDC are there.", "Set all four, or none.")
        for name in missing
    ]
    if settings.OIDC_ISSUER and not _is_place(settings.OIDC_ISSUER):
        hint = "As the provider names itself: OIDC_ISSUER=https://login.example.com/realms/staff"
        messages.append(setting_error(81, "OIDC_ISSUER is no address, or not https.", hint))
    if "openid" not in settings.OIDC_SCOPES:
        messages.append(
            setting_error(
                83, "OIDC_SCOPES lacks openid.", "With commas between: OIDC_SCOPES=openid,profile,email,groups"
            )
        )
    return [*messages, *_unknown_roles(82, "OIDC_ROLES", settings.OIDC_ROLES)]


@register("queuescope")
def check_cloudflare_access(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E084 to E086: Cloudflare Access."""
    messages = [
        setting_error(
            84, f"{name} is missing, while other settings of Cloudflare Access are there.", "Set both, or none."
        )
        for name in _ACCESS
        if not getattr(settings, name) and any(getattr(settings, other) for other in (*_ACCESS, "ACCESS_ROLES"))
    ]
    if cloudflare_access.is_on() and not (settings.ACCESS_ROLES or settings.ACCESS_DEFAULT_ROLE):
        hint = "ACCESS_ROLES=queue-admins=Admin,ana@example.com=Lead, or ACCESS_DEFAULT_ROLE=Viewer."
        messages.append(setting_error(84, "Cloudflare Access is set, and nobody would have a role.", hint))
    if settings.ACCESS_TEAM_DOMAIN and not _is_place(cloudflare_access.team_address(), path=False):
        hint = "The host alone: ACCESS_TEAM_DOMAIN=example.cloudflareaccess.com"
        messages.append(setting_error(85, "ACCESS_TEAM_DOMAIN is no host name.", hint))
    usual = {"everybody": settings.ACCESS_DEFAULT_ROLE} if settings.ACCESS_DEFAULT_ROLE else {}
    return [
        *messages,
        *_unknown_roles(86, "ACCESS_ROLES", settings.ACCESS_ROLES),
        *_unknown_roles(86, "ACCESS_DEFAULT_ROLE", usual),
    ]


@register("queuescope")
def check_ways_in(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E087: whether anybody can get in at all."""
    if settings.LOCAL_SIGN_IN or oidc.is_on() or cloudflare_access.is_on():
        return []
    hint = "Set OIDC_ISSUER and what belongs to it, or ACCESS_TEAM_DOMAIN; or leave LOCAL_SIGN_IN on."
    return [setting_error(87, "LOCAL_SIGN_IN is off, and there is no other way to sign in.", hint)]


@register("queuescope")
def check_breached_passwords(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E088: where is asked for passwords from breaches."""
    if not settings.BREACHED_PASSWORDS or _is_place(settings.BREACHED_PASSWORDS_URL):
        return []
    hint = "Leave it out for Have I Been Pwned, name a mirror with https, or set BREACHED_PASSWORDS=false."
    return [setting_error(88, "BREACHED_PASSWORDS_URL is no address, or not https.", hint)]


def _unknown_roles(number: int, name: str, roles: Mapping[str, str]) -> Iterator[CheckMessage]:
    for place, role in enumerate(roles.values(), start=1):
        if role not in ROLES:
            hint = f"There are {', '.join(ROLES)}."
            yield setting_error(number, f"Entry {place} of {name} names a role that there is not.", hint)


def _is_place(address: str, *, path: bool = True) -> bool:
    if not network.is_allowed(address):
        return False
    parts = urlsplit(address)
    more = parts.username or parts.password or parts.query or parts.fragment or (parts.path and not path)
    return not more
