"""Change how a queue delivers: pause, resume, times, and its pull consumer. Each change is sent once, whatever comes.

Each reads the queue afresh just before, so that a change is made from what is there and not from what is remembered.
"""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any, Final

from queues_app import audit, upstream
from queues_app.access import Permission, Place
from queues_app.audit import Caller, Record
from queues_app.cloudflare import Consumer, Queue, QueueSettings
from queues_app.cloudflare.payloads import ConsumerSettings
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, ApprovalRequest
from queues_app.operations import allowed, approvals, known_queues, queues
from queues_app.operations.approvals import Act

PULL: Final = "http_pull"


class ChangedMeanwhileError(ExpectedError):
    """The consumer is not the one that the form was made from. Nothing was sent."""

    sentence = "The consumer was changed meanwhile, by somebody else or elsewhere. Nothing was sent: look again first."
    reason = "changed-meanwhile"
    is_refusal = True


class HasConsumerError(ExpectedError):
    """A queue has at most one consumer, and this one has it already. Nothing was sent."""

    sentence = "The queue has a consumer already, and it can have only one of any type. Nothing was sent."
    reason = "has-consumer"
    is_refusal = True


class NotPullError(ExpectedError):
    """Only a consumer of the type http_pull is edited here. Nothing was sent."""

    sentence = "Only an HTTP pull consumer can be changed here. Nothing was sent."
    reason = "not-http-pull"
    is_refusal = True


class TimesChangedError(ExpectedError):
    """Delay or retention are not what the form was made from. Nothing was sent."""

    sentence = "Delay or retention were changed meanwhile. Nothing was sent: look again first."
    reason = "changed-meanwhile"
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTimes:
    """How long a queue delays a new message, and how long it keeps one, in seconds. None is unknown, or left alone."""

    delivery_delay: int | None = None
    message_retention_period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSettings:
    """What an HTTP pull consumer is set to. None is unknown, or left to Cloudflare's default.

    retry_delay            seconds, 0 to 86,400
    visibility_timeout_ms  0 to 43,200,000
    dead_letter_queue      a queue's name, or empty for none
    """

    batch_size: int | None = None
    max_retries: int | None = None
    retry_delay: int | None = None
    visibility_timeout_ms: int | None = None
    dead_letter_queue: str = ""


def settings_of(consumer: Consumer) -> PullSettings:
    """What a consumer is set to now."""
    return PullSettings(
        batch_size=consumer.batch_size,
        max_retries=consumer.max_retries,
        retry_delay=consumer.retry_delay,
        visibility_timeout_ms=consumer.visibility_timeout_ms,
        dead_letter_queue=consumer.dead_letter_queue or "",
    )


def times_of(queue: Queue) -> QueueTimes:
    """What a queue is set to now."""
    return QueueTimes(delivery_delay=queue.delivery_delay, message_retention_period=queue.message_retention_period)


def changes[T: (PullSettings, QueueTimes)](before: T, after: T) -> dict[str, tuple[Any, Any]]:
    """Setting → what it was and what it is to be, for those that differ."""
    return {
        one.name: (getattr(before, one.name), getattr(after, one.name))
        for one in fields(before)
        if getattr(before, one.name) != getattr(after, one.name)
    }


def fingerprint(held: Consumer | QueueTimes | None) -> str:
    """Stands for a consumer or times with all that is set: two differ as soon as any of that does."""
    known = astuple(held) if held else ()
    return hashlib.sha256(repr(known).encode(errors="backslashreplace")).hexdigest()[:32]


def require(*, caller: Caller, account: Account, queue_id: str, action: Action) -> None:
    """Whether the caller may change queues, asked also before the question is put.

    Raises NotAllowedError, after recording the refused attempt.
    """
    allowed.require(caller, Permission.EDIT, action=action, subject=queues.subject_of(account, queue_id))


def require_dead_letters(
    *, caller: Caller, account: Account, queue: Queue, wanted: PullSettings, action: Action
) -> None:
    """Whether the caller may see the dead-letter queue that the consumer is to get, asked before the question, too.

    By its name alone, so that it is not told whether there is such a queue. One that the consumer has already it keeps.

    Raises NotAllowedError, after recording the refused attempt.
    """
    name = wanted.dead_letter_queue
    if not name or (queue.consumer and queue.consumer.dead_letter_queue == name):
        return
    allowed.require_at(
        Place.of(account, name),
        caller,
        Permission.SEE_QUEUES,
        action=action,
        subject=queues.subject_of(account, queue.id, queue.name),
        parameters=_told(action, queue, wanted),
    )


def planned(
    action: Action, account: Account, queue: Queue, *, wanted: PullSettings | QueueTimes | None = None, seen: str = ""
) -> Act:
    """What a change of this queue would be, as it is asked for. `wanted` and `seen` as for that change."""
    given: dict[str, Any] = {"wanted": asdict(wanted)} if wanted else {}
    told = _told(action, queue, wanted).items()
    return Act(
        action=action,
        account=account,
        queue_id=queue.id,
        queue_name=queue.name,
        parameters=given | ({"seen": seen} if seen else {}),
        told=tuple((name.replace("_", " ").capitalize(), str(value)) for name, value in told),
    )


