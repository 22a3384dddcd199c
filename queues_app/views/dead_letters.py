"""The dead-letter map of an account."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from queues_app import access
from queues_app.access import Place
from queues_app.callers import caller_of, person
from queues_app.operations import overview, trends
from queues_app.rows.dead_letters import dead_letter_map, target_ids
from queues_app.rows.failure import failure_of
from queues_app.rows.queue_list import late_words
from queues_app.views.lookups import own_account
from queues_app.views.queue_frame import COUNTS_BUDGET_S, LATE_COUNTS_BUDGET_S


@require_safe
def show(request: HttpRequest, account: int) -> HttpResponse:
    """Which queues feed which dead-letter queue, by the list as it is now, or as it was last read."""
    place, caller = own_account(request, account), caller_of(request)
    listing = overview.read_list(caller=caller, account=place)
    failure = failure_of(listing.failure) if listing.failure else None
    zone, now, drawn = person(request).tzinfo, timezone.now(), None
    if listing.listed:
        ids = target_ids(listing.listed)
        budget_s = LATE_COUNTS_BUDGET_S if listing.is_late else COUNTS_BUDGET_S
        counts = overview.read_counts(caller=caller, account=place, queue_ids=ids, budget_s=budget_s)
        names = overview.names_elsewhere(caller=caller, account=place)
        lines = trends.of(account=place, queue_ids=ids, now=now)
        sees_all = access.sees_all(person(request), Place.of(place))
        drawn = dead_letter_map(
            place, listing.listed, counts, names, trends=lines, sees_all=sees_all, zone=zone, now=now
        )
    late = late_words(listing.listed, zone=zone, now=now) if listing.listed and listing.is_late else ""
    context = {"map": drawn, "failure": failure, "account": place, "late": late}
    return render(request, "queues/dead_letters.html", context, status=failure.status if failure else HTTPStatus.OK)
