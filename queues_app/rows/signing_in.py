"""What the sign-in page gets of the ways past it."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from queues_app.identity import cloudflare_access, oidc


@dataclass(frozen=True, slots=True)
class Way:
    """One button: `Sign in with …`."""

    name: str
    url: str


def ways(request: HttpRequest, *, back: str) -> tuple[Way, ...]:
    """Those that are open to this browser. `back` is where it wants to go, or empty."""
    found = []
    if oidc.is_on():
        query = f"?{urlencode({'next': back})}" if back else ""
        found.append(Way(settings.OIDC_NAME, reverse("oidc_start") + query))
    if cloudflare_access.is_on() and cloudflare_access.HEADER in request.headers:
        # Any page signs in who brings the header.
        found.append(Way(cloudflare_access.BY, back or reverse("home")))
    return tuple(found)
