"""The theme, the time zone and the refresh interval."""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from queues_app.callers import person
from queues_app.forms.preferences import PreferencesForm
from queues_app.parts import sent_from

YEAR_S: Final = 365 * 24 * 60 * 60


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen and go back to where it was chosen."""
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return render(request, "errors/preferences.html", {"form": form}, status=422)
    if zone := form.cleaned_data["zone"]:
        user = person(request)
        user.zone = zone
        user.save(update_fields=["zone"])
    response = HttpResponseRedirect(sent_from(request))
    for name in ("theme", "refresh"):
        value = form.cleaned_data[name]
        if value not in (None, ""):
            # Readable by our scripts on purpose: they hold no secret, and theme.js and refresh.js set them too.
            response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure())
    return response
