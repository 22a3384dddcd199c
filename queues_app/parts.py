"""What a request wants, a whole page or a part of one; how it is sent on; and what is foreign, handed out."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page. A request refused before the middleware ran wants a whole one."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted


def see_other(request: HttpRequest, url: str) -> HttpResponse:
    """Go on by GET, so that a reload repeats nothing. htmx loads the page whole: its header may have changed."""
    return HttpResponseClientRedirect(url) if wants_part(request) else HttpResponseRedirect(url, status=303)


def sent_from(request: HttpRequest) -> str:
    """The page of ours that a form names as where it stands, or the first one."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return target
    return reverse("home")


def inert(data: bytes, content_type: str, file_name: str = "") -> HttpResponse:
    """Foreign bytes, as a file to save or, without a name, to show. No browser may run them or guess another type."""
    return HttpResponse(data, content_type=content_type, headers=_inert(file_name))


def inert_pieces(pieces: Iterator[bytes], content_type: str, file_name: str) -> StreamingHttpResponse:
    """The same of a file that is made while it is sent. An error midway ends the connection, never the file."""
    return StreamingHttpResponse(pieces, content_type=content_type, headers=_inert(file_name))


def _inert(file_name: str) -> dict[str, str]:
    return {
        "Content-Disposition": content_disposition_header(bool(file_name), file_name) or "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
