"""Addresses: the health checks and signing in and out here, everything else in the application."""

from allauth.account.views import LoginView, LogoutView
from django.urls import include, path
from django.views.decorators.http import require_POST

from dashboard.errors import account_closed
from dashboard.health import healthz, readyz
from queues_app.telemetry.export import export

urlpatterns = [
    path("healthz/", healthz, name="healthz"),
    path("readyz/", readyz, name="readyz"),
    path("metrics", export, name="metrics"),
    # Of allauth's addresses only these: there is no sign-up, and nobody is sent mail.
    path("sign-in/", LoginView.as_view(), name="account_login"),
    path("sign-in/closed/", account_closed, name="account_inactive"),
    path("sign-out/", require_POST(LogoutView.as_view()), name="account_logout"),
    path("", include("queues_app.urls")),
]

handler429 = "dashboard.errors.too_many_requests"
handler500 = "dashboard.errors.server_error"
