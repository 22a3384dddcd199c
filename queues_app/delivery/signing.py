"""The signature of what is posted, in the manner of Standard Webhooks (version 1, symmetric)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

PREFIX: Final = "whsec_"
_BYTES: Final = range(24, 65)  # what the scheme takes
_NEW_BYTES: Final = 32
_LEAST_DIFFERENT: Final = 10


class BadSecretError(ValueError):
    """No secret of this scheme, or a weak one. The value is in no message."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs; both sides have it."""

    raw: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """From `whsec_` and base64.

        Raises BadSecretError.
        """
        try:
            raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise BadSecretError from None
        if not text.startswith(PREFIX) or len(raw) not in _BYTES or len(set(raw)) < _LEAST_DIFFERENT:
            raise BadSecretError
        return cls(raw)

    def sign(self, data: bytes) -> str:
        made = hmac.new(self.raw, data, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(made).decode()}"


def new_secret() -> str:
    """A new one, as `SigningKey.read` takes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_NEW_BYTES)).decode()


def headers(keys: Sequence[SigningKey], *, number: str, at: int, body: bytes) -> dict[str, str]:
    """What goes beside a body. With several keys each signs, so that one can be changed without a gap."""
    told = {"webhook-id": number, "webhook-timestamp": str(at)}
    if keys:
        signed = f"{number}.{at}.".encode() + body
        told["webhook-signature"] = " ".join(key.sign(signed) for key in keys)
    return told
