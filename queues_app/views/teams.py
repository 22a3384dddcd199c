"""Teams: for those who manage them, and to read for those who belong to one. Other teams do not exist for anybody."""

from typing import Final
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from queues_app.access import TEAM_ROLES
from queues_app.audit import AlreadySubmittedError
from queues_app.callers import caller_of, person
from queues_app.forms.teams import MemberForm, NameForm, NewTeamForm
from queues_app.forms.words import errors_in_words
from queues_app.models import Action, Membership, Team, User
from queues_app.operations import teams
from queues_app.operations.teams import TeamNameTakenError
from queues_app.parts import see_other
from queues_app.rows import teams as rows

READ: Final = ("GET", "HEAD")
UNPROCESSABLE: Final = 422


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The teams that this person knows of."""
    user = person(request)
    found = teams.visible(user).prefetch_related("memberships", "shares")
    return render(request, "teams/index.html", {"teams": rows.team_rows(found), "manages": teams.manages(user)})


@require_http_methods([*READ, "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new team. The same form twice makes one."""
    teams.require(caller=caller_of(request))
    if request.method != "POST":
        return _add(request, NewTeamForm())
    form = NewTeamForm(request.POST)
    if form.is_valid():
        try:
            made = teams.add(caller=caller_of(request), **form.cleaned_data)
        except AlreadySubmittedError:
            return redirect("teams")
        except TeamNameTakenError as error:
            form.add_error("name", error.sentence)
        else:
            messages.success(request, f"{made.name} is a team now. Add its people.")
            return see_other(request, _address(made))
    return _add(request, form, status=UNPROCESSABLE)


@require_safe
def detail(request: HttpRequest, team: int) -> HttpResponse:
    """One team: its people, and what is shared with it."""
    return _detail(request, _found(request, team))


@require_http_methods([*READ, "POST"])
def rename(request: HttpRequest, team: int) -> HttpResponse:
    found = _managed(request, team, Action.TEAM_RENAME)
    if request.method != "POST":
        return see_other(request, _address(found))
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            teams.rename(caller=caller_of(request), team=found, name=form.cleaned_data["name"])
        except TeamNameTakenError as error:
            form.add_error("name", error.sentence)
        else:
            messages.success(request, f"The team is called {found.name} now.")
            return see_other(request, _address(found))
    return _detail(request, _found(request, team), naming=form)


@require_http_methods([*READ, "POST"])
def remove(request: HttpRequest, team: int) -> HttpResponse:
    """The question first."""
    found = _managed(request, team, Action.TEAM_REMOVE)
    if request.method != "POST":
        return render(request, "teams/remove.html", {"name": found.name, "number": team})
    teams.remove(caller=caller_of(request), team=found)
    messages.success(request, f"The team {found.name} is removed. What was shared with it is shared no more.")
    return see_other(request, reverse("teams"))


@require_http_methods([*READ, "POST"])
def put(request: HttpRequest, team: int) -> HttpResponse:
    """Somebody new, or another role for a member."""
    found = _managed(request, team, Action.MEMBER_ADD)
    if request.method != "POST":
        return see_other(request, _address(found))
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _detail(request, found, joining=form)
    who, role = form.cleaned_data["person"], form.cleaned_data["role"]
    teams.put(caller=caller_of(request), team=found, person=who, role=role)
    messages.success(request, f"{who.get_username()} is {role} in {found.name} now.")
    return see_other(request, _address(found))


@require_POST
def take_out(request: HttpRequest, team: int, member: int) -> HttpResponse:
    found = _managed(request, team, Action.MEMBER_REMOVE)
    leaving = get_object_or_404(Membership.objects.select_related("team", "user"), pk=member, team=found)
    teams.take_out(caller=caller_of(request), member=leaving)
    messages.success(request, f"{leaving.user.get_username()} belongs to {found.name} no more.")
    return see_other(request, _address(found))


def _found(request: HttpRequest, team: int) -> Team:
    return get_object_or_404(teams.visible(person(request)).distinct(), pk=team)


def _managed(request: HttpRequest, team: int, action: Action) -> Team:
    """For whoever manages teams; the attempt of a member, who may only read it, is on the record."""
    found = _found(request, team)
    teams.require(caller=caller_of(request), action=action, parameters={"team": found.name})
    return found


def _add(request: HttpRequest, form: NewTeamForm, *, status: int = 200) -> HttpResponse:
    return render(request, "teams/add.html", {"form": form, "intent": str(uuid4())}, status=status)


def _detail(
    request: HttpRequest, team: Team, *, naming: NameForm | None = None, joining: MemberForm | None = None
) -> HttpResponse:
    members = team.memberships.select_related("user")
    context = {
        "team": team.pk,
        "name": team.name,
        "members": rows.member_rows(members),
        "shared": rows.shared_with(team.shares.select_related("credential__owner")),
        "manages": teams.manages(person(request)),
        "naming": naming or NameForm(initial={"name": team.name}),
        "roles": TEAM_ROLES,
        "others": User.objects.filter(is_active=True).exclude(memberships__team=team).order_by("username"),
        "problems": errors_in_words(joining) if joining else (),
    }
    return render(request, "teams/detail.html", context, status=UNPROCESSABLE if naming or joining else 200)


def _address(team: Team) -> str:
    return reverse("team", args=[team.pk])
