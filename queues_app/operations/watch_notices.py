"""Tell the owners of watches, by mail and by webhook: what was made waits in the database until it arrives.

Whoever tells has claimed the notice by one conditional update. Each is tried some times, less and less often, and then
given up. In quiet hours none is made: what still holds afterwards is told then. What is told last is how it is
(`watch_order.py`).
"""

import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from dashboard.stopping import is_stopping
from queues_app import upstream
from queues_app.clock import Clock
from queues_app.delivery import DeliveryError
from queues_app.expected import ExpectedError
from queues_app.models import NoticeKind, NoticeOutcome, NoticeWay, Watch, WatchNotice
from queues_app.operations import claims, links, watch_order, watch_rights, watch_sending, watch_words

logger = logging.getLogger(__name__)

# About two hours, from the first to the last.
MOST_TRIES: Final = 9
_FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
# Longer than a try may take.
CLAIM: Final = timedelta(minutes=2)
# How long one that has ended is shown.
KEPT: Final = timedelta(days=30)
_AT_ONCE: Final = 50
# How soon one is looked at again that an older one holds up.
_SOON: Final = timedelta(seconds=5)
# How long one owner's may take while others wait.
_TURN_S: Final = 30.0
TOO_LATE: Final = "It was no longer so when it could have been told."
_WITH: Final = ("owner", "account__credential", "watch__owner", "watch__account__credential")


def make(watch: Watch, *, now: datetime) -> None:
    """Notices of what those who are told do not know yet; none in quiet hours.

    Where another process made them meanwhile, or its owner changed the watch, none.
    """
    if watch.is_firing == watch.is_told_firing or is_quiet(watch, now):
        return
    kind = NoticeKind.FIRED if watch.is_firing else NoticeKind.RESOLVED
    untold = Watch.objects.filter(
        pk=watch.pk, revision=watch.revision, is_firing=watch.is_firing, is_told_firing=not watch.is_firing
    )
    with transaction.atomic():
        if untold.update(is_told_firing=watch.is_firing, told_at=now):
            for way in ways(watch):
                if _is_news(watch, kind, way, now):
                    _make(watch, kind, way, watch_words.NO_LONGER, now=now).save()
    watch.is_told_firing, watch.told_at = watch.is_firing, now


def end(watch_id: int, because: str, *, now: datetime) -> None:
    """Its owner changes or removes it, in a transaction: whoever believes that it fires hears that it has ended.

    Quiet hours are kept: then it is told after them. It belongs to no watch: the one that fired is gone.
    """
    watch = Watch.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=watch_id).first()
    if watch is None or not watch.is_told_firing:
        return
    # What was resolved in quiet hours is only still to be told.
    why = because if watch.is_firing else watch_words.NO_LONGER
    for way in ways(watch):
        if _is_news(watch, NoticeKind.RESOLVED, way, now):
            notice = _make(watch, NoticeKind.RESOLVED, way, why, now=now)
            notice.watch, notice.next_at = None, _when_loud(watch, now)
            notice.save()


def ways(watch: Watch) -> list[NoticeWay]:
    """How its owner wants to be told."""
    mail = [NoticeWay.MAIL] if watch.mail_to else []
    return [*mail, *([NoticeWay.WEBHOOK] if watch.sealed_url else [])]


def is_quiet(watch: Watch, now: datetime) -> bool:
    """Whether it is within the quiet hours, by the clocks where the owner is."""
    begin, end = watch.quiet_from, watch.quiet_until
    if begin is None or end is None:
        return False
    at = now.astimezone(watch.owner.tzinfo).time()
    return _is_within(begin, at, end) if begin <= end else not _is_within(end, at, begin)


def _when_loud(watch: Watch, now: datetime) -> datetime:
    """Now, or the end of the quiet hours."""
    until = watch.quiet_until
    if until is None or not is_quiet(watch, now):
        return now
    local = now.astimezone(watch.owner.tzinfo)
    day = local.date() if local.time() < until else local.date() + timedelta(days=1)
    return datetime.combine(day, until, watch.owner.tzinfo)


