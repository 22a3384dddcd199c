"""What a pull would use up, asked for by a POST: only that peeks, and a peek is on the record."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from queues_app.callers import caller_of
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
from queues_app.forms.messages import ForecastForm, PullForm
from queues_app.operations import forecast as forecasts
from queues_app.parts import wants_part
from queues_app.rows.failure import failure_of
from queues_app.views import message_pages as pages
from queues_app.views.lookups import own_account


def forecast(request: HttpRequest, account: int, queue_id: str) -> HttpResponse:
    """The price of the pull that stands in the form: for htmx the price alone, else the page with what was typed."""
    place = own_account(request, account)
    if request.method != "POST":
        return redirect("queue", account, queue_id)
    form = ForecastForm(request.POST)
    found, problem, status = None, "", int(HTTPStatus.OK)
    if form.is_valid():
        try:
            found = forecasts.ask(
                caller=caller_of(request),
                account=place,
                queue_id=queue_id,
                batch_size=form.cleaned_data["batch_size"],
                shown=form.shown,
            )
        except (CloudflareError, ExpectedError) as error:
            if not wants_part(request):
                raise
            failure = failure_of(error)
            problem, status = failure.sentence, failure.status
    else:
        problem, status = form.in_words, HTTPStatus.UNPROCESSABLE_ENTITY
    if wants_part(request):
        return pages.price(request, place, queue_id, found, problem=problem, status=status)
    return pages.look_again(
        request, place, queue_id, pull_form=PullForm(request.POST), forecast=found, status=HTTPStatus(status)
    )
