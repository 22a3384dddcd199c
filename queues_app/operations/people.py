"""Who belongs here, and as what: roles, closing, reopening. The console may do all of it, and is on the record too."""

from collections.abc import Callable
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction

from queues_app import audit
from queues_app.access import ROLES, Permission
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Action, User
from queues_app.operations import allowed, sessions

# Whoever can run manage.py holds the database already: no role is asked.
CONSOLE: Final = Caller(user=None, user_name="manage.py", address=None, request_id="")
ADMINISTRATORS: Final = "Admin"
NO_ROLE: Final = "no role"


class LastAdministratorError(ExpectedError):
    """Nobody would be left to manage people."""

    reason = "last-administrator"
    is_refusal = True

    def __init__(self, person: User) -> None:
        super().__init__(
            f"{person.get_username()} is the last administrator who may sign in. "
            "Give somebody else the role Admin first."
        )


def require(caller: Caller, action: Action, parameters: dict[str, Any]) -> None:
    """Raise NotAllowedError, on the record, unless the caller manages people or is the console."""
    if caller is not CONSOLE:
        allowed.require(caller, Permission.MANAGE_PEOPLE, action=action, subject=audit.Subject(), parameters=parameters)


def role_of(person: User) -> str:
    """The roles of a person in words; mostly it is one."""
    return ", ".join(person.groups.filter(name__in=ROLES).order_by("name").values_list("name", flat=True)) or NO_ROLE


def set_role(*, caller: Caller, person: User, role: str) -> None:
    """Give this role in place of the one before.

    Raises NotAllowedError, LastAdministratorError, AuditUnavailableError.
    """

    def give() -> None:
        if role != ADMINISTRATORS:
            _keep_an_administrator(person)
        person.groups.remove(*Group.objects.filter(name__in=ROLES))
        person.groups.add(Group.objects.get(name=role))

    _change(caller, Action.ROLE, person, give, role=f"{role_of(person)} → {role}")


def follow(*, caller: Caller, person: User, roles: frozenset[str], by: str) -> None:
    """Give the roles that another place says, in place of those before; on the record where they differ.

    Raises LastAdministratorError, AuditUnavailableError.
    """
    before = role_of(person)
    after = ", ".join(sorted(roles))
    if before == after:
        return
    parameters = {"person": person.get_username(), "role": f"{before} → {after}", "by": by}
    with audit.record(caller=caller, action=Action.ROLE, parameters=parameters) as record:
        with transaction.atomic():
            if ADMINISTRATORS not in roles:
                _keep_an_administrator(person)
            person.groups.remove(*Group.objects.filter(name__in=ROLES))
            person.groups.add(*Group.objects.filter(name__in=roles))
        record.ok()


def close(*, caller: Caller, person: User) -> None:
    """They are out at once and cannot sign in any more. What they did stays on the record.

    Raises NotAllowedError, LastAdministratorError, AuditUnavailableError.
    """

    def shut() -> None:
        _keep_an_administrator(person)
        _set_active(person, active=False)
        sessions.end_all(person)

    _change(caller, Action.CLOSE, person, shut)


def reopen(*, caller: Caller, person: User) -> None:
    """They may sign in again, as what they were.

    Raises NotAllowedError, AuditUnavailableError.
    """
    _change(caller, Action.REOPEN, person, lambda: _set_active(person, active=True))


def forget_factors(*, caller: Caller, person: User) -> None:
    """For somebody who lost them all: the password alone signs in, until they add new ones.

    Raises NotAllowedError, AuditUnavailableError.
    """
    _change(caller, Action.FACTOR_REMOVE, person, lambda: Authenticator.objects.filter(user=person).delete())


def _change(caller: Caller, action: Action, person: User, act: Callable[[], object], **more: str) -> None:
    parameters = {"person": person.get_username(), **more}
    require(caller, action, parameters)
    with audit.record(caller=caller, action=action, parameters=parameters) as record:
        with transaction.atomic():
            act()
        record.ok()


def _set_active(person: User, *, active: bool) -> None:
    person.is_active = active
    person.save(update_fields=["is_active"])


def _keep_an_administrator(person: User) -> None:
    """Two who take the role from each other at the same time pass here one after the other."""
    group = Group.objects.select_for_update().get(name=ADMINISTRATORS)
    administrators = group.user_set.filter(is_active=True)
    if administrators.filter(pk=person.pk).exists() and not administrators.exclude(pk=person.pk).exists():
        raise LastAdministratorError(person)
