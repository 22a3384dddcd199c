"""What the list of queues shows: the queues, and the counts that the account's rate limit allows to be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils import timezone

from queues_app import remembered, spending
from queues_app.audit import Caller
from queues_app.cloudflare import CloudflareError, InvalidCredential, NotPermitted
from queues_app.models import Account
from queues_app.operations import allowed, known_queues, queues, samples
from queues_app.operations.known_queues import QueueList
from queues_app.operations.queues import Reading
from queues_app.spending import SLOWED_S, Spent
from queues_app.telemetry.metrics import FACTS
from queues_app.upstream import UpstreamBusyError

# Cloudflare allows 1,200 requests in 5 minutes, 4 a second. Counts that refresh themselves take at most this many.
COUNTS_PER_SECOND: Final = 3
# Of a large account, whose counts cannot all be asked for, one of these goes to queues that nobody looks at.
AHEAD_PER_SECOND: Final = 1
AHEAD_EVERY_S: Final = 10
AHEAD_OLD_S: Final = 60
# And the list of a large account, which comes in pages, the fourth.
LIST_PAGES_PER_SECOND: Final = 1
LIST_PAGE: Final = 100
# How long a page waits for the list while it has the last one to show: longer than tries that fail at once take.
LIST_BUDGET_S: Final = 2.5
# And while it has none, of a list that comes in pages: with the counts this is less than a second.
BEGUN_BUDGET_S: Final = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All queues. `failure` is why they could not be listed now; `listed` is then the last list, or None.

    `is_late`: no failure, yet `listed` is the last list; the page did not wait longer.
    """

    listed: QueueList | None
    failure: CloudflareError | UpstreamBusyError | None = None
    # When the limit is near: then a list that is a moment old is not asked for again.
    slowed: Spent | None = None
    is_late: bool = False


def read_list(*, caller: Caller, account: Account, may_be_begun: bool = False) -> Listing:
    """All queues of the account; where they cannot be listed, the last list that this account was shown.

    may_be_begun  where none was shown yet, what has come of one that is under way will do

    A list that is younger than the refresh floor is not asked for again, whether a page is opened or refreshes itself:
    so many tabs cost what one does. A change of ours is seen at once all the same, but in a list of many pages, which
    costs a call for each of them. A list that is late is waited for `LIST_BUDGET_S` where the last one is remembered,
    and comes with the next refresh. A credential that is refused is shown nothing from memory.

    Raises NotAllowedError, VaultError.
    """
    user = allowed.signed_in(caller)
    spent = spending.of(account.credential_id)
    slowed = spent if spent.is_near else None
    last = known_queues.remembered_list(account=account)
    is_taken = not account.credential.was_refused
    if last is not None and is_taken and _is_young(last, account, is_slowed=spent.is_near):
        queues.require(caller=caller)
        return Listing(listed=queues.visible(user=user, account=account, listed=last), slowed=slowed)
    try:
        if last is None and may_be_begun:
            listed = queues.list_begun(caller=caller, account=account, budget_s=BEGUN_BUDGET_S)
        elif last is None:
            listed = queues.list_queues(caller=caller, account=account)
        elif (new := queues.list_aside(caller=caller, account=account, last=last, budget_s=LIST_BUDGET_S)) is not None:
            listed = new
        else:
            seen = queues.visible(user=user, account=account, listed=last)
            return Listing(listed=seen, slowed=slowed, is_late=True)
        return Listing(listed=queues.visible(user=user, account=account, listed=listed), slowed=slowed)
    except (InvalidCredential, NotPermitted) as failure:
        return Listing(listed=None, failure=failure)
    except (CloudflareError, UpstreamBusyError) as failure:
        known = last or (known_queues.begun_list(account=account) if may_be_begun else None)
        seen_before = known and queues.visible(user=user, account=account, listed=known)
        return Listing(listed=seen_before, failure=failure, slowed=slowed)


def _is_young(listed: QueueList, account: Account, *, is_slowed: bool) -> bool:
    """Whether it is too young to be asked for again: one of many pages takes as many calls."""
    age_s = (timezone.now() - listed.read_at).total_seconds()
    pages = -(-len(listed.queues) // LIST_PAGE)
    if pages > 1 and age_s < pages / LIST_PAGES_PER_SECOND:
        return True
    if age_s >= max(settings.REFRESH_FLOOR, SLOWED_S if is_slowed else 0):
        return False
    return not known_queues.is_before_change(listed, account=account)


def counts_every_s(number: int, *, is_large: bool) -> float:
    """How often so many counts are asked for while enough of the limit is left.

    is_large  others of the same account are counted beside them
    """
    floor_s: float = settings.REFRESH_FLOOR
    per_second = COUNTS_PER_SECOND - AHEAD_PER_SECOND if is_large else COUNTS_PER_SECOND
    return max(floor_s, number / per_second)


def read_counts(
    *, caller: Caller, account: Account, queue_ids: Sequence[str], budget_s: float, ahead: Sequence[str] = ()
) -> dict[str, Reading]:
    """The counts of these queues: asked for where the last reading is old, else remembered.

    How old follows from how many there are, so that a page that refreshes itself never uses up the rate limit, and
    from how much of that is left.
    The oldest readings are asked for first. What is not answered within `budget_s` seconds is late. Then the first
    few of `ahead` are asked for, which nobody waits for: the next look has them.

    Raises NotAllowedError, VaultError.
    """
    known = queues.remembered_readings(account=account, queue_ids=queue_ids)
    now = timezone.now()
    is_near = spending.of(account.credential_id).is_near
    interval_s = max(counts_every_s(len(queue_ids), is_large=bool(ahead)), SLOWED_S if is_near else 0)
    ages = {queue_id: (now - reading.read_at).total_seconds() for queue_id, reading in known.items()}
    due = [queue_id for queue_id in queue_ids if ages.get(queue_id, interval_s) >= interval_s]
    FACTS.labels("metrics", "cache").inc(len(queue_ids) - len(due))
    due.sort(key=lambda queue_id: -ages.get(queue_id, float("inf")))
    read = queues.read_metrics(caller=caller, account=account, queue_ids=due, budget_s=budget_s)
    samples.keep_some(account=account, readings=read)
    # However many tabs there are; and near the limit, what is left is for what somebody looks at.
    if ahead and not is_near and remembered.first(f"ahead:{account.pk}", AHEAD_EVERY_S):
        queues.count_aside(
            caller=caller, account=account, queue_ids=ahead, most=AHEAD_PER_SECOND * AHEAD_EVERY_S, older_s=AHEAD_OLD_S
        )
    return known | read


def names_elsewhere(*, caller: Caller, account: Account) -> dict[str, list[str]]:
    """Name of a queue → the person's other accounts that have one of that name, by lists that are remembered."""
    user = allowed.signed_in(caller)
    found: dict[str, list[str]] = {}
    for other in Account.objects.ways_of(user).values():
        listed = known_queues.trusted_list(account=other) if other.account_id != account.account_id else None
        for queue in queues.visible(user=user, account=other, listed=listed).queues if listed else ():
            found.setdefault(queue.name, []).append(other.name)
    return found
