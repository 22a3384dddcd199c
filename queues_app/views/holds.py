"""Legal holds on audit entries, and what is kept for how long."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.holds import HoldForm
from queues_app.models import AuditHold
from queues_app.operations import holds
from queues_app.operations.holds import AlreadyLiftedError
from queues_app.rows import holds as rows


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The holds, those that were lifted too."""
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new hold. The same form twice makes one."""
    holds.require(caller=caller_of(request))
    if request.method != "POST":
        return redirect("holds")
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    columns = form.columns(person(request).tzinfo)
    try:
        hold = holds.add(caller=caller_of(request), intent=form.cleaned_data["intent"], **columns)
    except AlreadySubmittedError:
        return redirect("holds")
    messages.success(request, f"From now on held: {hold.reason}.")
    return redirect("holds")


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, hold: int) -> HttpResponse:
    """The question first."""
    try:
        found = holds.find(caller=caller_of(request), number=hold)
    except AuditHold.DoesNotExist as error:
        raise Http404("There is no such hold.") from error
    if request.method != "POST" and found.lifted_at is None:
        row = rows.hold_row(found, zone=person(request).tzinfo, now=timezone.now())
        return render(request, "audit/lift.html", {"hold": row, "days": settings.AUDIT_RETENTION_DAYS})
    try:
        holds.lift(caller=caller_of(request), hold=found)
    except AlreadyLiftedError as error:
        messages.info(request, error.sentence)
    else:
        messages.success(request, f"Lifted: {found.reason}.")
    return redirect("holds")


def _page(request: HttpRequest, form: HoldForm | None = None) -> HttpResponse:
    zone, now = person(request).tzinfo, timezone.now()
    kept = holds.kept(caller=caller_of(request))
    context = {
        "holds": rows.hold_rows(kept.holds, zone=zone, now=now),
        "fields": rows.fields_of(form),
        "kept": rows.kept_row(kept, zone=zone, now=now),
    }
    status = HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "audit/holds.html", context, status=status)
