"""Read what was kept: own batches, and with the permission copies that others fetched. Nothing is asked upstream."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from queues_app import access, audit
from queues_app.access import NotAllowedError, Permission, Place
from queues_app.audit import Caller, Subject
from queues_app.cloudflare import Message
from queues_app.models import Account, Action, Batch, Lease, Mode, User
from queues_app.operations import allowed, batches, masks, names


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many messages of a queue somebody holds by our own leases, and until when the last of them.

    `name` is empty for the caller, and for all others together where the caller may not see who they are.
    """

    count: int
    until: datetime
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """What is held of a queue at the moment through this dashboard; other tools may hold more."""

    mine: Held | None
    others: tuple[Held, ...]


def find(*, caller: Caller, account: Account, queue_id: str, batch_id: uuid.UUID) -> Batch:
    """A kept batch that the caller may see: an own one, or with the permission a colleague's of the same queue.

    Its account is the one that the caller reaches, so that whatever is done with it is done the caller's way. Opening
    an own offer keeps it for as long as any other batch; a colleague's offer is for nobody else.

    Raises Batch.DoesNotExist, also where the permission is missing; that attempt is on the record.
    """
    owner = allowed.signed_in(caller)
    try:
        batch = batches.open_batch(owner=owner, account=account, queue_id=queue_id, batch_id=batch_id)
    except Batch.DoesNotExist:
        batch = _of_others(owner, account, queue_id).get(pk=batch_id)
        batch.account = account
        if closed := access.closed(owner, Permission.SEE_COPIES, names.where(batch)):
            why = NotAllowedError(Permission.SEE_COPIES, closed)
            audit.refuse(
                caller=caller, action=Action.OPEN_COPY, subject=subject_of(batch), parameters=_copy(batch), why=why
            )
            raise Batch.DoesNotExist from why
    # Known already with its credential: no page need ask for it again.
    batch.account = account
    return batch


def way_to(*, reader: User, account_id: str, queue_id: str, batch_id: uuid.UUID) -> Account | None:
    """The account by which the reader's `find` would bring this batch; None where none would, or it must not be read.

    Only for a link: nothing is unsealed, and nothing is put on the record.
    """
    for account in Account.objects.of(reader).filter(account_id=account_id):
        own = Batch.objects.kept(timezone.now()).filter(owner=reader, account=account, queue_id=queue_id)
        found = (own | _of_others(reader, account, queue_id)).filter(pk=batch_id)
        batch = found.defer("sealed_messages").first()
        if batch is None:
            continue
        batch.account = account
        rights = [_right_to(Mode(batch.mode)), *([] if batch.owner_id == reader.pk else [Permission.SEE_COPIES])]
        here = replace(names.where(batch), is_kept=True)
        if all(access.may(reader, right, here) for right in rights):
            return account
    return None


def recent(*, caller: Caller, account: Account, queue_id: str, at_most: int = 4) -> list[Batch]:
    """The newest kept batches of a queue that the caller may open, without their messages."""
    owner = allowed.signed_in(caller)
    found = batches.recent(owner=owner, account=account, queue_id=queue_id, at_most=at_most)
    here = replace(Place.of(account), is_kept=True)
    if access.may(owner, Permission.SEE_COPIES, here):
        modes = [mode for mode in Mode if access.may(owner, _right_to(mode), here)]
        others = _of_others(owner, account, queue_id).filter(mode__in=modes)
        found += others.select_related("owner").defer("sealed_messages")[:at_most]
    for batch in found:
        batch.account = account
    if access.needs_name(owner, Permission.SEE_QUEUES, here):
        found = [batch for batch in found if access.may(owner, Permission.SEE_QUEUES, names.where(batch))]
    return sorted(found, key=lambda batch: batch.fetched_at, reverse=True)[:at_most]


def messages(*, caller: Caller, batch: Batch, position: int | None = None) -> tuple[Message, ...]:
    """The messages of a batch that `find` found, with the masks of its queue. Given a position, only that one is read.

    Raises as `true_messages`.
    """
    true = true_messages(caller=caller, batch=batch, position=position)
    return masks.over(subject_of(batch), true, only=position)