def pause(
    *, caller: Caller, account: Account, queue_id: str, intent: uuid.UUID, approved: ApprovalRequest | None = None
) -> None:
    """Stop delivery: Worker consumers receive nothing, pulls are refused. Producers go on.

    Raises NotAllowedError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError, VaultError,
    UpstreamBusyError, CloudflareError; and as `approvals.gate`.
    """
    _deliver(caller, account, queue_id, intent, approved, paused=True)


def resume(
    *, caller: Caller, account: Account, queue_id: str, intent: uuid.UUID, approved: ApprovalRequest | None = None
) -> None:
    """Deliver again. Raises as `pause`."""
    _deliver(caller, account, queue_id, intent, approved, paused=False)


def _deliver(
    caller: Caller,
    account: Account,
    queue_id: str,
    intent: uuid.UUID,
    approved: ApprovalRequest | None,
    *,
    paused: bool,
) -> None:
    action = Action.PAUSE if paused else Action.RESUME
    queue = _read_now(caller, account, queue_id, action)
    with _on_the_record(caller, account, queue, action, _told(action, queue), intent, approved) as record:
        approvals.gate(record, planned(action, account, queue), approved)
        auth = upstream.auth_of(account.credential)
        with upstream.slot() as client:
            answer = client.edit_queue(
                auth,
                account_id=account.account_id,
                queue_id=queue_id,
                name=queue.name,
                settings=QueueSettings(delivery_paused=paused),
            )
        record.answered(answer)
        record.ok(remark="Delivery is paused." if paused else "Delivery runs again.")


def edit_times(
    *,
    caller: Caller,
    account: Account,
    queue_id: str,
    wanted: QueueTimes,
    seen: str,
    intent: uuid.UUID,
    approved: ApprovalRequest | None = None,
) -> None:
    """Set how long the queue delays and keeps messages; only what differs is sent. `seen` is as for a consumer.

    Raises TimesChangedError, and as `pause`.
    """
    action = Action.QUEUE_EDIT
    queue = _read_now(caller, account, queue_id, action)
    with _on_the_record(caller, account, queue, action, _told(action, queue, wanted), intent, approved) as record:
        if fingerprint(times_of(queue)) != seen:
            raise TimesChangedError
        approvals.gate(record, planned(action, account, queue, wanted=wanted, seen=seen), approved)
        changed = {name: to for name, (_, to) in changes(times_of(queue), wanted).items()}
        auth = upstream.auth_of(account.credential)
        with upstream.slot() as client:
            answer = client.edit_queue(
                auth,
                account_id=account.account_id,
                queue_id=queue_id,
                name=queue.name,
                settings=QueueSettings(**changed),
            )
        record.answered(answer)
        record.ok(remark="Delay and retention were changed.")


def add_consumer(
    *,
    caller: Caller,
    account: Account,
    queue_id: str,
    wanted: PullSettings,
    intent: uuid.UUID,
    approved: ApprovalRequest | None = None,
) -> None:
    """Give the queue an HTTP pull consumer. It takes some seconds until the first pull works.

    Raises HasConsumerError, and as `pause`.
    """
    queue = _read_now(caller, account, queue_id, Action.CONSUMER_ADD)
    require_dead_letters(caller=caller, account=account, queue=queue, wanted=wanted, action=Action.CONSUMER_ADD)
    parameters = _told(Action.CONSUMER_ADD, queue, wanted)
    with _on_the_record(caller, account, queue, Action.CONSUMER_ADD, parameters, intent, approved) as record:
        if queue.consumers:
            raise HasConsumerError
        approvals.gate(record, planned(Action.CONSUMER_ADD, account, queue, wanted=wanted), approved)
        auth = upstream.auth_of(account.credential)
        with upstream.slot() as client:
            answer = client.create_consumer(
                auth, account_id=account.account_id, queue_id=queue_id, settings=_payload(wanted)
            )
        record.answered(answer)
        record.ok(remark="The HTTP pull consumer was added. It takes some seconds until the first pull works.")


def edit_consumer(
    *,
    caller: Caller,
    account: Account,
    queue_id: str,
    wanted: PullSettings,
    seen: str,
    intent: uuid.UUID,
    approved: ApprovalRequest | None = None,
) -> None:
    """Set the HTTP pull consumer anew. `seen` is the fingerprint of the consumer that the form was made from.

    What is left out of the call falls back to a default, so every setting that is known is sent.

    Raises ChangedMeanwhileError, NotPullError, and as `pause`.
    """
    queue = _read_now(caller, account, queue_id, Action.CONSUMER_EDIT)
    require_dead_letters(caller=caller, account=account, queue=queue, wanted=wanted, action=Action.CONSUMER_EDIT)
    parameters = _told(Action.CONSUMER_EDIT, queue, wanted)
    with _on_the_record(caller, account, queue, Action.CONSUMER_EDIT, parameters, intent, approved) as record:
        held, consumer_id = _same(queue.consumer, seen)
        if held.type != PULL:
            raise NotPullError
        approvals.gate(record, planned(Action.CONSUMER_EDIT, account, queue, wanted=wanted, seen=seen), approved)
        auth = upstream.auth_of(account.credential)
        with upstream.slot() as client:
            answer = client.replace_consumer(
                auth,
                account_id=account.account_id,
                queue_id=queue_id,
                consumer_id=consumer_id,
                settings=_payload(wanted, held),
            )
        record.answered(answer)
        record.ok(remark="The consumer was changed.")


