"""What the pages about teams get, and what is shared with them: primitives, every text ready."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import uuid4

from django.urls import reverse

from queues_app import formats
from queues_app.access import TEAM_ROLES, Permission
from queues_app.forms.teams import OFFERED, LimitsForm
from queues_app.models import AuditEntry, Credential, Membership, Share, Team
from queues_app.operations.sharing import USUAL
from queues_app.rows.audit import badge_of
from queues_app.rows.options import Option
from queues_app.rows.queue_words import plain
from queues_app.rows.rules import WORDS

# Beside the words of rules: what no rule is about.
_MORE = {Permission.SEE_COPIES: "open copies of others", Permission.SETTLE_FOR_OTHERS: "settle for others"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRow:
    """One team of the list."""

    name: str
    url: str
    members: str
    shared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """Somebody in a team."""

    number: int
    name: str
    role: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRow:
    """A credential that is shared with a team, or a team that one is shared with: who may do what, a line for each."""

    name: str
    lines: tuple[str, ...]
    url: str = ""
    end_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFields:
    """What one role of a team can be let do."""

    role: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareFields:
    """The form, with what was chosen and what is wrong with it."""

    roles: tuple[RoleFields, ...]
    problems: tuple[str, ...]
    intent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    """What somebody did with a credential that is not theirs."""

    who: str
    what: str
    team: str
    queue: str
    outcome: str
    badge: str
    when: str
    url: str
    receipt: str


def team_rows(teams: Iterable[Team]) -> tuple[TeamRow, ...]:
    """The teams, whose `memberships` and `shares` are expected to be fetched already."""
    return tuple(
        TeamRow(
            name=team.name,
            url=reverse("team", args=[team.pk]),
            members=formats.plural(len(team.memberships.all()), "member"),
            shared=formats.plural(len({share.credential_id for share in team.shares.all()}), "credential"),
        )
        for team in teams
    )


def member_rows(members: Iterable[Membership]) -> tuple[MemberRow, ...]:
    return tuple(
        MemberRow(number=member.pk, name=member.user.get_username(), role=member.role, is_open=member.user.is_active)
        for member in members
    )


def shared_with(shares: Iterable[Share]) -> tuple[SharedRow, ...]:
    """The credentials that are shared with one team. Nothing of them but how they are named."""
    by_credential: dict[Credential, list[Share]] = {}
    for share in shares:
        by_credential.setdefault(share.credential, []).append(share)
    return tuple(
        SharedRow(name=f"{credential.display} of {credential.owner.get_username()}", lines=_lines(each))
        for credential, each in by_credential.items()
    )


def shares_of(credential: Credential, teams: Iterable[Team]) -> tuple[SharedRow, ...]:
    """The owner's teams, each with what it may do with a credential; no line for one that it is not shared with."""
    by_team: dict[int, list[Share]] = {}
    for share in credential.shares.all():
        by_team.setdefault(share.team_id, []).append(share)
    return tuple(
        SharedRow(
            name=team.name,
            lines=_lines(by_team.get(team.pk, [])),
            url=reverse("credential_share", args=[credential.pk, team.pk]),
            end_url=reverse("credential_share_end", args=[credential.pk, team.pk]),
        )
        for team in teams
    )


def share_fields(limits: Mapping[str, Sequence[str]], form: LimitsForm | None) -> ShareFields:
    """The form of what stands, or of the usual where nothing does; or one that came back."""
    chosen: dict[str, Sequence[str]] = {role: limits.get(role, () if limits else USUAL) for role in OFFERED}
    if form is not None:
        chosen = {role: form.data.getlist(role) for role in OFFERED}  # type: ignore[attr-defined]  # a QueryDict
    return ShareFields(
        roles=tuple(
            RoleFields(
                role=role,
                options=tuple(
                    Option(value=each.value, label=_word(each), chosen=each.value in chosen[role]) for each in offered
                ),
            )
            for role, offered in OFFERED.items()
        ),
        problems=tuple(str(error) for errors in form.errors.values() for error in errors) if form is not None else (),
        intent=str(uuid4()),
    )


def use_rows(entries: Iterable[AuditEntry], *, now: datetime, zone: tzinfo) -> tuple[UseRow, ...]:
    return tuple(
        UseRow(
            who=entry.user_name,
            what=entry.get_action_display(),
            team=entry.credential_team,
            queue=plain(entry.queue_name),
            outcome=entry.word,
            badge=badge_of(entry),
            when=formats.moment_or_clock(entry.at, zone, now=now),
            url=reverse("audit_entry", args=[entry.pk]),
            receipt=entry.receipt,
        )
        for entry in entries
    )


def _lines(shares: Iterable[Share]) -> tuple[str, ...]:
    """`Operator: see, peek`, in the order of the roles."""
    by_role = {share.role: share.permissions for share in shares}
    return tuple(
        f"{role}: {', '.join(_word(Permission(each)) for each in by_role[role])}"
        for role in TEAM_ROLES
        if role in by_role
    )


def _word(permission: Permission) -> str:
    return _MORE.get(permission) or WORDS[permission]
