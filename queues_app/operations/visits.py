"""Who looked at which queue last, and what they pinned: a person's own, and shown to nobody else."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from queues_app.audit import Caller
from queues_app.models import Account, QueueVisit, User
from queues_app.operations import allowed, queues

logger = logging.getLogger(__name__)

# A visit is written once in this time, however often the page is opened.
_NOTED: Final = timedelta(minutes=1)
MOST_RECENT: Final = 8
# Looked at, so that those whom a rule has closed since leave room for others.
_MOST_READ: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A queue as it was called when this person was there last."""

    account: Account
    queue_id: str
    name: str
    at: datetime
    is_pinned: bool

    @property
    def place(self) -> tuple[int, str]:
        """Its key in `everywhere.last_known`."""
        return self.account.pk, self.queue_id


def note(*, user: User, account: Account, queue_id: str, name: str) -> bool:
    """Keep that this person opened the queue; whether it is pinned. No page fails for it."""
    now = timezone.now()
    own = QueueVisit.objects.filter(user=user, account=account, queue_id=queue_id).first()
    if own is None or now - own.visited_at >= _NOTED:
        try:
            _write(user, account, queue_id, name, visited_at=now)
        except DatabaseError as error:
            logger.warning("A visit was not kept: %s", type(error).__name__)
    return own is not None and own.pinned_at is not None


def pin(*, caller: Caller, account: Account, queue_id: str, is_pinned: bool) -> None:
    """Pin a queue, or unpin it.

    Raises NotAllowedError, VaultError, UpstreamBusyError, CloudflareError (NotFound for a queue that is not there).
    """
    known = queues.read_queue(caller=caller, account=account, queue_id=queue_id)
    pinned_at = timezone.now() if is_pinned else None
    _write(allowed.signed_in(caller), account, queue_id, known.queue.name, pinned_at=pinned_at)


def of(user: User, account: Account | None = None) -> list[Visited]:
    """Pinned ones first, then the rest, each the latest first: as far as this person may see them now.

    `account` is one in their reach, whose queues alone are wanted.
    """
    ways = {way.pk: way for way in ([account] if account else Account.objects.of(user))}
    rows = QueueVisit.objects.filter(user=user, account__in=ways)
    rows = rows.order_by(F("pinned_at").desc(nulls_last=True), "-visited_at", "pk")[:_MOST_READ]
    kept_as: dict[int, dict[str, str]] = {}
    for row in rows:
        kept_as.setdefault(row.account_id, {})[row.queue_id] = row.queue_name
    seen = {pk: queues.still_visible(user=user, account=ways[pk], kept_as=names) for pk, names in kept_as.items()}
    return [
        Visited(
            account=ways[row.account_id],
            queue_id=row.queue_id,
            name=row.queue_name,
            at=row.visited_at,
            is_pinned=row.pinned_at is not None,
        )
        for row in rows
        if row.queue_id in seen[row.account_id]
    ]


def _write(user: User, account: Account, queue_id: str, name: str, **fields: datetime | None) -> None:
    values = {"queue_name": name[:200], **fields}
    QueueVisit.objects.update_or_create(
        user=user,
        account=account,
        queue_id=queue_id,
        defaults=values,
        create_defaults={"visited_at": timezone.now(), **values},
    )
