"""Who is behind a request, in the words of the record."""

from django.http import HttpRequest

from dashboard.proxies import address_in
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
    """The client's address, behind trusted proxies too: `dashboard/proxies.py` has put it there."""
    address = address_in(request.META.get("REMOTE_ADDR", ""))
    return None if address is None else str(address)
