"""What is asked for and decided, in words: the list, one request, and the question that asks for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import uuid4

from django.urls import reverse

from queues_app import formats
from queues_app.models import Account, AccountEnvironment, Action, ApprovalRequest, ApprovalState, AuditEntry, User
from queues_app.operations import approvals
from queues_app.operations.approvals import Act
from queues_app.rows.queue_words import plain

_TONES = {
    ApprovalState.WAITING: ("warn", "hourglass"),
    ApprovalState.APPROVED: ("ok", "check"),
    ApprovalState.DECLINED: ("plain", "cross"),
    ApprovalState.WITHDRAWN: ("plain", ""),
    ApprovalState.RUN: ("ok", "check"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The form that asks for an act. `act` is signed; `back` leads to the queue."""

    title: str
    told: tuple[tuple[str, str], ...]
    act: str
    intent: str
    reason: str
    problem: str
    environment: str
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request. `is_destructive` marks what loses messages; an empty `decided` is not decided."""

    number: int
    url: str
    title: str
    queue: str
    account: str
    environment: str
    asker: str
    reason: str
    asked: str
    until: str
    word: str
    tone: str
    icon: str
    decided: str
    remark: str
    told: tuple[tuple[str, str], ...]
    receipt: str
    receipt_url: str
    sending_url: str
    is_destructive: bool
    may_decide: bool
    may_run: bool
    may_withdraw: bool
    intent: str


def asking(act: Act, user: User, *, reason: str = "", problem: str = "") -> Asking:
    """The question: what a second person would approve."""
    return Asking(
        title=_title(act.action, act.queue_name),
        told=_told(act.account, act.queue_name, act.told),
        act=approvals.token_of(act, user),
        intent=str(uuid4()),
        reason=reason,
        problem=problem,
        environment=act.account.environment,
        back=reverse("queue", args=[act.account.pk, act.queue_id]),
    )


def rows(requests: Iterable[ApprovalRequest], user: User, *, zone: tzinfo, now: datetime) -> tuple[RequestRow, ...]:
    requests = list(requests)
    AccountEnvironment.tell(request.account for request in requests)
    return tuple(row(request, user, zone=zone, now=now) for request in requests)


def row(request: ApprovalRequest, user: User, *, zone: tzinfo, now: datetime) -> RequestRow:
    """One request, with what this person can do with it now."""
    state, is_over = ApprovalState(request.state), request.is_over(now)
    is_open = state in (ApprovalState.WAITING, ApprovalState.APPROVED) and not is_over
    is_own = request.asker_id == user.pk
    tone, icon = ("plain", "clock") if is_over else _TONES[state]
    entry = AuditEntry(pk=request.entry_id) if request.entry_id else None
    return RequestRow(
        number=request.pk,
        url=reverse("approval", args=[request.pk]),
        title=_title(Action(request.action), request.queue_name),
        queue=plain(request.queue_name),
        account=request.account.name,
        environment=request.account.environment,
        asker="you" if is_own else request.asker.get_username(),
        reason=request.reason,
        asked=f"{formats.moment_or_clock(request.asked_at, zone, now=now)} {zone}",
        until=f"{formats.moment_or_clock(request.expires_at, zone, now=now)} {zone}" if is_open or is_over else "",
        word="expired" if is_over else state.label,
        tone=tone,
        icon=icon,
        decided=(
            f"{request.decided_by}, {formats.moment_or_clock(request.decided_at, zone, now=now)} {zone}"
            if request.decided_at
            else ""
        ),
        remark=request.remark,
        told=_told(request.account, request.queue_name, request.told),
        receipt=entry.receipt if entry else "",
        receipt_url=reverse("audit_entry", args=[entry.pk]) if entry and is_own else "",
        sending_url=_sending_url(request) if is_own and request.action == Action.SEND else "",
        is_destructive=request.action in (Action.EMPTY, Action.DELETE),
        may_decide=is_open and state == ApprovalState.WAITING and approvals.may_decide(user, request),
        may_run=is_open and state == ApprovalState.APPROVED and is_own,
        may_withdraw=is_open and is_own,
        intent=str(uuid4()),
    )


def _sending_url(request: ApprovalRequest) -> str:
    return reverse("sending", args=[request.account_id, request.queue_id, request.parameters["sending"]])


def _title(action: Action, queue_name: str) -> str:
    name = plain(queue_name)
    return {
        Action.EMPTY: f"Empty {name}",
        Action.DELETE: f"Delete messages of {name}",
        Action.SEND: f"Send messages to {name}",
        Action.PAUSE: f"Pause delivery of {name}",
        Action.RESUME: f"Resume delivery of {name}",
        Action.QUEUE_EDIT: f"Change delay and retention of {name}",
        Action.CONSUMER_ADD: f"Add an HTTP pull consumer to {name}",
        Action.CONSUMER_EDIT: f"Change the consumer of {name}",
        Action.CONSUMER_REMOVE: f"Remove the consumer of {name}",
    }[action]


def _told(account: Account, queue_name: str, told: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    return (
        ("Queue", plain(queue_name)),
        ("Account", account.name),
        *((label, plain(value)) for label, value in told),
    )
