"""What is said of an account as a whole, for everybody who reaches it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from queues_app.callers import caller_of, person
from queues_app.forms.credentials import ChoosingForm
from queues_app.operations import environments
from queues_app.rows import environments as rows
from queues_app.views.lookups import own_account


@require_http_methods(["GET", "HEAD", "POST"])
def environment(request: HttpRequest, account: int) -> HttpResponse:
    """Whether the account is for production or not: who chose, and another choice."""
    user, found = person(request), own_account(request, account)
    form = ChoosingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        chosen = form.cleaned_data["environment"]
        environments.choose(
            caller=caller_of(request), account=found, environment=chosen, seen=form.cleaned_data["seen"]
        )
        messages.success(request, f"{found.name} is marked {chosen}, for everybody who reaches it here.")
        return redirect("environment", account=found.pk)
    page = rows.page_of(
        found,
        environments.of(found),
        form=form,
        closed=environments.closed(user, found),
        is_alone=environments.is_alone(user, found),
        zone=user.tzinfo,
        now=timezone.now(),
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "accounts/environment.html", {"page": page}, status=status)