def about(watch: Watch) -> dict[str, Any]:
    """What is told: counts, ids, times and a link. No body, and no words of one. Names and ids are as they are."""
    return {
        "watch": watch.pk,
        "account": watch.account_name,
        "environment": watch.account.environment if watch.account else None,
        "queue": watch.queue_name,
        "queue_id": watch.queue_id,
        "kind": watch.kind,
        "threshold": watch.threshold,
        "minutes": watch.minutes,
        "value": watch.value,
        "known_at": _stamp(watch.known_at),
        "message_ids": watch.message_ids,
        "over_since": _stamp(watch.beyond_since),
        "fired_at": _stamp(watch.since if watch.is_firing else watch.fired_at),
        "resolved_at": None if watch.is_firing else _stamp(watch.resolved_at),
        "condition": watch_words.condition_line(watch_words.condition(watch)),
        "found": watch_words.found(watch, watch.value),
        "url": _page(watch),
    }


def _stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None


def _page(watch: Watch) -> str:
    """The queue; of a watch for a message with its filter, which is applied to what is looked at there."""
    if watch.account_id is None:
        return links.absolute("watches")
    page = links.absolute("queue", watch.account_id, watch.queue_id)
    return f"{page}?{urlencode({'q': watch.query})}" if watch.query else page


def owners_due(now: datetime) -> list[int]:
    """Whose notices' time it is, whoever waits the longest first. Each is told in turn, however many wait.

    A notice that the version before made has no owner but its watch's.
    """
    whose = Coalesce("owner", "watch__owner")
    found = _due(now).values(whose=whose).annotate(longest=Min("next_at"))
    return list(found.order_by("longest", "whose").values_list("whose", flat=True)[:_AT_ONCE])


def due(now: datetime, owner: int) -> list[int]:
    """Those of one owner."""
    whose = Q(owner=owner) | Q(owner=None, watch__owner=owner)
    return list(_due(now).filter(whose).order_by("next_at", "pk").values_list("pk", flat=True)[:_AT_ONCE])


def _due(now: datetime) -> QuerySet[WatchNotice]:
    return WatchNotice.objects.filter(claims.unclaimed(now), outcome=NoticeOutcome.WAITING, next_at__lte=now)


def tell(
    notice_id: int, *, clock: Clock = timezone.now, jitter: Callable[[], float] = random.random
) -> NoticeOutcome | None:
    """Try one. How it stands then; None where it was not ours to try.

    Raises DatabaseError.
    """
    now = clock()
    waiting = WatchNotice.objects.filter(pk=notice_id, outcome=NoticeOutcome.WAITING, next_at__lte=now)
    claim = claims.take(waiting, now=now, lasts=CLAIM)
    if claim is None:
        return None
    mine = WatchNotice.objects.filter(pk=notice_id, claim=claim)
    notice = mine.select_related(*_WITH).first()
    if notice is None:
        return None
    if watch_order.is_held_up(notice, now):
        mine.update(next_at=now + _SOON, **claims.FREE)
        return None
    upstream.give_back_connections()
    try:
        _try(notice)
    except ExpectedError as error:
        changes = _failed(notice, error, clock(), jitter())
    except Exception:
        # Counted like any other: one that fails again and again is not to keep others from being told.
        logger.exception("Notice %d was not told by a fault of ours.", notice_id)
        changes = _failed(notice, _FaultError(), clock(), jitter())
    else:
        changes = _ended(NoticeOutcome.TOLD, clock())
    mine.update(tries=notice.tries + 1, **claims.FREE, **changes)
    return NoticeOutcome(changes.get("outcome", NoticeOutcome.WAITING))


def tell_owner(owner: int, *, clock: Clock = timezone.now, jitter: Callable[[], float] = random.random) -> None:
    """Try what is due of one owner, one after the other, for a while: then it is another's turn.

    Raises DatabaseError.
    """
    ends_at = monotonic() + _TURN_S
    for notice_id in due(clock(), owner):
        if tell(notice_id, clock=clock, jitter=jitter) == NoticeOutcome.GIVEN_UP:
            logger.warning("Notice %d of a watch was given up.", notice_id)
        if monotonic() > ends_at or is_stopping():
            return


