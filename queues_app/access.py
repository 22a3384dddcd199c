"""Who may do what, asked on the server for every operation. A hidden button is no permission."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Q

from queues_app import grants
from queues_app.expected import ExpectedError
from queues_app.grants import Grant
from queues_app.models import Account, Effect, QueueRule, ReadOnlyAccount, User


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
    MANAGE_RULES = "manage_rules"
    APPROVE = "approve"
    MANAGE_MASKING = "manage_masking"
    REVEAL = "reveal"
    MANAGE_TEAMS = "manage_teams"
    EXPORT_AUDIT = "export_audit"
    EXPLAIN_AUDIT = "explain_audit"
    HOLD_AUDIT = "hold_audit"
    WATCH = "watch"


# What a rule can be about.
OF_QUEUES: Final = (
    Permission.SEE_QUEUES,
    Permission.PEEK,
    Permission.PULL,
    Permission.SETTLE,
    Permission.DELETE,
    Permission.SEND,
    Permission.EDIT,
    Permission.EMPTY,
    Permission.EXPORT,
    Permission.WATCH,
)
# What the owner of a credential can let others do with it. Not watching: that goes on while its owner is away.
SHAREABLE: Final = (
    *(permission for permission in OF_QUEUES if permission is not Permission.WATCH),
    Permission.SEE_COPIES,
    Permission.SETTLE_FOR_OTHERS,
)
# What can need a second person. Not pulling and settling: leases run out while somebody waits.
NEED_TWO: Final = (Permission.DELETE, Permission.SEND, Permission.EDIT, Permission.EMPTY)
# What no rule is about. To approve takes the permission for the act itself too, and rules are about that.
_OF_THE_DEPLOYMENT: Final = {
    Permission.SEE_ALL_AUDIT,
    Permission.MANAGE_PEOPLE,
    Permission.MANAGE_RULES,
    Permission.APPROVE,
    Permission.MANAGE_MASKING,
    Permission.MANAGE_TEAMS,
    Permission.EXPORT_AUDIT,
    Permission.EXPLAIN_AUDIT,
    Permission.HOLD_AUDIT,
}
# What a rule takes away together with another.
_GOES_WITH: Final = {Permission.SETTLE_FOR_OTHERS: Permission.SETTLE}
# What changes something upstream: a pull leases, and uses attempts.
CHANGES: Final = frozenset(
    {
        Permission.PULL,
        Permission.SETTLE,
        Permission.SETTLE_FOR_OTHERS,
        Permission.DELETE,
        Permission.SEND,
        Permission.EDIT,
        Permission.EMPTY,
    }
)


_OPERATOR: Final = (
    Permission.SEE_QUEUES,
    Permission.PEEK,
    Permission.PULL,
    Permission.SETTLE,
    Permission.DELETE,
    Permission.SEND,
    Permission.EXPORT,
    Permission.EXPLAIN_AUDIT,
    Permission.WATCH,
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
        Permission.APPROVE,
        Permission.REVEAL,
    ),
    "Admin": tuple(Permission),
    "Auditor": (Permission.SEE_ALL_AUDIT, Permission.EXPORT_AUDIT, Permission.EXPLAIN_AUDIT, Permission.HOLD_AUDIT),
}

# What somebody can be in a team; the other roles are about the deployment.
TEAM_ROLES: Final = ("Viewer", "Operator", "Lead")

_NOT_SHARED: Final = "This credential is not shared with you any more."
_NO_NAME: Final = (
    "The name of this queue could not be read, so it is not known which rules hold for it. Nothing was done; try again."
)

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
    Permission.MANAGE_RULES: "manage rules for queues",
    Permission.APPROVE: "approve what others ask for",
    Permission.MANAGE_MASKING: "manage masks",
    Permission.REVEAL: "reveal masked fields",
    Permission.MANAGE_TEAMS: "manage teams",
    Permission.EXPORT_AUDIT: "export the audit log",
    Permission.EXPLAIN_AUDIT: "explain outcomes in the audit log",
    Permission.HOLD_AUDIT: "hold audit entries",
    Permission.WATCH: "watch queues",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is done: a queue of an account by its name, or the account as a whole; and with what.

    A queue whose name is not known has the name "": no rule could be read for it. Without an owner it is done with
    whichever credential of one's own. `is_kept`: with what was kept of it, so that nothing is changed upstream.
    `other_names` are what it was called when something of it was kept: a rule that takes away holds by any name, one
    that gives has to by each.
    """

    account_id: str = ""
    queue_name: str | None = None
    credential_id: int | None = None
    owner_id: int | None = None
    is_kept: bool = False
    other_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str | None, ...]:
        """The queue by each of its names; None alone for the account as a whole."""
        return (self.queue_name, *self.other_names)

    @classmethod
    def of(cls, account: Account, queue_name: str | None = None) -> Self:
        """There, with the credential by which this account is reached."""
        return cls(account.account_id, queue_name, account.credential_id, account.credential.owner_id)


