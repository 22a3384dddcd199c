"""What others let a person do with their credentials. Asked by `access.py`, which decides."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Permission

from queues_app.models import Credential, Share, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One way in which a credential is shared with a person: through a team, as their role in it.

    `held` is what that role is made of, `limit` what the owner lets it do; only what is in both may be done.
    """

    credential_id: int
    owner: str
    team: str
    role: str
    held: frozenset[str]
    limit: frozenset[str]

    def gives(self, permission: str) -> bool:
        return permission in self.held and permission in self.limit


def of(user: User) -> tuple[Grant, ...]:
    """All of a person's, read once for each request, as Django does with permissions."""
    found: tuple[Grant, ...] | None = getattr(user, "_grants", None)
    if found is None:
        found = _read(user)
        user._grants = found  # type: ignore[attr-defined]  # beside Django's own _perm_cache
    return found


def through(user: User, credential: Credential) -> str:
    """The teams through which somebody else's credential is shared with a person; empty for an own one."""
    if credential.owner_id == user.pk:
        return ""
    return ", ".join(dict.fromkeys(grant.team for grant in of(user) if grant.credential_id == credential.pk))


def _read(user: User) -> tuple[Grant, ...]:
    shares = list(Share.objects.reaching(user).select_related("team", "credential__owner"))
    held = _held({share.role for share in shares})
    return tuple(
        Grant(
            credential_id=share.credential_id,
            owner=share.credential.owner.get_username(),
            team=share.team.name,
            role=share.role,
            held=frozenset(held[share.role]),
            limit=frozenset(share.permissions),
        )
        for share in shares
    )


def _held(roles: Iterable[str]) -> dict[str, set[str]]:
    """What each role is made of, as the groups have it now."""
    held: dict[str, set[str]] = {role: set() for role in roles}
    if held:
        rows = Permission.objects.filter(content_type__app_label="queues_app", group__name__in=held)
        for role, codename in rows.values_list("group__name", "codename"):
            held[role].add(codename)
    return held
