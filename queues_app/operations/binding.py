"""Bind complete entries into the chain, after they were written, so that no writer waits for another.

Whoever comes first binds what is there, in the order of completion and a bounded number at a time; whoever finds
somebody at it goes on. A process that completed an entry does it at the end of a request, after the answer has left.
"""

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.signals import request_finished
from django.db import DatabaseError, transaction
from django.utils import timezone

from queues_app import audit, chain, upstream, vault
from queues_app.expected import ExpectedError
from queues_app.models import AuditEntry, AuditHead, AuditLink, AuditPending

logger = logging.getLogger(__name__)

# Entries bound in one transaction: with SQLite, others wait for it.
AT_ONCE: Final = 500
_OF_A_SIGNED_ONE: Final = ("id", "completed_at", "signature")
# An entry that is open for so long was left so; it is bound as it is, so that its removal is missed.
LEFT_OPEN_AFTER: Final = timedelta(minutes=10)


class HeadGoneError(ExpectedError):
    """There are links and no head: somebody removed it. Nothing more is bound until it is looked into."""

    sentence = "The head of the audit's chain is gone, so nothing more is bound. Run manage.py verify_audit."
    reason = "audit-head-gone"


def bind(*, now: datetime, at_most: int = AT_ONCE) -> int:
    """Bind what is complete and not bound yet, oldest first; 0 also when another is at it.

    Raises HeadGoneError, KeysUnusableError, DatabaseError.
    """
    with transaction.atomic():
        head = _head()
        if head is None:
            return 0
        waiting = _waiting(now, at_most)
        links = _links(head, waiting, now)
        _append(head, links)
        for is_complete in (True, False):
            # One that was completed a moment ago is to be bound anew: it is not deleted as an open one.
            AuditPending.objects.filter(
                pk__in=[pending.pk for pending, _ in waiting if pending.is_complete == is_complete],
                is_complete=is_complete,
            ).delete()
    return len(waiting)


def bind_again(head: AuditHead, entries: Iterable[Mapping[str, Any]], *, now: datetime) -> None:
    """Bind entries under a legal hold, whose links were pruned, at the end of the chain. The caller holds the head.

    Raises KeysUnusableError, DatabaseError.
    """
    links: list[AuditLink] = []
    before, position = head.link_signature, head.position
    for entry in entries:
        position += 1
        is_open = entry["completed_at"] is None
        bound = chain.bound_open(entry) if is_open else chain.bound_again(entry)
        before = chain.sign_link(before=before, position=position, bound_at=now, bound=bound)
        links.append(
            AuditLink(position=position, entry_id=entry["id"], is_open=is_open, bound_at=now, signature=before)
        )
    _append(head, links)


def _append(head: AuditHead, links: list[AuditLink]) -> None:
    AuditLink.objects.bulk_create(links)
    if links:
        head.position, head.link_signature = links[-1].position, links[-1].signature
        head.signature = chain.sign_head(head.position, head.link_signature)
        head.save()


def _head() -> AuditHead | None:
    """The head, locked until the transaction ends; None while another holds it."""
    head = AuditHead.objects.select_for_update(skip_locked=True).first()
    if head is not None or AuditHead.objects.exists():
        return head
    if AuditLink.objects.exists():
        raise HeadGoneError
    AuditHead.objects.bulk_create([AuditHead(position=0, link_signature="", signature="")], ignore_conflicts=True)
    return AuditHead.objects.select_for_update(skip_locked=True).first()


type _Waiting = list[tuple[AuditPending, Mapping[str, Any] | None]]


def _waiting(now: datetime, at_most: int) -> _Waiting:
    """What is to be bound now, with its columns, in the order of completion; what was left open comes last.

    An entry that is gone already is bound all the same, without columns: that it was there stays on the record.
    """
    pendings = list(AuditPending.objects.filter(is_complete=True).order_by("pk")[:at_most])
    if len(pendings) < at_most:
        pendings += _left_open(now)[: at_most - len(pendings)]
    columns = _columns([pending.pk for pending in pendings], *_OF_A_SIGNED_ONE)
    # The signature stands for all the rest; without one all of it is bound.
    columns |= _columns([pk for pk, entry in columns.items() if not entry["signature"]])
    waiting: _Waiting = [(pending, columns.get(pending.pk)) for pending in pendings]
    return sorted(waiting, key=lambda one: ((one[1] and one[1]["completed_at"]) or now, one[0].pk))


def _columns(numbers: Sequence[int], *names: str) -> dict[int, Mapping[str, Any]]:
    """These columns of these entries, else all."""
    found = AuditEntry.objects.filter(pk__in=numbers).values(*names) if numbers else ()
    return {entry["id"]: entry for entry in found}


def _left_open(now: datetime) -> list[AuditPending]:
    # All that are open, without asking how old: they are as many as calls under way.
    pendings = list(AuditPending.objects.filter(is_complete=False))
    young = AuditEntry.objects.filter(pk__in=[pending.pk for pending in pendings], at__gt=now - LEFT_OPEN_AFTER)
    under_way = set(young.values_list("pk", flat=True))
    return [pending for pending in pendings if pending.pk not in under_way]


def _links(head: AuditHead, waiting: _Waiting, now: datetime) -> list[AuditLink]:
    known = set(
        AuditLink.objects.filter(entry_id__in=[pending.pk for pending, _ in waiting]).values_list("entry_id", "is_open")
    )
    links: list[AuditLink] = []
    before, position = head.link_signature, head.position
    for pending, columns in waiting:
        is_open = not pending.is_complete
        if (pending.pk, is_open) in known:
            continue
        position += 1
        bound = _bound(columns, is_open)
        before = chain.sign_link(before=before, position=position, bound_at=now, bound=bound)
        links.append(AuditLink(position=position, entry_id=pending.pk, is_open=is_open, bound_at=now, signature=before))
    return links


def _bound(columns: Mapping[str, Any] | None, is_open: bool) -> str:
    if columns is None:
        return chain.GONE
    return chain.bound_open(columns) if is_open else chain.bound_complete(columns)


class _Turn:
    """When this process binds next. For all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_at = 0.0

    def take(self, every: timedelta) -> bool:
        """Whether it is this thread's turn."""
        with self._lock:
            if time.monotonic() < self._next_at:
                return False
            self._next_at = time.monotonic() + every.total_seconds()
            return True


_turn: Final = _Turn()


def bind_after_request(**_: Any) -> None:
    """Bind, when this process completed an entry since it last did."""
    every = settings.AUDIT_BOUND_EVERY
    if every is None or not audit.completed.is_set() or not _turn.take(every):
        return
    audit.completed.clear()
    try:
        if bind(now=timezone.now()) == AT_ONCE:
            audit.completed.set()
    except (DatabaseError, HeadGoneError, vault.VaultError) as error:
        # The entries are safe, each signed by itself. They stay pending, and the next one binds them.
        audit.completed.set()
        logger.warning("The audit could not be bound: %s", error)
    finally:
        # Django has given back the request's by now, and ours was taken after that.
        upstream.give_back_connections()


request_finished.connect(bind_after_request)
