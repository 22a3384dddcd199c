"""The page about oneself: name and roles, password, second factors, and where one is signed in."""

from typing import Final

from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.errors import too_many_requests
from queues_app import access, audit, formats
from queues_app.callers import caller_of, person
from queues_app.forms.you import PasswordForm
from queues_app.models import Action
from queues_app.operations import passwords, sessions
from queues_app.parts import see_other
from queues_app.rows import you as rows
from queues_app.signin import TooManyAttemptsError

READ: Final = ("GET", "HEAD")
UNPROCESSABLE: Final = 422


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = person(request)
    now = timezone.now()
    context = {
        "name": user.get_username(),
        "full_name": user.get_full_name(),
        "roles": formats.listed(list(user.groups.order_by("name").values_list("name", flat=True))),
        # Here and not in the header: the frame of a page costs one query, and rights are more.
        "manages_people": access.may(user, access.Permission.MANAGE_PEOPLE),
        "manages_teams": access.may(user, access.Permission.MANAGE_TEAMS),
        "teams": [f"{each.team.name}, {each.role}" for each in user.memberships.select_related("team")],
        "has_password": user.has_usable_password(),
        "factors": rows.factors_of(
            Authenticator.objects.filter(user=user).order_by("created_at"), now=now, zone=user.tzinfo
        ),
        "sessions": rows.session_rows(
            sessions.of(request, user), current=request.session.session_key, now=now, zone=user.tzinfo
        ),
    }
    return render(request, "you/index.html", context)


@sensitive_post_parameters("present", "new")
@require_http_methods([*READ, "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Another password. Whoever has none, since another place answers for them, is not offered one."""
    user = person(request)
    if not user.has_usable_password():
        return see_other(request, reverse("you"))
    if request.method != "POST":
        return render(request, "you/password.html", {"form": PasswordForm(user=user)})
    if not ratelimit.consume(request, action="change_password", user=user):
        audit.refuse(caller=caller_of(request), action=Action.PASSWORD, why=TooManyAttemptsError())
        return too_many_requests(request)
    form = PasswordForm(request.POST, user=user)
    if form.is_valid():
        try:
            passwords.change(
                request,
                caller=caller_of(request),
                present=form.cleaned_data["present"],
                new=form.cleaned_data["new"],
            )
        except passwords.PresentPasswordError as error:
            form.add_error("present", error.sentence)
        else:
            messages.success(request, "Your password is changed. Everywhere else you are signed out.")
            return see_other(request, reverse("you"))
    return render(request, "you/password.html", {"form": form}, status=UNPROCESSABLE)


@require_POST
def end_session(request: HttpRequest, session: int) -> HttpResponse:
    """Sign out one browser. The own one goes by the menu, so that it is on the record as signing out."""
    found = get_object_or_404(UserSession, pk=session, user=person(request))
    sessions.end(caller=caller_of(request), session=found)
    if found.session_key == request.session.session_key:
        logout(request)
        return see_other(request, reverse("account_login"))
    messages.success(request, f"Signed out: {rows.browser_of(found.user_agent)}, {found.ip}.")
    return see_other(request, reverse("you"))


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere; this browser too when the form says so."""
    everywhere = request.POST.get("this") == "too"
    count = sessions.end_others(caller=caller_of(request), keep=None if everywhere else request.session.session_key)
    if everywhere:
        logout(request)
        return see_other(request, reverse("account_login"))
    messages.success(request, f"Signed out in {formats.plural(count, 'other browser')}.")
    return see_other(request, reverse("you"))
