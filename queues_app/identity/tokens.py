"""Signed tokens of other places: the keys they publish, and the check of everything that a token claims."""

import logging
import threading
import time
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import jwt
import requests

from queues_app.expected import ExpectedError
from queues_app.identity import network

logger = logging.getLogger(__name__)

FLOOR: Final = 60.0  # seconds between two times that we ask for keys, whatever key a token names
LASTS: Final = 3600.0  # seconds until keys are asked for anew: one that was withdrawn is not believed for long
# What libraries raise over numbers and nestings without end, and over lists in place of texts.
MALFORMED: Final = (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, ArithmeticError, RecursionError)
LEEWAY: Final = 10.0  # seconds that clocks may differ
MAX_LENGTH: Final = 16384


class UnprovenError(ExpectedError):
    """Somebody is not who they claim to be, or it cannot be told."""

    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


class BadTokenError(UnprovenError):
    """Not signed by whom it should be, not for us, not now, or incomplete. Which of them is in the log."""

    sentence = "What was sent to prove who you are cannot be believed. Sign in again."
    reason = "bad-token"


class KeysError(UnprovenError):
    """The keys that would tell cannot be had at the moment."""

    sentence = "Who you are cannot be checked at the moment: the place that answers for you does not. Try again soon."
    reason = "provider-down"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    is_refusal = False


class KeySet:
    """The public keys at one address, remembered in this process."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._asked_at = self._read_at = -float("inf")
        self._lock = threading.Lock()

    def find(self, kid: str | None) -> jwt.PyJWK:
        """The key of this name; without a name the only one there is.

        Raises BadTokenError when there is none, KeysError when there are no keys at all.
        """
        with self._lock:
            now = time.monotonic()
            is_wanting = kid not in self._keys or now - self._read_at > LASTS
            if is_wanting and now - self._asked_at >= FLOOR:
                self._asked_at = now
                self._ask(now)
            if not self._keys:
                raise KeysError
            if kid not in self._keys:
                logger.warning("A token names a key that %s does not have.", self.address)
                raise BadTokenError
            return self._keys[kid]

    def _ask(self, now: float) -> None:
        try:
            published = network.get_object(self.address).get("keys")
            entries = [entry for entry in published if isinstance(entry, dict)] if isinstance(published, list) else []
        except requests.RequestException as error:
            # Those we have go on; the next one who needs another asks again.
            logger.warning("The keys at %s could not be read: %s", self.address, type(error).__name__)
            return
        found: dict[str | None, jwt.PyJWK] = {}
        for entry in entries:
            try:
                key = jwt.PyJWK(entry)
                found[key.key_id] = key
            except MALFORMED:
                continue  # of a kind that we do not know, or none; a token that names it is refused
        if len(found) == 1:
            found[None] = next(iter(found.values()))
        self._keys, self._read_at = found, now


@cache
def keys_at(address: str) -> KeySet:
    """The keys at an address of the settings, or of the provider that they name; one set in each process."""
    return KeySet(address)


def verify(
    token: str, keys: KeySet, *, algorithms: Sequence[str], issuer: str, audience: str, required: Sequence[str]
) -> dict[str, Any]:
    """What a token says, when everything about it is right.

    Only the name of the key is taken from its header: keys and addresses that it brings along are not looked at.

    Raises BadTokenError, KeysError.
    """
    try:
        if len(token) > MAX_LENGTH:
            raise jwt.DecodeError("too long")
        key = keys.find(jwt.get_unverified_header(token).get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(algorithms),
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["aud", "exp", "iat", "iss", "sub", *required], "enforce_minimum_key_length": True},
        )
        if not claims["sub"].encode():  # people are found again by it
            raise jwt.exceptions.InvalidSubjectError
    except MALFORMED as error:
        # The kind of fault, and nothing of the token.
        logger.warning("A token of %s was refused: %s", issuer, type(error).__name__)
        raise BadTokenError from None
    return claims
