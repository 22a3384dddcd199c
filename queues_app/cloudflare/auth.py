"""The two kinds of credential Cloudflare takes. A secret has no repr and is checked before it is a header."""

# ruff: noqa: N818 - named in the same way as the errors of errors.py

import hashlib
import re
from dataclasses import dataclass, field

# RFC 9110 field values without spaces: a newline would begin another header, and httpx would put any other
# character into the text of its exception.
_VISIBLE_ASCII = re.compile(r"[!-~]+")
_LONGEST = 4096  # characters; real secrets have less than a hundred


class InvalidSecret(ValueError):
    """The value cannot be sent as a header. Its text never holds the value."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token, of a user or of an account.

    Raises InvalidSecret.
    """

    secret: str = field(repr=False)
    name: str = ""  # the caller's own, for whoever observes

    def __post_init__(self) -> None:
        _check(self.secret, "The API token")

    def headers(self) -> dict[str, str]:
        """Only for the client."""
        return {"Authorization": f"Bearer {self.secret}"}

    def fingerprint(self, salt: bytes) -> bytes:
        """A name for the credential that says nothing about it."""
        return _fingerprint(salt, self.secret)

    def secrets(self) -> tuple[str, ...]:
        """What must not appear in any text. Only for the client."""
        return (self.secret,)


@dataclass(frozen=True, slots=True)
class GlobalKey:
    """E-mail address and Global API key: the older way, of full power.

    Raises InvalidSecret.
    """

    email: str
    key: str = field(repr=False)
    name: str = ""

    def __post_init__(self) -> None:
        _check(self.email, "The e-mail address")
        _check(self.key, "The Global API key")

    def headers(self) -> dict[str, str]:
        """Only for the client."""
        return {"X-Auth-Email": self.email, "X-Auth-Key": self.key}

    def fingerprint(self, salt: bytes) -> bytes:
        """A name for the credential that says nothing about it."""
        return _fingerprint(salt, f"{self.email}\n{self.key}")

    def secrets(self) -> tuple[str, ...]:
        """What must not appear in any text. Only for the client."""
        return (self.key,)


type Auth = ApiToken | GlobalKey


def _check(value: str, what: str) -> None:
    if not value:
        raise InvalidSecret(f"{what} is empty.")
    if len(value) > _LONGEST:
        raise InvalidSecret(f"{what} is longer than {_LONGEST:,} characters.")
    if not _VISIBLE_ASCII.fullmatch(value):
        raise InvalidSecret(
            f"{what} holds a space, a line break or a character that is not plain ASCII, so it cannot be sent."
        )


def _fingerprint(salt: bytes, secret: str) -> bytes:
    return hashlib.blake2b(secret.encode("ascii"), key=salt, digest_size=16).digest()
