"""Carry out what was approved: by its asker, with the asker's credential, exactly as it was asked for."""

import uuid
from typing import Any

from queues_app import audit
from queues_app.audit import Caller
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, ApprovalRequest, ApprovalState, Batch, Sending
from queues_app.operations import allowed, batches, deleting, emptying, names, queue_settings, sending, sendings
from queues_app.operations.approvals import RequestOverError
from queues_app.operations.queue_settings import PullSettings, QueueTimes


class CopyGoneError(ExpectedError):
    """The copy that the chosen messages are named by is over."""

    sentence = "The copy of these messages is no longer kept, so they cannot be deleted through it. Nothing was sent."
    reason = "copy-gone"
    is_refusal = True


class MessagesGoneError(ExpectedError):
    """The messages that were to be sent are over."""

    sentence = "The messages of this request are no longer kept, so they cannot be sent. Nothing was sent."
    reason = "messages-gone"
    is_refusal = True


class NothingWaitsError(ExpectedError):
    """Of the messages that were to be sent none waits: they went, or were tried, meanwhile."""

    sentence = (
        "None of these messages waits to be sent any more, so nothing was sent now. The page of the messages says what "
        "became of each."
    )
    reason = "nothing-waits"
    is_refusal = True


def run(*, caller: Caller, approved: ApprovalRequest, intent: uuid.UUID) -> None:
    """Do what was asked for. Rights and rules are asked once more, and `approvals.gate` lets it through once.

    Raises CopyGoneError, MessagesGoneError, NothingWaitsError, Account.DoesNotExist, and what the operation itself
    raises.
    """
    # By the asker's way of now: a credential that they lost, or that is shared no more, carries out nothing.
    account = Account.objects.of(allowed.signed_in(caller)).get(pk=approved.account_id)
    approved.account = account
    queue_id, given = approved.queue_id, approved.parameters
    action = Action(approved.action)
    if action == Action.EMPTY:
        name = given["name"]
        emptying.empty(
            caller=caller,
            account=account,
            queue_id=queue_id,
            shown_name=name,
            typed_name=name,
            intent=intent,
            approved=approved,
        )
    elif action == Action.DELETE:
        batch = _batch(caller, approved)
        deleting.delete(caller=caller, batch=batch, positions=given["positions"], intent=intent, approved=approved)
    elif action == Action.SEND:
        messages = _sending(caller, approved)
        if not any(word in sendings.WAITING for word in messages.outcomes):
            why = RequestOverError(approved) if approved.state == ApprovalState.RUN else NothingWaitsError()
            _refuse(caller, approved, why)
            raise why
        sending.step(caller=caller, sending=messages, number=messages.step, approved=approved)
    else:
        _change(action, caller=caller, account=account, queue_id=queue_id, intent=intent, approved=approved)


def _change(action: Action, *, approved: ApprovalRequest, **where: Any) -> None:
    given, where = approved.parameters, {**where, "approved": approved}
    match action:
        case Action.PAUSE:
            queue_settings.pause(**where)
        case Action.RESUME:
            queue_settings.resume(**where)
        case Action.QUEUE_EDIT:
            queue_settings.edit_times(wanted=QueueTimes(**given["wanted"]), seen=given["seen"], **where)
        case Action.CONSUMER_ADD:
            queue_settings.add_consumer(wanted=PullSettings(**given["wanted"]), **where)
        case Action.CONSUMER_EDIT:
            queue_settings.edit_consumer(wanted=PullSettings(**given["wanted"]), seen=given["seen"], **where)
        case Action.CONSUMER_REMOVE:
            queue_settings.remove_consumer(seen=given["seen"], **where)
        case _:
            raise RuntimeError(f"Nothing carries out {action}.")


def _batch(caller: Caller, approved: ApprovalRequest) -> Batch:
    account: Account = approved.account
    batch_id = uuid.UUID(approved.parameters["batch"])
    try:
        batch = batches.open_batch(
            owner=allowed.signed_in(caller), account=account, queue_id=approved.queue_id, batch_id=batch_id
        )
    except Batch.DoesNotExist as error:
        gone = CopyGoneError()
        _refuse(caller, approved, gone)
        raise gone from error
    batch.account = account
    return batch


def _sending(caller: Caller, approved: ApprovalRequest) -> Sending:
    account: Account = approved.account
    try:
        found = sendings.open_sending(
            owner=allowed.signed_in(caller),
            account=account,
            queue_id=approved.queue_id,
            sending_id=uuid.UUID(approved.parameters["sending"]),
        )
    except Sending.DoesNotExist as error:
        gone = MessagesGoneError()
        _refuse(caller, approved, gone)
        raise gone from error
    found.account = account
    return found


def _refuse(caller: Caller, approved: ApprovalRequest, why: ExpectedError) -> None:
    account: Account = approved.account
    audit.refuse(
        caller=caller,
        action=Action(approved.action),
        why=why,
        subject=names.subject(account, approved.queue_id, kept_as=(approved.queue_name,)),
        parameters={"request": approved.pk},
    )
