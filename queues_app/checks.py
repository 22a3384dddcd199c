"""System checks of the settings. `dashboard/wsgi.py` refuses to start on an error; a warning is for a person to judge.

Each has an id that docs/configuration.md explains and a hint that says what to do. No message holds a secret.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's own name for it
from django.core.exceptions import ImproperlyConfigured

from queues_app.loopback import is_loopback

SECRET_KEY_MIN_LENGTH: Final = 50
FERNET_KEY_BYTES: Final = 32
# 32 random bytes hold fewer than this many different ones about once in 10**17 keys.
LEAST_DIFFERENT_BYTES: Final = 10
PORTS: Final = range(1, 65536)
BATCH_SIZES: Final = range(1, 101)  # what Cloudflare takes for one peek or pull

_AT_LEAST_ONE: Final = (
    "METRICS_CONCURRENCY",
    "REFRESH_FLOOR",
    "UPSTREAM_MAX_ANSWER_BYTES",
    "UPSTREAM_SLOTS",
    "WEB_CONCURRENCY",
    "WORKER_THREADS",
    "WORKER_TIMEOUT",
)

_MAKE_SIGNING_KEY: Final = 'Make one: python -c "import secrets; print(secrets.token_urlsafe(50))"'
_MAKE_CREDENTIAL_KEY: Final = (
    'Make one: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


@register("queuescope")
def check_values_can_be_read(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E001: a setting that could not be read, and so has its default."""
    return [
        _error(1, f"{problem.name} {problem.must}.", "Correct it, or leave it out to have its default.")
        for problem in settings.ENVIRONMENT.problems
    ]


@register("queuescope")
def check_secret_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E002, E003: the key that signs sessions."""
    key = _secret_key()
    if not key:
        return [_error(2, "SECRET_KEY is missing.", _MAKE_SIGNING_KEY)]
    if len(key) < SECRET_KEY_MIN_LENGTH or len(set(key)) < LEAST_DIFFERENT_BYTES or "insecure" in key:
        return [
            _error(
                3,
                f"SECRET_KEY is weak: it needs {SECRET_KEY_MIN_LENGTH} random characters.",
                _MAKE_SIGNING_KEY,
            )
        ]
    return []


@register("queuescope")
def check_credential_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E004 to E008: the keys that seal credentials and kept batches."""
    if not settings.CREDENTIAL_KEYS:
        return [_error(4, "CREDENTIAL_KEYS is missing.", _MAKE_CREDENTIAL_KEY)]
    return list(_key_errors(settings.CREDENTIAL_KEYS))


@register("queuescope")
def check_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E010 to E013, W014: who may be asked, and over what."""
    messages: list[CheckMessage] = []
    hint = "Name the host that people type: ALLOWED_HOSTS=queues.example.com"
    if not settings.ALLOWED_HOSTS:
        messages.append(_error(10, "ALLOWED_HOSTS is empty, so every request would be refused.", hint))
    if "*" in settings.ALLOWED_HOSTS:
        messages.append(_error(11, 'ALLOWED_HOSTS holds "*", so any name would be believed.', hint))
    if settings.DEBUG and (settings.HTTPS_ONLY or settings.BEHIND_PROXY):
        messages.append(
            _error(
                12,
                "DEBUG is on in what looks like a deployment: its error pages would show settings and data.",
                "Turn DEBUG off; on a developer's machine set HTTPS_ONLY=0 and leave BEHIND_PROXY out.",
            )
        )
    if settings.BEHIND_PROXY and not settings.HTTPS_ONLY:
        messages.append(
            _error(
                13,
                "BEHIND_PROXY is on and HTTPS_ONLY is off: sessions would travel in the clear.",
                "Let the proxy serve HTTPS and leave HTTPS_ONLY on.",
            )
        )
    elif not settings.HTTPS_ONLY and not settings.DEBUG and not all(map(is_loopback, settings.ALLOWED_HOSTS)):
        messages.append(
            Warning(
                "HTTPS_ONLY is off while other machines can reach this server: sessions travel in the clear.",
                hint="Put a proxy with HTTPS in front, and set BEHIND_PROXY=1.",
                id="queuescope.W014",
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
        return [_error(20, f"{name} is not an address.", hint)]
    if address.scheme not in ("https", "http") or not host:
        return [_error(20, f"{name} is not an address.", hint)]
    if address.username or address.password or address.query or address.fragment:
        return [_error(21, f"{name} holds more than a place: no user, password, query or fragment.", hint)]
    if address.scheme == "http" and not is_loopback(host):
        return [_error(22, f"{name} is not https: credentials would travel in the clear.", hint)]
    return []


@register("queuescope")
def check_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E030 to E036: numbers that contradict each other or make no sense."""
    return [*_out_of_range(), *_contradictions()]


