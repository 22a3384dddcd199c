"""How a credential is named to whoever uses it: somebody else's with its owner, and the team that it comes through."""

from queues_app import grants
from queues_app.models import AuditEntry, Credential, User


def named(credential: Credential, user: User) -> str:
    """`main (ends 1234) of kim, through on-call`; an own one by its label alone."""
    if credential.owner_id == user.pk:
        return credential.label
    return _of(credential.display, credential.owner.get_username(), grants.through(user, credential))


def used_in(entry: AuditEntry) -> str:
    """The credential of an entry, with both names where it was somebody else's."""
    return _of(entry.credential_label, entry.credential_owner, entry.credential_team)


def _of(display: str, owner: str, team: str) -> str:
    whose = f" of {owner}" if owner else ""
    return f"{display}{whose}{f', through {team}' if team else ''}"
