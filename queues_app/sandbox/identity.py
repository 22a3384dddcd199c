"""Who is asking: both authentication schemes, and what each credential may do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from queues_app.sandbox import errors
from queues_app.sandbox.errors import ApiError
from queues_app.sandbox.wire import Request

READ = "read"
WRITE = "write"
ANALYTICS = "analytics"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,120}\Z")
_BEARER = re.compile(r"Bearer +(\S+)\Z", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@\"']+@[^\s@\"']+\Z")
_KEY = re.compile(r"[0-9a-f]{37}\Z")


@dataclass(frozen=True, slots=True)
class Identity:
    """A credential as the API knows it. An empty `accounts` means all of them."""

    id: str
    secret: str = field(repr=False)
    powers: frozenset[str]
    accounts: frozenset[str] = frozenset()
    status: str = "active"
    owner: str = "user"  # user | account | key
    lists_accounts: bool = True
    expires_ms: int | None = None
    email: str = ""

    def sees(self, account_id: str) -> bool:
        return not self.accounts or account_id in self.accounts


class Identities:
    """Finds the credential that a request carries, or says as the API does what is wrong with it."""

    def __init__(self, known: Sequence[Identity]) -> None:
        self._tokens = {one.secret: one for one in known if one.owner != "key"}
        self._keys = {(one.email, one.secret): one for one in known if one.owner == "key"}

    def identify(self, request: Request) -> Identity | None:
        """None for a well-formed but unknown token: what that means depends on the route."""
        authorization = request.headers.get("authorization")
        if authorization is not None:
            match = _BEARER.match(authorization)
            if not match or not _TOKEN.match(match[1]):
                raise ApiError(errors.BAD_AUTHORIZATION)
            return self._tokens.get(match[1])
        email, key = request.headers.get("x-auth-email"), request.headers.get("x-auth-key")
        if email is None or key is None:
            raise ApiError(errors.NO_CREDENTIALS)
        bad_email, bad_key = not _EMAIL.match(email), not _KEY.match(key)
        if bad_email and bad_key:
            raise ApiError(errors.BAD_KEY_PAIR_HEADERS)
        if bad_email or bad_key:
            raise ApiError(errors.BAD_EMAIL_HEADER if bad_email else errors.BAD_KEY_HEADER)
        found = self._keys.get((email, key))
        if found is None:
            raise ApiError(errors.UNKNOWN_KEY_PAIR)
        return found
