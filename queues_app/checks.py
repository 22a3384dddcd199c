"""System checks of the settings. `dashboard/wsgi.py` refuses to start on an error; a warning is for a person to judge.

Each has an id that docs/configuration.md explains and a hint that says what to do. No message holds a secret.
"""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Collection, Container, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's own name for it
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connection

from dashboard.proxies import BASE_PATH, networks_in
from dashboard.stores import POSTGRESQL
from queues_app import vault
from queues_app.loopback import is_loopback
from queues_app.models import Credential

SECRET_KEY_MIN_LENGTH: Final = 50
FERNET_KEY_BYTES: Final = 32
# 32 random bytes hold fewer than this many different ones about once in 10**17 keys.
LEAST_DIFFERENT_BYTES: Final = 10
PORTS: Final = range(1, 65536)
LEAST_AUDIT_DAYS: Final = 30
BATCH_SIZES: Final = range(1, 101)  # what Cloudflare takes for one peek or pull
CONNECTIONS: Final = 128  # what the pool of one process holds (cloudflare/network.py)

# What a browser's Host can be, without its port; a dot in front stands for every name below.
_HOST: Final = re.compile(r"\.?[a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\]", re.IGNORECASE)


_AT_LEAST_ONE: Final = (
    "DATABASE_POOL_SIZE",
    "HOSTS",
    "METRICS_CONCURRENCY",
    "REFRESH_FLOOR",
    "UPSTREAM_MAX_ANSWER_BYTES",
    "UPSTREAM_SLOTS",
    "WEB_CONCURRENCY",
    "WORKER_THREADS",
    "WORKER_TIMEOUT",
)

