"""Send: typed, from a file, or a kept copy again. First a preview that is kept; then one step after another."""

from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from queues_app.callers import caller_of, person
from queues_app.forms.sending import FORMATS, AgainForm, FileForm, StepForm, TypedForm
from queues_app.forms.words import errors_in_words
from queues_app.models import Account, Sending, SendingState, Source
from queues_app.operations import drafts, sendings
from queues_app.operations import send_again as again
from queues_app.operations import sending as steps
from queues_app.operations.approvals import ApprovalNeededError
from queues_app.operations.drafts import Draft, Flaw
from queues_app.operations.sending_files import FileError
from queues_app.parts import see_other, wants_part
from queues_app.rows import sending as rows
from queues_app.rows.queue_words import plain
from queues_app.rows.send_again import again_page
from queues_app.views import asking, finding_kept
from queues_app.views import message_pages as pages
from queues_app.views.lookups import own_account, own_sending, visible_batch

TOO_LARGE = "The file is larger than 10 MB. Send it in parts."


def send(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """The Send tab; a POST prepares what was typed and leads to its preview."""
    place = own_account(request, account)
    sendings.require(caller=caller_of(request), account=place, queue_id=queue_id)
    if request.method != "POST":
        return _forms(request, place, queue_id, status=HTTPStatus.OK)
    form = TypedForm(request.POST)
    if request.POST.get("act") == "add":
        added = [*form.bodies, ""][: drafts.MAX_AT_ONCE]
        return _forms(request, place, queue_id, typed=added, status=HTTPStatus.OK)
    if not form.is_valid():
        return _forms(request, place, queue_id, form=form, typed=form.bodies)
    found = form.found()
    flaws = [each for each in found if isinstance(each, Flaw)]
    if flaws:
        return _forms(request, place, queue_id, form=form, typed=form.bodies, flaws=flaws)
    return _prepared(request, place, queue_id, found, Source.FORM)


def send_file(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """Prepare the messages of a file, and go to their preview."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("send", account, queue_id)
    sendings.require(caller=caller_of(request), account=place, queue_id=queue_id)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        problems = errors_in_words(form)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            problems = [TOO_LARGE]
        return _forms(request, place, queue_id, file_problems=problems)
    try:
        found = form.found()
    except FileError as error:
        return _forms(request, place, queue_id, file_problems=[str(error)])
    if not any(isinstance(each, Draft) for each in found):
        flaws = [each for each in found if isinstance(each, Flaw)]
        return _forms(request, place, queue_id, file_problems=["No line of the file can be sent."], file_flaws=flaws)
    return _prepared(request, place, queue_id, found, Source.FILE, file_name=form.cleaned_data["file"].name)


def sending(request: HttpRequest, account: int, queue_id: str, sending: UUID) -> HttpResponse:
    """One sending: its preview, how it stands, what came of it. Only a POST takes a step."""
    place = own_account(request, account)
    shown = own_sending(request, place, queue_id, sending)
    sendings.require(caller=caller_of(request), account=place, queue_id=queue_id)
    if request.method != "POST":
        return _page(request, shown)
    form = StepForm(request.POST)
    if not form.is_valid():
        return _page(request, shown, problem="This form is incomplete. Load the page again.")
    if form.cleaned_data["act"] == "send" and _must_choose(shown, form):
        return _page(request, shown, problem="Some lines cannot be sent. Choose to leave them out, or mend the file.")
    if form.cleaned_data["act"] == "send" and steps.takes_two(shown):
        return _ask(request, shown)
    # A step that was taken before changes nothing, and the page says how it stands.
    try:
        with suppress(steps.StepTakenError):
            _step(request, shown, form)
    except (steps.StillUnderWayError, steps.ApprovedOnceError) as why:
        return _page(request, shown, problem=why.sentence)
    if not wants_part(request):
        return see_other(request, reverse("sending", args=[account, queue_id, sending]))
    shown = own_sending(request, place, queue_id, sending)
    goes_on = form.cleaned_data["act"] == "send" and shown.state == SendingState.RUNNING
    return _page(request, shown, goes_on=goes_on, status=HTTPStatus.OK)


def send_again(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """Kept messages once more, to this queue or another: a form first, which a POST turns into a preview."""
    place = own_account(request, account)
    shown = visible_batch(request, place, queue_id, batch)
    sendings.require(caller=caller_of(request), account=place, queue_id=queue_id)
    data = request.POST if request.method == "POST" else request.GET
    if request.method == "POST" and data.get("step") == "confirm":
        return see_other(request, _again_url(request, data))
    targets = again.targets(user=person(request), here=place, queue_id=queue_id, queue_name=shown.queue_name)
    form = AgainForm(data, message_count=shown.message_count, targets=[(value, name) for value, name, _ in targets])
    is_valid = form.is_valid()
    copies = again.copies(caller=caller_of(request), batch=shown, positions=form.cleaned_data.get("position", []))
    problems: list[str] = []
    flaws: list[Flaw] = []
    if request.method == "POST" and is_valid:
        found = _again_found(form, copies)
        flaws = [each for each in found if isinstance(each, Flaw)]
        if not flaws or (data.get("leave_out") and len(flaws) < len(found)):
            pk, _, target = form.cleaned_data["target"].partition(":")
            to = own_account(request, int(pk))
            again.require_masks(caller=caller_of(request), batch=shown, copies=copies, to=to, queue_id=target)
            good = [each for each in found if isinstance(each, Draft)]
            return _prepared(request, to, target, good, Source.AGAIN, batch_id=shown.pk)
    elif request.method == "POST" or not copies:
        problems = [str(error) for name, errors in form.errors.items() for error in errors if name != "target" or data]
    head, _ = pages.around(request, place, queue_id, shown)
    page = again_page(
        shown,
        copies,
        targets=targets,
        data=data,
        flaws=flaws,
        problems=problems,
        back=finding_kept.batch_url(request, shown),
    )
    is_wrong = request.method == "POST" and (problems or flaws)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return render(request, "sending/again.html", {**head, **pages.asked_in(request), "page": page}, status=status)


def _again_url(request: HttpRequest, data: QueryDict) -> str:
    """What was chosen, as it was named; the form says what is wrong with it, also that it is one too many."""
    positions = data.getlist("position")[: drafts.MAX_AT_ONCE + 1]
    asked = finding_kept.asked_of(request)
    return f"{request.path}?{urlencode([*(('position', at[:9]) for at in positions), *asked])}"


def _again_found(form: AgainForm, copies: Sequence[again.Copy]) -> list[Draft | Flaw]:
    """Only a single message can be edited, or be given another type."""
    cleaned = form.cleaned_data
    body = form.bodies[0] if len(copies) == 1 and form.bodies else None
    chosen = (cleaned["content_type"] or None) if len(copies) == 1 else None
    return [copy.draft(body, chosen, cleaned["delay"]) for copy in copies]


def _must_choose(shown: Sending, form: StepForm) -> bool:
    if shown.state != SendingState.READY or form.cleaned_data["leave_out"]:
        return False
    return bool(sendings.contents(shown).flaws)


def _ask(request: HttpRequest, shown: Sending) -> HttpResponse:
    """The question for a second person; a page that was there before the rule learns of it first."""
    if wants_part(request):
        return _page(request, shown, problem=ApprovalNeededError.sentence)
    return asking.first(request, steps.planned(shown)) or _page(request, shown)


def _step(request: HttpRequest, shown: Sending, form: StepForm) -> None:
    caller, cleaned = caller_of(request), form.cleaned_data
    if cleaned["act"] == "pause":
        steps.pause(caller=caller, sending=shown)
    elif cleaned["act"] == "again":
        steps.again(caller=caller, sending=shown, number=cleaned["step"], word=cleaned["word"])
    else:
        steps.step(caller=caller, sending=shown, number=cleaned["step"], by_itself=cleaned["by_itself"])


def _prepared(
    request: HttpRequest, account: Account, queue_id: str, found: Sequence[Draft | Flaw], source: Source, **kept: Any
) -> HttpResponse:
    made = sendings.prepare(
        caller=caller_of(request), account=account, queue_id=queue_id, found=found, source=source, **kept
    )
    return see_other(request, reverse("sending", args=[account.pk, queue_id, made.pk]))


def _page(
    request: HttpRequest, shown: Sending, *, problem: str = "", goes_on: bool = False, status: int | None = None
) -> HttpResponse:
    takes_two = steps.takes_two(shown)
    page = rows.sending_page(
        shown,
        sendings.shown(shown),
        sendings.entries(shown),
        takes_two=takes_two,
        asked=steps.open_request(shown) if takes_two else None,
        zone=person(request).tzinfo,
        now=timezone.now(),
    )
    context = {"page": page, "problem": problem, "goes_on": goes_on}
    status = status or (HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)
    if wants_part(request):
        return render(request, "sending/sending.html#sending", context, status=status)
    head, _ = pages.around(request, shown.account, shown.queue_id, tab="send")
    return render(request, "sending/sending.html", {**head, **context}, status=status)


def _forms(
    request: HttpRequest,
    account: Account,
    queue_id: str,
    *,
    form: TypedForm | None = None,
    typed: Sequence[str] = ("",),
    flaws: Sequence[Flaw] = (),
    file_problems: Sequence[str] = (),
    file_flaws: Sequence[Flaw] = (),
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    """The Send tab with everything that was typed."""
    user, now, data = person(request), timezone.now(), request.POST
    head, known = pages.around(request, account, queue_id, tab="send")
    recent = sendings.recent(owner=user, account=account, queue_id=queue_id)
    errors = form.errors if form is not None else {}
    shown = rows.SendForms(
        **rows.send_urls(account, queue_id),
        queue=plain(known.queue.name if known else queue_id),
        account=account.name,
        environment=account.environment,
        fields=rows.body_fields(typed or ("",), flaws),
        content_type="json" if file_problems else data.get("content_type", "json"),
        delay=data.get("delay", ""),
        split=bool(data.get("split")),
        problems=tuple(str(error) for name, each in errors.items() if name != "delay" for error in each),
        delay_error=str(errors["delay"][0]) if "delay" in errors else "",
        can_add=len(typed) < drafts.MAX_AT_ONCE,
        file_problems=tuple(file_problems),
        flaws=tuple(file_flaws[: rows.MOST_LINES]) or tuple(each for each in flaws if each.line > len(typed)),
        file_format=data.get("file_format", FORMATS[0][0]),
        column=data.get("column", ""),
        file_type=data.get("content_type", "text") if file_problems else "text",
        file_delay=data.get("delay", ""),
        recent=rows.recent_sendings(recent, zone=user.tzinfo, now=now),
    )
    context = {**head, "forms": shown, "formats": FORMATS}
    return render(request, "sending/send.html", context, status=status)
