"""`/metrics`, for Prometheus."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed

from dashboard.scraping import may_scrape
from queues_app.operations import standing
from queues_app.telemetry import export


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics, to those who may read them; to everybody else there is nothing here."""
    if not may_scrape(request):
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(("GET", "HEAD"))
    text, content_type = export.encoded(request.headers.get("Accept", ""), standing.read)
    return HttpResponse(text, content_type=content_type)
