"""How the destinations of the audit stand, and a test line to one of them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from queues_app.callers import caller_of, person
from queues_app.delivery import DeliveryError
from queues_app.operations import forwarding
from queues_app.parts import wants_part
from queues_app.rows import forwarding as rows


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Each destination of the settings: how far it was told, what waits, and what went wrong."""
    forwarding.require(caller=caller_of(request))
    user = person(request)
    found = rows.rows(forwarding.deliveries(), now=timezone.now(), zone=user.tzinfo)
    page = "audit/forwarding.html#destinations" if wants_part(request) else "audit/forwarding.html"
    return render(request, page, {"rows": found, "zone": user.zone})


@require_POST
def test(request: HttpRequest) -> HttpResponse:
    """Send a line that says it is a test."""
    caller = caller_of(request)
    forwarding.require(caller=caller)
    named = request.POST.get("destination", "")
    destination = next((each for each in forwarding.destinations() if each.name == named), None)
    if destination is None:
        raise Http404("The settings name no such destination.")
    try:
        forwarding.send_test(caller=caller, destination=destination)
    except DeliveryError as error:
        messages.error(request, f"The test line did not arrive at {destination.name}. {error.sentence}")
    else:
        messages.success(request, f"A test line went to {destination.name}.")
    return redirect("audit_forwarding")
