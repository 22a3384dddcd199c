"""Pages for failures in which nothing may be relied on: not the database, so neither session nor user."""

import logging
import sys
from http import HTTPStatus
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from dashboard.request_id import current_request_id
from dashboard.stores import CACHE_FAILURES

logger = logging.getLogger(__name__)

# Down, locked or full. A constraint that fails is a mistake of ours and is none of these.
DATABASE_FAILURES: Final = (OperationalError, InterfaceError)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500. A database that fails before the view, as when the session is read, ends here."""
    exception = sys.exc_info()[1]
    known = store_failed(request, exception)
    return known or _page(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        title="Something went wrong here",
        sentence="This is a mistake of the program, not yours. If you had sent a form, the audit log says whether "
        "it was carried out. The administrator finds the details in the server's log, under this number.",
    )


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """allauth's handler429: the rate limit on signing in."""
    response = _page(
        request,
        HTTPStatus.TOO_MANY_REQUESTS,
        title="Too many attempts",
        sentence="Somebody tried to sign in too often, from your address or with your name. "
        "Nothing was checked this time. Wait for a minute, then try again.",
    )
    response["Retry-After"] = "60"
    return response


@login_not_required
def account_closed(request: HttpRequest) -> HttpResponse:
    """Where allauth sends somebody whose password is right and whose account is closed."""
    return _page(
        request,
        HTTPStatus.FORBIDDEN,
        title="This account is closed",
        sentence="You cannot sign in with it any more. An administrator of this server can open it again.",
    )


def store_failed(request: HttpRequest, exception: BaseException | None) -> HttpResponse | None:
    """503 with a sentence when the database or the cache failed, else None.

    The client library's own words go to the log, not to the page.
    """
    if isinstance(exception, DATABASE_FAILURES):
        logger.error("The database failed on %s %s: %s", request.method, request.path, exception)
        return _unavailable(
            request,
            title="The database does not answer",
            sentence="Without its database this server can show nothing and asks nothing of Cloudflare. "
            "Try again in a few seconds. If you had sent a form, the audit log says whether it was carried out.",
        )
    if isinstance(exception, CACHE_FAILURES):
        # What is only remembered does without (queues_app/remembered.py). Here somebody wants to sign in.
        logger.error("The cache failed on %s %s: %s", request.method, request.path, exception)
        return _unavailable(
            request,
            title="Nobody can sign in at the moment",
            sentence="The cache of this server does not answer. It counts attempts to sign in, and without the count "
            "no password is looked at. Who is signed in already stays so. Try again in a few seconds.",
        )
    return None


def _unavailable(request: HttpRequest, *, title: str, sentence: str) -> HttpResponse:
    response = _page(request, HTTPStatus.SERVICE_UNAVAILABLE, title=title, sentence=sentence)
    response["Retry-After"] = "5"
    return response


def _page(request: HttpRequest, status: HTTPStatus, *, title: str, sentence: str) -> HttpResponse:
    # Without the request, so that no context processor runs: they may ask the database who this is.
    is_part = request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers
    html = render_to_string(
        "errors/bare.html#notice" if is_part else "errors/bare.html",
        {"title": title, "sentence": sentence, "request_id": current_request_id.get()},
    )
    return HttpResponse(html, status=status)
