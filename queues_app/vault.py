"""Seals and unseals secrets and message bodies. The only module that sees the keys.

Keys are Fernet keys in `settings.CREDENTIAL_KEYS`, newest first: the first one seals, each of them unseals.
A value that no key opens is an error with a sentence, never passed on as if it were the secret.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
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


def _fernet() -> MultiFernet:
    # Built per use: three microseconds, and no key outlives a change of settings in a test or a reload.
    try:
        return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])
    except ValueError as error:
        raise KeysUnusableError from error
