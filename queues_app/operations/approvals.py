"""The two-person rule: some acts are asked for by one, approved by another, and then carried out by the first, once.

`gate` is what each of these acts passes in its open record, right before anything of it is claimed or sent: without an
approval it lets through only what no rule is about, so that no page and no address leads around it.
"""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.utils import timezone

from queues_app import access, audit
from queues_app.access import Permission, Place
from queues_app.audit import Caller, Record, Subject
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, ApprovalRequest, ApprovalState, TwoPersonRule, User
from queues_app.operations import allowed, names

# What it takes to do, and to approve, each of these acts.
TAKES: Final = {
    Action.EMPTY: Permission.EMPTY,
    Action.DELETE: Permission.DELETE,
    Action.SEND: Permission.SEND,
    Action.PAUSE: Permission.EDIT,
    Action.RESUME: Permission.EDIT,
    Action.QUEUE_EDIT: Permission.EDIT,
    Action.CONSUMER_ADD: Permission.EDIT,
    Action.CONSUMER_EDIT: Permission.EDIT,
    Action.CONSUMER_REMOVE: Permission.EDIT,
}
SHOWN_AT_MOST: Final = 50
# Each is held to the rules of its queue, so that a crowd of requests at other queues hides none of these.
LOOKED_AT: Final = 200
_SALT: Final = "queues_app.approvals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What would be done, as it is frozen when it is asked for.

    parameters  exactly what the operation is given again when it is carried out; plain words and numbers
    told        the same for who decides: pairs of label and value
    other_names what the queue was called when something of it was kept, where that is what the act is about
    """

    action: Action
    account: Account
    queue_id: str
    queue_name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    told: tuple[tuple[str, str], ...] = ()
    other_names: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        return Place(self.account.account_id, self.queue_name, other_names=self.other_names)


class ApprovalNeededError(ExpectedError):
    """A rule asks for a second person. Nothing was sent; `act` is what can be asked for."""

    sentence = "At this queue a second person has to approve this first. Nothing was sent."
    reason = "approval-needed"
    is_refusal = True

    def __init__(self, act: Act) -> None:
        self.act = act
        super().__init__()


class OwnRequestError(ExpectedError):
    """Nobody decides about what they asked for."""

    sentence = "You asked for this yourself: somebody else has to decide about it."
    reason = "own-request"
    is_refusal = True


class RequestOverError(ExpectedError):
    """It is not, or no longer, in the state that this takes."""

    reason = "request-over"
    is_refusal = True

    _WHY: Final = {
        ApprovalState.WAITING: "This request was not approved yet.",
        ApprovalState.APPROVED: "This request was approved already.",
        ApprovalState.DECLINED: "This request was declined.",
        ApprovalState.WITHDRAWN: "This request was withdrawn.",
        ApprovalState.RUN: "This was carried out already. It is not done a second time.",
    }

    def __init__(self, request: ApprovalRequest) -> None:
        is_over = request.is_over(timezone.now())
        why = "The time of this request is over." if is_over else self._WHY[ApprovalState(request.state)]
        super().__init__(f"{why} Nothing was sent.")


class NotWhatWasApprovedError(ExpectedError):
    """What would be done now is not what was approved."""

    sentence = (
        "This is not what was approved: the queue, its consumer or its name changed meanwhile. Nothing was sent. "
        "Look again, and ask anew."
    )
    reason = "not-what-was-approved"
    is_refusal = True


class ApproverLostError(ExpectedError):
    """Who approved it is closed, or may not approve it any more."""

    sentence = "Who approved this may not approve it any more. Nothing was sent. Ask anew."
    reason = "approver-lost"
    is_refusal = True


class TokenError(ExpectedError):
    """The form is not one of ours, or not this person's, or too old."""

    sentence = "This form is too old. Do what you wanted to do once more, and ask for it then."
    reason = "form-too-old"
    is_refusal = True


def needs_two(permission: Permission, place: Place) -> bool:
    """Whether a rule asks for a second person here. Where the queue's name could not be read, each may be about it."""
    return any(
        permission in rule.permissions
        and (not place.queue_name or any(rule.matches(place.account_id, name or "") for name in place.names))
        for rule in TwoPersonRule.objects.all()
    )


def stands_before(act: Act) -> bool:
    """Whether a rule asks for a second person before this act."""
    return needs_two(TAKES[act.action], act.place)


