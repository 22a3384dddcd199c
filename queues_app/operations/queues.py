"""Read queues and their counts. Nothing here touches a message, so nothing here is on the record but refusals."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.conf import settings
from django.utils import timezone

from queues_app import access, cloudflare, flight, remembered, spending, upstream, vault
from queues_app.access import Permission, Place
from queues_app.audit import Caller, Subject
from queues_app.cloudflare import CloudflareError, Metrics, NotFound
from queues_app.models import Account, Action, User
from queues_app.operations import allowed, names
from queues_app.operations.known_queues import (
    REMEMBERED_S,
    KnownQueue,
    QueueList,
    ask_list,
    ask_queue,
    begun_list,
    last_read,
    remembered_list,
    remembered_name,
)
from queues_app.spending import SLOWED_S
from queues_app.telemetry.metrics import FACTS
from queues_app.upstream import UpstreamBusyError

# How long the settings of a queue may be taken from memory: they change rarely, and a pull needs its limit.
QUEUE_KNOWN_S = 30
# Between two looks for the beginning of a list.
LOOK_S: Final = 0.05

_asking = threading.Lock()
# Lists that are asked for aside, by the way they go.
_under_way: dict[tuple[int, str, str], Future[QueueList]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The counts of one queue. `metrics` is None when they could not be read; `earlier` is the last good ones.

    `problem` is why, in a sentence, and `why` in a few words; `retry_at` is when it may be asked again, where told.
    """

    read_at: datetime
    metrics: Metrics | None
    problem: str = ""
    why: str = ""
    retry_at: datetime | None = None
    earlier: Metrics | None = None
    earlier_read_at: datetime | None = None
    # No failure: the page did not wait longer, and the answer comes with the next refresh.
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenList:
    """The queues of an account as far as somebody may see them; `listed` is None where they were never listed.

    `sees_all`: no rule hides any of them. Else what is not among them may well be in the account.
    """

    listed: QueueList | None
    sees_all: bool


def require(*, caller: Caller) -> None:
    """Whether the caller may see queues at all.

    Raises NotAllowedError, after recording the refused attempt.
    """
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=Subject())


def require_queue(*, caller: Caller, account: Account, queue_id: str) -> None:
    """The same of one queue, by the name that is known of it.

    Raises NotAllowedError, after recording the refused attempt.
    """
    subject = subject_of(account, queue_id)
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=subject)


def list_queues(*, caller: Caller, account: Account) -> QueueList:
    """All queues of the account, all pages; asked once for all who want them at the same moment.

    Raises NotAllowedError, VaultError, UpstreamBusyError, CloudflareError.
    """
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=_subject(account))
    return ask_list(upstream.auth_of(account.credential), account)


def list_aside(*, caller: Caller, account: Account, last: QueueList, budget_s: float) -> QueueList | None:
    """The list as `list_queues` has it, or None after `budget_s` seconds: it is asked on, and the next look has it.

    One that was remembered since the caller looked and found `last` is not asked for again. An account that answers
    slowly takes one thread of this process, however many look at it.

    Raises as `list_queues`.
    """
    with _listing(caller, account, last) as future:
        done, _ = wait([future], timeout=budget_s)
        return future.result() if done else None


def list_begun(*, caller: Caller, account: Account, budget_s: float) -> QueueList:
    """The list as `list_queues` has it, or what has come of it after `budget_s` seconds: its first page at the least.

    It is asked on, and the next look has more.

    Raises as `list_queues`.
    """
    with _listing(caller, account, None) as future:
        wait([future], timeout=budget_s)
        # Whoever asks, this process or another, remembers what has come.
        while not future.done():
            if (begun := begun_list(account=account)) is not None:
                return begun
            wait([future], timeout=LOOK_S)
        return future.result()


@contextmanager
def _listing(caller: Caller, account: Account, last: QueueList | None) -> Iterator[Future[QueueList]]:
    """Ask for the list aside, or join those who wait for it in this process already."""
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=_subject(account))
    auth = upstream.auth_of(account.credential)
    way = (account.pk, account.account_id, account.credential.last_four)
    with _asking:
        future = _under_way.get(way)
        if future is None or future.done():
            future = _under_way[way] = upstream.aside_for_long(ask_list, auth, account, last)
    upstream.give_back_connections()
    try:
        yield future
    finally:
        with _asking:
            if future.done() and _under_way.get(way) is future:
                del _under_way[way]


