"""What every request and every answer passes, in the order of `settings.MIDDLEWARE`."""

import re
import uuid
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from dashboard.errors import store_failed
from dashboard.request_id import current_request_id

type GetResponse = Callable[[HttpRequest], HttpResponse]

# A proxy's id is worth keeping only when it cannot forge a log line or fill a column.
_SANE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

_HEADERS: Final = {
    # Nothing here needs a device; the clipboard stays allowed, for copying ids and bodies.
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "screen-wake-lock",
            "usb",
        )
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
}


class RequestIdMiddleware:
    """Gives every request an id: for log records, the audit log, and the answer's X-Request-ID."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _SANE_ID.fullmatch(offered) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]  # for what is logged after us
        token = current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-ID"] = request_id
        return response


class PageBeforeMiddleware:
    """Forgets where a client says it comes from when that is no address: whoever looks at it would fail."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in ("HTTP_REFERER", "HTTP_HX_CURRENT_URL"):
            try:
                # htmx may send it encoded.
                urlsplit(unquote(request.META.get(name, "")))
            except ValueError:
                del request.META[name]
        return self.get_response(request)


class SecurityHeadersMiddleware:
    """The headers that Django has no setting for.

    Static files bring their own Cache-Control. Every other answer may be confidential: no cache keeps it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in _HEADERS.items():
            response[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """No page without sign-in, but for views marked `login_not_required`.

    Afterwards people come back to the page they were on. For a form that was sent or for a part of a page that is
    the page around it, not the address that was asked.
    """

    def handle_no_permission(  # type: ignore[override]  # Django takes any answer, the stubs want a redirect
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        htmx = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
        if htmx:
            back = htmx.current_url_abs_path or resolve_url("home")
        elif request.method in ("GET", "HEAD"):
            back = request.get_full_path()
        else:
            back = _page_before(request)
        to_sign_in = redirect_to_login(back, resolve_url(settings.LOGIN_URL))
        # A browser follows a redirect by itself, and htmx would put the whole sign-in page into a table.
        return HttpResponseClientRedirect(to_sign_in.url) if htmx else to_sign_in


class ExpectedFailuresMiddleware:
    """Turns named, expected failures of a view into a page with a sentence.

    `queues_app.failures.respond(request, exception)` knows the failures of the application, and answers None for
    what it does not know. A failing database or cache is known here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.respond: Callable[[HttpRequest, Exception], HttpResponse | None] = import_module(
            "queues_app.failures"
        ).respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to an expected failure, or None to let Django treat it as unexpected."""
        return self.respond(request, exception) or store_failed(request, exception)


def _page_before(request: HttpRequest) -> str:
    """The path of the page that the form was on, when it was one of ours; else the first page."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc != request.get_host():
        return resolve_url("home")
    return referer.path + (f"?{referer.query}" if referer.query else "")
