"""What a Cloudflare account is for: production or not. One choice for everybody here who reaches the account.

A badge that says sandbox where it is production is how somebody deletes the wrong messages. So once others see it,
it takes the permission to change queues there, which a Lead and an administrator hold; and a rule that gives that for
some queues is not enough, for the badge is about all of them.
"""

from dataclasses import replace

from django.db.models import F
from django.utils import timezone

from queues_app import access, audit
from queues_app.access import NotAllowedError, Permission, Place
from queues_app.audit import Caller, Subject
from queues_app.expected import ExpectedError
from queues_app.models import Account, AccountEnvironment, Action, Credential, Membership, User
from queues_app.operations import allowed


class ChosenMeanwhileError(ExpectedError):
    """Somebody else chose while this person looked at the page."""

    sentence = "Somebody else chose for this account meanwhile, so nothing was changed. Look at it again."
    reason = "chosen-meanwhile"
    is_refusal = True


def of(account: Account) -> AccountEnvironment | None:
    """The choice that was made for an account, and by whom."""
    return AccountEnvironment.objects.filter(account_id=account.account_id).first()


def is_alone(user: User, account: Account) -> bool:
    """Whether nobody else here reaches the Cloudflare account, by a credential of theirs or one that is shared."""
    same = Account.objects.filter(account_id=account.account_id)
    if same.filter(credential__owner__is_active=True).exclude(credential__owner=user).exists():
        return False
    reached = Membership.objects.filter(
        team__shares__credential__in=same.values("credential"), role=F("team__shares__role"), user__is_active=True
    )
    return not reached.exclude(user=user).exists()


def closed(user: User, account: Account) -> str:
    """Why this person may not choose; empty for whoever may. Marking a read-only account asks nothing of it."""
    if is_alone(user, account):
        return ""
    decision = access.decide(user, Permission.EDIT, replace(Place.of(account), is_kept=True))
    if not decision.allowed:
        return decision.why
    is_own = account.credential.owner_id == user.pk
    return access.why_not(Permission.EDIT) if is_own and not decision.by_role else ""


def choose(*, caller: Caller, account: Account, environment: str, seen: str) -> None:
    """Mark an account for everybody who reaches it. `seen` is what the person saw it marked as.

    Raises NotAllowedError, ChosenMeanwhileError, AuditUnavailableError, AuditNotClosedError.
    """
    # Without the credential: the choice is whoever's, and none was used.
    subject, parameters = Subject(account=account), {"environment": f"{seen} → {environment}"}
    if why := closed(allowed.signed_in(caller), account):
        error = NotAllowedError(Permission.EDIT, why)
        audit.refuse(caller=caller, action=Action.ENVIRONMENT, subject=subject, parameters=parameters, why=error)
        raise error
    with audit.record(caller=caller, action=Action.ENVIRONMENT, subject=subject, parameters=parameters) as record:
        if account.environment != seen:
            raise ChosenMeanwhileError
        row = {"environment": environment, "chosen_by": caller.user_name[:150], "chosen_at": timezone.now()}

        def write() -> None:
            made, is_new = AccountEnvironment.objects.get_or_create(account_id=account.account_id, defaults=row)
            # What stands there must still be what was seen: two who choose at once do not undo each other unseen.
            if not is_new and not AccountEnvironment.objects.filter(pk=made.pk, environment=seen).update(**row):
                raise ChosenMeanwhileError

        audit.carry_out(record, write, f"{account.name} is marked {environment}")
    account.environment = environment


def begin(credential: Credential, *, environment: str, chosen_by: str) -> int:
    """Mark the accounts of a new credential that nobody marked yet; how many these were."""
    row = {"environment": environment, "chosen_by": chosen_by[:150], "chosen_at": timezone.now()}
    ids = credential.accounts.values_list("account_id", flat=True)
    return sum(AccountEnvironment.objects.get_or_create(account_id=each, defaults=row)[1] for each in ids)


def otherwise(credential: Credential, environment: str) -> list[Account]:
    """The accounts of a credential that somebody had marked as something else before."""
    return [account for account in credential.accounts.all() if account.environment != environment]
