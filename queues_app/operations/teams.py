"""Teams, and who belongs to them as what: all of it is on the record."""

import uuid
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction

from queues_app import access, audit
from queues_app.access import Permission
from queues_app.audit import AuditNotClosedError, Caller, Subject
from queues_app.expected import ExpectedError
from queues_app.models import Action, Membership, Share, Team, User
from queues_app.models.team import TeamQuerySet
from queues_app.operations import allowed


class TeamNameTakenError(ExpectedError):
    """Another team has this name."""

    sentence = "Another team has this name. Names tell them apart in the audit log."
    reason = "team-name-taken"
    is_refusal = True


def manages(user: User) -> bool:
    """Whether this person makes teams and says who belongs to them."""
    return access.may(user, Permission.MANAGE_TEAMS)


def visible(user: User) -> TeamQuerySet:
    """The teams that this person knows of: those they belong to, or every one for who manages them."""
    return Team.objects.all() if manages(user) else Team.objects.of(user)


def require(*, caller: Caller, action: Action = Action.TEAM_ADD, parameters: dict[str, Any] | None = None) -> None:
    """Raise NotAllowedError, after recording the refused attempt, unless the caller manages teams."""
    allowed.require(caller, Permission.MANAGE_TEAMS, action=action, subject=Subject(), parameters=parameters)


def add(*, caller: Caller, name: str, intent: uuid.UUID | None = None) -> Team:
    """Make a team that nobody belongs to yet.

    Raises NotAllowedError, TeamNameTakenError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError.
    """
    team = Team(name=name, created_by=caller.user_name[:150])
    _change(caller, Action.TEAM_ADD, {"team": name}, lambda: _save(team), intent=intent)
    return team


def rename(*, caller: Caller, team: Team, name: str) -> None:
    """Give a team another name. Entries written before keep the old one.

    Raises as `add`.
    """
    parameters = {"team": f"{team.name} → {name}"}
    team.name = name
    _change(caller, Action.TEAM_RENAME, parameters, lambda: _save(team))


def remove(*, caller: Caller, team: Team) -> None:
    """Take a team away; whatever was shared with it is shared no more.

    Raises NotAllowedError, AuditUnavailableError, AuditNotClosedError.
    """

    def take_away() -> str:
        shared = _shared(team)
        team.delete()
        return shared

    _change(caller, Action.TEAM_REMOVE, {"team": team.name}, take_away)


def put(*, caller: Caller, team: Team, person: User, role: str) -> None:
    """Let somebody belong to a team in this role, or give a member another one.

    Raises NotAllowedError, AuditUnavailableError, AuditNotClosedError.
    """
    before = Membership.objects.filter(team=team, user=person).first()
    action = Action.MEMBER_ROLE if before else Action.MEMBER_ADD
    parameters = _about(team, person) | {"role": f"{before.role} → {role}" if before else role}

    def let() -> str:
        Membership.objects.update_or_create(team=team, user=person, defaults={"role": role})
        return ""

    _change(caller, action, parameters, let)


def take_out(*, caller: Caller, member: Membership) -> None:
    """End a membership; what the person shared with the team is shared no more.

    Raises NotAllowedError, AuditUnavailableError, AuditNotClosedError.
    """
    team, person = member.team, member.user

    def end() -> str:
        # First, so that whoever shares at the same time waits for this, and finds that they belong no more.
        member.delete()
        shared = _shared(team, credential__owner=person)
        Share.objects.filter(team=team, credential__owner=person).delete()
        return shared

    _change(caller, Action.MEMBER_REMOVE, _about(team, person), end)


def _change(
    caller: Caller,
    action: Action,
    parameters: dict[str, Any],
    act: Callable[[], str],
    *,
    intent: uuid.UUID | None = None,
) -> None:
    """The change and the end of its entry, with what `act` says of it: both or neither."""
    require(caller=caller, action=action, parameters=parameters)
    with audit.record(caller=caller, action=action, parameters=parameters, intent=intent) as record:
        try:
            with transaction.atomic():
                record.ok(remark=act())
        except DatabaseError as error:
            raise AuditNotClosedError(record.entry) from error


def _save(team: Team) -> str:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise TeamNameTakenError from error
    return ""


def _shared(team: Team, **whose: Any) -> str:
    """What was shared with a team until now, in words."""
    shares = Share.objects.filter(team=team, **whose).select_related("credential__owner")
    names = dict.fromkeys(f"{share.credential.display} of {share.credential.owner.get_username()}" for share in shares)
    return f"no longer shared: {', '.join(names)}" if names else ""


def _about(team: Team, person: User) -> dict[str, Any]:
    return {"team": team.name, "person": person.get_username()}
