"""The order in which notices of one watch arrive: what is told last is how it is.

One that is under way cannot be taken back, so what is newer waits until it has arrived or failed; and what failed is
tried no more once something newer says otherwise. The watch may have been changed or removed meanwhile, so they are
found by its number in what they tell.
"""

from datetime import datetime

from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from queues_app import vault
from queues_app.models import NoticeKind, NoticeOutcome, NoticeWay, Watch, WatchNotice


def is_held_up(notice: WatchNotice, now: datetime) -> bool:
    """Whether something older that says otherwise is under way."""
    return _others(notice).filter(pk__lt=notice.pk, outcome=NoticeOutcome.WAITING, claimed_until__gt=now).exists()


def is_overtaken(notice: WatchNotice) -> bool:
    """Whether something newer says otherwise. An end is told, too, where what began anew is told to somebody else."""
    newer = _others(notice).filter(pk__gt=notice.pk).exclude(outcome=NoticeOutcome.GIVEN_UP)
    return newer.exists() and (notice.kind == NoticeKind.FIRED or _is_still_told(notice))


def _others(notice: WatchNotice) -> QuerySet[WatchNotice]:
    """What says otherwise, of the same watch, in the same way."""
    return WatchNotice.objects.filter(told__watch=notice.told.get("watch"), way=notice.way).exclude(kind=notice.kind)


@sensitive_variables("there", "here")
def _is_still_told(notice: WatchNotice) -> bool:
    """Whether the watch still tells whoever this goes to."""
    watch = Watch.objects.filter(pk=notice.told.get("watch")).first()
    if watch is None:
        return False
    if notice.way == NoticeWay.MAIL:
        return watch.mail_to == notice.mail_to
    if notice.owner_id is None:
        # Made by the version before: it goes where its watch does.
        return True
    there, here = (bytes(each.sealed_url) for each in (watch, notice))
    # The same may have been typed anew.
    return bool(there) and (there == here or vault.unseal(there) == vault.unseal(here))
