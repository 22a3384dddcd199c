"""Where an act needs a second person: the question that asks for the approval, in place of the act."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from queues_app.callers import person
from queues_app.operations import approvals
from queues_app.operations.approvals import Act
from queues_app.rows.approvals import asking
from queues_app.views.questions import put


def first(request: HttpRequest, act: Act) -> HttpResponse | None:
    """The question that asks for the approval, in place of the usual one; None where no second person is needed."""
    return _put(request, act, HTTPStatus.OK) if approvals.stands_before(act) else None


def instead(request: HttpRequest, act: Act) -> HttpResponse:
    """The same in answer to an attempt without an approval, which is on the record."""
    return _put(request, act, HTTPStatus.CONFLICT)


def again(request: HttpRequest, act: Act, *, reason: str, problem: str) -> HttpResponse:
    """The same with what was typed, and what is wrong with it."""
    return _put(request, act, HTTPStatus.UNPROCESSABLE_ENTITY, reason=reason, problem=problem)


def _put(request: HttpRequest, act: Act, status: int, *, reason: str = "", problem: str = "") -> HttpResponse:
    """What would be done, a field for why, and the button that asks for it. A dialog for htmx, else a page."""
    return put(
        request,
        "approvals/ask.html",
        {"question": asking(act, person(request), reason=reason, problem=problem)},
        around=dict,
        status=status,
        page="approvals/question.html",
    )
