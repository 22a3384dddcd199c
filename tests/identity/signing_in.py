"""What a browser does to sign in by OpenID Connect."""

from typing import Any

from django.test import Client

from queues_app.models import Action, AuditEntry
from tests.identity.provider import Provider
from tests.views.people.signing import is_signed_in

START = "/sign-in/oidc/"


def begin(browser: Client, back: str = "") -> str:
    answer = browser.get(START, {"next": back} if back else {})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def go(browser: Client, provider: Provider, sub: str = "ana") -> Any:
    return browser.get(provider.agree(begin(browser), sub))


def entry(action: Action = Action.SIGN_IN) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).latest("pk")


def refused(browser: Client, answer: Any, reason: str, *, status: int = 403) -> None:
    assert (answer.status_code, is_signed_in(browser)) == (status, False)
    assert (entry().reason, entry().parameters) == (reason, {"by": "OIDC"})
