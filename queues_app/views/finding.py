"""Find in a kept batch: saved filters, columns, two messages side by side, other sightings of one."""

from uuid import UUID

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from queues_app.callers import caller_of, person
from queues_app.expected import ExpectedError
from queues_app.forms.finding import ColumnsForm, CompareForm, PairForm, SaveFilterForm
from queues_app.forms.words import errors_in_words
from queues_app.models import Batch, SavedFilter
from queues_app.operations import finding, kept, sightings
from queues_app.parts import see_other, wants_part
from queues_app.rows.compare import comparison
from queues_app.rows.sightings import sightings_cell
from queues_app.views import finding_kept
from queues_app.views import message_pages as pages
from queues_app.views.lookups import message_at, own_account, visible_batch


@require_POST
def save_filter(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """Keep the present filter under a name."""
    shown = _readable(request, account, queue_id, batch)
    form = SaveFilterForm(request.POST)
    if not form.is_valid():
        return _again(request, shown, errors_in_words(form))
    try:
        saved = finding.save_filter(
            user=person(request),
            name=form.cleaned_data["name"],
            text=form.cleaned_data["q"],
            is_shared=form.cleaned_data["is_shared"],
        )
    except ExpectedError as error:
        return _again(request, shown, [error.sentence])
    notices.success(request, f"Saved the filter {saved.name}.")
    return _back(request, shown)


@require_POST
def delete_filter(request: HttpRequest, account: int, queue_id: str, batch: UUID, saved: int) -> HttpResponse:
    """Forget one of one's own filters."""
    shown = _readable(request, account, queue_id, batch)
    found = get_object_or_404(SavedFilter, pk=saved, owner=person(request))
    found.delete()
    notices.success(request, f"Deleted the filter {found.name}.")
    return _back(request, shown)


@require_POST
def columns(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """Keep the picked columns for this queue and person."""
    shown = _readable(request, account, queue_id, batch)
    form = ColumnsForm(request.POST)
    if not form.is_valid():
        return _again(request, shown, [str(error) for error in form.errors["column"]])
    finding.keep_columns(
        user=person(request), account=shown.account, queue_id=queue_id, paths=form.cleaned_data["column"]
    )
    return _back(request, shown)


def compare(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """Two messages side by side. A POST of two chosen rows leads to the page of the two; it changes nothing."""
    place = own_account(request, account)
    shown = visible_batch(request, place, queue_id, batch)
    messages = kept.messages(caller=caller_of(request), batch=shown)
    if request.method == "POST":
        pair = PairForm(request.POST, message_count=len(messages))
        if not pair.is_valid():
            return _again(request, shown, [str(error) for error in pair.errors["position"]])
        first, second = pair.cleaned_data["position"]
        return see_other(request, f"{request.path}?{urlencode({'a': first, 'b': second})}")
    form = CompareForm(request.GET)
    if not form.is_valid():
        raise Http404("Choose two messages of a batch to compare.")
    other, theirs = shown, messages
    if (earlier := form.cleaned_data["other"]) is not None:
        other = visible_batch(request, place, queue_id, earlier)
        theirs = kept.messages(caller=caller_of(request), batch=other)
    a, b = form.cleaned_data["a"], form.cleaned_data["b"]
    if a >= len(theirs) or b >= len(messages):
        raise Http404("There is no message at one of these places.")
    rows = comparison((other, a, theirs[a]), (shown, b, messages[b]), zone=person(request).tzinfo, now=timezone.now())
    head, _ = pages.around(request, place, queue_id, shown)
    return render(request, "messages/compare.html", {**head, "comparison": rows})


@require_safe
def seen(request: HttpRequest, account: int, queue_id: str, batch: UUID, position: int) -> HttpResponse:
    """The other kept copies in which a message stood."""
    place = own_account(request, account)
    shown = visible_batch(request, place, queue_id, batch)
    message = message_at(request, shown, position)
    found = sightings.sightings(caller=caller_of(request), batch=shown, message_id=message.id)
    cell = sightings_cell(found, shown, position, zone=person(request).tzinfo, now=timezone.now())
    if wants_part(request):
        return render(request, "messages/sightings.html#cell", {"seen": cell})
    head, _ = pages.around(request, place, queue_id, shown)
    url = reverse("message", args=[account, queue_id, batch, position])
    return render(request, "messages/sightings.html", {**head, "seen": cell, "message_url": url})


def _readable(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> Batch:
    """The batch, for whoever may read its messages: what is kept for finding is for them alone."""
    shown = visible_batch(request, own_account(request, account), queue_id, batch)
    kept.require(caller=caller_of(request), batch=shown)
    return shown


def _back(request: HttpRequest, shown: Batch) -> HttpResponse:
    """To the batch as it was: filtered and ordered as the form says."""
    return see_other(request, finding_kept.batch_url(request, shown))


def _again(request: HttpRequest, shown: Batch, problems: list[str]) -> HttpResponse:
    """What is wrong, and the way back to the batch."""
    head, _ = pages.around(request, shown.account, shown.queue_id, shown)
    context = {**head, "problems": problems, "batch_url": finding_kept.batch_url(request, shown)}
    return render(request, "messages/finding_problem.html", context, status=422)
