"""Seals and unseals secrets and message bodies, and signs the audit. The only module that sees the keys.

Keys are Fernet keys in `settings.CREDENTIAL_KEYS`, newest first: the first one seals, each of them unseals.
A value that no key opens is an error with a sentence, never passed on as if it were the secret.

What signs is derived from `settings.AUDIT_KEYS`, and where that is empty from `CREDENTIAL_KEYS`: the first one signs,
each of both lists verifies. A signature names its key, so that a key that is gone is told apart from a forgery.
"""

import functools
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from queues_app.expected import ExpectedError


class VaultError(ExpectedError):
    """The vault could not do its work. Nothing was sent."""

    reason = "vault"
    is_refusal = True


class KeysUnusableError(VaultError):
    """`CREDENTIAL_KEYS` is empty or malformed."""

    sentence = "This server has no usable key to seal secrets with. Its administrator must set CREDENTIAL_KEYS."
    reason = "vault-keys-unusable"


class CannotUnsealError(VaultError):
    """No key of this server opens the value: the key it was sealed with is gone, or the value was changed."""

    sentence = (
        "The key that sealed this is no longer on this server, so it cannot be read. "
        "An administrator can put the old key back into CREDENTIAL_KEYS."
    )
    reason = "vault-key-gone"


class SigningKeyGoneError(VaultError):
    """The signature names a key that is not on this server, so nothing can be said about it."""

    reason = "vault-signing-key-gone"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"It was signed with the key {name}, which this server does not have.")


@sensitive_variables("plain")
def seal(plain: bytes) -> bytes:
    """Seal under the newest key.

    Raises KeysUnusableError.
    """
    return _fernet().encrypt(plain)


def unseal(sealed: bytes | memoryview) -> bytes:
    """Open what `seal` made, with whichever key fits.

    Raises KeysUnusableError, CannotUnsealError.
    """
    try:
        return _fernet().decrypt(bytes(sealed))
    except InvalidToken as error:
        raise CannotUnsealError from error


def problem_of(sealed: bytes | memoryview) -> VaultError | None:
    """Why a value cannot be opened now, or None when it can. The value itself is not handed out."""
    try:
        unseal(sealed)
    except VaultError as problem:
        return problem
    return None


def reseal(sealed: bytes | memoryview) -> bytes:
    """Seal the same value again under the newest key, its first sealing time kept.

    Raises KeysUnusableError, CannotUnsealError.
    """
    try:
        return _fernet().rotate(bytes(sealed))
    except InvalidToken as error:
        raise CannotUnsealError from error


def fingerprint_key() -> bytes:
    """The key for names of secrets that are the same on all hosts, and from which nobody gets back to the secret.

    Raises KeysUnusableError.
    """
    newest = next(iter(settings.CREDENTIAL_KEYS), None)
    if newest is None:
        raise KeysUnusableError
    return _part(newest, b"queuescope: fingerprints of secrets", 32)


def sign(data: bytes) -> str:
    """A signature under the newest key: the key's name, a point, 43 characters.

    Raises KeysUnusableError.
    """
    key = next(iter(_signing_keys().values()))
    return f"{key.name}.{_mac(key, data)}"


def is_signed(data: bytes, signature: str) -> bool:
    """Whether `sign` made this signature of this data, under whichever key of ours.

    Raises KeysUnusableError, SigningKeyGoneError.
    """
    name, _, mac = signature.partition(".")
    key = _signing_keys().get(name)
    if key is None:
        raise SigningKeyGoneError(name)
    return hmac.compare_digest(_mac(key, data).encode(), mac.encode())


def _mac(key: "_SigningKey", data: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key.secret, data, "sha256")).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class _SigningKey:
    name: str
    secret: bytes = field(repr=False)


def _signing_keys() -> dict[str, _SigningKey]:
    """By name, the one that signs first."""
    keys = [_derived(key) for key in (*settings.AUDIT_KEYS, *settings.CREDENTIAL_KEYS)]
    if not keys:
        raise KeysUnusableError
    return {key.name: key for key in keys}


# Kept, as each entry asks for them, and each call. By the key itself, so that a change of the settings counts at once.
@functools.lru_cache(maxsize=64)
def _part(key: str, purpose: bytes, length: int) -> bytes:
    """A key for one purpose alone."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(key.encode())


def _derived(key: str) -> _SigningKey:
    name = _part(key, b"queuescope: name of a signing key", 4).hex()
    return _SigningKey(name, _part(key, b"queuescope: signing the audit", 32))


def _fernet() -> MultiFernet:
    # Built per use: three microseconds, and no key outlives a change of settings in a test or a reload.
    try:
        return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])
    except ValueError as error:
        raise KeysUnusableError from error
