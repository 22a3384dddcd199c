"""Delete chosen messages of a kept copy: first the question, then the answer; and look again afterwards."""

from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from queues_app.callers import caller_of, person
from queues_app.forms.deleting import DeleteForm
from queues_app.forms.words import errors_in_words
from queues_app.models import Batch, Deletion
from queues_app.operations import deleting, kept, proof, receipts, send_again
from queues_app.parts import see_other
from queues_app.rows import deleting as rows
from queues_app.views import asking, finding_kept
from queues_app.views import message_pages as pages
from queues_app.views.lookups import own_account, own_batch


def delete(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """Delete what was chosen, by position in the kept copy; nothing else can be named here."""
    place = own_account(request, account)
    shown = own_batch(request, place, queue_id, batch)
    if request.method != "POST":
        return redirect("batch", account, queue_id, batch)
    form = DeleteForm(request.POST, message_count=shown.message_count)
    if not form.is_valid():
        problems = {"problems": errors_in_words(form), "back": finding_kept.batch_url(request, shown)}
        return pages.put_question(request, "messages/delete.html", shown, problems, HTTPStatus.UNPROCESSABLE_ENTITY)
    caller, positions = caller_of(request), form.cleaned_data["position"]
    if form.cleaned_data["step"] == "confirm":
        deleting.require(caller=caller, batch=shown, positions=positions)
        return _ask(request, shown, positions)
    intent = form.cleaned_data["intent"]
    # The page around shows what became of each message.
    with receipts.told_by_the_record(caller=caller, intent=intent):
        deleting.delete(caller=caller, batch=shown, positions=positions, intent=intent)
    return see_other(
        request, finding_kept.batch_url(request, shown, settled=receipts.by_intent(caller=caller, intent=intent))
    )


def look_again(request: HttpRequest, account: int, queue_id: str, batch: UUID, entry: int) -> HttpResponse:
    """Peek for the messages of a deletion, and go back to where its result stands."""
    place = own_account(request, account)
    shown = own_batch(request, place, queue_id, batch)
    if request.method != "POST":
        return redirect("batch", account, queue_id, batch)
    try:
        proof.look_again(caller=caller_of(request), batch=shown, entry_id=entry)
    except Deletion.DoesNotExist as error:
        raise Http404("Nothing of this batch was deleted by that.") from error
    if "to_receipt" in request.POST:
        return redirect("audit_entry", entry)
    found = receipts.of_deletion(caller=caller_of(request), batch=shown, entry_id=entry)
    return see_other(request, finding_kept.batch_url(request, shown, settled=found))


def _ask(request: HttpRequest, shown: Batch, positions: list[int]) -> HttpResponse:
    """The question before a deletion: a dialog for htmx, else a page."""
    caller = caller_of(request)
    messages = kept.messages(caller=caller, batch=shown)
    if needs_two := asking.first(request, deleting.planned(shown, messages, positions)):
        return needs_two
    asked = rows.question(
        shown,
        messages,
        positions,
        earlier=deleting.latest_of(shown),
        unsendable=send_again.unsendable(caller=caller, batch=shown, positions=positions),
        leased=deleting.leased_by(caller=caller, batch=shown, message_ids=[messages[at].id[:64] for at in positions]),
        back=finding_kept.batch_url(request, shown),
        zone=person(request).tzinfo,
        now=timezone.now(),
    )
    return pages.put_question(request, "messages/delete.html", shown, {"question": asked}, HTTPStatus.OK)
