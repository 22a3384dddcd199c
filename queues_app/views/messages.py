"""Messages: look, pull, open, settle.

Only a POST looks, pulls or settles. What it brought has an address of its own, and to GET that address asks nothing
about messages of the upstream.
"""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.forms.messages import PeekForm, PullForm, SettleForm
from queues_app.models import Account, Batch, Mode
from queues_app.operations import export, kept, look, receipts
from queues_app.operations import settle as settling
from queues_app.operations.leases import Verb
from queues_app.parts import inert, see_other, wants_part
from queues_app.rows import file_names
from queues_app.rows.failure import failure_of
from queues_app.rows.newer import offer_of
from queues_app.views import finding_kept
from queues_app.views import message_pages as pages
from queues_app.views.lookups import own_account, own_batch, require_place, visible_batch


def peek(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Look without leasing, and go to the batch."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue", account, queue_id)
    form = PeekForm(request.POST)
    if not form.is_valid():
        return pages.look_again(request, place, queue_id, peek_form=form)
    return _to_batch(
        request,
        place,
        queue_id,
        "peek",
        lambda: look.peek(caller=caller_of(request), account=place, queue_id=queue_id, **form.cleaned_data),
    )


def pull(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Lease messages, which uses one attempt of each, and go to the batch."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue", account, queue_id)
    form = PullForm(request.POST)
    if not form.is_valid():
        return pages.look_again(request, place, queue_id, pull_form=form)
    return _to_batch(
        request,
        place,
        queue_id,
        "pull",
        lambda: look.pull(
            caller=caller_of(request),
            account=place,
            queue_id=queue_id,
            batch_size=form.cleaned_data["batch_size"],
            visibility_timeout_ms=form.cleaned_data["visibility_timeout"] * 1000,
            intent=form.cleaned_data["intent"],
            forecast=form.cleaned_data["forecast"],
        ),
    )


@require_safe
def batch(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """The kept copy of one look or pull."""
    place = own_account(request, account)
    shown = visible_batch(request, place, queue_id, batch)
    messages = kept.messages(caller=caller_of(request), batch=shown)
    if wants_part(request):
        return pages.listing(request, shown, messages)
    context = pages.batch_context(request, place, shown, messages)
    return render(request, "messages/batch.html", context, status=pages.status_of(context))


@require_POST
def peek_again(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """Repeat a peek for a page that refreshes itself. Says what differs; moves nothing."""
    place = own_account(request, account)
    shown = own_batch(request, place, queue_id, batch)
    if shown.mode == Mode.PULL:
        raise Http404("A pull is never repeated by itself.")
    try:
        difference = look.peek_again(caller=caller_of(request), account=place, shown=shown)
    except look.RepeatedTooSoonError:
        return HttpResponse(status=204)
    except (CloudflareError, ExpectedError) as error:
        failure = failure_of(error)
        return render(request, "messages/newer.html#stale", {"failure": failure}, status=failure.status)
    if difference.batch is None:
        # A mark that says "stale" is taken back by an empty answer; 204 would leave it.
        return HttpResponse(status=200 if "stale" in request.POST else 204)
    return render(request, "messages/newer.html#offer", {"offer": offer_of(difference, difference.batch, shown)})


def settle(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """Acknowledge or retry chosen messages of a pulled batch: first the question, then the answer."""
    place = own_account(request, account)
    shown = own_batch(request, place, queue_id, batch)
    if request.method != "POST":
        return redirect("batch", account, queue_id, batch)
    form = SettleForm(request.POST, message_count=shown.message_count)
    if not form.is_valid():
        return pages.ask_again(request, shown, form)
    if form.asks:
        return pages.ask(request, shown, form)
    if pages.is_unasked(shown, form):
        return pages.ask(request, shown, form)
    caller, intent = caller_of(request), form.cleaned_data["intent"]
    # The page around shows what became of each message.
    with receipts.told_by_the_record(caller=caller, intent=intent):
        settling.settle(
            caller=caller,
            batch=shown,
            positions=form.cleaned_data["position"],
            verb=form.cleaned_data["verb"],
            delay_seconds=form.cleaned_data["delay"],
            intent=intent,
        )
    entry = receipts.by_intent(caller=caller, intent=intent)
    first = form.cleaned_data["position"][0]
    if (
        entry is not None
        and form.cleaned_data["verb"] is Verb.EXTEND
        and request.headers.get("HX-Target") == (f"opened-{first}")
    ):
        return pages.extended_in_place(request, shown, first, entry)
    return see_other(request, finding_kept.batch_url(request, shown, settled=entry))


@require_safe
def body(request: HttpRequest, account: int, queue_id: str, batch: UUID, position: int) -> HttpResponse:
    """A body as a file. Bytes that nobody's browser should make anything of."""
    place = own_account(request, account)
    shown = visible_batch(request, place, queue_id, batch)
    require_place(shown, position)
    taken = export.body(
        caller=caller_of(request), batch=shown, position=position, as_it_stood=request.GET.get("view") == "raw"
    )
    return inert(taken.data, "application/octet-stream", file_names.of_body(shown.queue_name, taken))


def _to_batch(
    request: HttpRequest, account: Account, queue_id: str, act: str, operation: Callable[[], Batch]
) -> HttpResponse:
    """Carry out a look and go to what it brought; a second submit goes to what the first one brought."""
    try:
        brought = operation()
        # From a link with a filter, such as that of a watch, what was brought is filtered by it.
        is_filtered = "q" in request.POST
        return see_other(
            request, finding_kept.brought_url(request, brought) if is_filtered else pages.batch_url(brought)
        )
    except AlreadySubmittedError as again:
        if (url := pages.first_batch_url(again, account, queue_id)) is not None:
            return see_other(request, url)
        if not wants_part(request):
            raise
        return pages.could_not_look(request, again, act, renew=again.entry.is_complete)
    except (CloudflareError, ExpectedError) as error:
        if not wants_part(request):
            raise
        return pages.could_not_look(request, error, act, renew=True)
