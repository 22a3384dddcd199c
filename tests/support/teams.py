"""Teams and shares, made without asking anybody."""

from queues_app.models import Credential, Membership, Share, Team, User

LOOKING = ("see_queues", "peek")


def make_team(name: str = "on-call", **members: str) -> Team:
    """A team of these people, each by name with a role."""
    team = Team.objects.create(name=name, created_by="admin")
    for person, role in members.items():
        Membership.objects.create(team=team, user=User.objects.get(username=person), role=role)
    return team


def share(credential: Credential, team: Team, **limits: tuple[str, ...]) -> None:
    """Let each role of the team do this much with a credential."""
    for role, permissions in limits.items():
        Share.objects.create(credential=credential, team=team, role=role, permissions=list(permissions))
