"""A question before something is done: a dialog for htmx, else a page."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import reswap, retarget

from queues_app.parts import wants_part


def put(
    request: HttpRequest,
    body: str,
    context: dict[str, Any],
    *,
    around: Callable[[], dict[str, Any]],
    status: int = HTTPStatus.OK,
    page: str = "queues/question.html",
) -> HttpResponse:
    """Put a question, or say why there is none.

    body     the template of the question's form
    context  `question`; or `problems` and `back`, with `nothing` in place of "Nothing was sent"
    around   what the page needs besides; a dialog does not ask for it
    """
    if wants_part(request):
        dialog = render(request, "components/dialog.html", {**context, "body": body, "in_dialog": True}, status=status)
        # Also where the button, having mostly no question, named another place for its answer.
        return retarget(reswap(dialog, "innerHTML"), "#dialogs")
    return render(request, page, {**around(), **context, "body": body}, status=status)
