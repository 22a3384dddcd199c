"""The first step of every operation: may this person do it? A refused attempt is on the record."""

from typing import Any

from queues_app import access, audit
from queues_app.access import NotAllowedError, Permission
from queues_app.audit import Caller, Subject
from queues_app.models import Action, User


def signed_in(caller: Caller) -> User:
    """The person behind a caller; operations are for people who signed in."""
    if caller.user is None:
        raise RuntimeError("An operation was called without a person.")
    return caller.user


def require(
    caller: Caller,
    permission: Permission,
    *,
    action: Action,
    subject: Subject,
    parameters: dict[str, Any] | None = None,
) -> None:
    """Raise NotAllowedError, after recording the refused attempt, unless the caller may."""
    try:
        access.require(signed_in(caller), permission)
    except NotAllowedError as why:
        audit.refuse(caller=caller, action=action, subject=subject, parameters=parameters, why=why)
        raise
