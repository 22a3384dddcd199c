"""The audit log as a file: first the question, then the file, and how far it is."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.audit import AuditExportForm, AuditFilterForm
from queues_app.forms.words import errors_in_words
from queues_app.operations import audit_answers, audit_export, history, receipts
from queues_app.parts import inert_pieces, wants_part
from queues_app.rows import audit_answers as answers
from queues_app.rows import audit_export as rows
from queues_app.rows import file_names
from queues_app.rows.export import MEDIA_TYPES


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Ask what the file should be; after the submit the file itself, written while it is read."""
    form = AuditExportForm(request.POST) if request.method == "POST" else AuditFilterForm(request.GET)
    if request.method != "POST" or not form.is_valid():
        audit_export.require(caller=caller_of(request))
        return _ask(request, form)
    kind, intent = form.cleaned_data["format"], form.cleaned_data["intent"]
    try:
        file = audit_export.begin(
            caller=caller_of(request),
            chosen=form.chosen(person(request).tzinfo),
            asked=form.asked(),
            form=kind,
            intent=intent,
        )
    except AlreadySubmittedError:
        return redirect("audit_export_progress", intent)
    return inert_pieces(file.pieces, MEDIA_TYPES[kind], file_names.of_audit(timezone.now(), kind))


@require_safe
def progress(request: HttpRequest, intent: UUID) -> HttpResponse:
    """How far an own export is. For htmx the part that asks again by itself."""
    entry = receipts.by_intent(caller=caller_of(request), intent=intent)
    template = "audit/export_progress.html#progress" if wants_part(request) else "audit/export_progress.html"
    return render(request, template, {"progress": rows.progress(intent, entry)})


def _ask(request: HttpRequest, form: AuditFilterForm) -> HttpResponse:
    is_readable = form.is_valid() or not {*form.errors} & {*AuditFilterForm.base_fields}
    question = rows.question(
        form.asked() if is_readable else {},
        queues=answers.queue_choices(audit_answers.queues(person(request))),
        sees_all=history.sees_all(person(request)),
        chosen=form.data.get("format", ""),
        problems=errors_in_words(form),
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "audit/export.html", {"question": question, "is_readable": is_readable}, status=status)
