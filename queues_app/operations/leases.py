"""The one place that settles leases and holds them on: acknowledge, retry, return, extend, any number of them.

What was chosen is grouped by account, queue and holder and sent in calls of at most 100. Each call has its own audit
entry and its own truth: what becomes of one changes nothing in the others.

    parts = parts_of(caller=…, leases=…, asked=Asked(verb=Verb.ACK))
    for result in act(caller=…, parts=parts, asked=…, intent=…): …
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from queues_app import audit, cloudflare, upstream
from queues_app.access import NotAllowedError, Permission
from queues_app.audit import AuditNotClosedError, Caller, Record, Subject
from queues_app.cloudflare import Answer, CloudflareError, Extended, Settled
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, Lease, LeaseState, User
from queues_app.operations import allowed, ending, names, ways
from queues_app.operations.ending import Ends
from queues_app.operations.lease_rows import (
    can_be_sent,
    claim,
    given_back_unless_sent,
    note_extended,
    note_settled,
    why_not,
)
from queues_app.operations.skipped import Skipped, UnclearAnswerError, counted, unnamed

MAX_DELAY_SECONDS: Final = 24 * 60 * 60
# So many leases the API takes in one call.
MOST_IN_A_CALL: Final = 100
# How long to hold on where it is not known how long it was held.
USUAL_LEASE_MS: Final = 30_000


class Verb(StrEnum):
    """What to do with the chosen leases."""

    ACK = "ack"
    RETRY = "retry"
    RETURN = "return"
    EXTEND = "extend"

    @property
    def action(self) -> Action:
        return {Verb.ACK: Action.ACK, Verb.EXTEND: Action.EXTEND}.get(self, Action.RETRY)

    @property
    def done(self) -> str:
        return {Verb.ACK: "acknowledged", Verb.RETRY: "retried", Verb.RETURN: "returned"}.get(self, "extended")

    @property
    def asks(self) -> bool:
        """Whether a question comes first in any case. To hold on harms nothing, nor, mostly, does to give back now."""
        return self in (Verb.ACK, Verb.RETRY)

    @property
    def gives_back(self) -> bool:
        """Whether a message whose attempts are spent does not come back by it."""
        return self in (Verb.RETRY, Verb.RETURN)


class NothingHeldError(ExpectedError):
    """None of the chosen messages is leased any more. Nothing was sent."""

    sentence = (
        "None of the chosen messages is still held: their leases have lapsed or were settled before. Nothing was sent."
    )
    reason = "nothing-held"
    is_refusal = True


class LeaseIdsLostError(ExpectedError):
    """The chosen messages are held, but by lease ids that this server no longer has. Nothing was sent."""

    sentence = (
        "The lease ids of the chosen messages are lost, so nothing was sent. They come back when their leases end."
    )
    reason = "lease-ids-lost"
    is_refusal = True


class NoAccountError(ExpectedError):
    """None of the caller's credentials reaches the account of a colleague's lease. Nothing was sent."""

    reason = "no-account"
    is_refusal = True

    def __init__(self, account: str) -> None:
        super().__init__(
            f"None of your credentials reaches the account {account}, and nobody else's is used for you. "
            "Nothing was sent. Add a credential of your own for it."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to do, and on which terms.

    delay_seconds          for retries, 0–86,400; None leaves it to the consumer's own setting
    visibility_timeout_ms  for extensions; None holds each lease as long as before
    """

    verb: Verb
    delay_seconds: int | None = None
    visibility_timeout_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One call: leases of one account, queue and holder, no message twice.

    `account` is the caller's own way to them, None where there is none; `right` is what it takes to go it.
    `queue_names` are what the queue was called when they were pulled. `unleased` counts what was chosen with them and
    never leased.
    """

    account: Account | None
    of_account: Account
    queue_id: str
    queue_names: tuple[str, ...]
    holder: User
    right: Permission
    leases: tuple[Lease, ...]
    visibility_timeout_ms: int | None = None
    batch: str = ""
    unleased: int = 0

    @property
    def chosen(self) -> int:
        return len(self.leases) + self.unleased

    @property
    def subject(self) -> Subject:
        queue = names.subject(self.account or self.of_account, self.queue_id, kept_as=self.queue_names)
        return queue if self.account else replace(queue, credential=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one call. `counted` is the upstream's own number, None where it gave none."""

    verb: Verb
    chosen: int
    done: int
    counted: int | None
    skipped: tuple[Skipped, ...]

    @property
    def sentence(self) -> str:
        """The numbers in one line, with the upstream's count where it differs from ours."""
        if self.counted is not None and self.counted != self.done:
            return (
                f"Cloudflare counts {self.counted} of {self.chosen} {self.verb.done}, "
                f"yet names {len(self.skipped)} as skipped: what became of each is unknown."
            )
        return counted(f"{self.done} of {self.chosen} {self.verb.done}.", self.skipped)


