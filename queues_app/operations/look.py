"""Look into a queue: peek, which costs nothing, and pull, which uses one attempt of each message and leases it."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from dashboard.stopping import is_stopping
from queues_app import audit, cloudflare, remembered, upstream
from queues_app.access import Permission
from queues_app.audit import AuditNotClosedError, Caller, Record
from queues_app.cloudflare import Answer, Message, Messages, Queue
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, Batch, Mode
from queues_app.operations import allowed, batches, queues, receipts
from queues_app.operations.batches import Fetched

MAX_BATCH_SIZE = 100
MAX_VISIBILITY_TIMEOUT_MS = 12 * 60 * 60 * 1000
# "No route for that URI" and its sibling: the account has no peek yet, which is not the same as having no such queue.
NO_ROUTE_CODES = frozenset({7000, 7003})
PREVIEW_KNOWN_S = 3600
# How long a peek waits for the count beside it.
BACKLOG_BUDGET_S = 2.0


class RepeatedTooSoonError(ExpectedError):
    """A page asked to repeat its peek more often than the server allows. Nothing was sent."""

    sentence = "This page looked a moment ago. It looks again by itself."
    reason = "repeated-too-soon"
    http_status = HTTPStatus.TOO_MANY_REQUESTS
    is_refusal = True


class NotYourForecastError(ExpectedError):
    """A form named a forecast that is no peek of this person's at this queue. Nothing was sent."""

    sentence = "The forecast in this form is not one of yours. Nothing was pulled; load the page again."
    reason = "not-your-forecast"
    http_status = HTTPStatus.UNPROCESSABLE_ENTITY
    is_refusal = True


