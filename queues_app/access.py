"""Who may do what, asked on the server for every operation. A hidden button is no permission."""

from enum import StrEnum
from http import HTTPStatus
from typing import Final

from queues_app.expected import ExpectedError
from queues_app.models import User


class Permission(StrEnum):
    """The permissions a group can hold; each is a row made from `models.DeploymentPermission`."""

    SEE_QUEUES = "see_queues"
    PEEK = "peek"
    PULL = "pull"
    SETTLE = "settle"
    DELETE = "delete"
    SEND = "send"
    EXPORT = "export"
    SEE_COPIES = "see_copies"
    SEE_ALL_LEASES = "see_all_leases"
    SETTLE_FOR_OTHERS = "settle_for_others"
    EMPTY = "empty"
    EDIT = "edit"
    SEE_ALL_AUDIT = "see_all_audit"
    MANAGE_PEOPLE = "manage_people"


_OPERATOR: Final = (
    Permission.SEE_QUEUES,
    Permission.PEEK,
    Permission.PULL,
    Permission.SETTLE,
    Permission.DELETE,
    Permission.SEND,
    Permission.EXPORT,
)

# What each role is made of; the migrations write them into Django's groups.
ROLES: Final = {
    "Viewer": (Permission.SEE_QUEUES,),
    "Operator": _OPERATOR,
    "Lead": (
        *_OPERATOR,
        Permission.SEE_COPIES,
        Permission.SEE_ALL_LEASES,
        Permission.SETTLE_FOR_OTHERS,
        Permission.EMPTY,
        Permission.EDIT,
    ),
    "Admin": tuple(Permission),
    "Auditor": (Permission.SEE_ALL_AUDIT,),
}

_VERBS: Final = {
    Permission.SEE_QUEUES: "see queues",
    Permission.PEEK: "peek at messages",
    Permission.PULL: "pull messages",
    Permission.SETTLE: "acknowledge or retry messages",
    Permission.DELETE: "delete messages",
    Permission.SEND: "send messages",
    Permission.EXPORT: "take message bodies out",
    Permission.SEE_COPIES: "open copies that others fetched",
    Permission.SEE_ALL_LEASES: "see what others hold",
    Permission.SETTLE_FOR_OTHERS: "settle messages that others hold",
    Permission.EMPTY: "empty queues",
    Permission.EDIT: "change queues and their consumers",
    Permission.SEE_ALL_AUDIT: "see everybody's audit entries",
    Permission.MANAGE_PEOPLE: "manage people",
}


class NotAllowedError(ExpectedError):
    """The person may not do this. Nothing was asked of the upstream."""

    reason = "not-allowed"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        super().__init__(why_not(permission))


def may(user: User, permission: Permission) -> bool:
    """Whether the user's groups give this permission. Inactive people may do nothing."""
    return user.has_perm(f"queues_app.{permission}")


def require(user: User, permission: Permission) -> None:
    """Raise NotAllowedError unless the user may."""
    if not may(user, permission):
        raise NotAllowedError(permission)


def why_not(permission: Permission) -> str:
    """The sentence for a person who may not, on a refusal and beside a disabled control."""
    *others, last = [name for name, held in ROLES.items() if permission in held]
    roles = f"{', '.join(others)} or {last}" if others else last
    return f"Your role may not {_VERBS[permission]}. Ask an administrator for the role {roles}."
