"""Search over all queues of all accounts, and the pins that stand first in it."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import replace_url

from queues_app.callers import caller_of, person
from queues_app.forms.search import PinForm, SearchForm
from queues_app.operations import everywhere, queues, visits
from queues_app.operations.known_queues import remembered_name
from queues_app.parts import see_other, sent_from, wants_part
from queues_app.rows.queue_words import shown
from queues_app.rows.search import pin_of, search_page
from queues_app.views.lookups import own_account

# How long a search waits for lists that nobody read yet.
LISTS_BUDGET_S: Final = 2.0


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What is pinned and recent; with a question what matches it. For htmx only that."""
    queues.require(caller=caller_of(request))
    form = SearchForm(request.GET)
    q = form.cleaned_data["q"] if form.is_valid() else ""
    user = person(request)
    known = visits.of(user)
    results = everywhere.search(caller=caller_of(request), q=q, known=known, budget_s=LISTS_BUDGET_S) if q else None
    standing = everywhere.last_known(user, results.found if results else known)
    part = wants_part(request)
    context = {"page": search_page(q, known, results, standing, timezone.now())}
    response = render(request, "search.html#found" if part else "search.html", context)
    return replace_url(response, request.get_full_path()) if part else response


@require_POST
def pin(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Pin the queue or unpin it, for this person alone."""
    place = own_account(request, account)
    form = PinForm(request.POST)
    is_pinned = form.is_valid() and form.cleaned_data["pinned"]
    visits.pin(caller=caller_of(request), account=place, queue_id=queue_id, is_pinned=is_pinned)
    if wants_part(request):
        pinned = pin_of(place, queue_id, is_pinned=is_pinned)
        if pinned and request.headers.get("HX-Target") == pinned.key:
            name = shown(remembered_name(account=place, queue_id=queue_id))
            return render(request, "queues/row_pin.html", {"pin": pinned, "name": name})
        return render(request, "components/pin.html", {"pin": pinned})
    return see_other(request, sent_from(request))
