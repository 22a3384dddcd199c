"""The settings of the tests: the real ones, with values of a deployment that nobody runs."""

import os

os.environ.update(
    ENV_FILE="",  # whatever this checkout's .env says is not for the tests
    SECRET_KEY="tests-only-2f6e1a9c4b7d8035e6f1a2b3c4d5e6f708192a3b4c5d6e7f",
    CREDENTIAL_KEYS="dGVzdHMtb25seS1rZXktbnVtYmVyLW9uZS0wMDAxISE=",
    ALLOWED_HOSTS="127.0.0.1,localhost",
    HTTPS_ONLY="0",
    CLOUDFLARE_API_BASE_URL="http://127.0.0.1:9/client/v4",
    UPSTREAM_TIMEOUT="5",
    LOG_LEVEL="WARNING",
    BREACHED_PASSWORDS="0",
)
for name in (
    "AUDIT_KEYS",
    "AUDIT_FORWARD",
    "AUDIT_FORWARD_SECRET",
    "WATCH_PRIVATE_ADDRESSES",
    "DEBUG",
    "DATABASE_URL",
    "CACHE_URL",
    "TRUSTED_PROXIES",
    "BASE_PATH",
    "STATIC_ROOT",
    "METRICS_TOKEN",
    "METRICS_ADDRESSES",
    "LOG_FORMAT",
    "LOCAL_SIGN_IN",
    "OIDC_ISSUER",
    "ACCESS_TEAM_DOMAIN",
):
    os.environ.pop(name, None)

from dashboard.settings import *  # noqa: E402, F403 - the environment has to be set before they are read

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, and nobody's password
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # No manifest: the tests need no collected files.
    "staticfiles": {"BACKEND": "dashboard.static_files.FilesAsWritten"},
}
# For each worker of pytest one of its own, in memory. It would know so by Django's own name of the engine alone.
DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405 - from the settings
# Not beside the requests, whose queries are counted; tests of the chain switch it on.
AUDIT_BOUND_EVERY = None
# Static files straight from where they are written, for the same reason.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