def lists_aside(*, caller: Caller, accounts: Iterable[Account], budget_s: float) -> dict[int, QueueList | str]:
    """The lists of several accounts by their row, asked for side by side; where one did not come, why not.

    What comes after `budget_s` seconds is remembered for who asks next.

    Raises NotAllowedError.
    """
    asked: dict[Future[QueueList], int] = {}
    found: dict[int, QueueList | str] = {}
    for account in accounts:
        allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=_subject(account))
        try:
            last = remembered_list(account=account)
            asked[upstream.aside(ask_list, upstream.auth_of(account.credential), account, last)] = account.pk
        except vault.VaultError as error:
            found[account.pk] = error.sentence
    done, late = wait(asked, timeout=budget_s)
    for future in done:
        try:
            found[asked[future]] = future.result()
        except (CloudflareError, UpstreamBusyError) as error:
            found[asked[future]] = error.sentence
    return found | {asked[future]: "It has not answered yet. Search again in a moment." for future in late}


def seen_list(*, user: User, account: Account) -> SeenList:
    """The list of the account as it was last read, for this person; nothing is asked."""
    listed = remembered_list(account=account)
    return SeenList(
        listed=visible(user=user, account=account, listed=listed) if listed else None,
        sees_all=access.sees_all(user, Place.of(account)),
    )


def visible(*, user: User, account: Account, listed: QueueList) -> QueueList:
    """The list as far as the rules let this person see it."""
    here = Place.of(account)
    if access.sees_all(user, here):
        return listed
    seen = (queue for queue in listed.queues if access.may(user, Permission.SEE_QUEUES, Place.of(account, queue.name)))
    # How many there are in all is not theirs to know.
    return replace(listed, queues=tuple(seen), total=None)


def still_visible(*, user: User, account: Account, kept_as: Mapping[str, str]) -> Collection[str]:
    """Which of these queues, each by its id and the name it is kept under, this person may see.

    By that name, and by the newer one where a rename is remembered: neither its name nor its counts are theirs to know.
    """
    if access.sees_all(user, Place.of(account)):
        return kept_as.keys()
    places = names.places(account, kept_as)
    return {queue_id for queue_id, place in places.items() if access.may(user, Permission.SEE_QUEUES, place)}


def remembered_readings(*, account: Account, queue_ids: Iterable[str]) -> dict[str, Reading]:
    """The last readings of these queues; nothing is asked, and what was never read is left out."""
    keys = {_metrics_key(account, queue_id): queue_id for queue_id in queue_ids}
    return {keys[key]: reading for key, reading in remembered.get_many(keys, Reading).items()}


def remember_reading(*, account: Account, queue_id: str, metrics: Metrics, read_at: datetime) -> None:
    """Keep counts that were read for another purpose, so that no page beside them shows older ones."""
    remembered.put(_metrics_key(account, queue_id), Reading(read_at=read_at, metrics=metrics), REMEMBERED_S)


def read_queue(*, caller: Caller, account: Account, queue_id: str) -> KnownQueue:
    """One queue with its consumer; from memory when it was read less than 30 s ago, or 60 s near the limit.

    Raises NotAllowedError, VaultError, UpstreamBusyError, CloudflareError (NotFound for a queue that is not there).
    """
    # By its name, where that is known: which rules hold for it is else not known before it is read.
    name = remembered_name(account=account, queue_id=queue_id)
    subject = subject_of(account, queue_id, name) if name else _subject(account)
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=subject)
    known = last_read(account=account, queue_id=queue_id)
    if known is None or _is_old(known, account):
        try:
            known = ask_queue(upstream.auth_of(account.credential), account, queue_id)
        except NotFound:
            raise
        except (CloudflareError, UpstreamBusyError):
            # What else is remembered of it, its counts, is shown to nobody from whom a rule may hide it.
            require_queue(caller=caller, account=account, queue_id=queue_id)
            raise
    else:
        FACTS.labels("queue", "cache").inc()
    subject = subject_of(account, queue_id, known.queue.name)
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=subject)
    return known


def _is_old(known: KnownQueue, account: Account) -> bool:
    age_s = (timezone.now() - known.read_at).total_seconds()
    if age_s < QUEUE_KNOWN_S:
        return False
    return age_s >= SLOWED_S or not spending.of(account.credential_id).is_near


def subject_of(account: Account, queue_id: str, name: str = "") -> Subject:
    """A queue in the words of the record; by the name as it was last read, where the present one is not given."""
    name = name or remembered_name(account=account, queue_id=queue_id)
    return Subject(credential=account.credential, account=account, queue_id=queue_id, queue_name=name)


