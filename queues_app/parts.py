"""Whole pages and parts of them: what a request wants, and how it is sent on."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page. A request refused before the middleware ran wants a whole one."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted


def see_other(request: HttpRequest, url: str) -> HttpResponse:
    """Go on by GET, so that a reload repeats nothing. htmx loads the page whole: its header may have changed."""
    return HttpResponseClientRedirect(url) if wants_part(request) else HttpResponseRedirect(url, status=303)
