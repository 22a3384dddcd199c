"""The ways to sign in: by what is kept here, and by a place that answers for people."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView
from allauth.core import ratelimit
from allauth.mfa.webauthn.views import LoginWebAuthnView
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from dashboard.errors import too_many_requests
from queues_app.identity import oidc
from queues_app.identity.tokens import UnprovenError
from queues_app.rows.signing_in import ways
from queues_app.signin import refuse_stranger, require_local


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):  # type: ignore[misc]
    """Name and password, and the way to every other way."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_local(request)
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = get_next_redirect_url(self.request) or ""
        more = {"has_local": settings.LOCAL_SIGN_IN, "ways": ways(self.request, back=back)}
        return {**super().get_context_data(**kwargs), **more}


@method_decorator(login_not_required, name="dispatch")
class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc]
    """A passkey alone."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_local(request)
        response: HttpResponseBase = super().get(request, *args, **kwargs)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_local(request)
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response


@login_not_required
@require_GET
def oidc_start(request: HttpRequest) -> HttpResponse:
    """To the provider. A link and no form: browsers hold a form's whole way to the content security policy."""
    _require_oidc()
    if not ratelimit.consume(request, action="login"):
        return too_many_requests(request)
    with _unproven_on_record(request):
        provider = oidc.Provider(request)
        response: HttpResponse = provider.redirect(request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request))
    return response


@login_not_required
@require_GET
def oidc_return(request: HttpRequest) -> HttpResponse:
    """Back from the provider, with a code or with a refusal."""
    _require_oidc()
    if not ratelimit.consume(request, action="login"):
        return too_many_requests(request)
    with _unproven_on_record(request):
        response: HttpResponse = OAuth2CallbackView.adapter_view(oidc.Flow(request))(request)
    return response


def _require_oidc() -> None:
    if not oidc.is_on():
        raise Http404


@contextmanager
def _unproven_on_record(request: HttpRequest) -> Iterator[None]:
    try:
        yield
    except UnprovenError as error:
        refuse_stranger(request, error, by=oidc.BY)
        raise