def parts_of(*, caller: Caller, leases: Sequence[Lease], asked: Asked) -> list[Part]:
    """The calls that the chosen leases make. The same leases make the same calls, whatever became of them since.

    Each lease goes the caller's own way (`ways.to_lease`); never by the holder's credential, unless that is shared.
    """
    user = allowed.signed_in(caller)
    groups: dict[tuple[Account | None, str, str, int, int | None, Permission], list[Lease]] = {}
    reach = list(Account.objects.of(user))
    for lease in sorted(leases, key=lambda lease: lease.pk):
        place = lease.account.account_id
        account = ways.to_lease(user, lease, reach)
        timeout = None
        if asked.verb is Verb.EXTEND:
            timeout = asked.visibility_timeout_ms or lease.visibility_timeout_ms or USUAL_LEASE_MS
        right = ways.right_to_settle(user, lease, account)
        groups.setdefault((account, place, lease.queue_id, lease.holder_id, timeout, right), []).append(lease)
    parts = []
    for (account, _, queue_id, _, timeout, right), group in groups.items():
        first = group[0]
        for call in _calls(group):
            batches = {lease.batch_id for lease in call}
            batch = batches.pop() if len(batches) == 1 else None
            parts.append(
                Part(
                    account=account,
                    of_account=first.account,
                    queue_id=queue_id,
                    queue_names=tuple(lease.queue_name for lease in call),
                    holder=first.holder,
                    right=right,
                    leases=call,
                    visibility_timeout_ms=timeout,
                    batch=str(batch) if batch else "",
                )
            )
    return parts


def require(*, caller: Caller, parts: Sequence[Part], asked: Asked) -> None:
    """Whether the caller may, asked also before the question is put. Each refused call is on the record.

    Raises NotAllowedError.
    """
    refusal: NotAllowedError | None = None
    for part in parts:
        try:
            allowed.require(
                caller,
                part.right,
                action=asked.verb.action,
                subject=part.subject,
                parameters=_parameters(caller, part, asked),
            )
        except NotAllowedError as why:
            refusal = refusal or why
    if refusal is not None:
        raise refusal


def ends_of(leases: Sequence[Lease], verb: Verb) -> tuple[Ends, ...]:
    """What the verb ends among these leases, beyond settling them: messages that have no attempt left to come back."""
    if not verb.gives_back:
        return ()
    now = timezone.now()
    return ending.of(lease for lease in leases if can_be_sent(lease, now))


def is_unasked(leases: Sequence[Lease], verb: Verb, *, told: int) -> bool:
    """Whether the verb ends more messages than the question told of, or ends some and nobody was asked."""
    return ending.count(ends_of(leases, verb)) > told


def act(
    *, caller: Caller, parts: Sequence[Part], asked: Asked, intent: uuid.UUID
) -> tuple[Result | CloudflareError | ExpectedError, ...]:
    """Make the calls one after the other; what came of each, or what stopped it.

    A lease is sent only while it is held: a lapsed one may be somebody else's by now. `intent` is the number of the
    submitted form, and each call's is derived from it. When the next call might not end before the server ends the
    request, it is not made: the answer is then shorter than `parts`, and the leases of the rest stay as they are.

    Raises NotAllowedError before anything is sent.
    """
    require(caller=caller, parts=parts, asked=asked)
    # The first call is always made.
    longest = settings.UPSTREAM_CONNECT_TIMEOUT + settings.UPSTREAM_TIMEOUT
    latest = time.monotonic() + settings.WORKER_TIMEOUT - longest
    results: list[Result | CloudflareError | ExpectedError] = []
    for number, part in enumerate(parts):
        if results and time.monotonic() > latest:
            break
        more = {"parts": len(parts)} if len(parts) > 1 else {}
        try:
            results.append(_carry_out(caller, part, asked, intent_of(intent, number), more))
        except (CloudflareError, ExpectedError) as error:
            results.append(error)
    return tuple(results)


def intent_of(intent: uuid.UUID, number: int) -> uuid.UUID:
    """The number of a call by its form's: the first call has the form's own."""
    return uuid.uuid5(intent, str(number)) if number else intent


def _calls(leases: Sequence[Lease]) -> list[tuple[Lease, ...]]:
    """Split so that no call has a message twice: an answer that names messages could not tell two leases apart."""
    calls: list[dict[str, Lease]] = []
    for lease in leases:
        call = next((call for call in calls if len(call) < MOST_IN_A_CALL and lease.message_id not in call), None)
        if call is None:
            calls.append(call := {})
        call[lease.message_id] = lease
    return [tuple(call.values()) for call in calls]


