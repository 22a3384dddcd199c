"""What is known of queues without their messages: as they were last read, alone or in a list, and read anew.

Who may see it, the caller of these asks.
"""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from queues_app import cloudflare, flight, remembered, upstream
from queues_app.cloudflare import Pages, Queue
from queues_app.models import Account

# How long the last good reading is remembered, to be shown as "was 96" when a new one fails.
REMEMBERED_S = 3600
# Of a list that is under way: how often what has come is told, and how long that is worth showing.
_BEGUN_EVERY_S: Final = 0.2
_BEGUN_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueList:
    """All queues of an account, and when they were read; or, where it is not whole, those that had come by then."""

    queues: tuple[Queue, ...]
    read_at: datetime
    is_whole: bool = True
    total: int | None = None  # of one that is not whole: how many there are by Cloudflare's word
    change: str = ""  # the last change of ours that it was asked for after


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownQueue:
    """One queue with its settings and consumer, and when they were read."""

    queue: Queue
    read_at: datetime


def ask_list(auth: cloudflare.Auth, account: Account, last: QueueList | None = None) -> QueueList:
    """All queues of the account, all pages; asked once for all who want them at the same moment.

    One that was remembered since the caller looked and found `last` is not asked for again. Where nobody has one to
    show, `begun_list` has its beginning meanwhile.

    Raises UpstreamBusyError, CloudflareError.
    """

    def ask(stands: Callable[[], bool]) -> QueueList:
        tell, change = _Telling(account) if last is None else None, _last_change(account)
        answer = client.queues(auth, account_id=account.account_id, tell=tell)
        listed = QueueList(queues=answer.value, read_at=answer.received_at, change=change)
        remembered.put(_list_key(account), listed, REMEMBERED_S)
        return listed

    with upstream.slot() as client:
        return flight.once(_list_key(account), known=lambda: remembered_list(account=account), ask=ask, before=last)


class _Telling:
    """Remembers what has come of a list that is under way."""

    def __init__(self, account: Account) -> None:
        self._key = _begun_key(account)
        self._next_at = time.monotonic()

    def __call__(self, pages: Pages[Queue]) -> None:
        if pages.is_whole or time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + _BEGUN_EVERY_S
        begun = QueueList(queues=pages.items, read_at=timezone.now(), is_whole=False, total=pages.total)
        remembered.put(self._key, begun, _BEGUN_S)


def ask_queue(auth: cloudflare.Auth, account: Account, queue_id: str) -> KnownQueue:
    """One queue with its consumer; likewise.

    Raises UpstreamBusyError, CloudflareError (NotFound for a queue that is not there).
    """
    key = _queue_key(account, queue_id)

    def ask(stands: Callable[[], bool]) -> KnownQueue:
        answer = client.queue(auth, account_id=account.account_id, queue_id=queue_id)
        found = KnownQueue(queue=answer.value, read_at=answer.received_at)
        # Not when the settings were changed meanwhile: this may be how they were before.
        if stands():
            remembered.put(key, found, REMEMBERED_S)
        return found

    with upstream.slot() as client:
        return flight.once(key, known=lambda: last_read(account=account, queue_id=queue_id), ask=ask)


def forget(*, account: Account, queue_id: str) -> None:
    """Take nothing about this queue's settings from memory: they were changed, or are about to be."""
    remembered.drop(_queue_key(account, queue_id))
    flight.interrupt(_queue_key(account, queue_id))


def changed(*, account: Account, queue_id: str) -> None:
    """Forget this queue's settings, and let lists that were asked for before count as old: by whatever credential."""
    forget(account=account, queue_id=queue_id)
    remembered.put(_change_key(account), secrets.token_hex(8), REMEMBERED_S)


def is_before_change(listed: QueueList, *, account: Account) -> bool:
    """Whether we changed a queue of the account since this list was asked for."""
    return listed.change != _last_change(account)


def last_read(*, account: Account, queue_id: str) -> KnownQueue | None:
    """One queue as it was last read by itself: with all that a list says less of."""
    return remembered.get(_queue_key(account, queue_id), KnownQueue)


def last_reads(*, account: Account, queue_ids: Iterable[str]) -> dict[str, KnownQueue]:
    """Those of these queues that were read by themselves, as they were then."""
    keys = {_queue_key(account, queue_id): queue_id for queue_id in queue_ids}
    return {keys[key]: known for key, known in remembered.get_many(keys, KnownQueue).items()}


def remembered_list(*, account: Account) -> QueueList | None:
    """All queues as they were last listed, for a page that cannot ask now."""
    return remembered.get(_list_key(account), QueueList)


def trusted_list(*, account: Account) -> QueueList | None:
    """The same where nobody asks: a credential that is refused is shown nothing from memory."""
    return None if account.credential.was_refused else remembered_list(account=account)


def begun_list(*, account: Account) -> QueueList | None:
    """What has come of a list that is under way, or that failed on its way a moment ago."""
    return remembered.get(_begun_key(account), QueueList)


def remembered_queue(*, account: Account, queue_id: str) -> KnownQueue | None:
    """One queue as it was last read, alone or in the list, whichever is newer."""
    known, listed = last_read(account=account, queue_id=queue_id), remembered_list(account=account)
    if listed is None or (known is not None and known.read_at >= listed.read_at):
        return known
    found = next((queue for queue in listed.queues if queue.id == queue_id), None)
    return KnownQueue(queue=found, read_at=listed.read_at) if found else known


def remembered_name(*, account: Account, queue_id: str) -> str:
    """The queue's name as it was last read, for a record that is written before the queue can be asked; or empty."""
    known = remembered_queue(account=account, queue_id=queue_id)
    return known.queue.name if known else ""


def remembered_names(*, account: Account, queue_ids: Iterable[str]) -> dict[str, str]:
    """Likewise of several; what is not remembered is left out."""
    ids = frozenset(queue_ids)
    known, listed = last_reads(account=account, queue_ids=ids), remembered_list(account=account)
    names = {queue_id: one.queue.name for queue_id, one in known.items()}
    if listed is not None:
        newer = ids - {queue_id for queue_id, one in known.items() if one.read_at >= listed.read_at}
        names |= {queue.id: queue.name for queue in listed.queues if queue.id in newer}
    return names


def _list_key(account: Account) -> str:
    return f"queues:{account.pk}"


def _last_change(account: Account) -> str:
    return remembered.get(_change_key(account), str) or ""


def _change_key(account: Account) -> str:
    # By Cloudflare's account: it tells that something changed, and nothing of what.
    return f"queues-changed:{account.account_id}"


def _begun_key(account: Account) -> str:
    return f"queues-begun:{account.pk}"


def _queue_key(account: Account, queue_id: str) -> str:
    # By our own account row, which belongs to one credential: nothing is ever shared between credentials.
    return f"queue:{account.pk}:{queue_id}"
