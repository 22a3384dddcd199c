"""System checks of a team's deployment: who watches it, where traces and mail go, whether its hosts share one truth."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004 - Django's own name for it

from dashboard.stores import POSTGRESQL, REDIS
from queues_app.checks.telling import LEAST_DIFFERENT_BYTES, setting_error
from queues_app.telemetry import traces

# What may stand behind `Bearer` (RFC 6750), and enough of it.
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{32,}=*")
# What every process of every host sees at once. Django's cache in files has no lock, wherever the files are.
SHARED_CACHES: Final = (REDIS, "django.core.cache.backends.db.DatabaseCache")
LOCAL_MEMORY: Final = "django.core.cache.backends.locmem.LocMemCache"


@register("queuescope")
def check_scraping(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E070, E071: who may watch."""
    messages: list[CheckMessage] = []
    token = settings.METRICS_TOKEN
    if token and (not _TOKEN.fullmatch(token) or len(set(token)) < LEAST_DIFFERENT_BYTES):
        messages.append(
            setting_error(
                70,
                "METRICS_TOKEN is weak, or holds what cannot stand in a header.",
                'Make one: .venv/bin/python -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
        )
    return messages + [
        setting_error(
            71,
            f"Entry {place} of METRICS_ADDRESSES is neither an address nor a network.",
            "With commas between: METRICS_ADDRESSES=10.0.0.7,10.2.0.0/16",
        )
        for place, entry in enumerate(settings.METRICS_ADDRESSES, start=1)
        if not _is_network(entry)
    ]


@register("queuescope")
def check_traces(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E072, E073: where traces are sent, and whether they can be made."""
    endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT
    if not endpoint:
        return []
    if not _is_place(endpoint):
        hint = "Scheme, host and port: OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318"
        return [setting_error(72, "OTEL_EXPORTER_OTLP_ENDPOINT is no address, or more than a place.", hint)]
    if not traces.are_installed():
        hint = "Install them with scripts/install telemetry, or leave OTEL_EXPORTER_OTLP_ENDPOINT out."
        return [
            setting_error(73, "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the libraries for it are not installed.", hint)
        ]
    return []


@register("queuescope")
def check_sharing(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E060, E061, W062: whether what serves this dashboard together also shares one truth."""
    cache, messages = settings.CACHES["default"]["BACKEND"], []
    if settings.HOSTS > 1:
        if settings.DATABASES["default"]["ENGINE"] != POSTGRESQL:
            messages.append(
                setting_error(
                    60,
                    "HOSTS is above 1 and the database is SQLite: each host would have people and a record of its own.",
                    "Name one PostgreSQL for all: DATABASE_URL=postgres://user:password@host/name",
                )
            )
        if cache not in SHARED_CACHES:
            messages.append(
                setting_error(
                    61,
                    "HOSTS is above 1 and the cache is not shared: each host would count attempts to sign in anew.",
                    "Name one Redis or Valkey for all: CACHE_URL=rediss://user:password@host:6379/0",
                )
            )
    elif settings.WEB_CONCURRENCY > 1 and cache == LOCAL_MEMORY:
        messages.append(
            Warning(
                f"Each of the {settings.WEB_CONCURRENCY} processes has a cache of its own: it counts attempts to sign "
                "in for itself, so that as many times more are allowed, and asks Cloudflare what another knows.",
                hint="Share one: CACHE_URL=redis://127.0.0.1:6379/0, or dbcache://queuescope_cache after "
                "manage.py createcachetable. Or run one process: WEB_CONCURRENCY=1",
                id="queuescope.W062",
            )
        )
    return messages


def _is_place(text: str) -> bool:
    try:
        address = urlsplit(text)
        _port = address.port
    except ValueError:
        return False
    more = address.username or address.password or address.query or address.fragment
    return address.scheme in ("https", "http") and bool(address.hostname) and not more


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


@register("queuescope")
def check_mail(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E076: whether mail can be sent, where it is to be."""
    if bool(settings.EMAIL_FROM) == settings.HAS_MAIL_SERVER:
        return []
    named, missing = ("EMAIL_URL", "EMAIL_FROM") if settings.HAS_MAIL_SERVER else ("EMAIL_FROM", "EMAIL_URL")
    return [setting_error(76, f"{named} is set and {missing} is not: no mail is sent.", f"Set {missing}, or neither.")]