class ServerStoppingError(ExpectedError):
    """The process was told to stop: a pull begun now could be cut off, its messages leased. Nothing was sent."""

    sentence = "This server is stopping, so nothing was pulled. Try again in a moment: another one takes over."
    reason = "server-stopping"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a repeated peek found against the batch on the page. `batch` is None when nothing differs."""

    batch: Batch | None
    new: int = 0
    gone: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """How a kept peek differs from an earlier one: ids that are new in it, and place and id of those that it lacks."""

    earlier: Batch
    new: frozenset[str]
    gone: tuple[tuple[int, str], ...]


def peek(
    *,
    caller: Caller,
    account: Account,
    queue_id: str,
    batch_size: int,
    intent: uuid.UUID | None = None,
    is_forecast: bool = False,
) -> Batch:
    """Look at up to `batch_size` (1–100) messages without leasing them, and keep what came.

    A peek for a forecast is said to be one on the record, and kept as an offer for some minutes.

    Raises NotAllowedError, AlreadySubmittedError, AuditUnavailableError, AuditNotClosedError, VaultError,
    UpstreamBusyError, CloudflareError.
    """
    parameters = {"batch_size": batch_size, **({"forecast": True} if is_forecast else {})}
    with _on_the_record(caller, account, queue_id, Action.PEEK, parameters, intent) as record:
        queue = _learn_queue(caller, account, queue_id, record)
        mode, answer = _peek_or_preview(account, queue_id, batch_size, record)
        record.answered(answer)
        backlog = _backlog(caller, account, queue_id, answer)
        fetched = _peeked(queue, mode, answer, backlog, asked_for=batch_size, is_offer=is_forecast)
        return _keep(caller, account, record, fetched, _sample_remark(fetched))


def peek_for_watch(
    *, caller: Caller, account: Account, queue_id: str, batch_size: int, watch: int
) -> tuple[str, tuple[Message, ...]]:
    """Look for a watch of the caller's: its number is on the record, and nothing is kept.

    The queue's name as it is now, for what goes by names, and the messages. Raises as `peek`.
    """
    parameters = {"batch_size": batch_size, "watch": watch}
    with _on_the_record(caller, account, queue_id, Action.PEEK, parameters) as record:
        queue = _learn_queue(caller, account, queue_id, record)
        _, answer = _peek_or_preview(account, queue_id, batch_size, record)
        record.answered(answer)
        ids = _ids(answer.value.messages)
        record.ok(message_ids=ids, message_count=len(ids), remark="for a watch")
        return queue.name, answer.value.messages


def peek_again(*, caller: Caller, account: Account, shown: Batch) -> Difference:
    """Repeat the peek behind a batch, for a page that refreshes itself, and say what differs.

    Messages on the page do not move: when something differs, the new batch is kept as an offer for some minutes.

    Raises RepeatedTooSoonError below the refresh floor, else as `peek`.
    """
    _keep_to_floor(caller, shown)
    parameters = {"batch_size": shown.asked_for, "repeated": True}
    with _on_the_record(caller, account, shown.queue_id, Action.PEEK, parameters) as record:
        queue = _learn_queue(caller, account, shown.queue_id, record)
        mode, answer = _peek_or_preview(account, shown.queue_id, shown.asked_for, record)
        record.answered(answer)
        before = {message.id: message.attempts for message in batches.messages_of(shown)}
        after = {message.id: message.attempts for message in answer.value.messages}
        new, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
        changed = sum(1 for key in after.keys() & before.keys() if after[key] != before[key])
        if not (new or gone or changed):
            ids = _ids(answer.value.messages)
            record.ok(message_ids=ids, message_count=len(ids), remark="the same as before")
            return Difference(batch=None)
        fetched = _peeked(
            queue,
            mode,
            answer,
            _backlog(caller, account, shown.queue_id, answer),
            asked_for=shown.asked_for,
            is_offer=True,
        )
        batch = _keep(caller, account, record, fetched, f"{new} new, {gone} gone, {changed} changed")
        return Difference(batch=batch, new=new, gone=gone, changed=changed)


def since(*, caller: Caller, shown: Batch, ids: Sequence[str], earlier: uuid.UUID) -> Since | None:
    """What is new and what is gone in an own peek with these ids, against an earlier own one of the same queue.

    None where that is no longer kept, or one of the two is no peek of the caller's. Raises VaultError.
    """
    owner = allowed.signed_in(caller)
    if shown.owner_id != owner.pk or shown.mode == Mode.PULL:
        return None
    try:
        found = batches.open_batch(owner=owner, account=shown.account, queue_id=shown.queue_id, batch_id=earlier)
    except Batch.DoesNotExist:
        return None
    if found.mode == Mode.PULL or found.pk == shown.pk:
        return None
    before, after = [message.id for message in batches.messages_of(found)], frozenset(ids)
    gone = tuple((place, message_id) for place, message_id in enumerate(before) if message_id not in after)
    return Since(earlier=found, new=after - frozenset(before), gone=gone)


def pull(
    *,
    caller: Caller,
    account: Account,
    queue_id: str,
    batch_size: int,
    visibility_timeout_ms: int,
    intent: uuid.UUID,
    forecast: int | None = None,
) -> Batch:
    """Pull up to `batch_size` (1–100) messages: leases each for the visibility timeout and uses one attempt of each.

    Never repeated: `intent` is the number of the submitted form, and a second submit finds the first. `forecast` is
    the entry of the caller's own peek that foretold it, if the page showed one.

    Raises NotYourForecastError, ServerStoppingError, else as `peek`.
    """
    parameters = {"batch_size": batch_size, "visibility_timeout_ms": visibility_timeout_ms}
    if forecast is not None:
        parameters["forecast"] = forecast
    if is_stopping():
        why = ServerStoppingError()
        subject = queues.subject_of(account, queue_id)
        audit.refuse(caller=caller, action=Action.PULL, subject=subject, parameters=parameters, why=why)
        raise why
    with _on_the_record(caller, account, queue_id, Action.PULL, parameters, intent) as record:
        if forecast is not None and not receipts.is_own_peek(
            caller=caller, account=account, queue_id=queue_id, entry_id=forecast
        ):
            raise NotYourForecastError
        queue = _learn_queue(caller, account, queue_id, record)
        auth = upstream.auth_of(account.credential)
        with upstream.slot() as client:
            answer = client.pull(
                auth,
                account_id=account.account_id,
                queue_id=queue_id,
                batch_size=batch_size,
                visibility_timeout_ms=visibility_timeout_ms,
            )
        record.answered(answer)
        left_at = answer.received_at - timedelta(milliseconds=answer.duration_ms)
        fetched = Fetched(
            mode=Mode.PULL,
            messages=answer.value.messages,
            fetched_at=answer.received_at,
            asked_for=batch_size,
            queue=queue,
            backlog_count=answer.value.backlog_count,
            backlog_read_at=answer.received_at if answer.value.backlog_count is not None else None,
            visibility_timeout_ms=visibility_timeout_ms,
            leased_until=left_at + timedelta(milliseconds=visibility_timeout_ms),
            unreadable=answer.value.skipped,
        )
        return _keep(caller, account, record, fetched, _price_remark(fetched))


@contextmanager
def _on_the_record(
    caller: Caller,
    account: Account,
    queue_id: str,
    action: Action,
    parameters: dict[str, Any],
    intent: uuid.UUID | None = None,
) -> Iterator[Record]:
    subject = queues.subject_of(account, queue_id)
    permission = Permission.PULL if action == Action.PULL else Permission.PEEK
    allowed.require(caller, permission, action=action, subject=subject, parameters=parameters)
    with audit.record(caller=caller, action=action, subject=subject, parameters=parameters, intent=intent) as record:
        yield record


def _learn_queue(caller: Caller, account: Account, queue_id: str, record: Record) -> Queue:
    queue = queues.read_queue(caller=caller, account=account, queue_id=queue_id).queue
    record.note(queue_name=queue.name)
    return queue


def _keep_to_floor(caller: Caller, shown: Batch) -> None:
    key = f"peeked-again:{allowed.signed_in(caller).pk}:{shown.account_id}:{shown.queue_id}"
    if not remembered.first(key, max(1, settings.REFRESH_FLOOR - 1)):
        raise RepeatedTooSoonError


def _peek_or_preview(account: Account, queue_id: str, batch_size: int, record: Record) -> tuple[Mode, Answer[Messages]]:
    """Peek; where the account has no peek yet, its older form, and remember that."""
    auth = upstream.auth_of(account.credential)
    only_preview = f"only-preview:{account.pk}"
    with upstream.slot() as client:
        if not remembered.get(only_preview, bool):
            try:
                return Mode.PEEK, client.peek(
                    auth, account_id=account.account_id, queue_id=queue_id, batch_size=batch_size
                )
            except cloudflare.NotFound as error:
                if not NO_ROUTE_CODES & {item.code for item in error.errors}:
                    raise
        record.entry.parameters = {**record.entry.parameters, "by": "preview"}
        answer = client.preview(auth, account_id=account.account_id, queue_id=queue_id, batch_size=batch_size)
    remembered.put(only_preview, True, PREVIEW_KNOWN_S)
    return Mode.PREVIEW, answer


def _peeked(
    queue: Queue,
    mode: Mode,
    answer: Answer[Messages],
    backlog: tuple[int | None, datetime | None],
    *,
    asked_for: int,
    is_offer: bool = False,
) -> Fetched:
    """What a peek brought, with the count beside it and when that was read."""
    backlog_count, backlog_read_at = backlog
    return Fetched(
        mode=mode,
        messages=answer.value.messages,
        fetched_at=answer.received_at,
        asked_for=asked_for,
        queue=queue,
        backlog_count=backlog_count,
        backlog_read_at=backlog_read_at,
        is_offer=is_offer,
    )


def _backlog(
    caller: Caller, account: Account, queue_id: str, answer: Answer[Messages]
) -> tuple[int | None, datetime | None]:
    """The count beside a peek. A peek's answer has none, so it is read on its own; unknown when that fails."""
    if answer.value.backlog_count is not None:
        return answer.value.backlog_count, answer.received_at
    reading = queues.read_metrics(caller=caller, account=account, queue_ids=[queue_id], budget_s=BACKLOG_BUDGET_S)[
        queue_id
    ]
    if reading.metrics is None or reading.metrics.backlog_count is None:
        return None, None
    return reading.metrics.backlog_count, reading.read_at


