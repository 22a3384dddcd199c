"""Second factors: allauth's steps with our pages, each change and each failure on the record."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeReauthenticateView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.generic.edit import FormView

from queues_app import audit
from queues_app.callers import caller_of, person
from queues_app.factors import AddAppForm, WrongCodeError, qr_path
from queues_app.models import Action


@contextmanager
def _recorded(request: HttpRequest, action: Action, factor: str) -> Iterator[None]:
    with audit.record(caller=caller_of(request), action=action, parameters={"factor": factor}) as record:
        yield
        record.ok()


class _Confirm:
    """Around allauth's two pages that ask who sits at the browser. Wrong passwords are recorded by its adapter."""

    request: HttpRequest

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with audit.record(caller=caller_of(self.request), action=Action.CONFIRM) as record:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            record.ok()
        return response


class Confirm(_Confirm, ReauthenticateView):  # type: ignore[misc]
    """By the password."""

    template_name = "you/confirm.html"


class ConfirmByCode(_Confirm, CodeReauthenticateView):  # type: ignore[misc]
    """By a code."""

    template_name = "you/confirm.html"

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        audit.refuse(caller=caller_of(self.request), action=Action.CONFIRM, why=WrongCodeError())
        response: HttpResponse = super().form_invalid(form)
        return response


class SecondStep(AuthenticateView):  # type: ignore[misc]
    """After the password, at sign-in."""

    template_name = "account/second_step.html"


class AddApp(ActivateTOTPView):  # type: ignore[misc]
    """An authenticator app, kept once it has shown that it counts the same."""

    template_name = "you/app_add.html"
    form_class = AddAppForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = FormView.get_context_data(self, **kwargs)
        secret = context["form"].secret
        path, size = qr_path(get_adapter().build_totp_url(person(self.request), secret))
        groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
        return context | {"path": path, "size": size, "secret": groups}

    def get_success_url(self) -> str:
        return _after(self.did_generate_recovery_codes)

    def form_valid(self, form: AddAppForm) -> HttpResponse:
        with _recorded(self.request, Action.FACTOR_ADD, "app"):
            response: HttpResponse = super().form_valid(form)
            form.forget()
        return response


class RemoveApp(DeactivateTOTPView):  # type: ignore[misc]
    """No codes of the app any more."""

    template_name = "you/factor_remove.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "what": "the authenticator app"}

    def get_success_url(self) -> str:
        return reverse("you")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with _recorded(self.request, Action.FACTOR_REMOVE, "app"):
            response: HttpResponse = super().form_valid(form)
        return response


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """A passkey. Each can be a second step and a sign-in of its own, so each checks who holds it."""

    template_name = "you/passkey_add.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = FormView.get_context_data(self, **kwargs)
        return context | {"options": webauthn.begin_registration(person(self.request), True)}

    def get_success_url(self) -> str:
        return _after(self.did_generate_recovery_codes)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with _recorded(self.request, Action.FACTOR_ADD, "passkey"):
            response: HttpResponse = super().form_valid(form)
        return response


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """This passkey opens nothing here any more."""

    template_name = "you/factor_remove.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "what": self.object.wrap().name}

    def get_success_url(self) -> str:
        return reverse("you")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with _recorded(self.request, Action.FACTOR_REMOVE, "passkey"):
            response: HttpResponse = super().form_valid(form)
        return response


class RecoveryCodes(ViewRecoveryCodesView):  # type: ignore[misc]
    """Shown once, when they are new."""

    template_name = "you/recovery_codes.html"


class NewRecoveryCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """Ten new ones; the old ones open nothing any more."""

    template_name = "you/recovery_codes_new.html"

    def form_valid(self, form: forms.Form) -> HttpResponse:
        with _recorded(self.request, Action.RECOVERY_CODES, "recovery codes"):
            response: HttpResponse = super().form_valid(form)
        return response


def _after(made_codes: bool) -> str:
    return reverse("mfa_view_recovery_codes" if made_codes else "you")
