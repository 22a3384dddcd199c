"""Messages: look, pull, open, settle."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse


def peek(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    raise Http404("This page is being built.")


def pull(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    raise Http404("This page is being built.")


def batch(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    raise Http404("This page is being built.")


def peek_again(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    raise Http404("This page is being built.")


def settle(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    raise Http404("This page is being built.")


def message(request: HttpRequest, account: int, queue_id: str, batch: UUID, position: int) -> HttpResponse:
    raise Http404("This page is being built.")


def body(request: HttpRequest, account: int, queue_id: str, batch: UUID, position: int) -> HttpResponse:
    raise Http404("This page is being built.")
