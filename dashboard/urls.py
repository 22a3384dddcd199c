"""Addresses: the health checks and signing in and out here, everything else in the application."""

from allauth.account.views import LogoutView
from django.urls import include, path
from django.views.decorators.http import require_POST

from dashboard.errors import account_closed
from dashboard.health import healthz, readyz
from queues_app.views import factors, signing_in
from queues_app.views.metrics import metrics

urlpatterns = [
    path("healthz/", healthz, name="healthz"),
    path("readyz/", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    # Of allauth's addresses only these: there is no sign-up, and nobody is sent mail.
    path("sign-in/", signing_in.SignIn.as_view(), name="account_login"),
    path("sign-in/closed/", account_closed, name="account_inactive"),
    path("sign-in/second-step/", factors.SecondStep.as_view(), name="mfa_authenticate"),
    path("sign-in/passkey/", signing_in.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("sign-in/oidc/", signing_in.oidc_start, name="oidc_start"),
    path("sign-in/oidc/return/", signing_in.oidc_return, name="oidc_return"),
    path("sign-out/", require_POST(LogoutView.as_view()), name="account_logout"),
    path("you/confirm/", factors.Confirm.as_view(), name="account_reauthenticate"),
    path("you/confirm/code/", factors.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("you/app/", factors.AddApp.as_view(), name="mfa_activate_totp"),
    path("you/app/remove/", factors.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("you/passkeys/add/", factors.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("you/passkeys/<int:pk>/remove/", factors.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("you/recovery-codes/", factors.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path("you/recovery-codes/new/", factors.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("", include("queues_app.urls")),
]

handler429 = "dashboard.errors.too_many_requests"
handler500 = "dashboard.errors.server_error"
