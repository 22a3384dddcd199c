"""Refuses passwords that are known from breaches, without telling anybody which password it is.

Have I Been Pwned, or a mirror of it, is asked for the ends of all hashes that begin with the same five digits as this
password's; the rest is compared here. No library is needed for it: those there are ask by a client of their own, and
cannot be told another place.
"""

import hashlib
import logging
from typing import Any

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from queues_app.identity import network

logger = logging.getLogger(__name__)


class BreachedPasswordValidator:
    """One of AUTH_PASSWORD_VALIDATORS. Where nobody can be asked, the list of common passwords alone decides."""

    @sensitive_variables()
    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError for a password of a breach."""
        if not settings.BREACHED_PASSWORDS:
            return
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            # Padded, so that the length of the answer tells nothing either.
            ends = network.get_text(f"{settings.BREACHED_PASSWORDS_URL}/{digest[:5]}", headers={"Add-Padding": "true"})
        except requests.RequestException as error:
            logger.warning(
                "Whether a new password is known from a breach could not be asked (%s). "
                "Only the list of common passwords was looked at.",
                type(error).__name__,
            )
            return
        if is_among(ends, digest[5:]):
            raise ValidationError(
                "This password is known from a breach of another site. Choose one that was never used.",
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return "Your password must not be known from a breach."


def is_among(ends: str, wanted: str) -> bool:
    """Whether lines of `END:COUNT` hold this end. A count of 0 is padding."""
    lines = (line.partition(":") for line in ends.splitlines())
    return any(end.strip().upper() == wanted and bool(count.strip("0, ")) for end, _colon, count in lines)
