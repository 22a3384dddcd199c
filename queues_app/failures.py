"""Turns an expected error that reaches the top of a view into its page, or its card for htmx."""

from dataclasses import replace

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from queues_app.callers import caller_of
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.operations import receipts
from queues_app.operations.approvals import ApprovalNeededError
from queues_app.parts import wants_part
from queues_app.rows.failure import Failure, failure_of
from queues_app.views import asking
from queues_app.views.lookups import ByOwnWayError


def failure_in(request: HttpRequest, error: CloudflareError | ExpectedError) -> Failure:
    """The diagnosis of an error of this request, with the receipt of the entry that the request left."""
    failure = failure_of(error)
    if failure.receipt_id is not None or not request.user.is_authenticated:
        return failure
    try:
        entry = receipts.of_request(caller=caller_of(request))
    except DatabaseError:
        # Where the database is the trouble, the sentence still has to come out.
        return failure
    return failure if entry is None else replace(failure, receipt=entry.receipt, receipt_id=entry.pk)


def respond(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """The answer to an expected error; None for any other, which is a bug and stays one."""
    if isinstance(exception, ByOwnWayError):
        return HttpResponseRedirect(exception.url)
    if not isinstance(exception, CloudflareError | ExpectedError):
        return None
    if isinstance(exception, ApprovalNeededError):
        return asking.instead(request, exception.act)
    failure = failure_in(request, exception)
    page = "errors/failed.html" if request.user.is_authenticated else "errors/failed_alone.html"
    template = "components/failed.html" if wants_part(request) else page
    return render(request, template, {"failure": failure}, status=failure.status)
