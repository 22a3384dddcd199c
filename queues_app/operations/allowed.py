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

    `is_kept`: only what was kept is read, which what is read-only does not close.
    """
    place = replace(_place(signed_in(caller), permission, subject), is_kept=is_kept)
    try:
        access.require(signed_in(caller), permission, place)
    except NotAllowedError as why:
        audit.refuse(caller=caller, action=action, subject=subject, parameters=parameters, why=why)
        raise


def _place(user: User, permission: Permission, subject: Subject) -> Place:
    """Where it is done, and with what. A queue whose name nobody read yet is asked for it, where a rule may close it.

    Without a credential nobody's is used, as where no way leads to the account: then the roles decide.
    """
    if subject.account is None:
        return Place(queue_name=subject.queue_name if subject.queue_id else None)
    here = Place.of(subject.account) if subject.credential else Place(subject.account.account_id)
    if not subject.queue_id:
        return here
    # What was prepared before the name was known has the id in its place.
    name = "" if subject.queue_name == subject.queue_id else subject.queue_name
    if not name and access.needs_name(user, permission, here):
        name = names.read(subject.account, subject.queue_id)
    return replace(here, queue_name=name)
