"""Queues: the list of an account, one queue, and the facts that refresh themselves."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import replace_url, reswap, retarget

from queues_app import access
from queues_app.access import Permission
from queues_app.callers import caller_of, person
from queues_app.cloudflare import CloudflareError
from queues_app.forms.queues import QueueFilterForm
from queues_app.models import Account
from queues_app.operations import overview, queues, trends, visits
from queues_app.operations.known_queues import QueueList
from queues_app.operations.overview import Listing
from queues_app.operations.visits import Visited
from queues_app.parts import wants_part
from queues_app.rows.failure import failure_of
from queues_app.rows.look import look_of
from queues_app.rows.queue_list import QueuesPage, late_words, queue_ids, queues_page
from queues_app.rows.queue_selection import ids_to_ask, order_of
from queues_app.rows.search import shortcuts
from queues_app.rows.spending import slowed_words
from queues_app.upstream import UpstreamBusyError
from queues_app.views import finding_kept, message_pages
from queues_app.views.lookups import own_account
from queues_app.views.queue_frame import COUNTS_BUDGET_S, LATE_COUNTS_BUDGET_S, frame, listed_names, read_now


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the queues of the account visited last; without one, to where an account comes from."""
    user = person(request)
    if not access.may(user, Permission.SEE_QUEUES) and access.may(user, Permission.SEE_ALL_AUDIT):
        return redirect("audit")
    queues.require(caller=caller_of(request))
    own = Account.objects.of(user)
    account = own.filter(pk=request.session.get("account") or 0).first() or own.first()
    if account is not None:
        return redirect("queues", account.pk)
    if user.credentials.exists():
        messages.warning(request, "None of your credentials reaches an account yet. Check one, or add another.")
        return redirect("credentials")
    messages.info(request, "Welcome. Queuescope asks Cloudflare with a credential of your own: add one to see queues.")
    return redirect("credential_add")


@require_safe
def index(request: HttpRequest, account: int) -> HttpResponse:
    """All queues of an account; for htmx only the rows and what is counted about them."""
    place = own_account(request, account)
    part = wants_part(request)
    listing = overview.read_list(caller=caller_of(request), account=place, is_refresh=part)
    failure = failure_of(listing.failure) if listing.failure else None
    if failure and part and (listing.listed is None or _trigger(request) == "queues"):
        # A refresh that fails: the rows on the page stay where they are, and the style sheet marks them as old.
        response = render(request, "queues/index.html#trouble", {"failure": failure}, status=failure.status)
        return retarget(reswap(response, "outerHTML"), "#queues-trouble")
    visited = visits.of(person(request), place)
    page = _page(request, place, listing, listing.listed, visited) if listing.listed else None
    ways = () if part else shortcuts(visited, timezone.now())
    context: dict[str, object] = {"page": page, "failure": failure, "part": part, "account": place, "shortcuts": ways}
    if listing.slowed:
        context["slowed"] = slowed_words(listing.slowed, zone=person(request).tzinfo, now=timezone.now())
    template = "queues/index.html#rows" if part else "queues/index.html"
    response = render(request, template, context, status=failure.status if failure else HTTPStatus.OK)
    return replace_url(response, page.url) if page and _trigger(request) == "queue-filter" else response


def _page(
    request: HttpRequest, account: Account, listing: Listing, listed: QueueList, visited: list[Visited]
) -> QueuesPage:
    """The rows with their counts; with the remembered ones only where the list itself could not be read."""
    chosen, remarks = QueueFilterForm(request.GET).chosen()
    if listing.is_late:
        remarks = (*remarks, late_words(listed, zone=person(request).tzinfo, now=timezone.now()))
    known = queues.remembered_readings(account=account, queue_ids=ids_to_ask(listed.queues))
    order = order_of(listed, known, chosen, timezone.now())
    readings, wanted = known, queue_ids(listed, order)
    if listing.failure is None:
        budget_s = LATE_COUNTS_BUDGET_S if listing.is_late else COUNTS_BUDGET_S
        readings = known | overview.read_counts(
            caller=caller_of(request), account=account, queue_ids=wanted, budget_s=budget_s
        )
    return queues_page(
        account,
        listed,
        chosen,
        order=order,
        readings=readings,
        trends=trends.of(account=account, queue_ids=wanted, now=timezone.now()),
        pinned=frozenset(one.queue_id for one in visited if one.is_pinned),
        is_stale=listing.failure is not None or listing.is_late,
        remarks=remarks,
        zone=person(request).tzinfo,
        now=timezone.now(),
    )


@require_safe
def detail(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """One queue: its facts, what can be looked at, and what was."""
    place = own_account(request, account)
    # While it fails: a peek may get through all the same, and what was kept needs nobody.
    known, reading, failure = read_now(request, place, queue_id)
    context = {
        **frame(request, place, queue_id, known, reading=reading, problem=failure.sentence if failure else ""),
        "failure": failure,
        "look": look_of(
            user=person(request),
            account=place,
            queue_id=queue_id,
            queue=known.queue if known else None,
            ids=listed_names(place),
            forecast=message_pages.last_forecast(request, place, queue_id, known),
        ),
        "recent": message_pages.recent_of(request, place, queue_id),
        "carried": finding_kept.asked_of(request) if "q" in request.GET else [],
    }
    return render(request, "queues/detail.html", context, status=failure.status if failure else HTTPStatus.OK)


@require_safe
def facts(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """State and counts of one queue, alone. What cannot be asked shows what it was, and says why."""
    place = own_account(request, account)
    if not wants_part(request):
        return HttpResponseRedirect(reverse("queue", args=[account, queue_id]))
    caller = caller_of(request)
    try:
        known = queues.read_queue(caller=caller, account=place, queue_id=queue_id)
        counts = overview.read_counts(caller=caller, account=place, queue_ids=[queue_id], budget_s=COUNTS_BUDGET_S)
    except (CloudflareError, UpstreamBusyError) as error:
        failure = failure_of(error)
        context = frame(request, place, queue_id, None, problem=failure.sentence)
        return render(request, "queues/facts.html", {**context, "fetched": True}, status=failure.status)
    context = frame(request, place, queue_id, known, reading=counts[queue_id])
    return render(request, "queues/facts.html", {**context, "fetched": True})


def _trigger(request: HttpRequest) -> str:
    """The id of the element that made htmx ask."""
    return request.headers.get("HX-Trigger", "")
