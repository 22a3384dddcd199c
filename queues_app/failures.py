"""Turns an expected error that reaches the top of a view into its page, or its card for htmx."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.parts import wants_part
from queues_app.rows.failure import failure_of


def respond(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """The answer to an expected error; None for any other, which is a bug and stays one."""
    if not isinstance(exception, CloudflareError | ExpectedError):
        return None
    failure = failure_of(exception)
    template = "components/failed.html" if wants_part(request) else "errors/failed.html"
    return render(request, template, {"failure": failure}, status=failure.status)
