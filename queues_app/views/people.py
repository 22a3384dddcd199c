"""People, for those who manage them: list, invite, change a role, close and reopen. And the page that a link opens."""

from typing import Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from queues_app import access
from queues_app.access import ROLES, Permission
from queues_app.callers import caller_of, person
from queues_app.forms.people import InviteForm, JoinForm, RoleForm
from queues_app.models import Invitation, User
from queues_app.operations import invitations, people
from queues_app.parts import see_other
from queues_app.rows import people as rows
from queues_app.signin import caller_named, require_local

READ: Final = ("GET", "HEAD")
UNPROCESSABLE: Final = 422


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Everybody, and the invitations that are open."""
    user = _manager(request)
    now = timezone.now()
    with_factor = set(Authenticator.objects.values_list("user_id", flat=True))
    everybody = User.objects.prefetch_related("groups").order_by("-is_active", "username")
    context = {
        "people": [
            rows.person_row(each, has_factor=each.pk in with_factor, now=now, zone=user.tzinfo) for each in everybody
        ],
        "may_invite": settings.LOCAL_SIGN_IN,
        "invitations": rows.invitation_rows(Invitation.objects.open(now), now=now, zone=user.tzinfo),
    }
    return render(request, "people/index.html", context)


@require_http_methods([*READ, "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """The link stands in the answer and nowhere else."""
    if request.method != "POST":
        _manager(request)
        return render(request, "people/invite.html", {"form": InviteForm(), "roles": ROLES})
    form = InviteForm(request.POST)
    if not form.is_valid():
        _manager(request)
        return render(request, "people/invite.html", {"form": form, "roles": ROLES}, status=UNPROCESSABLE)
    word = invitations.invite(caller=caller_of(request), **form.cleaned_data)
    link = request.build_absolute_uri(f"{reverse('join')}?{urlencode({'word': word})}")
    return render(request, "people/invited.html", {"link": link, **form.cleaned_data})


@require_POST
def withdraw(request: HttpRequest, invitation: int) -> HttpResponse:
    _manager(request)
    found = get_object_or_404(Invitation, pk=invitation)
    invitations.withdraw(caller=caller_of(request), invitation=found)
    messages.success(request, "The invitation is withdrawn: its link opens nothing any more.")
    return see_other(request, reverse("people"))


@require_safe
def detail(request: HttpRequest, number: int) -> HttpResponse:
    """One person."""
    return _detail(request, RoleForm(), _found(request, number))


@require_http_methods([*READ, "POST"])
def role(request: HttpRequest, number: int) -> HttpResponse:
    found = _found(request, number)
    if request.method != "POST":
        return redirect("person", number)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _detail(request, form, found, status=UNPROCESSABLE)
    people.set_role(caller=caller_of(request), person=found, role=form.cleaned_data["role"])
    messages.success(request, f"{found.get_username()} is {form.cleaned_data['role']} now.")
    return see_other(request, reverse("person", args=[number]))


@require_http_methods([*READ, "POST"])
def close(request: HttpRequest, number: int) -> HttpResponse:
    """The question first."""
    found = _found(request, number)
    if request.method != "POST":
        return render(request, "people/close.html", {"name": found.get_username(), "number": number})
    people.close(caller=caller_of(request), person=found)
    messages.success(request, f"The account of {found.get_username()} is closed, and every session of it has ended.")
    return see_other(request, reverse("people"))


@require_POST
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    found = _found(request, number)
    people.reopen(caller=caller_of(request), person=found)
    messages.success(request, f"{found.get_username()} may sign in again.")
    return see_other(request, reverse("person", args=[number]))


@require_http_methods([*READ, "POST"])
def forget_factors(request: HttpRequest, number: int) -> HttpResponse:
    """The question first: it takes away what guards an account."""
    found = _found(request, number)
    if request.method != "POST":
        return render(request, "people/factors.html", {"name": found.get_username(), "number": number})
    people.forget_factors(caller=caller_of(request), person=found)
    messages.success(request, f"{found.get_username()} signs in by the password alone now.")
    return see_other(request, reverse("person", args=[number]))


@login_not_required
@sensitive_post_parameters("word", "new")
@require_http_methods([*READ, "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Whoever has the link chooses a name and a password. It is a query, because access logs are without queries."""
    require_local(request)
    word = (request.POST if request.method == "POST" else request.GET).get("word", "")
    invitation = invitations.find(word)
    context = {"word": word, "role": invitation.role, "full_name": invitation.full_name, "by": invitation.invited_by}
    if request.method != "POST":
        form = JoinForm(full_name=invitation.full_name)
        return render(request, "people/join.html", {**context, "form": form})
    form = JoinForm(request.POST, full_name=invitation.full_name)
    if form.is_valid():
        name = form.cleaned_data["name"]
        caller = caller_named(request, None, name)
        try:
            invitations.join(caller=caller, word=word, name=name, password=form.cleaned_data["new"])
        except invitations.NameTakenError as error:
            form.add_error("name", error.sentence)
        else:
            messages.success(request, f"Welcome, {name}. Now sign in.")
            return see_other(request, reverse("account_login"))
    return render(request, "people/join.html", {**context, "form": form}, status=UNPROCESSABLE)


def _manager(request: HttpRequest) -> User:
    user = person(request)
    access.require(user, Permission.MANAGE_PEOPLE)
    return user


def _found(request: HttpRequest, number: int) -> User:
    _manager(request)
    return get_object_or_404(User, pk=number)


def _detail(request: HttpRequest, form: RoleForm, found: User, *, status: int = 200) -> HttpResponse:
    has_factor = Authenticator.objects.filter(user=found).exists()
    row = rows.person_row(found, has_factor=has_factor, now=timezone.now(), zone=person(request).tzinfo)
    return render(request, "people/detail.html", {"person": row, "form": form, "roles": ROLES}, status=status)
