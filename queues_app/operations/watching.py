"""Whether a watch fires: once when what it waits for has come and lasted, and whether that is resolved, once again.

What is not known changes nothing: a watch that fires goes on firing, and one that does not waits. Each change is on the
record in the owner's name, together with the notices that it makes.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Min

from queues_app import access, audit, finding, formats
from queues_app.access import Permission, Place
from queues_app.audit import Caller, Subject
from queues_app.clock import Clock
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.models import Account, Action, QueueSample, User, Watch, WatchKind, WatchState
from queues_app.operations import known_queues, look, masks, searching, watch_notices, watch_rights, watch_words
from queues_app.operations.queues import Reading

logger = logging.getLogger(__name__)

# A watch that was not known for longer begins to count anew for how long something is so.
GAP: Final = timedelta(minutes=5)
# A watch for a message peeks so often, less often while its credential is near its limit, and at so many.
PEEK_EVERY: Final = timedelta(minutes=5)
PEEK_SLOWED: Final = 2 * PEEK_EVERY
PEEKED: Final = 100
# Checks come about once a minute: one that comes so much earlier than a minute after the last is no reason to wait for
# the next.
RHYTHM: Final = timedelta(seconds=10)
# After so many seconds of a turn no further peek begins.
_PEEKS_S: Final = 15.0
# Ids that are kept, and told.
MOST_IDS: Final = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. `is_beyond` is None when it could not be told, and `problem` says why."""

    is_beyond: bool | None
    value: int | None = None
    ids: tuple[str, ...] = ()
    problem: str = ""


class Peeks:
    """How many peeks one turn may still begin, and how often each watch has one."""

    def __init__(self, *, most: int, every: timedelta) -> None:
        self._left = most
        self._every = every
        self._ends_at = time.monotonic() + _PEEKS_S

    def take(self, watch: Watch, now: datetime) -> bool:
        """Whether this watch may peek now; then there is one less."""
        is_due = watch.peeked_at is None or watch.peeked_at + self._every <= now
        if not is_due or self._left <= 0 or time.monotonic() >= self._ends_at:
            return False
        self._left -= 1
        return True


def check_account(
    account: Account, readings: Mapping[str, Reading], *, problem: str, peeks: Peeks, clock: Clock
) -> None:
    """Check the watches of an account by what was just read. One that fails leaves the others."""
    found = Watch.objects.filter(account=account).select_related("owner", "account__credential")
    for watch in found.order_by(F("peeked_at").asc(nulls_first=True), "pk"):
        _called(watch, account, known_queues.remembered_name(account=account, queue_id=watch.queue_id))
        try:
            _check(watch, account, readings.get(watch.queue_id), problem, peeks, now=clock())
        except ExpectedError as error:
            logger.warning("Watch %d was not checked: %s", watch.pk, error.reason)


def _called(watch: Watch, account: Account, name: str) -> None:
    """Keep the name that the queue has now, where it is known and its owner may see it: rules and masks go by it."""
    if name and name != watch.queue_name and access.may(watch.owner, Permission.SEE_QUEUES, Place.of(account, name)):
        watch.queue_name = name[:200]
        Watch.objects.filter(pk=watch.pk).update(queue_name=watch.queue_name)


def stop_orphans() -> None:
    """Those whose credential is gone belong to no turn any more."""
    orphans = Watch.objects.filter(account=None).exclude(problem=watch_rights.GONE)
    orphans.update(state=WatchState.UNKNOWN, problem=watch_rights.GONE, beyond_since=None)


def _check(
    watch: Watch, account: Account, reading: Reading | None, problem: str, peeks: Peeks, *, now: datetime
) -> None:
    if stopped := watch_rights.why_stopped(watch) or problem:
        verdict: Verdict | None = Verdict(None, problem=stopped)
    elif watch.kind == WatchKind.MESSAGE:
        verdict = _peeked(watch, account, now) if peeks.take(watch, now) else None
    else:
        verdict = _judged(watch, account, reading, now) if reading else None
    if verdict is not None:
        _take(watch, account, verdict, now)
    if not watch.problem:
        watch_notices.make(watch, now=now)


def _peeked(watch: Watch, account: Account, now: datetime) -> Verdict:
    """By the ids alone: nothing of a body is kept or told. What the owner sees masked, the filter sees masked."""
    Watch.objects.filter(pk=watch.pk).update(peeked_at=now)
    try:
        query = finding.parse(watch.query, watch.owner.tzinfo)
        name, messages = look.peek_for_watch(
            caller=caller_of(watch.owner), account=account, queue_id=watch.queue_id, batch_size=PEEKED, watch=watch.pk
        )
    except finding.QueryError:
        return Verdict(None, problem="The filter cannot be read.")
    except (CloudflareError, ExpectedError) as error:
        return Verdict(None, problem=error.sentence)
    _called(watch, account, name)
    seen = masks.over(subject_of(watch, account), messages)
    documents = searching.documents_of(seen, now=now)
    ids = tuple(document.id[:64] for document in documents if finding.matches(query, document))
    return Verdict(len(ids) >= watch.threshold, len(ids), ids[:MOST_IDS])


