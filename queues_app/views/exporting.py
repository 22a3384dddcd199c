"""Messages as a file: first the question, then the file."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods

from queues_app.callers import caller_of
from queues_app.forms.export import ExportForm
from queues_app.forms.words import errors_in_words
from queues_app.models import Batch
from queues_app.operations import export as exports
from queues_app.parts import inert
from queues_app.rows import file_names
from queues_app.rows.export import MEDIA_TYPES, ExportQuestion, export_question
from queues_app.views.lookups import own_account, visible_batch
from queues_app.views.message_pages import batch_url, put_question


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, account: int, queue_id: str, batch: UUID) -> HttpResponse:
    """Ask what the file should be; with step `do` the file itself."""
    shown = visible_batch(request, own_account(request, account), queue_id, batch)
    form = ExportForm(_typed(request), message_count=shown.message_count)
    if not form.is_valid():
        exports.require(caller=caller_of(request), batch=shown, positions=())
        return _ask(request, shown, form)
    positions = sorted(set(form.cleaned_data["position"]))
    if form.cleaned_data["step"] == "confirm":
        exports.require(caller=caller_of(request), batch=shown, positions=positions)
        return _ask(request, shown, form)
    kind = form.cleaned_data["format"]
    data = exports.many(caller=caller_of(request), batch=shown, positions=positions, form=kind)
    return inert(data, MEDIA_TYPES[kind], file_names.of_export(shown, kind))


def _typed(request: HttpRequest) -> QueryDict:
    """A GET only asks; it may name positions."""
    if request.method == "POST":
        return request.POST
    asked = QueryDict(mutable=True)
    asked.setlist("position", request.GET.getlist("position"))
    asked["step"] = "confirm"
    return asked


def _ask(request: HttpRequest, shown: Batch, form: ExportForm) -> HttpResponse:
    # Positions that are none of this batch's name nothing: the whole batch is never meant instead.
    problem = "position" in form.errors or "step" in form.errors
    question: ExportQuestion | None = None
    if not problem:
        question = export_question(
            shown,
            positions=sorted(set(form.cleaned_data["position"])),
            chosen=form.data.get("format", ""),
            problems=errors_in_words(form),
        )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context: dict[str, Any] = {"question": question}
    if question is None:
        context = {"problems": errors_in_words(form), "back": batch_url(shown), "nothing": "Nothing was exported"}
    return put_question(request, "messages/export.html", shown, context, status)