_MAKE_SIGNING_KEY: Final = 'Make one: .venv/bin/python -c "import secrets; print(secrets.token_urlsafe(50))"'
_MAKE_CREDENTIAL_KEY: Final = (
    'Make one: .venv/bin/python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


@register("queuescope")
def check_values_can_be_read(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E001: a setting that could not be read, and so has its default."""
    return [
        setting_error(1, f"{problem.name} {problem.must}.", "Correct it, or leave it out to have its default.")
        for problem in settings.ENVIRONMENT.problems
    ]


@register("queuescope")
def check_secret_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E002, E003, E009: the keys that sign sessions."""
    key = _secret_key()
    messages = [
        setting_error(
            9,
            f"Key {place} of SECRET_KEY_FALLBACKS is weak: whoever guesses it can sign a session.",
            f"Only keys of {SECRET_KEY_MIN_LENGTH} random characters belong there. Leave it out; people sign in again.",
        )
        for place, old in enumerate(settings.SECRET_KEY_FALLBACKS, start=1)
        if _is_weak(old)
    ]
    if not key:
        messages.append(setting_error(2, "SECRET_KEY is missing.", _MAKE_SIGNING_KEY))
    elif _is_weak(key):
        messages.append(
            setting_error(
                3, f"SECRET_KEY is weak: it needs {SECRET_KEY_MIN_LENGTH} random characters.", _MAKE_SIGNING_KEY
            )
        )
    return messages


@register("queuescope")
def check_credential_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E004 to E008: the keys that seal credentials and kept batches."""
    if not settings.CREDENTIAL_KEYS:
        return [setting_error(4, "CREDENTIAL_KEYS is missing.", _MAKE_CREDENTIAL_KEY)]
    return list(_key_errors(settings.CREDENTIAL_KEYS))


@register("queuescope")
def check_audit_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E074: the keys that sign the audit. An old credential key may be among them, and is shorter."""
    return [
        setting_error(
            74,
            f"Key {place} of AUDIT_KEYS is weak: whoever guesses it can write the audit anew.",
            _MAKE_SIGNING_KEY,
        )
        for place, key in enumerate(settings.AUDIT_KEYS, start=1)
        if _is_weak(key) and any(_key_errors([key]))
    ]


@register("queuescope")
def check_audit_retention(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E075: how long the audit is kept."""
    days = settings.AUDIT_RETENTION_DAYS
    if days is None or days >= LEAST_AUDIT_DAYS:
        return []
    return [
        setting_error(
            75,
            f"AUDIT_RETENTION_DAYS is below {LEAST_AUDIT_DAYS}: entries would go before anybody asks for them.",
            f"Give it a number of days from {LEAST_AUDIT_DAYS}, or leave it empty to keep the audit for ever.",
        )
    ]


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


@register("queuescope")
def check_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E030 to E036, W037, E038, E039: numbers that contradict each other or make no sense."""
    return [*_out_of_range(), *_contradictions()]


@register("queuescope")
def check_database(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E040 to E042: where the audit log and the sealed credentials are kept.

    Only what this machine can say: a PostgreSQL that is down is told by the pages, and comes back without us.
    """
    database = settings.DATABASES["default"]
    hint = "Name a file that this process may write, in a directory that it may write: sqlite:////path/to/file"
    if database["ENGINE"] == POSTGRESQL:
        return []
    if database["NAME"] == ":memory:":
        return [setting_error(40, "DATABASE_URL keeps the database in memory: the audit log would be lost.", hint)]
    file = Path(database["NAME"])
    if not file.parent.is_dir():
        return [setting_error(41, f"DATABASE_URL names a file in {file.parent}, and there is no such directory.", hint)]
    if file.is_dir():
        return [setting_error(41, f"DATABASE_URL names {file}, which is a directory and no file.", hint)]
    # The directory too: SQLite writes its log beside the file.
    for place, mode in ((file.parent, os.W_OK | os.X_OK), (file, os.R_OK | os.W_OK)):
        if place.exists() and not os.access(place, mode):
            return [setting_error(42, f"DATABASE_URL names {file}, but this process may not write {place}.", hint)]
    return []


@register(Tags.database)
def check_kept(
    app_configs: Sequence[AppConfig] | None, databases: Collection[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W043: whether the keys open what is kept. Looks into the database, so only where that is named to be checked."""
    kept = Credential._meta.db_table
    if DEFAULT_DB_ALIAS not in (databases or ()) or kept not in connection.introspection.table_names():
        return []
    sealed = list(Credential.objects.values_list("sealed_secret", flat=True))
    lost = sum(vault.problem_of(secret) is not None for secret in sealed)
    if not lost:
        return []
    return [
        Warning(
            f"No key of CREDENTIAL_KEYS opens {lost} of {len(sealed)} credentials.",
            hint="Put the keys that belong to this database, or to the backup that it is from, behind the others.",
            id="queuescope.W043",
        )
    ]


def static_files_not_collected() -> list[CheckMessage]:
    """E050: pages would fail for want of a style sheet's name.

    Asked by what serves pages and by nothing else: `migrate` and `collectstatic` have to run before there are any.
    """
    collected: Container[str] = ()
    # A manifest that is cut short cannot be read at all.
    with suppress(ValueError):
        if not isinstance(staticfiles_storage, ManifestFilesMixin):
            return []
        collected = staticfiles_storage.hashed_files
    ignored = StaticFilesConfig.ignore_patterns
    if all(path in collected for finder in get_finders() for path, _storage in finder.list(ignored)):
        return []
    return [
        setting_error(
            50,
            "The static files in STATIC_ROOT are not collected, or older than this version.",
            "Run .venv/bin/python manage.py collectstatic --no-input",
        )
    ]


def _out_of_range() -> Iterator[CheckMessage]:
    for name in _AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            yield setting_error(30, f"{name} is less than 1.", f"Give {name} a whole number from 1.")
    for name in ("UPSTREAM_CONNECT_TIMEOUT", "UPSTREAM_TIMEOUT"):
        if getattr(settings, name) <= 0:
            yield setting_error(31, f"{name} is not above 0.", f"Give {name} a number of seconds above 0.")
    if settings.BATCH_RETENTION.total_seconds() <= 0:
        yield setting_error(
            34,
            "BATCH_RETENTION_HOURS is not above 0: a pulled batch would be gone before it is read.",
            "Give it a number of hours above 0; 24 is the default.",
        )
    if settings.APPROVAL_EXPIRES.total_seconds() <= 0:
        yield setting_error(
            39,
            "APPROVAL_EXPIRES_MINUTES is not above 0: every request would be over before somebody can approve it.",
            "Give it a number of minutes above 0; 60 is the default.",
        )
    if settings.PORT not in PORTS:
        yield setting_error(36, "PORT is not from 1 to 65535.", "8000 is the default.")
    for name in ("PEEK_BATCH_SIZE", "PULL_BATCH_SIZE"):
        if getattr(settings, name) not in BATCH_SIZES:
            yield setting_error(35, f"{name} is not from 1 to 100.", "Cloudflare gives 1 to 100 at once.")


def _contradictions() -> Iterator[CheckMessage]:
    # Twice, because a pull first reads its queue.
    if 2 * (settings.UPSTREAM_CONNECT_TIMEOUT + settings.UPSTREAM_TIMEOUT) >= settings.WORKER_TIMEOUT:
        yield setting_error(
            32,
            "UPSTREAM_CONNECT_TIMEOUT and UPSTREAM_TIMEOUT together reach half of WORKER_TIMEOUT: "
            "the server would end a pull before it knows what became of it.",
            "Lower the first two or raise WORKER_TIMEOUT.",
        )
    if settings.UPSTREAM_SLOTS >= settings.WORKER_THREADS:
        yield setting_error(
            33,
            "UPSTREAM_SLOTS is not below WORKER_THREADS: a slow Cloudflare would stop every other page.",
            "Keep about a quarter of the threads free: 48 of 64.",
        )
    if settings.METRICS_CONCURRENCY >= settings.UPSTREAM_SLOTS > 0:
        yield Warning(
            "METRICS_CONCURRENCY is not below UPSTREAM_SLOTS: the counts of one list could take every place.",
            hint="Lower it, so that a peek or a pull finds a place beside them: 8 of 48.",
            id="queuescope.W037",
        )
    if settings.UPSTREAM_SLOTS > CONNECTIONS:
        yield setting_error(
            38,
            f"UPSTREAM_SLOTS is above {CONNECTIONS}, the connections of one process: the surplus would wait unseen.",
            f"Give it at most {CONNECTIONS}; WEB_CONCURRENCY gives more processes.",
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
            yield setting_error(5, f"{name} is malformed: it is not 32 bytes in URL-safe base64.", _MAKE_CREDENTIAL_KEY)
        elif key in keys[: place - 1]:
            yield setting_error(6, f"{name} is there twice.", "Name each key once, the newest first.")
        elif secret_key and _is_derived(key, raw, secret_key):
            yield setting_error(
                7,
                f"{name} is made from SECRET_KEY: whoever learns one has both.",
                _MAKE_CREDENTIAL_KEY,
            )
        elif len(set(raw)) < LEAST_DIFFERENT_BYTES:
            yield setting_error(8, f"{name} is weak: it is not random.", _MAKE_CREDENTIAL_KEY)


def _is_derived(key: str, raw: bytes, secret_key: str) -> bool:
    """Whether the key is the secret key, a part of it, or its hash: what tutorials suggest."""
    secret = secret_key.encode()
    return key.rstrip("=") in secret_key or raw in secret or raw == hashlib.sha256(secret).digest()


def _is_weak(key: str) -> bool:
    return len(key) < SECRET_KEY_MIN_LENGTH or len(set(key)) < LEAST_DIFFERENT_BYTES or "insecure" in key


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


def _secret_key() -> str:
    try:
        return str(settings.SECRET_KEY)
    except ImproperlyConfigured:
        # Django will not even hand out an empty one.
        return ""


def setting_error(number: int, text: str, hint: str) -> CheckMessage:
    """An error of the settings under its number, which docs/configuration.md explains."""
    return Error(text, hint=hint, id=f"queuescope.E{number:03}")