ANYWHERE: Final = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether somebody may, and by what: in a sentence for whoever may not, in a few words for whoever may.

    `by_role`: by one of the roles that `roles_with` names.
    """

    allowed: bool
    why: str
    by_role: bool = False


class NotAllowedError(ExpectedError):
    """The person may not do this. Nothing was asked of the upstream."""

    reason = "not-allowed"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True

    def __init__(self, permission: Permission, why: str = "") -> None:
        self.permission = permission
        super().__init__(why or why_not(permission))


def decide(user: User, permission: Permission, place: Place = ANYWHERE) -> Decision:
    """Whether a person may do this here, and why. Inactive people may do nothing.

    First what is read-only, then each rule that denies, then the role, then each rule that allows. With a credential
    that somebody else shares, their role in that team stands for the role, within what its owner allows, and no rule
    allows more.
    """
    if closed_here := _read_only(user, permission, place) or _denied(_rules_of(user), permission, place):
        return Decision(allowed=False, why=closed_here)
    if place.owner_id not in (None, user.pk):
        return _shared(user, permission, place)
    if user.has_perm(f"queues_app.{permission}"):
        return Decision(allowed=True, by_role=True, why="by a role")
    rules = _allowing(user, permission)
    giving = [next((rule for rule in rules if _reaches(rule, place.account_id, name)), None) for name in place.names]
    if all(giving):
        return Decision(allowed=True, why=f"by a rule: {giving[0]}")
    if place == ANYWHERE and permission in SHAREABLE and any(grant.gives(permission) for grant in grants.of(user)):
        return Decision(allowed=True, why="by a credential that is shared")
    return Decision(allowed=False, why=why_not(permission))


def may(user: User, permission: Permission, place: Place = ANYWHERE) -> bool:
    """Whether the person's roles and the rules give this permission here."""
    return decide(user, permission, place).allowed


def closed(user: User, permission: Permission, place: Place = ANYWHERE) -> str:
    """Why this person may not, beside a disabled control; empty for whoever may."""
    decision = decide(user, permission, place)
    return "" if decision.allowed else decision.why


def require(user: User, permission: Permission, place: Place = ANYWHERE) -> None:
    """Raise NotAllowedError unless the person may."""
    decision = decide(user, permission, place)
    if not decision.allowed:
        raise NotAllowedError(permission, decision.why)


def needs_name(user: User, permission: Permission, place: Place) -> bool:
    """Whether a rule gives or takes this permission for some queues, so that a queue's name must be known."""
    rules = [*_rules_of(user), *(rule for grant in _grants_at(user, place) for rule in _rules_for(user, grant.role))]
    return bool(_denying(rules, permission) or _allowing(user, permission))


def sees_all(user: User, place: Place) -> bool:
    """Whether no rule can hide a queue of this account from a person's lists."""
    return may(user, Permission.SEE_QUEUES, place) and not needs_name(user, Permission.SEE_QUEUES, place)


def _shared(user: User, permission: Permission, place: Place) -> Decision:
    """The same with a credential of somebody else: one of the ways in which it is shared is enough."""
    refusals = []
    for grant in _grants_at(user, place):
        why = _held_back(grant, permission) or _denied(_rules_for(user, grant.role), permission, place)
        if not why:
            within = f"within what {grant.owner} shares with it"
            return Decision(allowed=True, why=f"by the role {grant.role} in the team {grant.team}, {within}")
        refusals.append(why)
    return Decision(allowed=False, why=refusals[0] if refusals else _NOT_SHARED)


def _grants_at(user: User, place: Place) -> list[Grant]:
    """Those of somebody else's credential; an own one needs none."""
    if place.owner_id in (None, user.pk):
        return []
    return [grant for grant in grants.of(user) if grant.credential_id == place.credential_id]


