"""The rules for what is masked, and one masked field revealed on the record."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.masking import MaskForm, RevealForm
from queues_app.models import MaskingRule
from queues_app.operations import masking, receipts, revealing, rules
from queues_app.rows import masks as rows
from queues_app.views import message_pages as pages
from queues_app.views.lookups import message_at, number_in, own_account, require_place, visible_batch


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What is masked where."""
    masking.require(caller=caller_of(request))
    return _page(request)


def add(request: HttpRequest) -> HttpResponse:
    """A new rule, or the usual ones for some queues. The same form twice makes one."""
    masking.require(caller=caller_of(request))
    if request.method != "POST":
        return redirect("masking")
    form = MaskForm(request.POST, accounts=rules.accounts())
    if not form.is_valid():
        return _page(request, form)
    try:
        rule = masking.add(caller=caller_of(request), intent=form.cleaned_data["intent"], **form.columns())
    except AlreadySubmittedError:
        return redirect("masking")
    messages.success(request, f"From now on masked: {rule}.")
    return redirect("masking")


@require_POST
def remove(request: HttpRequest, rule: int) -> HttpResponse:
    """Take a rule away."""
    masking.require(caller=caller_of(request))
    found = get_object_or_404(MaskingRule, pk=rule)
    masking.remove(caller=caller_of(request), rule=found)
    messages.success(request, f"No longer masked: {found}.")
    return redirect("masking")


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, account: int, queue_id: str, batch: UUID, position: int) -> HttpResponse:
    """Ask why, and show one masked field in this answer only."""
    shown = visible_batch(request, own_account(request, account), queue_id, batch)
    require_place(shown, position)
    caller = caller_of(request)
    revealing.require(caller=caller, batch=shown, position=position)
    form = RevealForm(request.POST) if request.method == "POST" else None
    value, entry, place = None, None, number_in(request, "place") or 0
    if form is not None and form.is_valid():
        made = form.cleaned_data
        place = made["place"]
        value = revealing.reveal(
            caller=caller,
            batch=shown,
            position=position,
            place=place,
            path=made["path"],
            why=made["reason"],
            intent=made["intent"],
        )
        entry = receipts.by_intent(caller=caller, intent=made["intent"])
    elif form is not None:
        place = form.cleaned_data.get("place", 0)
    message = message_at(request, shown, position)
    question = rows.question(shown, message, position, place=place, form=form, value=value, entry=entry)
    if question is None:
        raise Http404("Nothing is masked at this place of the message.")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and value is None else HTTPStatus.OK
    head, _ = pages.around(request, shown.account, queue_id, shown)
    return render(request, "messages/reveal.html", {**head, "question": question}, status=status)


def _page(request: HttpRequest, form: MaskForm | None = None) -> HttpResponse:
    zone, now, accounts = person(request).tzinfo, timezone.now(), rules.accounts()
    is_usual = form is not None and form.data.get("kind") == "usual"
    context = {
        "masks": rows.mask_rows(MaskingRule.objects.all(), accounts, zone=zone, now=now),
        "fields": rows.fields_of(None if is_usual else form, accounts),
        "usual": rows.fields_of(form if is_usual else None, accounts),
        "usual_words": rows.usual(),
    }
    status = HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "masking/index.html", context, status=status)
