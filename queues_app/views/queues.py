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
from queues_app.models import Account
from queues_app.operations import overview, queues, visits
from queues_app.parts import wants_part
from queues_app.rows.failure import failure_of
from queues_app.rows.look import look_of
from queues_app.rows.search import shortcuts
from queues_app.upstream import UpstreamBusyError
from queues_app.views import finding_kept, message_pages
from queues_app.views.lookups import own_account
from queues_app.views.queue_frame import COUNTS_BUDGET_S, frame, listed_names, read_now
from queues_app.views.queue_listing import queues_listed


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
    listing = overview.read_list(caller=caller_of(request), account=place, may_be_begun=True)
    failure = failure_of(listing.failure) if listing.failure else None
    if failure and part and (listing.listed is None or _trigger(request) == "queues"):
        # A refresh that fails: the rows on the page stay where they are, and the style sheet marks them as old.
        response = render(request, "queues/index.html#trouble", {"failure": failure}, status=failure.status)
        return retarget(reswap(response, "outerHTML"), "#queues-trouble")
    visited = visits.of(person(request), place)
    page, slowed = queues_listed(request, place, listing, listing.listed, visited) if listing.listed else (None, None)
    ways = () if part else shortcuts(visited, timezone.now())
    context = {
        "page": page,
        "slowed": slowed,
        "failure": failure,
        "part": part,
        "account": place,
        "shortcuts": ways,
    }
    template = "queues/index.html#rows" if part else "queues/index.html"
    response = render(request, template, context, status=failure.status if failure else HTTPStatus.OK)
    return replace_url(response, page.url) if page and _trigger(request) == "queue-filter" else response


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
            names=listed_names(request, place),
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