def _held_back(grant: Grant, permission: Permission) -> str:
    if permission not in SHAREABLE:
        return f"What {grant.owner} shares lets nobody {_VERBS[permission]}."
    if permission not in grant.held:
        return f"In the team {grant.team} your role is {grant.role}, which may not {_VERBS[permission]}."
    if permission not in grant.limit:
        return f"{grant.owner} does not let the role {grant.role} in the team {grant.team} {_VERBS[permission]}."
    return ""


def _denied(rules: Iterable[QueueRule], permission: Permission, place: Place) -> str:
    """Why one of these rules does not let it happen here; empty where none does."""
    denying = _denying(rules, permission)
    if denying and place.queue_name == "":
        return _NO_NAME
    rule = next((rule for rule in denying if any(_covers(rule, place.account_id, name) for name in place.names)), None)
    return f"A rule does not let you {_VERBS[permission]} here: {rule}." if rule else ""


def _denying(rules: Iterable[QueueRule], permission: Permission) -> list[QueueRule]:
    """Those that take this permission away somewhere. What may not be seen may not be touched either."""
    if permission in _OF_THE_DEPLOYMENT:
        return []
    taken = {permission, _GOES_WITH.get(permission, permission), Permission.SEE_QUEUES}
    return [rule for rule in rules if rule.effect == Effect.DENY and taken.intersection(rule.permissions)]


def _allowing(user: User, permission: Permission) -> list[QueueRule]:
    """The rules that give this permission somewhere."""
    if permission not in OF_QUEUES:
        return []
    return [rule for rule in _rules_of(user) if rule.effect == Effect.ALLOW and permission in rule.permissions]


def _covers(rule: QueueRule, account_id: str, name: str | None) -> bool:
    """Whether a rule that denies holds there: for an account as a whole only one about every queue of it."""
    if name is None:
        return rule.pattern == "*" and rule.account_id in ("", account_id)
    return rule.matches(account_id, name)


def _reaches(rule: QueueRule, account_id: str, name: str | None) -> bool:
    """Whether a rule that allows may hold there: for an account as a whole one about any queue of it."""
    if name is None:
        return not account_id or rule.account_id in ("", account_id)
    return rule.matches(account_id, name)


def _read_only(user: User, permission: Permission, place: Place) -> str:
    if permission not in CHANGES or place.is_kept:
        return ""
    if settings.READ_ONLY:
        return "This deployment is read-only: nothing is changed at Cloudflare through it."
    if place.account_id in _read_only_accounts(user):
        return "This account is read-only here: nothing in it is changed through this deployment."
    return ""


def _rules_of(user: User) -> tuple[QueueRule, ...]:
    """The rules that are about a person, read once for each request, as Django does with permissions."""
    if not user.is_active:
        return ()
    found: tuple[QueueRule, ...] | None = getattr(user, "_queue_rules", None)
    if found is None:
        groups = Group.objects.filter(user=user).values("name")
        whose = Q(user=user) | Q(user=None) & (Q(role="") | Q(role__in=groups))
        found = tuple(QueueRule.objects.filter(whose).select_related("user"))
        user._queue_rules = found  # type: ignore[attr-defined]  # beside Django's own _perm_cache
    return found


def _rules_for(user: User, role: str) -> tuple[QueueRule, ...]:
    """The rules about a role that a person has in a team, read once for each request."""
    found: dict[str, tuple[QueueRule, ...]] = user.__dict__.setdefault("_rules_by_role", {})
    if role not in found:
        found[role] = tuple(QueueRule.objects.filter(user=None, role=role).select_related("user"))
    return found[role]


def _read_only_accounts(user: User) -> frozenset[str]:
    found: frozenset[str] | None = getattr(user, "_read_only_accounts", None)
    if found is None:
        found = frozenset(ReadOnlyAccount.objects.values_list("account_id", flat=True))
        user._read_only_accounts = found  # type: ignore[attr-defined]  # the same
    return found


def roles_with(user: User, permission: Permission) -> list[str]:
    """The person's roles that give a permission, as the groups have it now; none for one that is a superuser's."""
    held = user.groups.filter(permissions__codename=permission, permissions__content_type__app_label="queues_app")
    return list(held.order_by("name").values_list("name", flat=True))


def why_not(permission: Permission) -> str:
    """The sentence for a person who may not, on a refusal and beside a disabled control."""
    *others, last = [name for name, held in ROLES.items() if permission in held]
    roles = f"{', '.join(others)} or {last}" if others else last
    return f"Your role may not {_VERBS[permission]}. Ask an administrator for the role {roles}."