def _parameters(caller: Caller, part: Part, asked: Asked) -> dict[str, Any]:
    parameters: dict[str, Any] = {"chosen": part.chosen}
    if part.batch:
        parameters["batch"] = part.batch
    if part.holder.pk != allowed.signed_in(caller).pk:
        parameters["for"] = part.holder.get_username()
    if asked.verb is Verb.EXTEND:
        parameters["visibility_timeout_ms"] = part.visibility_timeout_ms
    elif asked.verb is not Verb.ACK:
        parameters["delay_seconds"] = 0 if asked.verb is Verb.RETURN else asked.delay_seconds
    return parameters


def _carry_out(caller: Caller, part: Part, asked: Asked, intent: uuid.UUID, more: Mapping[str, Any]) -> Result:
    # Our own numbers of the leases: the result page finds by them what became of each.
    numbers = {"leases": [lease.pk for lease in part.leases], **more}
    if ends := ends_of(part.leases, asked.verb):
        numbers["ends"] = ends[0].on_record
    with audit.record(
        caller=caller,
        action=asked.verb.action,
        subject=part.subject,
        parameters=_parameters(caller, part, asked) | numbers,
        intent=intent,
    ) as record:
        if part.account is None:
            raise NoAccountError(part.of_account.name)
        now = timezone.now()
        chosen, lease_ids = claim([lease.pk for lease in part.leases], now)
        held = [lease for lease in chosen if lease.pk in lease_ids]
        if not held:
            lost = any(can_be_sent(lease, now) for lease in chosen)
            raise LeaseIdsLostError if lost else NothingHeldError
        with given_back_unless_sent(held, old_end_counts=asked.verb is Verb.EXTEND):
            record.note(message_ids=[lease.message_id for lease in held])
            answer = _send(part, part.account, asked, tuple(lease_ids.values()))
        record.answered(answer)
        skipped = [
            Skipped(message_id=lease.message_id, why=why_not(lease, now))
            for lease in chosen
            if lease.pk not in lease_ids
        ]
        value, unclear = answer.value, ""
        if isinstance(value, Extended):
            left_at = answer.received_at - timedelta(milliseconds=answer.duration_ms)
            skipped += note_extended(held, lease_ids, value, left_at, part.visibility_timeout_ms or 0)
            counted = None
        else:
            settled_by = "" if part.holder.pk == allowed.signed_in(caller).pk else caller.user_name[:150]
            state = LeaseState.ACKED if asked.verb is Verb.ACK else LeaseState.RETRIED
            skipped += note_settled(held, lease_ids, value, state, settled_by)
            counted = value.ack_count if asked.verb is Verb.ACK else value.retry_count
            # Without a count, what names no lease may be about any of them.
            unclear = unnamed(value.warnings, lease_ids.values()) if counted is None else ""
        done = len(chosen) - len(skipped)
        if counted not in (None, done):
            for lease in held:
                lease.state = LeaseState.UNKNOWN
        result = Result(verb=asked.verb, chosen=part.chosen, done=done, counted=counted, skipped=tuple(skipped))
        _write_down(record, held, result, unclear)
        return result


def _send(part: Part, account: Account, asked: Asked, lease_ids: tuple[str, ...]) -> Answer[Settled] | Answer[Extended]:
    auth = upstream.auth_of(account.credential)
    retries: tuple[cloudflare.Retry, ...] = ()
    if asked.verb in (Verb.RETRY, Verb.RETURN):
        delay = 0 if asked.verb is Verb.RETURN else asked.delay_seconds
        retries = tuple(cloudflare.Retry(lease_id=lease_id, delay_seconds=delay) for lease_id in lease_ids)
    with upstream.slot() as client:
        if asked.verb is Verb.EXTEND:
            return client.extend(
                auth,
                account_id=account.account_id,
                queue_id=part.queue_id,
                lease_ids=lease_ids,
                visibility_timeout_ms=part.visibility_timeout_ms or USUAL_LEASE_MS,
            )
        return client.settle(
            auth,
            account_id=account.account_id,
            queue_id=part.queue_id,
            acks=() if retries else lease_ids,
            retries=retries,
        )


def _write_down(record: Record, held: Sequence[Lease], result: Result, unclear: str) -> None:
    """The state of each lease, and the entry with the same numbers: both or neither.

    Where the answer was unclear, only what it said of a lease by name is believed.
    """
    if unclear:
        for lease in held:
            if not lease.warning:
                lease.state, lease.warning = LeaseState.UNKNOWN, unclear
    columns = ["state", "settled_at", "settled_by", "warning"]
    if result.verb is Verb.EXTEND:
        columns += ["sealed_lease_id", "expires_at", "visibility_timeout_ms", "extensions"]
    try:
        with transaction.atomic():
            Lease.objects.bulk_update(held, columns)
            if not unclear:
                record.ok(
                    remark=result.sentence,
                    message_ids=[lease.message_id for lease in held],
                    message_count=result.done,
                )
    except DatabaseError as error:
        raise AuditNotClosedError(record.entry) from error
    if unclear:
        raise UnclearAnswerError(unclear, perhaps=result.done, chosen=result.chosen, done=result.verb.done)
