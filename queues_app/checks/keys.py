"""System checks of the keys that sign and seal: there, strong, each of its own, and those of this database."""

import base64
import binascii
import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's own name for it
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connection

from queues_app import vault
from queues_app.checks.telling import LEAST_DIFFERENT_BYTES, setting_error
from queues_app.models import Credential

SECRET_KEY_MIN_LENGTH: Final = 50
FERNET_KEY_BYTES: Final = 32

_MAKE_SIGNING_KEY: Final = 'Make one: .venv/bin/python -c "import secrets; print(secrets.token_urlsafe(50))"'
_MAKE_CREDENTIAL_KEY: Final = (
    'Make one: .venv/bin/python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


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


def _secret_key() -> str:
    try:
        return str(settings.SECRET_KEY)
    except ImproperlyConfigured:
        # Django will not even hand out an empty one.
        return ""
