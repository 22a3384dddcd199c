"""Where an act needs a second person: the question that asks for the approval, in place of the act."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from queues_app.callers import person
from queues_app.operations.approvals import Act
from queues_app.rows.approvals import asking
from queues_app.views.questions import put


def instead(request: HttpRequest, act: Act, *, reason: str = "", problem: str = "") -> HttpResponse:
    """What would be done, a field for why, and the button that asks for it. A dialog for htmx, else a page."""
    return put(
        request,
        "approvals/ask.html",
        {"question": asking(act, person(request), reason=reason, problem=problem)},
        around=dict,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.CONFLICT,
        page="approvals/question.html",
    )