def gate(record: Record, act: Act, approved: ApprovalRequest | None) -> None:
    """Let an act pass, in its open record: one that no rule is about, or one that was approved, and that once.

    Raises ApprovalNeededError, NotWhatWasApprovedError, ApproverLostError, RequestOverError.
    """
    if approved is None:
        if stands_before(act):
            raise ApprovalNeededError(act)
        return
    asked = (approved.action, approved.account_id, approved.queue_id, approved.queue_name, approved.parameters)
    if asked != (act.action, act.account.pk, act.queue_id, act.queue_name, act.parameters):
        raise NotWhatWasApprovedError
    if not _still_approved(approved):
        raise ApproverLostError
    # By whoever comes first, in whichever tab and on whichever host.
    mine = ApprovalRequest.objects.filter(
        pk=approved.pk, asker_id=record.entry.user_id, state=ApprovalState.APPROVED, expires_at__gt=timezone.now()
    )
    if not mine.update(state=ApprovalState.RUN, entry_id=record.entry.pk):
        raise _over(approved)


def named(approved: ApprovalRequest | None) -> dict[str, Any]:
    """What the entry of the run says besides: which request, and who approved it."""
    return {} if approved is None else {"request": approved.pk, "approved_by": approved.decided_by}


def token_of(act: Act, user: User) -> str:
    """The act in a form's hidden field: signed, for this person only, and for as long as a request waits."""
    return signing.dumps(
        {
            "user": user.pk,
            "action": act.action,
            "account": act.account.pk,
            "queue_id": act.queue_id,
            "queue_name": act.queue_name,
            "parameters": act.parameters,
            "told": act.told,
        },
        salt=_SALT,
        compress=True,
    )


def act_of(token: str, user: User) -> Act:
    """What `token_of` signed for this person.

    Raises TokenError.
    """
    try:
        found = signing.loads(token, salt=_SALT, max_age=settings.APPROVAL_EXPIRES)
    except signing.BadSignature as error:
        raise TokenError from error
    account = Account.objects.of(user).filter(pk=found["account"]).first()
    if found["user"] != user.pk or account is None:
        raise TokenError
    return Act(
        action=Action(found["action"]),
        account=account,
        queue_id=found["queue_id"],
        queue_name=found["queue_name"],
        parameters=found["parameters"],
        told=tuple((label, value) for label, value in found["told"]),
    )


def ask(*, caller: Caller, act: Act, reason: str, intent: uuid.UUID) -> ApprovalRequest:
    """Ask for an act. Nothing is asked of the upstream, and what was asked for cannot be changed afterwards.

    Raises NotAllowedError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError.
    """
    subject = names.subject(act.account, act.queue_id, kept_as=(act.queue_name,))
    parameters = {"act": act.action.label}
    allowed.require(caller, TAKES[act.action], action=Action.APPROVAL_ASK, subject=subject, parameters=parameters)
    now = timezone.now()
    with audit.record(
        caller=caller, action=Action.APPROVAL_ASK, subject=subject, parameters=parameters, intent=intent
    ) as record:
        made = ApprovalRequest.objects.create(
            asker=allowed.signed_in(caller),
            account=act.account,
            action=act.action,
            queue_id=act.queue_id,
            queue_name=act.queue_name,
            parameters=act.parameters,
            told=[list(pair) for pair in act.told],
            reason=reason,
            asked_at=now,
            expires_at=now + settings.APPROVAL_EXPIRES,
            entry_id=None,
        )
        record.entry.parameters = {**parameters, "request": made.pk}
        record.ok(remark=reason)
    return made


def decide(*, caller: Caller, request: ApprovalRequest, approve: bool, remark: str) -> None:
    """Approve or decline what somebody else asked for. After an approval its asker has as long again to carry it out.

    Raises NotAllowedError, OwnRequestError, RequestOverError, AuditUnavailableError, AuditNotClosedError.
    """
    action = Action.APPROVAL_APPROVE if approve else Action.APPROVAL_DECLINE
    # Who decides uses no credential, least of all the asker's: it takes roles and rules of their own.
    subject, parameters = _subject_of(request), _parameters(request)
    for permission in (Permission.APPROVE, TAKES[Action(request.action)]):
        allowed.require(caller, permission, action=action, subject=subject, parameters=parameters)
    now = timezone.now()
    changed = {"remark": remark, "decided_by": caller.user_name[:150], "decided_at": now}
    if approve:
        changed |= {"state": ApprovalState.APPROVED, "expires_at": now + settings.APPROVAL_EXPIRES}
    else:
        changed |= {"state": ApprovalState.DECLINED}
    with audit.record(caller=caller, action=action, subject=subject, parameters=parameters) as record:
        if request.asker_id == allowed.signed_in(caller).pk:
            raise OwnRequestError
        if not ApprovalRequest.objects.waiting(now).filter(pk=request.pk).update(**changed):
            raise _over(request)
        record.ok(remark=remark)


