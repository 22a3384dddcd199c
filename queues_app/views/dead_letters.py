"""The dead-letter map of an account."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import replace_url

from queues_app import access
from queues_app.access import Place
from queues_app.callers import caller_of, person
from queues_app.forms.dead_letters import Chosen, DeadLetterFilterForm
from queues_app.models import Account
from queues_app.operations import backlogs, overview, queues, trends
from queues_app.operations.overview import Listing
from queues_app.parts import wants_part
from queues_app.rows.dead_letter_order import MapOrder, order_of
from queues_app.rows.dead_letter_ways import DeadLetterWays
from queues_app.rows.dead_letters import dead_letter_map
from queues_app.rows.failure import failure_of
from queues_app.rows.queue_list import late_words
from queues_app.rows.queue_selection import MOST_ASKED
from queues_app.rows.spending import slowed_words
from queues_app.views.lookups import own_account
from queues_app.views.queue_frame import COUNTS_BUDGET_S, LATE_COUNTS_BUDGET_S


@require_safe
def show(request: HttpRequest, account: int) -> HttpResponse:
    """Which queues feed which dead-letter queue, by the list as it is now, or as it was last read."""
    place, caller, part = own_account(request, account), caller_of(request), wants_part(request)
    listing = overview.read_list(caller=caller, account=place)
    failure = failure_of(listing.failure) if listing.failure else None
    zone, drawn = person(request).tzinfo, None
    if listing.listed:
        chosen, remarks = DeadLetterFilterForm(request.GET).chosen()
        order = _order(request, place, listing, DeadLetterWays(listing.listed.queues), chosen)
        names = overview.names_elsewhere(caller=caller, account=place)
        sees_all = access.sees_all(person(request), Place.of(place))
        drawn = dead_letter_map(place, order, names, remarks=remarks, sees_all=sees_all, zone=zone, now=timezone.now())
    slowed = slowed_words(listing.slowed, zone=zone, now=timezone.now()) if drawn and listing.slowed else ""
    late = late_words(listing.listed, zone=zone, now=timezone.now()) if listing.listed and listing.is_late else ""
    context = {"map": drawn, "failure": failure, "account": place, "late": late, "slowed": slowed, "part": part}
    template = "queues/dead_letters.html#map" if part else "queues/dead_letters.html"
    response = render(request, template, context, status=failure.status if failure else HTTPStatus.OK)
    return replace_url(response, drawn.url) if part and drawn else response


def _order(request: HttpRequest, account: Account, listing: Listing, ways: DeadLetterWays, chosen: Chosen) -> MapOrder:
    """What stands on the page, by its counts; by the remembered ones only where the list itself could not be read."""
    caller, ids = caller_of(request), ways.ids
    hints = backlogs.known(caller=caller, account=account) if len(ids) > MOST_ASKED else {}
    known = queues.remembered_readings(account=account, queue_ids=ids)
    order = order_of(ways, known, chosen, timezone.now(), hints)
    asked = order.queue_ids
    lines = trends.of(account=account, queue_ids=asked, now=timezone.now())
    if listing.failure is None:
        budget_s = LATE_COUNTS_BUDGET_S if listing.is_late else COUNTS_BUDGET_S
        known |= overview.read_counts(
            caller=caller, account=account, queue_ids=asked, budget_s=budget_s, ahead=order.ahead
        )
    return order.recounted(known, timezone.now(), lines)
