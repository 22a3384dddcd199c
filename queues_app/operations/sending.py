"""Send what was prepared, one call at a time. No call is ever repeated by itself.

Each step has a number. It opens its entry, and claims its messages under a lock, as `unknown`: a second submit of the
same step finds another number, and a process killed in the middle leaves the truth behind.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from queues_app import audit, cloudflare, upstream
from queues_app.access import Permission
from queues_app.audit import AuditNotClosedError, AuditUnavailableError, Caller
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.models import Action, ApprovalRequest, ApprovalState, Sending, SendingState, Source
from queues_app.operations import allowed, approvals, drafts, sendings
from queues_app.operations.approvals import Act
from queues_app.operations.drafts import Draft
from queues_app.operations.sendings import WAITING

# What a person may send again, and the word that it then waits under.
AGAIN = {"unknown": "waiting", "failed": "waiting", "refused": "single"}


class StepTakenError(ExpectedError):
    """This step was submitted before, or another one came between."""

    sentence = "This step was submitted before. It was not done a second time; the page shows how it stands."
    reason = "step-taken"
    is_refusal = True


class StillUnderWayError(ExpectedError):
    """A call of this sending may end yet. To send its messages again now would send them twice."""

    sentence = "A call of this sending has not ended yet. Wait until it has: its messages may arrive. Nothing was sent."
    reason = "still-under-way"
    is_refusal = True


class ApprovedOnceError(ExpectedError):
    """A second person approved that each message is sent once; of these nobody knows whether they were."""

    sentence = (
        "A second person approved that these messages are sent once, and they may have arrived. Look what did, and "
        "prepare the rest anew. Nothing was sent."
    )
    reason = "approved-once"
    is_refusal = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    first: int
    count: int
    before: str


def planned(sending: Sending) -> Act:
    """What sending what still waits would be, as it is asked for. An approval is for the whole of it."""
    name, others = approvals.named_now(sendings.subject_of(sending), Permission.SEND)
    waiting = sum(word in WAITING for word in sending.outcomes)
    told = (("Messages", f"{waiting:,}"), ("From", " ".join(filter(None, (_label(sending), sending.file_name)))))
    return Act(
        action=Action.SEND,
        account=sending.account,
        queue_id=sending.queue_id,
        queue_name=name,
        other_names=others,
        parameters={"sending": str(sending.pk)},
        told=told,
    )


def takes_two(sending: Sending) -> bool:
    """Whether a second person has to approve this before its next call."""
    return not _is_let_through(sending) and approvals.stands_before(planned(sending))


def open_request(sending: Sending) -> ApprovalRequest | None:
    """Its newest request that waits for somebody, or for being carried out."""
    return ApprovalRequest.objects.filter(
        action=Action.SEND,
        parameters__sending=str(sending.pk),
        state__in=(ApprovalState.WAITING, ApprovalState.APPROVED),
        expires_at__gt=timezone.now(),
    ).first()


def step(
    *,
    caller: Caller,
    sending: Sending,
    number: int,
    by_itself: bool = False,
    approved: ApprovalRequest | None = None,
) -> None:
    """Send the next messages that wait, as many as go in one call, and keep the outcome of each.

    `by_itself`: the page goes on without a person's act, which a pause forbids. A failure upstream is an outcome, kept
    with its sentence, and stops the sending.

    Raises NotAllowedError, StepTakenError, AuditUnavailableError, AuditNotClosedError, UpstreamBusyError, VaultError;
    and as `approvals.gate`, which the first call passes for those that follow.
    """
    _require(caller, sending)
    if sending.step != number:
        raise StepTakenError
    found = sendings.contents(sending).drafts
    following = _following(sending, found, by_itself=by_itself)
    if following is None:
        return
    first, count = following
    chosen = found[first : first + count]
    parameters = {
        "sending": str(sending.pk),
        "from": chosen[0].line,
        "to": chosen[-1].line,
        "count": count,
        "delay_seconds": _delays(chosen),
    } | approvals.named(approved)
    try:
        with audit.record(
            caller=caller, action=Action.SEND, subject=sendings.subject_of(sending), parameters=parameters
        ) as record:
            if approved is not None or not _is_let_through(sending):
                approvals.gate(record, planned(sending), approved)
            claim = _claim(sending, number, found, following, by_itself=by_itself)
            # The outcomes are kept before the entry has its end: while it has none, nothing can be sent again.
            with _outcome_kept(sending, claim):
                answer = _send(sending, chosen)
            record.answered(answer)
            with transaction.atomic():
                _close(sending, claim, "sent")
                record.ok(message_count=count)
    except CloudflareError:
        return
    except (AuditUnavailableError, AuditNotClosedError) as error:
        # What was claimed stays unknown: neither is it said that it arrived.
        _halt(sending, error.sentence)
        raise


def next_call(outcomes: Sequence[str], found: Sequence[Draft]) -> tuple[int, int] | None:
    """Where the messages of the next call begin, and how many go in it; None when nothing waits.

    They wait alike, and fit into one call together; what was refused goes one by one.
    """
    first = next((at for at, word in enumerate(outcomes) if word in WAITING), None)
    if first is None:
        return None
    before = outcomes[first]
    if before == "single":
        return first, 1
    end = first
    while end < len(outcomes) and outcomes[end] == before and end - first < drafts.MAX_AT_ONCE:
        end += 1
    return first, drafts.first_batch(list(found[first:end]))


def pause(*, caller: Caller, sending: Sending) -> None:
    """Let the page not go on by itself. A call that is under way ends as it will.

    Raises NotAllowedError.
    """
    _require(caller, sending)
    Sending.objects.filter(pk=sending.pk, state=SendingState.RUNNING).update(
        state=SendingState.STOPPED, remark="Paused. Nothing is sent until you go on."
    )


def again(*, caller: Caller, sending: Sending, number: int, word: str) -> None:
    """Let what ended as `word` (a key of AGAIN) wait once more. Refused ones are then sent one by one.

    Raises NotAllowedError, StepTakenError, StillUnderWayError, ApprovedOnceError.
    """
    _require(caller, sending)
    if word == "unknown" and _is_let_through(sending) and approvals.stands_before(planned(sending)):
        raise ApprovedOnceError
    latest = timezone.now() - timedelta(seconds=settings.WORKER_TIMEOUT)
    if any(not entry.is_complete and entry.at > latest for entry in sendings.entries(sending)):
        raise StillUnderWayError
    with transaction.atomic():
        row = _locked(sending, number)
        row.outcomes = [AGAIN[word] if each == word else each for each in row.outcomes]
        row.step += 1
        row.state = SendingState.STOPPED
        row.remark = ""
        row.save(update_fields=["outcomes", "step", "state", "remark"])


def _is_let_through(sending: Sending) -> bool:
    """Whether it was approved, and a call of it passed the gate."""
    return ApprovalRequest.objects.filter(
        action=Action.SEND, state=ApprovalState.RUN, parameters__sending=str(sending.pk)
    ).exists()


def _label(sending: Sending) -> str:
    return str(Source(sending.source).label)


def _delays(found: Sequence[Draft]) -> int | str | None:
    """The delay of all of them, in seconds; in a word where they differ."""
    delays = {each.delay_seconds for each in found}
    return delays.pop() if len(delays) == 1 else "various"


def _require(caller: Caller, sending: Sending) -> None:
    allowed.require(
        caller,
        Permission.SEND,
        action=Action.SEND,
        subject=sendings.subject_of(sending),
        parameters={"sending": str(sending.pk)},
    )


def _locked(sending: Sending, number: int) -> Sending:
    row = Sending.objects.select_for_update().defer("sealed_messages").get(pk=sending.pk)
    if row.step != number:
        raise StepTakenError
    return row


def _following(sending: Sending, found: Sequence[Draft], *, by_itself: bool) -> tuple[int, int] | None:
    """What the next call takes; None when nothing waits or a pause forbids it."""
    if by_itself and sending.state != SendingState.RUNNING:
        return None
    return next_call(sending.outcomes, found)


def _claim(
    sending: Sending, number: int, found: Sequence[Draft], expected: tuple[int, int], *, by_itself: bool
) -> _Claim:
    """Take what the open entry says, as `unknown`; nothing else, should another form have come between."""
    first, count = expected
    with transaction.atomic():
        row = _locked(sending, number)
        if _following(row, found, by_itself=by_itself) != expected:
            raise StepTakenError
        before = row.outcomes[first]
        row.outcomes[first : first + count] = ["unknown"] * count
        row.step += 1
        row.state = SendingState.RUNNING
        row.remark = ""
        row.save(update_fields=["outcomes", "step", "state", "remark"])
    return _Claim(first=first, count=count, before=before)


def _send(sending: Sending, chosen: Sequence[Draft]) -> cloudflare.Answer[cloudflare.Pushed]:
    auth = upstream.auth_of(sending.account.credential)
    messages = tuple(each.outgoing() for each in chosen)
    account_id, queue_id = sending.account.account_id, sending.queue_id
    with upstream.slot() as client:
        if len(messages) == 1:
            return client.push(auth, account_id=account_id, queue_id=queue_id, message=messages[0])
        return client.push_batch(auth, account_id=account_id, queue_id=queue_id, messages=messages)


def _word(error: CloudflareError) -> str:
    if error.may_have_happened:
        return "unknown"
    return "refused" if isinstance(error, cloudflare.InvalidRequest) else "failed"


@contextmanager
def _outcome_kept(sending: Sending, claim: _Claim) -> Iterator[None]:
    """What fails leaves its word and its sentence; what surely did not leave waits as before."""
    try:
        yield
    except CloudflareError as error:
        word = _word(error)
        # One refused alone is the one that was looked for: the others go on.
        goes_on = word == "refused" and claim.before == "single"
        _close(sending, claim, word, "" if goes_on else error.sentence)
        raise
    except ExpectedError as error:
        _close(sending, claim, claim.before, error.sentence)
        raise


def _close(sending: Sending, claim: _Claim, word: str, why: str = "") -> None:
    """Write down what became of a claim. Until here its messages are unknown, and stay so if this fails."""
    with transaction.atomic():
        row = Sending.objects.select_for_update().defer("sealed_messages").get(pk=sending.pk)
        row.outcomes[claim.first : claim.first + claim.count] = [word] * claim.count
        if not any(each in WAITING for each in row.outcomes) and not why:
            row.state, row.remark = SendingState.DONE, ""
        elif why:
            row.state, row.remark = SendingState.STOPPED, why[:500]
        row.save(update_fields=["outcomes", "state", "remark"])


def _halt(sending: Sending, why: str) -> None:
    Sending.objects.filter(pk=sending.pk).update(state=SendingState.STOPPED, remark=why[:500])
