"""System checks of places: who may be asked, whom we believe about a request, where credentials are sent."""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004 - Django's own name for it

from dashboard.proxies import BASE_PATH, networks_in
from queues_app.checks.telling import setting_error
from queues_app.loopback import is_loopback

# What a browser's Host can be, without its port; a dot in front stands for every name below.
_HOST: Final = re.compile(r"\.?[a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\]", re.IGNORECASE)


@register("queuescope")
def check_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E010 to E013, W014: who may be asked, and over what."""
    messages: list[CheckMessage] = []
    hint = "Name the host that people type: ALLOWED_HOSTS=queues.example.com"
    if not settings.ALLOWED_HOSTS:
        messages.append(setting_error(10, "ALLOWED_HOSTS is empty, so every request would be refused.", hint))
    if "*" in settings.ALLOWED_HOSTS:
        messages.append(setting_error(11, 'ALLOWED_HOSTS holds "*", so any name would be believed.', hint))
    if settings.DEBUG and (settings.HTTPS_ONLY or settings.TRUSTED_PROXIES):
        messages.append(
            setting_error(
                12,
                "DEBUG is on in what looks like a deployment: its error pages would show settings and data.",
                "Turn DEBUG off; on a developer's machine set HTTPS_ONLY=0 and leave TRUSTED_PROXIES out.",
            )
        )
    if settings.TRUSTED_PROXIES and not settings.HTTPS_ONLY:
        messages.append(
            setting_error(
                13,
                "TRUSTED_PROXIES is set and HTTPS_ONLY is off: sessions would travel in the clear.",
                "Let the proxy serve HTTPS and leave HTTPS_ONLY on.",
            )
        )
    elif not settings.HTTPS_ONLY and not settings.DEBUG and not all(map(is_loopback, settings.ALLOWED_HOSTS)):
        messages.append(
            Warning(
                "HTTPS_ONLY is off while other machines can reach this server: sessions travel in the clear.",
                hint="Put a proxy with HTTPS in front, and name its address in TRUSTED_PROXIES.",
                id="queuescope.W014",
            )
        )
    return messages


@register("queuescope")
def check_names(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E015, E016: hosts and origins that no browser would ever send so."""
    hosts = [
        setting_error(
            15,
            f"Entry {place} of ALLOWED_HOSTS is no host name, so it would match nothing.",
            "Without scheme, port, slash and blank, with commas between: ALLOWED_HOSTS=queues.example.com,10.0.0.7",
        )
        for place, host in enumerate(settings.ALLOWED_HOSTS, start=1)
        if host != "*" and not _HOST.fullmatch(host)
    ]
    origins = [
        setting_error(
            16,
            f"Entry {place} of CSRF_TRUSTED_ORIGINS is no origin, so it would match nothing.",
            "With scheme and without a slash at the end: CSRF_TRUSTED_ORIGINS=https://other.example.com",
        )
        for place, origin in enumerate(settings.CSRF_TRUSTED_ORIGINS, start=1)
        if not _is_origin(origin)
    ]
    return [*hosts, *origins]


@register("queuescope")
def check_proxies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E017 to E019: whom we believe about a request, and below which path we are."""
    messages: list[CheckMessage] = []
    if settings.BASE_PATH and not BASE_PATH.fullmatch(settings.BASE_PATH):
        messages.append(
            setting_error(
                17,
                "BASE_PATH is no path: it begins with a slash, and has letters, digits and . _ ~ - between slashes.",
                "Name the path that people see: BASE_PATH=/queuescope. Leave it out when it is the whole site.",
            )
        )
    hint = "With commas between, without bits beside the network: TRUSTED_PROXIES=10.0.0.7,10.1.0.0/16,2001:db8::/64"
    for place, text in enumerate(settings.TRUSTED_PROXIES, start=1):
        networks = networks_in([text])
        if not networks:
            messages.append(setting_error(18, f"Entry {place} of TRUSTED_PROXIES is no address and no network.", hint))
        elif not networks[0].prefixlen:
            messages.append(
                setting_error(
                    19, f"Entry {place} of TRUSTED_PROXIES is everybody: each could forge their address.", hint
                )
            )
    return messages


@register("queuescope")
def check_upstream(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E020 to E022: where credentials are sent."""
    name = "CLOUDFLARE_API_BASE_URL"
    hint = "Leave it out for Cloudflare itself; a sandbox on this machine is http://127.0.0.1:8787/client/v4."
    try:
        address = urlsplit(settings.CLOUDFLARE_API_BASE_URL)
        host, _port = address.hostname, address.port
    except ValueError:
        return [setting_error(20, f"{name} is not an address.", hint)]
    if address.scheme not in ("https", "http") or not host:
        return [setting_error(20, f"{name} is not an address.", hint)]
    if address.username or address.password or address.query or address.fragment:
        return [setting_error(21, f"{name} holds more than a place: no user, password, query or fragment.", hint)]
    if address.scheme == "http" and not is_loopback(host):
        return [setting_error(22, f"{name} is not https: credentials would travel in the clear.", hint)]
    return []


def _is_origin(text: str) -> bool:
    """Whether a browser could send this as `Origin`; `*.` in front of the host stands for every name below."""
    try:
        address = urlsplit(text)
        _port = address.port
    except ValueError:
        return False
    return (
        address.scheme in ("https", "http")
        and bool(address.hostname)
        and "@" not in address.netloc
        and text == f"{address.scheme}://{address.netloc}"
    )