@register("queuescope")
def check_database(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E040: where the audit log and the sealed credentials are kept."""
    if settings.DATABASES["default"]["NAME"] != ":memory:":
        return []
    return [
        _error(
            40,
            "DATABASE_URL keeps the database in memory: the audit log would be lost.",
            "Name a file: DATABASE_URL=sqlite:////path/to/file",
        )
    ]


def _out_of_range() -> Iterator[CheckMessage]:
    for name in _AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            yield _error(30, f"{name} is less than 1.", f"Give {name} a whole number from 1.")
    for name in ("UPSTREAM_CONNECT_TIMEOUT", "UPSTREAM_TIMEOUT"):
        if getattr(settings, name) <= 0:
            yield _error(31, f"{name} is not above 0.", f"Give {name} a number of seconds above 0.")
    if settings.BATCH_RETENTION.total_seconds() <= 0:
        yield _error(
            34,
            "BATCH_RETENTION_HOURS is not above 0: a pulled batch would be gone before it is read.",
            "Give it a number of hours above 0; 24 is the default.",
        )
    if settings.PORT not in PORTS:
        yield _error(36, "PORT is not from 1 to 65535.", "8000 is the default.")
    for name in ("PEEK_BATCH_SIZE", "PULL_BATCH_SIZE"):
        if getattr(settings, name) not in BATCH_SIZES:
            yield _error(35, f"{name} is not from 1 to 100.", "Cloudflare gives 1 to 100 at once.")


def _contradictions() -> Iterator[CheckMessage]:
    # Twice, because a pull first reads its queue.
    if 2 * (settings.UPSTREAM_CONNECT_TIMEOUT + settings.UPSTREAM_TIMEOUT) >= settings.WORKER_TIMEOUT:
        yield _error(
            32,
            "UPSTREAM_CONNECT_TIMEOUT and UPSTREAM_TIMEOUT together reach half of WORKER_TIMEOUT: "
            "the server would end a pull before it knows what became of it.",
            "Lower the first two or raise WORKER_TIMEOUT.",
        )
    if settings.UPSTREAM_SLOTS >= settings.WORKER_THREADS:
        yield _error(
            33,
            "UPSTREAM_SLOTS is not below WORKER_THREADS: a slow Cloudflare would stop every other page.",
            "Keep about a quarter of the threads free: 48 of 64.",
        )


def _key_errors(keys: Sequence[str]) -> Iterator[CheckMessage]:
    """What is wrong with each key, told by its place: 1 is the newest."""
    secret_key = _secret_key()
    for place, key in enumerate(keys, start=1):
        name = f"Key {place} of CREDENTIAL_KEYS"
        try:
            raw = base64.b64decode(key, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != FERNET_KEY_BYTES:
            yield _error(5, f"{name} is malformed: it is not 32 bytes in URL-safe base64.", _MAKE_CREDENTIAL_KEY)
        elif key in keys[: place - 1]:
            yield _error(6, f"{name} is there twice.", "Name each key once, the newest first.")
        elif secret_key and _is_derived(key, raw, secret_key):
            yield _error(
                7,
                f"{name} is made from SECRET_KEY: whoever learns one has both.",
                _MAKE_CREDENTIAL_KEY,
            )
        elif len(set(raw)) < LEAST_DIFFERENT_BYTES:
            yield _error(8, f"{name} is weak: it is not random.", _MAKE_CREDENTIAL_KEY)


def _is_derived(key: str, raw: bytes, secret_key: str) -> bool:
    """Whether the key is the secret key, a part of it, or its hash: what tutorials suggest."""
    secret = secret_key.encode()
    return key.rstrip("=") in secret_key or raw in secret or raw == hashlib.sha256(secret).digest()


def _secret_key() -> str:
    try:
        return str(settings.SECRET_KEY)
    except ImproperlyConfigured:
        # Django will not even hand out an empty one.
        return ""


def _error(number: int, text: str, hint: str) -> CheckMessage:
    return Error(text, hint=hint, id=f"queuescope.E{number:03}")
