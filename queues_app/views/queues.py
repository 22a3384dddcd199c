"""Queues: the list of an account, one queue, and the facts that refresh themselves."""

from django.http import Http404, HttpRequest, HttpResponse


def home(request: HttpRequest) -> HttpResponse:
    raise Http404("This page is being built.")


def index(request: HttpRequest, account: int) -> HttpResponse:
    raise Http404("This page is being built.")


def detail(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    raise Http404("This page is being built.")


def facts(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    raise Http404("This page is being built.")