def _judged(watch: Watch, account: Account, reading: Reading, now: datetime) -> Verdict:
    metrics = reading.metrics
    if metrics is None:
        return Verdict(None, problem=reading.problem)
    if watch.kind == WatchKind.OLDEST_AGE:
        return _of_age(watch, metrics.backlog_count, metrics.oldest_message_at, now)
    if metrics.backlog_count is None:
        return Verdict(None, problem="Cloudflare did not say how many messages wait.")
    if watch.kind == WatchKind.BACKLOG:
        return Verdict(metrics.backlog_count > watch.threshold, metrics.backlog_count)
    return _of_growth(watch, account, metrics.backlog_count, now)


def _of_age(watch: Watch, backlog: int | None, oldest_at: datetime | None, now: datetime) -> Verdict:
    if oldest_at is None:
        if backlog == 0:
            return Verdict(False, 0)
        return Verdict(None, problem="Cloudflare did not say how old the oldest message is.")
    age = max(0, int((now - oldest_at).total_seconds()))
    return Verdict(age > watch.threshold, age)


def _of_growth(watch: Watch, account: Account, backlog: int, now: datetime) -> Verdict:
    """Against the fewest messages of the time; with nothing to compare with, nothing is known."""
    since = now - timedelta(minutes=watch.minutes)
    earlier = QueueSample.objects.filter(account=account, queue_id=watch.queue_id, at__gte=since, at__lte=now)
    fewest = earlier.aggregate(fewest=Min("messages"))["fewest"]
    if fewest is None:
        return Verdict(None, problem="There are no earlier counts to compare with yet.")
    grown = max(0, backlog - fewest)
    return Verdict(grown > watch.threshold, grown)


def _take(watch: Watch, account: Account, verdict: Verdict, now: datetime) -> None:
    """Note what was found, and where that changes whether it fires, put the change on the record."""
    was_firing, was = watch.is_firing, watch.state
    watch.checked_at, watch.problem = now, verdict.problem
    if verdict.is_beyond is None:
        # What fired goes on firing, as it was last known, until it is known to be resolved.
        watch.state = WatchState.FIRING if was_firing else WatchState.UNKNOWN
    else:
        watch.beyond_since = _beyond_since(watch, verdict, now)
        watch.value, watch.message_ids, watch.known_at = verdict.value, list(verdict.ids), now
        watch.is_firing = watch.beyond_since is not None and (
            was_firing or now - watch.beyond_since >= lasting(watch) - RHYTHM
        )
        watch.state = WatchState.FIRING if watch.is_firing else WatchState.OK
    if was_firing and not watch.is_firing:
        watch.fired_at, watch.resolved_at = watch.since, now
    if watch.state != was:
        watch.since = now
    if watch.is_firing == was_firing:
        _save(watch, was_firing)
        return
    found = watch_words.found(watch, verdict.value)
    audit.happened(
        lambda: _save(watch, was_firing),
        caller=caller_of(watch.owner),
        action=Action.WATCH_FIRE if watch.is_firing else Action.WATCH_RESOLVE,
        subject=subject_of(watch, account),
        parameters={"watch": watch.pk, "kind": watch.kind, "threshold": watch.threshold},
        remark=found if watch.is_firing else f"{found}; fired for {formats.age_between(watch.fired_at, now)}",
        message_ids=verdict.ids,
    )


def _beyond_since(watch: Watch, verdict: Verdict, now: datetime) -> datetime | None:
    if not verdict.is_beyond:
        return None
    is_gap = watch.known_at is None or now - watch.known_at > GAP
    return now if watch.beyond_since is None or (is_gap and not watch.is_firing) else watch.beyond_since


def lasting(watch: Watch) -> timedelta:
    """For how long it must be beyond its limit before it fires."""
    return timedelta(minutes=0 if watch.kind in (WatchKind.GROWTH, WatchKind.MESSAGE) else watch.minutes)


_KEPT: Final = (
    "state",
    "since",
    "is_firing",
    "known_at",
    "beyond_since",
    "fired_at",
    "resolved_at",
    "value",
    "message_ids",
    "checked_at",
    "problem",
)


def _save(watch: Watch, was_firing: bool) -> bool:
    """What a check changes, and nothing where its owner changed or removed the watch meanwhile, or another checked it.

    Whether it was changed.
    """
    as_it_was = Watch.objects.filter(pk=watch.pk, revision=watch.revision, is_firing=was_firing)
    return bool(as_it_was.update(**{name: getattr(watch, name) for name in _KEPT}))


def caller_of(user: User) -> Caller:
    """Somebody who asked to be told, and is not there now."""
    return Caller(user=user, user_name=user.get_username(), address=None, request_id="")


def subject_of(watch: Watch, account: Account | None) -> Subject:
    """The queue, in the words of the record."""
    credential = account.credential if account else None
    return Subject(credential=credential, account=account, queue_id=watch.queue_id, queue_name=watch.queue_name)
