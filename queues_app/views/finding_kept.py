"""Back to a batch as it was looked at: filtered, ordered and told against an earlier one as before."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from queues_app.callers import person
from queues_app.forms.finding import FindForm
from queues_app.models import AuditEntry, Batch

_NAMES = ("q", "sort", "since")


def asked_of(request: HttpRequest) -> list[tuple[str, str]]:
    """What the form, the address, or the page that htmx asks from has of a filter, an order and an earlier peek.

    Without what cannot be read. They are all that is taken from there, so that nothing can lead anywhere else.
    """
    htmx = getattr(request, "htmx", None)
    page = QueryDict(urlsplit((htmx.current_url if htmx else "") or "").query)
    sources = (request.POST, request.GET, page)
    found = {name: next((source[name] for source in sources if name in source), "") for name in _NAMES}
    form = FindForm(found, zone=person(request).tzinfo, columns=())
    readable = found if form.is_valid() else {}
    return [(name, value) for name, value in (readable | {"since": form.since}).items() if value]


def brought_url(request: HttpRequest, batch: Batch) -> str:
    """A batch that was just fetched, filtered and ordered; what it is told against was that of another."""
    return _url(batch, [(name, value) for name, value in asked_of(request) if name != "since"])


def batch_url(request: HttpRequest, batch: Batch, *, settled: AuditEntry | None = None) -> str:
    """The batch as it was looked at, with what was done to it."""
    asked = asked_of(request)
    if settled is not None:
        asked.append(("settled", str(settled.pk)))
    return _url(batch, asked)


def _url(batch: Batch, asked: list[tuple[str, str]]) -> str:
    url = reverse("batch", args=[batch.account_id, batch.queue_id, batch.pk])
    return f"{url}?{urlencode(asked)}" if asked else url