def withdraw(*, caller: Caller, request: ApprovalRequest) -> None:
    """Take back what one asked for, also after it was approved.

    Raises RequestOverError, AuditUnavailableError, AuditNotClosedError.
    """
    open_ones = ApprovalRequest.objects.filter(
        pk=request.pk,
        asker=allowed.signed_in(caller),
        state__in=(ApprovalState.WAITING, ApprovalState.APPROVED),
        expires_at__gt=timezone.now(),
    )
    with audit.record(
        caller=caller,
        action=Action.APPROVAL_WITHDRAW,
        subject=_subject_of(request),
        parameters=_parameters(request),
    ) as record:
        if not open_ones.update(state=ApprovalState.WITHDRAWN):
            raise _over(request)
        record.ok()


def may_decide(user: User, request: ApprovalRequest) -> bool:
    """Whether somebody may approve or decline this: another one, who may do the same there.

    By the name that it was asked for under: this is for lists. `decide` goes by the present name as well.
    """
    place = Place(request.account.account_id, request.queue_name)
    return (
        request.asker_id != user.pk
        and access.may(user, Permission.APPROVE)
        and access.may(user, TAKES[Action(request.action)], place)
    )


def may_see(user: User, request: ApprovalRequest) -> bool:
    """Whether somebody may read it: who asked, and who may decide."""
    return request.asker_id == user.pk or may_decide(user, request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for somebody's decision, the oldest first. `has_more` where not all that waits was looked at."""

    requests: tuple[ApprovalRequest, ...] = ()
    has_more: bool = False


def for_you(user: User) -> Waiting:
    """What waits for this person's decision. The work is bounded; what is beyond that is said to be there."""
    if not access.may(user, Permission.APPROVE):
        return Waiting()
    waiting = ApprovalRequest.objects.waiting(timezone.now()).exclude(asker=user)
    found = waiting.select_related("account__credential", "asker").order_by("asked_at")[: LOOKED_AT + 1]
    yours = [request for request in found[:LOOKED_AT] if may_decide(user, request)]
    return Waiting(requests=tuple(yours[:SHOWN_AT_MOST]), has_more=len(found) > LOOKED_AT or len(yours) > SHOWN_AT_MOST)


def to_carry_out(user: User) -> list[ApprovalRequest]:
    """What this person asked for and somebody approved, which lapses unless it is carried out; the oldest first."""
    approved = ApprovalRequest.objects.approved(timezone.now()).filter(asker=user)
    return list(approved.select_related("account__credential", "asker").order_by("asked_at")[:SHOWN_AT_MOST])


def listed(user: User) -> list[ApprovalRequest]:
    """The newest of a person's own requests, and of those they decided about."""
    mine = Q(asker=user) | Q(decided_by=user.get_username())
    return list(ApprovalRequest.objects.filter(mine).select_related("account__credential", "asker")[:SHOWN_AT_MOST])


def is_used() -> bool:
    """Whether any queue has a two-person rule."""
    return TwoPersonRule.objects.exists()


def named_now(queue: Subject, permission: Permission) -> tuple[str, tuple[str, ...]]:
    """The names of an act about something kept: the one of now, empty where none is known, and those of before.

    Cloudflare is asked only where a rule asks for a second person somewhere.
    """
    if any(permission in rule.permissions for rule in TwoPersonRule.objects.all()):
        queue = names.present(queue, changes=True)
    return next(iter(queue.names), ""), queue.names[1:]


def _still_approved(request: ApprovalRequest) -> bool:
    """Whether who approved it could do so now: not closed, and with the right to it."""
    approver = User.objects.filter(username=request.decided_by).first()
    return approver is not None and may_decide(approver, request)


def _over(request: ApprovalRequest) -> RequestOverError:
    """Why nothing can be done with it, by what stands there now."""
    request.refresh_from_db(fields=["state", "expires_at"])
    return RequestOverError(request)


def _subject_of(request: ApprovalRequest) -> Subject:
    # Without the credential: it is the asker's, and nothing is asked with it here.
    queue = names.subject(request.account, request.queue_id, kept_as=(request.queue_name,))
    return replace(queue, credential=None)


def _parameters(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "request": request.pk,
        "act": Action(request.action).label,
        "asked_by": request.asker.get_username(),
    }
