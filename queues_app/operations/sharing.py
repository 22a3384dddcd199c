"""Let a team use a credential of one's own: what each role may do with it, and until when it is withdrawn.

The secret stays where it is; whoever uses the credential never sees more of it than its label and last four.
"""

import uuid
from collections.abc import Mapping, Sequence

from django.db import DatabaseError, transaction

from queues_app import audit
from queues_app.access import Permission
from queues_app.audit import AuditNotClosedError, Caller, Subject
from queues_app.expected import ExpectedError
from queues_app.models import Action, AuditEntry, Credential, Membership, Share, Team

# What a share begins with: looking, which harms nothing.
USUAL = (Permission.SEE_QUEUES, Permission.PEEK)
SHOWN_USES = 8

type Limits = Mapping[str, Sequence[str]]


class NotInTeamError(ExpectedError):
    """Only whoever belongs to a team shares with it."""

    sentence = "You do not belong to this team any more, so nothing was shared with it."
    reason = "not-in-team"
    is_refusal = True


def share(*, caller: Caller, credential: Credential, team: Team, limits: Limits, intent: uuid.UUID) -> None:
    """Let each role of a team do this much with a credential, in the place of what was before. No word: not at all.

    Raises NotInTeamError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError.
    """
    parameters = {"team": team.name, **{role: ", ".join(words) or "nothing" for role, words in limits.items()}}
    with audit.record(
        caller=caller,
        action=Action.SHARE,
        subject=Subject(credential=credential),
        parameters=parameters,
        intent=intent,
    ) as record:
        try:
            with transaction.atomic():
                belongs = Membership.objects.select_for_update().filter(team=team, user=credential.owner)
                if not belongs.exists():
                    raise NotInTeamError
                Share.objects.filter(credential=credential, team=team).delete()
                Share.objects.bulk_create(
                    Share(credential=credential, team=team, role=role, permissions=list(words))
                    for role, words in limits.items()
                    if words
                )
                record.ok()
        except DatabaseError as error:
            raise AuditNotClosedError(record.entry) from error


def end(*, caller: Caller, credential: Credential, team: Team) -> None:
    """Share a credential with a team no more. Leases that were pulled with it run on until they lapse.

    Raises AuditUnavailableError, AuditNotClosedError.
    """
    subject, parameters = Subject(credential=credential), {"team": team.name}
    with audit.record(caller=caller, action=Action.SHARE_END, subject=subject, parameters=parameters) as record:
        try:
            with transaction.atomic():
                Share.objects.filter(credential=credential, team=team).delete()
                record.ok()
        except DatabaseError as error:
            raise AuditNotClosedError(record.entry) from error


def limits_of(credential: Credential, team: Team) -> dict[str, list[str]]:
    """What each role of a team may do with a credential; roles that may nothing are not in it."""
    shares = Share.objects.filter(credential=credential, team=team)
    return dict(shares.values_list("role", "permissions"))


def uses(credential: Credential) -> list[AuditEntry]:
    """The newest entries of what others did with a credential, or tried to."""
    found = AuditEntry.objects.filter(credential_owner_id=credential.owner_id, credential_id=credential.pk)
    return list(found.defer("message_ids")[:SHOWN_USES])
