"""What a pull of a queue would use up, judged by a peek: it leases nothing and uses no attempt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from django.utils import timezone

from queues_app import access
from queues_app.access import Permission
from queues_app.audit import Caller
from queues_app.cloudflare import Message, Queue
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, Batch, Lease, Mode
from queues_app.operations import allowed, kept, look, names, queues

# A peek so young is forecast from without asking anew.
FRESH: Final = timedelta(seconds=60)


class ForecastGoneError(ExpectedError):
    """The peek behind a forecast is no longer kept. Nothing was sent."""

    sentence = "The peek behind this forecast is no longer kept. Ask for a new one: it costs nothing."
    reason = "forecast-gone"
    http_status = HTTPStatus.NOT_FOUND
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """One peek, read as the pull that may follow. Order is best effort: the pull may bring others.

    asked     how many messages the pull asks for
    attempts  of each message that it would bring first; None where that is not told
    left_out  messages of the peek that are leased through this dashboard, by whomever
    is_cut    whether the queue may hold more than the peek showed
    """

    batch: Batch
    limit: int | None
    dead_letter_queue: str
    asked: int
    attempts: tuple[int | None, ...]
    left_out: int
    is_cut: bool

    @property
    def expected(self) -> int:
        """About how many the pull will bring."""
        return self.asked if self.is_cut else len(self.attempts)


def ask(
    *, caller: Caller, account: Account, queue_id: str, batch_size: int, shown: int | None = None
) -> Forecast | None:
    """Peek, on the record, and say what a pull of `batch_size` (1–100) messages would use up.

    The peek is kept as an offer. With `shown`, the entry of an earlier one, that is read again for another number of
    messages, and nothing about messages is asked. None where nothing can be pulled, and then there is no peek.

    Raises ForecastGoneError, else as `look.peek`.
    """
    _require(caller, account, queue_id, {"batch_size": batch_size, "forecast": True})
    queue = queues.read_queue(caller=caller, account=account, queue_id=queue_id).queue
    if not can_be_pulled(queue):
        return None
    if shown is not None:
        batch = _kept(caller, account, queue_id, shown)
    else:
        # What is leased may be shown all the same: ask for so many more, or too few others are seen.
        size = min(look.MAX_BATCH_SIZE, batch_size + len(_leased(account, queue_id)))
        batch = look.peek(caller=caller, account=account, queue_id=queue_id, batch_size=size, is_forecast=True)
    return _read(batch, kept.messages(caller=caller, batch=batch), queue=queue, batch_size=batch_size)


def of_shown(
    *, caller: Caller, shown: Batch, messages: Sequence[Message], queue: Queue, batch_size: int
) -> Forecast | None:
    """The forecast from the batch on the page: only from a young peek of the reader's own, else None."""
    is_own_peek = shown.mode != Mode.PULL and shown.owner_id == allowed.signed_in(caller).pk
    if not is_own_peek or timezone.now() - shown.fetched_at > FRESH or not can_be_pulled(queue):
        return None
    return _read(shown, messages, queue=queue, batch_size=batch_size)


def last(*, caller: Caller, account: Account, queue_id: str, queue: Queue, batch_size: int) -> Forecast | None:
    """The forecast from the caller's last look, if that was a young peek: for a page that is loaded again.

    None where the caller may not read it any more; nothing is asked, and nothing of it is on the record.
    """
    owner = allowed.signed_in(caller)
    found = Batch.objects.kept(timezone.now()).filter(owner=owner, account=account, queue_id=queue_id)
    batch = found.order_by("-fetched_at").first()
    if batch is None or timezone.now() - batch.fetched_at > FRESH:
        return None
    batch.account = account
    here = replace(names.where(batch), is_kept=True)
    if not all(access.may(owner, right, here) for right in (Permission.PEEK, Permission.PULL)):
        return None
    return of_shown(
        caller=caller,
        shown=batch,
        messages=kept.messages(caller=caller, batch=batch),
        queue=queue,
        batch_size=batch_size,
    )


def can_be_pulled(queue: Queue) -> bool:
    """Whether a pull can bring anything: there is an HTTP pull consumer, and delivery is not paused."""
    return queue.consumer is not None and queue.consumer.type == "http_pull" and not queue.delivery_paused


def _read(batch: Batch, messages: Sequence[Message], *, queue: Queue, batch_size: int) -> Forecast:
    """What a peek says of a pull of `batch_size` messages, by the consumer as it is now and by our own leases."""
    consumer = queue.consumer
    leased = _leased(batch.account, batch.queue_id)
    free = [message for message in messages if message.id[:64] not in leased]
    return Forecast(
        batch=batch,
        limit=consumer.max_retries if consumer else None,
        dead_letter_queue=(consumer.dead_letter_queue or "") if consumer else "",
        asked=batch_size,
        attempts=tuple(message.attempts for message in free[:batch_size]),
        left_out=len(messages) - len(free),
        is_cut=len(messages) >= batch.asked_for,
    )


def _require(caller: Caller, account: Account, queue_id: str, parameters: dict[str, Any]) -> None:
    """A forecast is for whoever may pull; `look.peek` and `kept.messages` ask for the right to peek."""
    subject = queues.subject_of(account, queue_id)
    allowed.require(caller, Permission.PULL, action=Action.PEEK, subject=subject, parameters=parameters)


def _kept(caller: Caller, account: Account, queue_id: str, entry_id: int) -> Batch:
    """The caller's own peek behind a forecast. It stays an offer: nobody opened it."""
    kept_ones = Batch.objects.kept(timezone.now()).exclude(mode=Mode.PULL)
    batch = kept_ones.filter(
        owner=allowed.signed_in(caller), account=account, queue_id=queue_id, entry_id=entry_id
    ).first()
    if batch is None:
        raise ForecastGoneError
    batch.account = account
    return batch


def _leased(account: Account, queue_id: str) -> set[str]:
    """The ids of the messages that our ledger says are leased now."""
    held = Lease.objects.held(timezone.now()).of_queue(account.account_id, queue_id)
    return set(held.values_list("message_id", flat=True))
