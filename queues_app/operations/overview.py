"""What the list of queues shows: the queues, and the counts that the account's rate limit allows to be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils import timezone

from queues_app.audit import Caller
from queues_app.cloudflare import CloudflareError, InvalidCredential, NotPermitted
from queues_app.models import Account
from queues_app.operations import allowed, queues, samples
from queues_app.operations.queues import QueueList, Reading
from queues_app.telemetry.metrics import FACTS
from queues_app.upstream import UpstreamBusyError

# Cloudflare allows 1,200 requests in 5 minutes, 4 a second. Counts that refresh themselves take at most this many.
COUNTS_PER_SECOND: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All queues. `failure` is why they could not be listed now; `listed` is then the last list, or None."""

    listed: QueueList | None
    failure: CloudflareError | UpstreamBusyError | None = None


def read_list(*, caller: Caller, account: Account) -> Listing:
    """All queues of the account; where they cannot be listed, the last list that this account was shown.

    A credential that is refused is shown nothing from memory.

    Raises NotAllowedError, VaultError.
    """
    user = allowed.signed_in(caller)
    try:
        listed = queues.list_queues(caller=caller, account=account)
        return Listing(listed=queues.visible(user=user, account=account, listed=listed))
    except (InvalidCredential, NotPermitted) as failure:
        return Listing(listed=None, failure=failure)
    except (CloudflareError, UpstreamBusyError) as failure:
        remembered = queues.remembered_list(account=account)
        visible = remembered and queues.visible(user=user, account=account, listed=remembered)
        return Listing(listed=visible, failure=failure)


def read_counts(*, caller: Caller, account: Account, queue_ids: Sequence[str], budget_s: float) -> dict[str, Reading]:
    """The counts of these queues: asked for where the last reading is old, else remembered.

    How old follows from how many there are, so that a page that refreshes itself never uses up the rate limit.
    The oldest readings are asked for first. What is not answered within `budget_s` seconds is late.

    Raises NotAllowedError, VaultError.
    """
    known = queues.remembered_readings(account=account, queue_ids=queue_ids)
    now = timezone.now()
    interval_s = max(settings.REFRESH_FLOOR, len(queue_ids) / COUNTS_PER_SECOND)
    ages = {queue_id: (now - reading.read_at).total_seconds() for queue_id, reading in known.items()}
    due = [queue_id for queue_id in queue_ids if ages.get(queue_id, interval_s) >= interval_s]
    FACTS.labels("metrics", "cache").inc(len(queue_ids) - len(due))
    due.sort(key=lambda queue_id: -ages.get(queue_id, float("inf")))
    read = queues.read_metrics(caller=caller, account=account, queue_ids=due, budget_s=budget_s)
    samples.keep_some(account=account, readings=read)
    return known | read
