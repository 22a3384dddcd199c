"""The first step of every operation: may this person do it? A refused attempt is on the record."""

from dataclasses import replace
from typing import Any

from queues_app import access, audit
from queues_app.access import NotAllowedError, Permission, Place
from queues_app.audit import Caller, Subject
from queues_app.models import Action, User
from queues_app.operations import names


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
    is_kept: bool = False,
) -> None:
    """Raise NotAllowedError, after recording the refused attempt, unless the caller may.

    Where a rule is about the permission, Cloudflare is asked for the name that the queue has now. `is_kept`: only what
    was kept is read, which what is read-only does not close.
    """
    if subject.queue_id and access.needs_name(signed_in(caller), permission, names.place(subject)):
        subject = names.present(subject, changes=permission in access.CHANGES and not is_kept)
    place = replace(names.place(subject), is_kept=is_kept)
    require_at(place, caller, permission, action=action, subject=subject, parameters=parameters)


def require_at(
    place: Place,
    caller: Caller,
    permission: Permission,
    *,
    action: Action,
    subject: Subject,
    parameters: dict[str, Any] | None = None,
) -> None:
    """The same at a place that is not the subject's own, but that what is done to the subject has to do with."""
    try:
        access.require(signed_in(caller), permission, place)
    except NotAllowedError as why:
        audit.refuse(caller=caller, action=action, subject=subject, parameters=parameters, why=why)
        raise
