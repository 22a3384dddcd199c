"""What waits for a second person: ask, decide, withdraw, carry out."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.approvals import AskForm, DecideForm
from queues_app.forms.once import SubmittedOnce
from queues_app.forms.words import errors_in_words
from queues_app.models import Account, Action, ApprovalRequest
from queues_app.operations import approvals, approved, sendings
from queues_app.parts import see_other
from queues_app.rows import approvals as rows
from queues_app.rows.sending import asked_lines
from queues_app.views import asking

NOT_KEPT: Final = "There is no such request, or it is no longer kept."
MESSAGES_GONE: Final = "The messages are no longer kept, so they cannot be sent any more."


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What waits for this person, to be decided or carried out, and what they asked for or decided."""
    user, now = person(request), timezone.now()
    waiting = approvals.for_you(user)
    context = {
        "to_carry_out": rows.rows(approvals.to_carry_out(user), user, zone=user.tzinfo, now=now),
        "for_you": rows.rows(waiting.requests, user, zone=user.tzinfo, now=now),
        "has_more": waiting.has_more,
        "listed": rows.rows(approvals.listed(user), user, zone=user.tzinfo, now=now),
    }
    return render(request, "approvals/index.html", context)


def ask(request: HttpRequest) -> HttpResponse:
    """Ask for what a form of ours has signed. A GET leads to the list: somebody typed or reloaded the address."""
    if request.method != "POST":
        return redirect("approvals")
    form, caller = AskForm(request.POST), caller_of(request)
    is_valid = form.is_valid()
    act = approvals.act_of(form.data.get("act", ""), person(request))
    if not is_valid:
        return asking.again(request, act, reason=form.data.get("reason", ""), problem=errors_in_words(form)[0])
    try:
        made = approvals.ask(
            caller=caller, act=act, reason=form.cleaned_data["reason"], intent=form.cleaned_data["intent"]
        )
    except AlreadySubmittedError as again:
        return see_other(request, reverse("approval", args=[again.entry.parameters["request"]]))
    return see_other(request, reverse("approval", args=[made.pk]))


@require_safe
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """Who asks for what, why, until when, and what was decided; and for who decides, the messages to be sent."""
    user, found = person(request), _visible(request, number)
    row = rows.row(found, user, zone=user.tzinfo, now=timezone.now())
    context: dict[str, Any] = {"row": row}
    if row.may_decide and found.action == Action.SEND:
        asked = sendings.asked_for(caller=caller_of(request), request=found)
        context["lines"], context["rest"] = asked_lines(asked) if asked else ((), MESSAGES_GONE)
    return render(request, "approvals/detail.html", context)


@require_POST
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Approve or decline what somebody else asked for."""
    found, form = _visible(request, number), DecideForm(request.POST)
    if not form.is_valid():
        raise Http404("Neither approved nor declined.")
    approves = form.cleaned_data["decision"] == "approve"
    approvals.decide(caller=caller_of(request), request=found, approve=approves, remark=form.cleaned_data["remark"])
    messages.success(request, "Approved." if approves else "Declined.")
    return redirect("approval", number)


@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Take back what one asked for."""
    approvals.withdraw(caller=caller_of(request), request=_own(request, number))
    messages.success(request, "Withdrawn.")
    return redirect("approval", number)


@require_POST
def run(request: HttpRequest, number: int) -> HttpResponse:
    """Carry out what was approved."""
    form = SubmittedOnce(request.POST)
    if not form.is_valid():
        raise Http404("This form is incomplete.")
    try:
        approved.run(caller=caller_of(request), approved=_own(request, number), intent=form.cleaned_data["intent"])
    except Account.DoesNotExist as error:
        raise Http404("The credential that this was asked for with is not yours any more.") from error
    return redirect("approval", number)


def _any(number: int) -> ApprovalRequest:
    found = ApprovalRequest.objects.select_related("account__credential", "asker").filter(pk=number).first()
    if found is None:
        raise Http404(NOT_KEPT)
    return found


def _own(request: HttpRequest, number: int) -> ApprovalRequest:
    found = _any(number)
    if found.asker_id != person(request).pk:
        raise Http404(NOT_KEPT)
    return found


def _visible(request: HttpRequest, number: int) -> ApprovalRequest:
    found = _any(number)
    if not approvals.may_see(person(request), found):
        raise Http404(NOT_KEPT)
    return found
