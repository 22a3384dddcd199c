"""The audit log."""

from django.http import Http404, HttpRequest, HttpResponse


def index(request: HttpRequest) -> HttpResponse:
    raise Http404("This page is being built.")


def detail(request: HttpRequest, entry: int) -> HttpResponse:
    raise Http404("This page is being built.")