def read_metrics(*, caller: Caller, account: Account, queue_ids: Sequence[str], budget_s: float) -> dict[str, Reading]:
    """The counts of several queues, asked for side by side.

    What is younger than the refresh floor is not asked again. What is not answered within `budget_s` seconds is
    reported as not read yet; its answer is remembered when it comes and shown by the next refresh. A queue that
    fails costs its own row only.

    Raises NotAllowedError, VaultError.
    """
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=_subject(account))
    auth = upstream.auth_of(account.credential)
    known = remembered_readings(account=account, queue_ids=queue_ids)
    now = timezone.now()
    readings: dict[str, Reading] = {}
    asked: dict[Future[Reading], str] = {}
    for queue_id in queue_ids:
        last = known.get(queue_id)
        if last is not None and (now - last.read_at).total_seconds() < settings.REFRESH_FLOOR:
            readings[queue_id] = last
            FACTS.labels("metrics", "cache").inc()
        else:
            future = upstream.aside(_read_one, auth, account, queue_id, last)
            asked[future] = queue_id
    done, late = wait(asked, timeout=budget_s)
    for future in done:
        readings[asked[future]] = future.result()
    for future in late:
        future.cancel()
        queue_id = asked[future]
        readings[queue_id] = replace(_without_answer(now, "Not answered yet.", known.get(queue_id)), is_late=True)
    return readings


def count_aside(*, caller: Caller, account: Account, queue_ids: Iterable[str], most: int, older_s: float) -> None:
    """Let the counts of the first so many of these queues be asked for, behind all others; nobody waits for them.

    What was read less than `older_s` seconds ago is passed over.

    Raises NotAllowedError, VaultError.
    """
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=_subject(account))
    auth = upstream.auth_of(account.credential)
    ids, now = list(queue_ids), timezone.now()
    known = remembered_readings(account=account, queue_ids=ids)
    due = (one for one in ids if one not in known or (now - known[one].read_at).total_seconds() >= older_s)
    for queue_id in islice(due, most):
        upstream.aside(_read_one, auth, account, queue_id, known.get(queue_id))


def read_alone(*, caller: Caller, account: Account, queue_id: str) -> Reading:
    """The counts of one queue, asked for by this thread; from memory when they are younger than the refresh floor.

    Raises NotAllowedError, VaultError.
    """
    allowed.require(caller, Permission.SEE_QUEUES, action=Action.SEE_QUEUES, subject=_subject(account))
    last = remembered.get(_metrics_key(account, queue_id), Reading)
    if last is not None and (timezone.now() - last.read_at).total_seconds() < settings.REFRESH_FLOOR:
        FACTS.labels("metrics", "cache").inc()
        return last
    return _read_one(upstream.auth_of(account.credential), account, queue_id, last)


def _read_one(auth: cloudflare.Auth, account: Account, queue_id: str, last: Reading | None) -> Reading:
    key = _metrics_key(account, queue_id)

    def ask(stands: Callable[[], bool]) -> Reading:
        try:
            answer = client.metrics(auth, account_id=account.account_id, queue_id=queue_id)
            reading = Reading(read_at=answer.received_at, metrics=answer.value)
        except CloudflareError as error:
            now = timezone.now()
            retry_at = None if error.retry_after is None else now + timedelta(seconds=error.retry_after)
            reading = _without_answer(now, error.sentence, last, why=error.in_short, retry_at=retry_at)
        remembered.put(key, reading, REMEMBERED_S)
        return reading

    try:
        with upstream.slot() as client:
            return flight.once(key, known=lambda: remembered.get(key, Reading), ask=ask, before=last)
    except UpstreamBusyError as error:
        # Not remembered: somebody else's answer may have come meanwhile.
        return _without_answer(timezone.now(), error.sentence, last, why="too many calls at once")


def _without_answer(
    at: datetime, problem: str, last: Reading | None, *, why: str = "", retry_at: datetime | None = None
) -> Reading:
    earlier, earlier_read_at = None, None
    if last is not None:
        earlier, earlier_read_at = (
            (last.metrics, last.read_at) if last.metrics is not None else (last.earlier, last.earlier_read_at)
        )
    return Reading(
        read_at=at,
        metrics=None,
        problem=problem,
        why=why,
        retry_at=retry_at,
        earlier=earlier,
        earlier_read_at=earlier_read_at,
    )


def _metrics_key(account: Account, queue_id: str) -> str:
    # By our own account row, which belongs to one credential: nothing is ever shared between credentials.
    return f"metrics:{account.pk}:{queue_id}"


def _subject(account: Account) -> Subject:
    return Subject(credential=account.credential, account=account)
