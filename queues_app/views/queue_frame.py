"""One queue as it is read for a page, and the context of the frame around every page of it."""

from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone

from queues_app import spending
from queues_app.callers import caller_of, person
from queues_app.cloudflare import CloudflareError, NotFound
from queues_app.models import Account, AuditEntry, Batch
from queues_app.operations import acts, known_queues, overview, queues, visits
from queues_app.operations.known_queues import KnownQueue
from queues_app.operations.queues import Reading
from queues_app.parts import wants_part
from queues_app.rows.emptying import link_of
from queues_app.rows.failure import Failure, failure_of
from queues_app.rows.queue_words import ListedNames, ids_by_name
from queues_app.rows.queues import queue_head
from queues_app.rows.search import pin_of
from queues_app.rows.spending import slowed_queue
from queues_app.rows.watches import add_url, on_queue
from queues_app.upstream import UpstreamBusyError

# How long a page waits for counts: what comes later is there at the next refresh.
COUNTS_BUDGET_S: Final = 2.0
# And where it waited for the list already, or shows a large account for the first time.
LATE_COUNTS_BUDGET_S: Final = 0.35
NOT_READ = "The queue could not be read just now."


def read_now(
    request: HttpRequest, account: Account, queue_id: str
) -> tuple[KnownQueue | None, Reading | None, Failure | None]:
    """The queue and its counts as they are now; where they cannot be read, why. What is known by then is told.

    Raises NotFound for a queue that is not there.
    """
    caller, known = caller_of(request), None
    try:
        known = queues.read_queue(caller=caller, account=account, queue_id=queue_id)
        counts = overview.read_counts(caller=caller, account=account, queue_ids=[queue_id], budget_s=COUNTS_BUDGET_S)
    except NotFound:
        raise
    except (CloudflareError, UpstreamBusyError) as error:
        return known, None, failure_of(error)
    return known, counts[queue_id], None


def listed_names(request: HttpRequest, account: Account) -> ListedNames:
    """The queues by the account's list as it was last read, as far as the person may see them.

    Read once for each request: a page has several parts that name a dead-letter queue, and the list is long.
    """
    kept: dict[int, ListedNames] = request.__dict__.setdefault("_listed_names", {})
    if account.pk not in kept:
        seen = queues.seen_list(user=person(request), account=account)
        kept[account.pk] = ListedNames(None if seen.listed is None else ids_by_name(seen.listed.queues), seen.sees_all)
    return kept[account.pk]


def frame(
    request: HttpRequest,
    account: Account,
    queue_id: str,
    known: KnownQueue | None,
    shown: Batch | None = None,
    *,
    reading: Reading | None = None,
    problem: str = "",
    tab: str = "messages",
) -> dict[str, Any]:
    """What `queues/frame.html` needs. Nothing is asked of the upstream: counts that are not at hand are remembered.

    known    None when the queue could not be read; what is remembered of it is shown then, as old
    shown    a batch on the page, which knows the queue's name whatever happens
    problem  why `known` is None, in a sentence
    tab      the chosen one, in lower case
    """
    if known is None:
        known = known_queues.remembered_queue(account=account, queue_id=queue_id)
        problem = problem or NOT_READ
    if reading is None:
        reading = queues.remembered_readings(account=account, queue_ids=[queue_id]).get(queue_id)
    head = queue_head(
        account=account,
        queue_id=queue_id,
        known=known,
        reading=reading,
        zone=person(request).tzinfo,
        now=timezone.now(),
        name=shown.queue_name if shown else "",
        names=listed_names(request, account),
        problem=problem,
        tab=tab,
        paused=_pause_of(account, known),
    )
    name = known.queue.name if known else None
    spent = spending.of(account.credential_id)
    context: dict[str, Any] = {
        "head": head,
        "slowed": slowed_queue(spent, reading, zone=person(request).tzinfo, now=timezone.now()),
        "emptying": link_of(account, queue_id, name, person(request)),
        "watch_url": add_url(account, queue_id, name, person(request)),
    }
    if not wants_part(request):
        context["watched"] = on_queue(person(request), account, queue_id, now=timezone.now())
    # A refresh is no visit.
    if name is not None and not wants_part(request):
        is_pinned = visits.note(user=person(request), account=account, queue_id=queue_id, name=name)
        context["pin"] = pin_of(account, queue_id, is_pinned=is_pinned)
    return context


def _pause_of(account: Account, known: KnownQueue | None) -> AuditEntry | None:
    if known is None or not known.queue.delivery_paused:
        return None
    return acts.paused_by(account=account, queue_id=known.queue.id)
