"""What Cloudflare says a queue did over time, and which events feed it. Nothing here touches a message.

Whatever comes back is remembered, a refusal too: charts refresh themselves, and a credential that may not read
analytics would else be refused again and again.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone

from queues_app import cloudflare, flight, remembered, upstream
from queues_app.audit import Caller
from queues_app.cloudflare import CloudflareError, InvalidCredential, NotPermitted, QueueHistory, Subscription
from queues_app.cloudflare.analytics import LONGEST, step_for
from queues_app.cloudflare.buckets import as_told
from queues_app.cloudflare.diagnosis import ANALYTICS_RANGE
from queues_app.models import Account
from queues_app.operations import queues
from queues_app.telemetry.metrics import FACTS
from queues_app.upstream import UpstreamBusyError

MINUTE_S: Final = 60
REMEMBERED_S: Final = 60
# The last good answer stands in for one that fails, and fills the charts of what is counted here.
GOOD_S: Final = 3600
# What a credential may not do, it may not a minute later either. A new secret or a check-up ends it sooner.
REFUSED_S: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was asked, what came back instead of an answer, and what that usually means. Texts may be empty."""

    asked: str
    came_back: str
    usually_means: str
    cf_ray: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """When Cloudflare was asked; why there is nothing to show, in a sentence and in a word, both empty where there is.

    `is_refused`: this credential may not read it, so that asking again helps nobody.
    """

    read_at: datetime
    problem: str = ""
    reason: str = ""
    is_refused: bool = False
    retry_s: float | None = None  # until it may be asked again, where the failure said so
    diagnosis: Diagnosis | None = None  # of a question that failed

    @property
    def lasts_s(self) -> float:
        """How long it is remembered, and so when Cloudflare is asked the next time."""
        if self.is_refused:
            return REFUSED_S
        return REMEMBERED_S if self.retry_s is None else min(max(self.retry_s, 1), REFUSED_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analytics(Asked):
    """What a queue did. `history` is None where that could not be read."""

    history: QueueHistory | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the queue did by the last good answer."""

    history: QueueHistory
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeding(Asked):
    """The event subscriptions that feed a queue; None where they could not be read, which is not the same as none."""

    subscriptions: tuple[Subscription, ...] | None = None


def read(
    *, caller: Caller, account: Account, queue_id: str, since: datetime, until: datetime, points: int
) -> Analytics:
    """What the queue did between two moments, in at most about so many buckets; asked once a minute.

    The time asked for is widened to whole buckets, and begins 30 days ago at the earliest. A question that fails is
    an answer with a `problem`: charts have other sources.

    Raises NotAllowedError, VaultError.
    """
    queues.require_queue(caller=caller, account=account, queue_id=queue_id)
    auth = upstream.auth_of(account.credential)
    now = timezone.now()
    good_key = _good_key(account, queue_id, since, until)
    latest = _up_to(now, MINUTE_S)
    earliest = latest - LONGEST
    if until <= earliest:
        return Analytics(read_at=now, problem=ANALYTICS_RANGE.sentence, reason=ANALYTICS_RANGE.reason)
    until = min(until, now)
    since = max(min(since, until - timedelta(seconds=MINUTE_S)), earliest)
    step = step_for(since, until, points)
    first, last = _whole_buckets(since, until, step.seconds, earliest=earliest, latest=latest)

    def ask(client: cloudflare.Client) -> Analytics:
        answer = client.analytics(
            auth, account_id=account.account_id, queue_id=queue_id, since=first, until=last, step=step
        )
        found = Analytics(read_at=answer.received_at, history=as_told(answer.value))
        remembered.put(good_key, found, GOOD_S)
        return found

    key = f"analytics:{account.pk}:{queue_id}:{step.name}:{first:%Y%m%d%H%M}:{last:%Y%m%d%H%M}"
    return once(Analytics, account, "analytics", key, ask)


def last_known(*, caller: Caller, account: Account, queue_id: str, since: datetime, until: datetime) -> Known | None:
    """The last good answer about such a time, asking nobody; None where this credential is refused by now.

    Raises NotAllowedError.
    """
    queues.require_queue(caller=caller, account=account, queue_id=queue_id)
    if _fresh(remembered.get(_refusal_key(account, "analytics"), Analytics)):
        return None
    found = remembered.get(_good_key(account, queue_id, since, until), Analytics)
    return None if found is None or found.history is None else Known(history=found.history, read_at=found.read_at)


def _good_key(account: Account, queue_id: str, since: datetime, until: datetime) -> str:
    """The same for a time that goes on, whenever it is asked for."""
    goes_on = (timezone.now() - until).total_seconds() < MINUTE_S
    which = f"last:{round((until - since).total_seconds())}" if goes_on else f"{since:%Y%m%d%H%M}:{until:%Y%m%d%H%M}"
    return f"analytics-good:{account.pk}:{queue_id}:{which}"


def subscriptions_of(*, caller: Caller, account: Account, queue_id: str) -> Feeding:
    """The event subscriptions that feed the queue. Those of the whole account are asked for, once a minute.

    Raises NotAllowedError, VaultError.
    """
    queues.require_queue(caller=caller, account=account, queue_id=queue_id)
    auth = upstream.auth_of(account.credential)

    def ask(client: cloudflare.Client) -> Feeding:
        answer = client.subscriptions(auth, account_id=account.account_id)
        return Feeding(read_at=answer.received_at, subscriptions=answer.value)

    found = once(Feeding, account, "subscriptions", f"subscriptions:{account.pk}", ask)
    if found.subscriptions is None:
        return found
    return replace(found, subscriptions=tuple(one for one in found.subscriptions if one.queue_id == queue_id))


def _whole_buckets(
    since: datetime, until: datetime, step_s: int, *, earliest: datetime, latest: datetime
) -> tuple[datetime, datetime]:
    """From the beginning of a bucket to the end of one, so that the same question is the same for a while."""
    first = datetime.fromtimestamp(since.timestamp() // step_s * step_s, UTC)
    if first < earliest:
        first += timedelta(seconds=step_s)
    return first, min(_up_to(until, step_s), latest)


def _up_to(moment: datetime, step_s: int) -> datetime:
    return datetime.fromtimestamp(-(-moment.timestamp() // step_s) * step_s, UTC)


def once[T: Asked](kind: type[T], account: Account, what: str, key: str, ask: Callable[[cloudflare.Client], T]) -> T:
    """Ask, or take what was told a minute ago; a question that fails is an answer with a `problem`."""
    refusal = _refusal_key(account, what)

    def known() -> T | None:
        return _fresh(remembered.get(refusal, kind)) or _fresh(remembered.get(key, kind))

    def asked(stands: Callable[[], bool]) -> T:
        try:
            found = ask(client)
        except (NotPermitted, InvalidCredential) as error:
            found = _without(kind, error, is_refused=True)
            remembered.put(refusal, found, REFUSED_S)
            return found
        except CloudflareError as error:
            found = _without(kind, error, is_refused=False, retry_s=error.retry_after)
        remembered.put(key, found, math.ceil(found.lasts_s))
        return found

    if (last := known()) is not None:
        FACTS.labels(what, "cache").inc()
        return last
    try:
        with upstream.slot() as client:
            return flight.once(key, known=known, ask=asked)
    except UpstreamBusyError as error:
        # Not remembered: somebody else's answer may have come meanwhile.
        return _without(kind, error, is_refused=False)


def _fresh[T: Asked](found: T | None) -> T | None:
    return found if found and (timezone.now() - found.read_at).total_seconds() < found.lasts_s else None


def _without[T: Asked](
    kind: type[T], error: CloudflareError | UpstreamBusyError, *, is_refused: bool, retry_s: float | None = None
) -> T:
    diagnosis = None
    if isinstance(error, CloudflareError):
        diagnosis = Diagnosis(
            asked=error.asked,
            came_back=error.came_back,
            usually_means=error.usually_means,
            cf_ray=error.cf_ray or "",
        )
    return kind(
        read_at=timezone.now(),
        problem=error.sentence,
        reason=error.reason,
        is_refused=is_refused,
        retry_s=retry_s,
        diagnosis=diagnosis,
    )


def _refusal_key(account: Account, what: str) -> str:
    credential = account.credential
    checked = int(credential.checked_at.timestamp()) if credential.checked_at else 0
    return f"{what}-refused:{account.pk}:{credential.last_four}:{checked}"
