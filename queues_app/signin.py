"""Signing in by django-allauth, closed to strangers, with each attempt on the record.

An entry is written before the session begins: where the audit log cannot be written, nobody signs in. Signing out
only takes away, so it is never refused.
"""

import logging
from http import HTTPStatus
from typing import Any, ClassVar, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from dashboard.request_id import current_request_id
from queues_app import audit
from queues_app.audit import AuditUnavailableError, Caller
from queues_app.callers import address_of, caller_of
from queues_app.expected import ExpectedError
from queues_app.models import Action, User

logger = logging.getLogger(__name__)

# allauth's word for whoever comes by another place, in the session's record of what was proven.
BY_ANOTHER: Final = "socialaccount"


class WrongPasswordError(ExpectedError):
    """Name and password do not belong together."""

    sentence = "User name and password do not belong together."
    reason = "wrong-password"


class AccountClosedError(ExpectedError):
    """The password was right, and the person may not sign in any more."""

    sentence = "This account is closed."
    reason = "account-closed"
    is_refusal = True


class TooManyAttemptsError(ExpectedError):
    """The rate limit on failed attempts holds."""

    sentence = "Too many attempts; the password was not looked at."
    reason = "too-many-attempts"
    is_refusal = True


class LocalSignInOffError(ExpectedError):
    """LOCAL_SIGN_IN is off: nobody has a password or a passkey here that opens anything."""

    sentence = "Passwords, passkeys and invitations are switched off on this server. Sign in by the other way."
    reason = "local-sign-in-off"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


class ElsewhereError(ExpectedError):
    """Whom another place answers for cannot pass it by with a password or a passkey of here."""

    sentence = "Another place answers for you: sign in by it, not by a password or a passkey."
    reason = "signs-in-elsewhere"
    http_status = HTTPStatus.FORBIDDEN
    is_refusal = True


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's hooks."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WrongPasswordError.sentence,
        "too_many_login_attempts": "Too many attempts. Wait a few minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Back to this host only: the others of ALLOWED_HOSTS may be anybody's below a name."""
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, require_https=self.request.is_secure())

    def get_client_ip(self, request: HttpRequest) -> str:
        address = address_of(request)
        if address is None:
            raise PermissionDenied("The address of the client cannot be told.")
        return address

    def pre_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse | None:
        """After the first step, whichever it was."""
        first = get_authentication_records(request, user)[-1:]
        if not any(record["method"] == BY_ANOTHER for record in first):
            why: ExpectedError | None = None if settings.LOCAL_SIGN_IN else LocalSignInOffError()
            if SocialAccount.objects.filter(user=user).exists():
                why = ElsewhereError()
            if why is not None:
                audit.refuse(caller=caller_named(request, user, user.get_username()), action=Action.SIGN_IN, why=why)
                raise why
        response: HttpResponse | None = super().pre_login(request, user, **hooks)
        return response

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        caller = caller_named(request, user if isinstance(user, User) else None, user.get_username())
        with audit.record(caller=caller, action=Action.SIGN_IN, parameters={"by": _proofs(request, user)}) as record:
            super().login(request, user)
            record.ok()

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            try:
                with audit.record(caller=caller_of(request), action=Action.SIGN_OUT) as record:
                    record.ok()
            except AuditUnavailableError:
                # Whoever leaves a shared machine must get out.
                logger.warning("Somebody signed out without an entry: the audit log cannot be written.")
        super().logout(request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """How somebody at an open browser shows that it is theirs, before something of their sign-in changes."""
        methods = [
            {"id": "reauthenticate", "description": "Use your password", "url": reverse("account_reauthenticate")},
            {"id": "mfa_reauthenticate", "description": "Use a code", "url": reverse("mfa_reauthenticate")},
        ]
        usable = {flow["id"] for flow in get_reauthentication_flows(user)}
        return [method for method in methods if method["id"] in usable]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._record_failure(request, credentials, TooManyAttemptsError())
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._record_failure(request, credentials, WrongPasswordError())

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        caller = caller_named(request, user, user.get_username())
        audit.refuse(caller=caller, action=Action.SIGN_IN, why=AccountClosedError())
        response: HttpResponse = super().respond_user_inactive(request, user)
        return response

    def _record_failure(self, request: HttpRequest, credentials: dict[str, Any], why: ExpectedError) -> None:
        # In whatever case it was typed: allauth finds the person all the same.
        user = User.objects.filter(username__iexact=credentials.get("username", "")).first()
        # A name that nobody has may be a password typed into the wrong field: it is not written down.
        caller = caller_named(request, user, user.get_username() if user else "somebody unknown")
        # Somebody who is signed in was asked once more who it is.
        action = Action.CONFIRM if request.user.is_authenticated else Action.SIGN_IN
        audit.refuse(caller=caller, action=action, why=why)


def _proofs(request: HttpRequest, user: AbstractBaseUser) -> str:
    """By what somebody signs in: password, code, recovery code, passkey, or the place that answers for them."""
    named = {"totp": "code", "recovery_codes": "recovery code", "webauthn": "passkey"}
    records = get_authentication_records(request, user)
    return ", ".join(
        dict.fromkeys(
            record["provider"]
            if record["method"] == BY_ANOTHER
            else named.get(record.get("type", ""), record["method"])
            for record in records
        )
    )


def refuse_stranger(request: HttpRequest, why: ExpectedError, **parameters: str) -> None:
    """Write down a sign-in that came to nothing before it was clear whose it is.

    Raises AuditUnavailableError.
    """
    caller = caller_named(request, None, "somebody unknown")
    audit.refuse(caller=caller, action=Action.SIGN_IN, why=why, parameters=parameters)


def require_local(request: HttpRequest) -> None:
    """Raise LocalSignInOffError where nobody signs in by what is kept here; on the record when a form was sent."""
    if settings.LOCAL_SIGN_IN:
        return
    if request.method == "POST":
        refuse_stranger(request, LocalSignInOffError())
    raise LocalSignInOffError


def caller_named(request: HttpRequest, user: User | None, name: str) -> Caller:
    """Somebody who is not signed in yet, in the words of the record."""
    return Caller(user=user, user_name=name, address=address_of(request), request_id=current_request_id.get())
