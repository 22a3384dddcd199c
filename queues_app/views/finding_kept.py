"""Back to a batch as it was looked at: filtered and ordered as before, whatever was done in between."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from queues_app.callers import person
from queues_app.forms.finding import FindForm
from queues_app.models import AuditEntry, Batch

_NAMES = ("q", "sort")


def asked_of(request: HttpRequest) -> list[tuple[str, str]]:
    """The filter and the order that the form, the address, or the page that htmx asks from has; none that is not read.

    They are all that is taken from there, so that nothing can lead anywhere else.
    """
    htmx = getattr(request, "htmx", None)
    page = QueryDict(urlsplit((htmx.current_url if htmx else "") or "").query)
    sources = (request.POST, request.GET, page)
    found = {name: next((source[name] for source in sources if name in source), "") for name in _NAMES}
    if not FindForm(found, zone=person(request).tzinfo, columns=()).is_valid():
        return []
    return [(name, value) for name, value in found.items() if value]


def batch_url(request: HttpRequest, batch: Batch, *, settled: AuditEntry | None = None) -> str:
    """The batch as it was looked at, with what was done to it."""
    asked = asked_of(request)
    if settled is not None:
        asked.append(("settled", str(settled.pk)))
    url = reverse("batch", args=[batch.account_id, batch.queue_id, batch.pk])
    return f"{url}?{urlencode(asked)}" if asked else url