def remove_consumer(
    *,
    caller: Caller,
    account: Account,
    queue_id: str,
    seen: str,
    intent: uuid.UUID,
    approved: ApprovalRequest | None = None,
) -> None:
    """Take the consumer away, of whatever type. Messages stay.

    Raises ChangedMeanwhileError, and as `pause`.
    """
    queue = _read_now(caller, account, queue_id, Action.CONSUMER_REMOVE)
    parameters = _told(Action.CONSUMER_REMOVE, queue)
    with _on_the_record(caller, account, queue, Action.CONSUMER_REMOVE, parameters, intent, approved) as record:
        _, consumer_id = _same(queue.consumer, seen)
        approvals.gate(record, planned(Action.CONSUMER_REMOVE, account, queue, seen=seen), approved)
        auth = upstream.auth_of(account.credential)
        with upstream.slot() as client:
            answer = client.delete_consumer(
                auth, account_id=account.account_id, queue_id=queue_id, consumer_id=consumer_id
            )
        record.answered(answer)
        record.ok(remark="The consumer was removed. The messages stay.")


def _read_now(caller: Caller, account: Account, queue_id: str, action: Action) -> Queue:
    """The queue as it is now, for somebody who may change it, by the name that it has now."""
    require(caller=caller, account=account, queue_id=queue_id, action=action)
    known_queues.forget(account=account, queue_id=queue_id)
    queue = queues.read_queue(caller=caller, account=account, queue_id=queue_id).queue
    require(caller=caller, account=account, queue_id=queue_id, action=action)
    return queue


@contextmanager
def _on_the_record(
    caller: Caller,
    account: Account,
    queue: Queue,
    action: Action,
    parameters: dict[str, Any],
    intent: uuid.UUID,
    approved: ApprovalRequest | None,
) -> Iterator[Record]:
    """The audit gate; whatever comes of it, the queue is read again before it is shown."""
    subject = queues.subject_of(account, queue.id, queue.name)
    parameters = parameters | approvals.named(approved)
    with audit.record(caller=caller, action=action, subject=subject, parameters=parameters, intent=intent) as record:
        try:
            yield record
        finally:
            known_queues.changed(account=account, queue_id=queue.id)


def _told(action: Action, queue: Queue, wanted: PullSettings | QueueTimes | None = None) -> dict[str, Any]:
    """What a change is about, for the record and for who decides about it."""
    if action in (Action.PAUSE, Action.RESUME):
        paused = action == Action.PAUSE
        return {"delivery": f"{_state(paused=queue.delivery_paused)} → {_state(paused=paused)}"}
    if isinstance(wanted, QueueTimes):
        return _parameters(times_of(queue), wanted)
    if wanted is None:
        return _named(queue.consumer) if queue.consumer else {}
    if action == Action.CONSUMER_ADD:
        return _parameters(PullSettings(), wanted)
    return _parameters(settings_of(queue.consumer), wanted) if queue.consumer else {}


def _same(consumer: Consumer | None, seen: str) -> tuple[Consumer, str]:
    if consumer is None or consumer.id is None or fingerprint(consumer) != seen:
        raise ChangedMeanwhileError
    return consumer, consumer.id


def _payload(wanted: PullSettings, held: Consumer | None = None) -> ConsumerSettings:
    return ConsumerSettings(
        type=PULL,
        dead_letter_queue=wanted.dead_letter_queue or None,
        batch_size=wanted.batch_size,
        max_retries=wanted.max_retries,
        retry_delay=wanted.retry_delay,
        visibility_timeout_ms=wanted.visibility_timeout_ms,
        max_concurrency=held.max_concurrency if held else None,
        max_wait_time_ms=held.max_wait_time_ms if held else None,
    )


def _parameters[T: (PullSettings, QueueTimes)](before: T, after: T) -> dict[str, Any]:
    """`max_retries`: `5 → 100`."""
    return {name: f"{_word(was)} → {_word(will_be)}" for name, (was, will_be) in changes(before, after).items()}


def _named(consumer: Consumer) -> dict[str, Any]:
    named = {"type": consumer.type, "script": consumer.script}
    settings = {one.name: getattr(settings_of(consumer), one.name) for one in fields(PullSettings)}
    return {name: f"{value} → none" for name, value in (named | settings).items() if value not in (None, "")}


def _word(value: int | str | None) -> str:
    return "none" if value == "" else "not set" if value is None else str(value)


def _state(*, paused: bool) -> str:
    return "paused" if paused else "running"
