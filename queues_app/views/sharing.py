"""Share a credential of one's own with a team, change what it may do, withdraw it."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.teams import LimitsForm
from queues_app.models import Credential, Team
from queues_app.operations import sharing
from queues_app.parts import see_other
from queues_app.rows import teams as rows
from queues_app.views.lookups import own_credential

READ: Final = ("GET", "HEAD")
UNPROCESSABLE: Final = 422


@require_http_methods([*READ, "POST"])
def share(request: HttpRequest, credential: int, team: int) -> HttpResponse:
    """What each role of a team may do with it."""
    own, found = _found(request, credential, team)
    if request.method != "POST":
        return _page(request, own, found, None)
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _page(request, own, found, form)
    try:
        sharing.share(
            caller=caller_of(request),
            credential=own,
            team=found,
            limits=form.limits(),
            intent=form.cleaned_data["intent"],
        )
    except AlreadySubmittedError:
        return see_other(request, _address(own))
    messages.success(request, f"{own.display} is shared with {found.name}.")
    return see_other(request, _address(own))


@require_POST
def end(request: HttpRequest, credential: int, team: int) -> HttpResponse:
    """Withdraw it: it holds from the next request of everybody."""
    own, found = _found(request, credential, team)
    sharing.end(caller=caller_of(request), credential=own, team=found)
    messages.success(request, f"{own.display} is shared with {found.name} no more.")
    return see_other(request, _address(own))


def _found(request: HttpRequest, credential: int, team: int) -> tuple[Credential, Team]:
    """An own credential, and a team that one belongs to."""
    own = own_credential(request, credential)
    return own, get_object_or_404(Team.objects.of(person(request)), pk=team)


def _page(request: HttpRequest, own: Credential, team: Team, form: LimitsForm | None) -> HttpResponse:
    context = {
        "credential": own.pk,
        "label": own.label,
        "team": team.pk,
        "team_name": team.name,
        "fields": rows.share_fields(sharing.limits_of(own, team), form),
    }
    return render(request, "credentials/share.html", context, status=UNPROCESSABLE if form else 200)


def _address(own: Credential) -> str:
    return reverse("credential", args=[own.pk])