def test_of(watch: Watch, way: NoticeWay) -> WatchNotice:
    """What says that it is a test. It is kept nowhere."""
    return WatchNotice(kind=watch_sending.TEST, way=way, made_at=timezone.now(), told=about(watch), **_of(watch))


def prune(now: datetime) -> None:
    """Those that ended long ago."""
    old = WatchNotice.objects.exclude(outcome=NoticeOutcome.WAITING).filter(ended_at__lt=now - KEPT)
    keys = list(old.values_list("pk", flat=True)[: 10 * _AT_ONCE])
    WatchNotice.objects.filter(pk__in=keys).delete()


def _is_within(begin: time, at: time, end: time) -> bool:
    return begin <= at < end


def _of(watch: Watch) -> dict[str, Any]:
    """Whose it is, and where it goes."""
    return {
        "owner": watch.owner,
        "account_id": watch.account_id,
        "mail_to": watch.mail_to,
        "sealed_url": watch.sealed_url,
        "sealed_secret": watch.sealed_secret,
    }


def _make(watch: Watch, kind: NoticeKind, way: NoticeWay, because: str, *, now: datetime) -> WatchNotice:
    told = about(watch) | ({"because": because} if kind == NoticeKind.RESOLVED else {})
    return WatchNotice(watch=watch, kind=kind, way=way, told=told, made_at=now, next_at=now, **_of(watch))


def _is_news(watch: Watch, kind: NoticeKind, way: NoticeWay, now: datetime) -> bool:
    """Whether who is told in this way does not know it yet. What waits there and is no longer so is told no more."""
    made = WatchNotice.objects.filter(watch=watch, way=way)
    waiting = made.filter(claims.unclaimed(now), outcome=NoticeOutcome.WAITING)
    stopped = waiting.update(**_ended(NoticeOutcome.GIVEN_UP, now, TOO_LATE))
    known = made.exclude(outcome=NoticeOutcome.GIVEN_UP).order_by("-made_at", "-pk").first()
    if kind == NoticeKind.FIRED:
        return not (stopped and known is not None and known.kind == kind)
    if known is None:
        # What was told long ago is not kept.
        return not made.filter(kind=NoticeKind.FIRED).exists()
    return known.kind == NoticeKind.FIRED


def _ended(outcome: NoticeOutcome, now: datetime, sentence: str = "") -> dict[str, Any]:
    """It needs its address no more."""
    return {"outcome": outcome, "ended_at": now, "sentence": sentence, "sealed_url": b"", "sealed_secret": b""}


def _failed(notice: WatchNotice, error: ExpectedError, now: datetime, jitter: float) -> dict[str, Any]:
    # What we do not let happen does not get better by trying.
    if error.is_refusal or notice.tries + 1 >= MOST_TRIES:
        return _ended(NoticeOutcome.GIVEN_UP, now, error.sentence)
    asked = error.retry_after if isinstance(error, DeliveryError) else None
    wait = claims.wait(notice.tries, first=_FIRST_WAIT, longest=LONGEST_WAIT, jitter=jitter, asked=asked)
    return {"next_at": now + wait, "sentence": error.sentence}


class _FaultError(ExpectedError):
    sentence = "Queuescope itself failed at this; the log of the watcher says why."
    reason = "fault"


class _OvertakenError(ExpectedError):
    """Something newer says otherwise."""

    sentence = TOO_LATE
    reason = "overtaken"
    is_refusal = True


class _OwnerMayNotError(ExpectedError):
    """Since it was made, its owner lost what it takes."""

    reason = "owner-may-not"
    is_refusal = True


def _try(notice: WatchNotice) -> None:
    if watch_order.is_overtaken(notice):
        raise _OvertakenError
    owner = notice.owner
    if owner is None:
        # Made by the version before: a watch cannot have gone without it.
        watch = notice.watch
        if watch is None:
            raise _FaultError
        owner = watch.owner
        for name, value in _of(watch).items():
            setattr(notice, name, value)
    if why := watch_rights.why_untold(notice, owner):
        raise _OwnerMayNotError(why)
    watch_sending.send(notice)
