"""What a proven token says of a person."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError

from queues_app.identity.tokens import UnprovenError
from queues_app.models import User

_NAME: Final = User._meta.get_field("username")


class NoNameError(UnprovenError):
    """There is no name that a person could have here."""

    sentence = "Whoever answers for you names no user name that can be used here. Ask the administrator of this server."
    reason = "no-name"


def text_of(claims: Mapping[str, Any], claim: str) -> str:
    """One claim as text; what is none is empty."""
    value = claims.get(claim)
    return value.strip() if isinstance(value, str) else ""


def line_of(claims: Mapping[str, Any], claim: str) -> str:
    """One claim as text to show: nothing that cannot be printed, or turns what stands beside it."""
    return "".join(sign for sign in text_of(claims, claim) if sign.isprintable())


def groups_of(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """The groups in a claim: a list of names, or one name."""
    value = claims.get(claim)
    values = value if isinstance(value, list) else [value]
    return frozenset(name for name in values if isinstance(name, str))


def roles_of(groups: Iterable[str], roles: Mapping[str, str]) -> frozenset[str]:
    """What the settings give these groups."""
    return frozenset(roles[group] for group in groups if group in roles)


def name_of(claims: Mapping[str, Any], *wanted: str) -> str:
    """The first of these claims that can be a user name.

    Raises NoNameError.
    """
    for claim in wanted:
        name = str(User.normalize_username(text_of(claims, claim)))
        try:
            _NAME.run_validators(name)
        except ValidationError:
            continue
        if name:
            return name
    raise NoNameError


def uid_of(issuer: str, subject: Any) -> str:
    """Under what a person is found again: the same subject of another issuer is another person."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()
