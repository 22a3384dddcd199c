"""Tell the owners of watches, by mail and by webhook: what was made waits in the database until it arrives.

Whoever tells has claimed the notice by one conditional update. Each is tried some times, less and less often, and then
given up. In quiet hours none is made: what still holds afterwards is told then.
"""

import json
import logging
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from dashboard.proxies import networks_in
from queues_app import delivery, mail, upstream, vault
from queues_app.delivery import DeliveryError, SigningKey
from queues_app.expected import ExpectedError
from queues_app.models import NoticeKind, NoticeOutcome, NoticeWay, Watch, WatchNotice
from queues_app.operations import claims, links, watch_words

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

type Clock = Callable[[], datetime]


def make(watch: Watch, *, now: datetime) -> None:
    """Notices of what those who are told do not know yet; none in quiet hours.

    Where another process made them meanwhile, or its owner changed the watch, none.
    """
    if watch.is_firing == watch.is_told_firing or is_quiet(watch, now):
        return
    kind = NoticeKind.FIRED if watch.is_firing else NoticeKind.RESOLVED
    untold = Watch.objects.filter(pk=watch.pk, is_firing=watch.is_firing, is_told_firing=not watch.is_firing)
    with transaction.atomic():
        if untold.update(is_told_firing=watch.is_firing, told_at=now):
            WatchNotice.objects.bulk_create(
                WatchNotice(watch=watch, kind=kind, way=way, told=about(watch), made_at=now, next_at=now)
                for way in ways(watch)
            )
    watch.is_told_firing, watch.told_at = watch.is_firing, now


def ways(watch: Watch) -> list[NoticeWay]:
    """How its owner wants to be told."""
    mails = [NoticeWay.MAIL] if watch.mail_to and mail.is_on() else []
    return [*mails, *([NoticeWay.WEBHOOK] if watch.sealed_url else [])]


def is_quiet(watch: Watch, now: datetime) -> bool:
    """Whether it is within the quiet hours, by the clocks where the owner is."""
    begin, end = watch.quiet_from, watch.quiet_until
    if begin is None or end is None:
        return False
    at = now.astimezone(watch.owner.tzinfo).time()
    return _is_within(begin, at, end) if begin <= end else not _is_within(end, at, begin)


def about(watch: Watch) -> dict[str, Any]:
    """What is told: counts, ids and a link. No body, and no words of one."""
    page = ("queue", watch.account_id, watch.queue_id) if watch.account_id else ("watches",)
    return {
        "watch": watch.pk,
        "account": watch.account_name,
        "queue": watch.queue_name,
        "queue_id": watch.queue_id,
        "kind": watch.kind,
        "threshold": watch.threshold,
        "minutes": watch.minutes,
        "value": watch.value,
        "message_ids": watch.message_ids,
        "since": watch.since.astimezone(UTC).isoformat(timespec="seconds") if watch.since else None,
        "condition": watch_words.condition(watch),
        "found": watch_words.found(watch, watch.value, watch.message_ids),
        "url": links.absolute(*page),
    }


def due(now: datetime) -> list[int]:
    """Notices whose time it is."""
    found = WatchNotice.objects.filter(claims.unclaimed(now), outcome=NoticeOutcome.WAITING, next_at__lte=now)
    return list(found.order_by("next_at", "pk").values_list("pk", flat=True)[:_AT_ONCE])


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
    notice = mine.select_related("watch__owner").first()
    if notice is None:
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
        changes = {"outcome": NoticeOutcome.TOLD, "ended_at": clock(), "sentence": ""}
    mine.update(tries=notice.tries + 1, **claims.FREE, **changes)
    return NoticeOutcome(changes.get("outcome", NoticeOutcome.WAITING))


def send_test(watch: Watch, way: NoticeWay) -> None:
    """Send what says that it is a test, at once, from this process.

    Raises ExpectedError.
    """
    if way == NoticeWay.MAIL:
        _mail(
            watch, f"A test of your watch on {watch.queue_name}", "This is a test. Nothing has happened.", about(watch)
        )
    else:
        _post(watch, uuid.uuid4(), "watch.test", timezone.now(), about(watch))


def prune(now: datetime) -> None:
    """Those that ended long ago."""
    old = WatchNotice.objects.exclude(outcome=NoticeOutcome.WAITING).filter(ended_at__lt=now - KEPT)
    keys = list(old.values_list("pk", flat=True)[: 10 * _AT_ONCE])
    WatchNotice.objects.filter(pk__in=keys).delete()


def _is_within(begin: time, at: time, end: time) -> bool:
    return begin <= at < end


def _failed(notice: WatchNotice, error: ExpectedError, now: datetime, jitter: float) -> dict[str, Any]:
    # What we do not let happen does not get better by trying.
    if error.is_refusal or notice.tries + 1 >= MOST_TRIES:
        return {"outcome": NoticeOutcome.GIVEN_UP, "ended_at": now, "sentence": error.sentence}
    asked = error.retry_after if isinstance(error, DeliveryError) else None
    wait = claims.wait(notice.tries, first=_FIRST_WAIT, longest=LONGEST_WAIT, jitter=jitter, asked=asked)
    return {"next_at": now + wait, "sentence": error.sentence}


class _FaultError(ExpectedError):
    sentence = "Queuescope itself failed at this; the log of the watcher says why."
    reason = "fault"


class _OwnerClosedError(ExpectedError):
    sentence = "The account of the watch's owner is closed."
    reason = "owner-closed"
    is_refusal = True


def _try(notice: WatchNotice) -> None:
    if not notice.watch.owner.is_active:
        raise _OwnerClosedError
    if notice.way == NoticeWay.WEBHOOK:
        _post(notice.watch, notice.number, notice.kind, notice.made_at, notice.told)
        return
    told = notice.told
    if notice.kind == NoticeKind.FIRED:
        _mail(notice.watch, f"{told['queue']}: {told['found']}", f"It fires when {told['condition']}.", told)
    else:
        _mail(notice.watch, f"{told['queue']}: over", f"It is no longer so that {told['condition']}.", told)


@sensitive_variables("url", "secret", "destination")
def _post(watch: Watch, number: uuid.UUID, kind: str, at: datetime, told: dict[str, Any]) -> None:
    url = vault.unseal(watch.sealed_url).decode()
    secret = vault.unseal(watch.sealed_secret).decode()
    destination = delivery.read(url, is_plain_allowed=not settings.HTTPS_ONLY)
    stamp = at.astimezone(UTC).isoformat(timespec="seconds")
    body = json.dumps({"type": kind, "timestamp": stamp, "data": told}).encode("ascii")
    allowed = networks_in(settings.WATCH_PRIVATE_ADDRESSES)
    delivery.post(
        destination,
        body,
        [SigningKey.read(secret)],
        number=f"watch_{number.hex}",
        content_type="application/json",
        resolve=lambda host, port: delivery.public(host, port, allowed=allowed),
    )


def _mail(watch: Watch, subject: str, sentence: str, told: dict[str, Any]) -> None:
    since = f"\nSince {told['since']}." if told["since"] else ""
    text = (
        f"{sentence}\n\nQueue: {told['queue']} in {told['account']}\nLast check: {told['found']}.{since}\n\n"
        f"{told['url']}\n\nYou asked for this with a watch: {links.absolute('watches')}\n"
    )
    mail.send(to=watch.mail_to, subject=subject, text=text)
