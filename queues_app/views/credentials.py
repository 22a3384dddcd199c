"""A person's own credentials."""

from django.http import Http404, HttpRequest, HttpResponse


def index(request: HttpRequest) -> HttpResponse:
    raise Http404("This page is being built.")


def add(request: HttpRequest) -> HttpResponse:
    raise Http404("This page is being built.")


def detail(request: HttpRequest, credential: int) -> HttpResponse:
    raise Http404("This page is being built.")


def rename(request: HttpRequest, credential: int) -> HttpResponse:
    raise Http404("This page is being built.")


def replace(request: HttpRequest, credential: int) -> HttpResponse:
    raise Http404("This page is being built.")


def verify(request: HttpRequest, credential: int) -> HttpResponse:
    raise Http404("This page is being built.")


def make_default(request: HttpRequest, credential: int) -> HttpResponse:
    raise Http404("This page is being built.")


def delete(request: HttpRequest, credential: int) -> HttpResponse:
    raise Http404("This page is being built.")