def true_messages(*, caller: Caller, batch: Batch, position: int | None = None) -> tuple[Message, ...]:
    """The same without masks, for what never shows them, and for what reveals one field on the record.

    Whoever lost the right to look at messages reads no kept ones either.

    Every reading of a copy that somebody else fetched is on the record before anything is unsealed: all of it, or the
    message at `position`.

    Raises NotAllowedError, VaultError, AuditUnavailableError, AuditNotClosedError; IndexError for a position beyond
    the batch of somebody else.
    """
    is_own = batch.owner_id == allowed.signed_in(caller).pk
    subject, parameters = subject_of(batch), _named(batch, is_own=is_own)
    if position is not None and not is_own:
        parameters["position"] = position
    _require(caller, batch, is_own=is_own, subject=subject, parameters=parameters)
    if is_own:
        return batches.messages_of(batch)
    with audit.record(caller=caller, action=Action.OPEN_COPY, subject=subject, parameters=parameters) as record:
        found = batches.messages_of(batch)
        opened = found if position is None else (found[position],)
        record.ok(
            remark=f"fetched by {parameters['owner']}",
            message_ids=[message.id[:64] for message in opened],
            message_count=len(opened),
        )
    return found


def require(*, caller: Caller, batch: Batch) -> None:
    """The rights to read the messages of a batch that `find` found, where nothing of them is shown.

    Raises NotAllowedError, after recording the refused attempt.
    """
    is_own = batch.owner_id == allowed.signed_in(caller).pk
    parameters = _named(batch, is_own=is_own)
    _require(caller, batch, is_own=is_own, subject=subject_of(batch), parameters=parameters)


def _require(caller: Caller, batch: Batch, *, is_own: bool, subject: Subject, parameters: dict[str, Any]) -> None:
    right = _right_to(Mode(batch.mode))
    if is_own:
        action = Action.PULL if right == Permission.PULL else Action.PEEK
        allowed.require(caller, right, action=action, subject=subject, parameters=parameters, is_kept=True)
        return
    for permission in (Permission.SEE_COPIES, right):
        allowed.require(
            caller, permission, action=Action.OPEN_COPY, subject=subject, parameters=parameters, is_kept=True
        )


def holders(*, caller: Caller, account: Account, queue_id: str) -> Holders:
    """Who holds messages of a queue, by whichever credential: colleagues by name only for whoever may see that."""
    person = allowed.signed_in(caller)
    leases = Lease.objects.held(timezone.now()).of_queue(account.account_id, queue_id).order_by()
    mine = leases.filter(holder=person).aggregate(count=Count("pk"), until=Max("expires_at"))
    others = leases.exclude(holder=person)
    if access.may(person, Permission.SEE_ALL_LEASES):
        found = others.values("holder__username").annotate(count=Count("pk"), until=Max("expires_at"))
        named = tuple(
            Held(count=each["count"], until=each["until"], name=each["holder__username"])
            for each in found.order_by("until")
        )
    else:
        all_of_them = others.aggregate(count=Count("pk"), until=Max("expires_at"))
        named = (Held(**all_of_them),) if all_of_them["count"] else ()
    return Holders(mine=Held(**mine) if mine["count"] else None, others=named)


def _of_others(owner: User, account: Account, queue_id: str) -> QuerySet[Batch]:
    """What others fetched of the same queue, by whichever credential; no offers, which nobody opened yet."""
    kept_ones = Batch.objects.kept(timezone.now())
    return kept_ones.filter(account__account_id=account.account_id, queue_id=queue_id, is_offer=False).exclude(
        owner=owner
    )


def _right_to(mode: Mode) -> Permission:
    """What it takes to read messages that were fetched so."""
    return Permission.PULL if mode == Mode.PULL else Permission.PEEK


def _named(batch: Batch, *, is_own: bool) -> dict[str, Any]:
    """A batch that is read, in the parameters of the record."""
    return {"kept_batch": str(batch.pk)} if is_own else _copy(batch)


def _copy(batch: Batch) -> dict[str, Any]:
    return {"owner": batch.owner.get_username(), "batch": str(batch.pk)}


def subject_of(batch: Batch) -> Subject:
    """Where a kept batch came from, in the words of the record."""
    return names.subject(batch.account, batch.queue_id, kept_as=(batch.queue_name,))