def _keep(
    caller: Caller,
    account: Account,
    record: Record,
    fetched: Fetched,
    remark: str,
) -> Batch:
    """Keep the batch and complete the entry, both or neither."""
    try:
        with transaction.atomic():
            batch = batches.keep(
                owner=allowed.signed_in(caller), account=account, entry_id=record.entry.pk, fetched=fetched
            )
            record.ok(
                remark=remark,
                message_ids=_ids(fetched.messages),
                message_count=len(fetched.messages),
                backlog_count=fetched.backlog_count,
                backlog_read_at=fetched.backlog_read_at,
                batch_id=batch.pk,
            )
    except DatabaseError as error:
        raise AuditNotClosedError(record.entry) from error
    batches.prune_on_the_way()
    return batch


def _ids(messages: Sequence[Message]) -> list[str]:
    return [message.id[:64] for message in messages]


def _sample_remark(fetched: Fetched) -> str:
    remark = "by preview: this account has no peek yet" if fetched.mode == Mode.PREVIEW else ""
    if fetched.backlog_count:
        sample = f"sample of about {fetched.backlog_count:,}"
        remark = f"{sample}, {remark}" if remark else sample
    return remark


def _price_remark(fetched: Fetched) -> str:
    used = len(fetched.messages) + fetched.unreadable
    if not used:
        return "nothing came, no attempt used"
    remark = f"{used} attempt{'s' if used > 1 else ''} used"
    if fetched.unreadable:
        remark += f", {fetched.unreadable} of them by messages that could not be read"
    consumer = fetched.queue.consumer
    if consumer is None or consumer.max_retries is None:
        return f"{remark}; the limit is unknown"
    reached = sum(1 for message in fetched.messages if (message.attempts or 0) >= consumer.max_retries)
    if not reached:
        return remark
    return f"{remark}; {reached} message{' is' if reached == 1 else 's are'} at the limit of {consumer.max_retries}"
