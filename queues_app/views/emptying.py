"""Empty a whole queue: the question with its typed name, the answer, and the status until the end."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from queues_app import remembered
from queues_app.callers import caller_of, person
from queues_app.forms.emptying import EmptyForm
from queues_app.models import Account, Outcome
from queues_app.operations import emptying, receipts
from queues_app.operations.emptying import NameChangedError, NameMistypedError
from queues_app.parts import see_other, wants_part
from queues_app.rows import emptying as rows
from queues_app.views import asking, questions
from queues_app.views import message_pages as pages
from queues_app.views.lookups import number_in, own_account


@require_http_methods(["GET", "HEAD", "POST"])
def empty(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Ask for the name, then empty the queue and go on to its status."""
    place = own_account(request, account)
    if request.method != "POST":
        return _ask(request, place, queue_id)
    form = EmptyForm(request.POST)
    if not form.is_valid():
        return _ask(request, place, queue_id, problem=form.problem)
    caller, intent = caller_of(request), form.cleaned_data["intent"]
    # The status tells how it goes on; a wrong name is asked for again.
    with receipts.told_by_the_record(caller=caller, intent=intent):
        try:
            emptying.empty(
                caller=caller,
                account=place,
                queue_id=queue_id,
                shown_name=form.cleaned_data["shown_name"],
                typed_name=form.cleaned_data["name"],
                intent=intent,
            )
        except (NameChangedError, NameMistypedError) as error:
            return _ask(request, place, queue_id, problem=error.sentence)
    entry = receipts.by_intent(caller=caller, intent=intent)
    query = {"entry": entry.pk} if entry is not None else None
    return see_other(request, reverse("queue_empty_status", args=[account, queue_id], query=query))


@require_safe
def status(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """How far the emptying is, with the count beside it. For htmx the part that asks again by itself."""
    place = own_account(request, account)
    caller = caller_of(request)
    if wants_part(request) and not remembered.first(f"emptying:{place.pk}:{queue_id}", _floor_s()):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    number = number_in(request, "entry")
    entry = None
    if number is not None:
        entry = emptying.own_entry(caller=caller, account=place, queue_id=queue_id, entry_id=number)
    progress = None
    if entry is None or not entry.is_complete or entry.outcome in (Outcome.OK, Outcome.UNKNOWN):
        progress = emptying.progress(caller=caller, account=place, queue_id=queue_id, entry=entry)
    row = rows.status_of(place, queue_id, progress, entry, zone=person(request).tzinfo, now=timezone.now())
    if wants_part(request):
        answer = render(request, "queues/emptying.html#progress", {"status": row})
        # The count of the header is an older one, which is read anew.
        return trigger_client_event(answer, "refresh") if row.is_over else answer
    head, _ = pages.around(request, place, queue_id, tab="settings")
    return render(request, "queues/emptying.html", {**head, "status": row})


def _ask(request: HttpRequest, account: Account, queue_id: str, *, problem: str = "") -> HttpResponse:
    """The question: a dialog for htmx, else a page. After a wrong name with what was typed, and what is wrong."""
    standing = emptying.standing(caller=caller_of(request), account=account, queue_id=queue_id)
    if needs_two := asking.first(request, emptying.planned(account, queue_id, standing.name)):
        return needs_two
    asked = rows.question(
        account,
        queue_id,
        standing,
        typed=request.POST.get("name", ""),
        problem=problem,
        zone=person(request).tzinfo,
        now=timezone.now(),
    )
    code = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return questions.put(
        request,
        "queues/empty.html",
        {"question": asked, "page_title": "Empty"},
        around=lambda: pages.around(request, account, queue_id, tab="settings")[0],
        status=code,
    )


def _floor_s() -> int:
    """Seconds between two readings of the same status, whoever asks from how many pages."""
    floor_s: int = settings.REFRESH_FLOOR
    return max(1, floor_s - 1)
