"""Who is behind a request, in the words of the record."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from dashboard.request_id import current_request_id
from queues_app.audit import Caller
from queues_app.models import User


def person(request: HttpRequest) -> User:
    """The signed-in person behind a request; every page but sign-in and health has one."""
    if not isinstance(request.user, User):
        raise TypeError("A page for signed-in people was reached without signing in.")
    return request.user


def caller_of(request: HttpRequest) -> Caller:
    """The same person, in the words of the record."""
    user = person(request)
    return Caller(
        user=user,
        user_name=user.get_username(),
        address=address_of(request),
        request_id=current_request_id.get(),
    )


def address_of(request: HttpRequest) -> str | None:
    """The client's address: the last one that our own proxy added, where there is a proxy, else the peer's."""
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.META.get("HTTP_X_FORWARDED_FOR", text).rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
