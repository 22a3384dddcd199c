"""One message, opened: read by itself or by hand, a picture of it, and how its queue's bodies are to be read."""

from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from queues_app.bodies import picture_of
from queues_app.callers import person
from queues_app.forms.finding import earlier_in
from queues_app.models import Batch
from queues_app.operations import decoding
from queues_app.parts import inert, see_other, wants_part
from queues_app.rows.body_views import LONGEST_PATH, VIEWS, View
from queues_app.views import message_pages as pages
from queues_app.views.lookups import message_at, own_account, visible_batch

# More steps than any chain has.
_MOST_DIGITS = 2
_LONGEST_FILTER = 500


@require_safe
def message(request: HttpRequest, account: int, queue_id: str, batch: UUID, position: int) -> HttpResponse:
    """One message: under its row for htmx, else a page of its own."""
    place = own_account(request, account)
    shown = visible_batch(request, place, queue_id, batch)
    view = _view(request, shown)
    if wants_part(request):
        return pages.opened(request, shown, message_at(request, shown, position), position, view)
    return pages.message_page(request, place, shown, position, view)


@require_safe
def picture(request: HttpRequest, account: int, queue_id: str, batch: UUID, position: int) -> HttpResponse:
    """A body that is a picture, as a picture: of the kinds that run nothing, and as nothing but that kind."""
    shown = visible_batch(request, own_account(request, account), queue_id, batch)
    reading = decoding.read(message_at(request, shown, position), _view(request, shown).decoding)
    found = picture_of(reading)
    if found is None:
        raise Http404("This body is no picture that Queuescope shows.")
    media_type, data = found
    return inert(data, media_type)


@require_POST
def remember(request: HttpRequest, account: int, queue_id: str, batch: UUID, position: int) -> HttpResponse:
    """Read the bodies of this queue so from now on; without a choice, by themselves again.

    It is a person's own way to look, so it is not on the record.
    """
    shown = visible_batch(request, own_account(request, account), queue_id, batch)
    found = message_at(request, shown, position)
    chosen = decoding.wanted(off=request.POST.getlist("off"), forced=request.POST.getlist("as"))
    decoding.remember(user=person(request), batch=shown, decoding=chosen)
    if wants_part(request):
        return pages.opened(request, shown, found, position, View(decoding=chosen, is_remembered=bool(chosen)))
    return see_other(request, reverse("message", args=[account, queue_id, batch, position]))


def _view(request: HttpRequest, shown: Batch) -> View:
    """How the address asks to look; where it says nothing of decoding, as it is remembered for the queue."""
    name, step = request.GET.get("view", VIEWS[0]), request.GET.get("step", "")
    if name not in VIEWS:
        raise Http404("A body can be looked at decoded, as a table, as a picture, raw or as hex.")
    if step and not (step.isascii() and step.isdigit() and len(step) <= _MOST_DIGITS):
        raise Http404("The steps of a body are numbered from 0.")
    at, text = int(step) if step else None, request.GET.get("q", "")[:_LONGEST_FILTER]
    if request.GET.keys() & {"by", "off", "as"}:
        chosen = decoding.wanted(off=request.GET.getlist("off"), forced=request.GET.getlist("as"))
        usual = View(decoding=chosen)
    else:
        usual = pages.usual_view(request, shown)
    return replace(
        usual,
        name=name,
        step=at,
        at=request.GET.get("at", "")[:LONGEST_PATH],
        filter=text,
        sort=request.GET.get("sort", "")[:_LONGEST_FILTER],
        since=earlier_in(request.GET),
        is_long=request.GET.get("values") == "more",
    )
