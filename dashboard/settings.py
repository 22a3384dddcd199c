"""Settings, all from the environment; every one can also come from a file named in `NAME_FILE`.

`.env.example` lists them with their meaning. Values that are malformed, missing, weak or contradictory do not fail
here: they are system checks with an id and a hint (`queues_app/checks/`), and `dashboard/wsgi.py` refuses to start.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.utils.csp import CSP

from dashboard import logs
from dashboard.environment import Environment
from dashboard.stores import prepare_cache, prepare_database

BASE_DIR = Path(__file__).resolve().parent.parent

ENVIRONMENT = env = Environment()
env.read_dotenv(BASE_DIR / ".env")

# What this deployment is

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Plain HTTP is for a demo or a developer on one machine; a deployment keeps this on.
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=True)
# Whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Prefix are believed (dashboard/proxies.py)
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])  # addresses and networks
BASE_PATH = env.str("BASE_PATH", default="").rstrip("/")  # the path that everything is served below

# Nothing is changed at Cloudflare: peeks and counts only.
READ_ONLY = env.bool("READ_ONLY", default=False)

# Sealing: Fernet keys, newest first. The first seals, all unseal.
CREDENTIAL_KEYS = env.list("CREDENTIAL_KEYS", default=[])
# What the audit is signed with, newest first; empty for what is derived from CREDENTIAL_KEYS. Old ones stay for good.
AUDIT_KEYS = env.list("AUDIT_KEYS", default=[])
# How long a process leaves complete entries unbound at most, as long as requests come (operations/binding.py)
AUDIT_BOUND_EVERY: timedelta | None = timedelta(seconds=1)
# Where manage.py forward_audit tells each entry, and what signs it over HTTP (operations/forwarding.py)
AUDIT_FORWARD = env.list("AUDIT_FORWARD", default=[])
AUDIT_FORWARD_SECRET = env.list("AUDIT_FORWARD_SECRET", default=[])  # newest first; each signs

# Networks beside those of everybody that webhooks of watches may lie in (operations/watch_notices.py)
WATCH_PRIVATE_ADDRESSES = env.list("WATCH_PRIVATE_ADDRESSES", default=[])

# The upstream
CLOUDFLARE_API_BASE_URL = env.str("CLOUDFLARE_API_BASE_URL", default="https://api.cloudflare.com/client/v4").rstrip("/")
UPSTREAM_CONNECT_TIMEOUT = env.float("UPSTREAM_CONNECT_TIMEOUT", default=5.0)  # seconds
UPSTREAM_TIMEOUT = env.float("UPSTREAM_TIMEOUT", default=20.0)  # seconds without a byte, below gunicorn's
UPSTREAM_MAX_ANSWER_BYTES = env.int("UPSTREAM_MAX_ANSWER_BYTES", default=32 * 1024 * 1024)
# How many threads of one worker may wait for the upstream at once; the surplus is told so (docs/architecture.md).
UPSTREAM_SLOTS = env.int("UPSTREAM_SLOTS", default=104)
METRICS_CONCURRENCY = env.int("METRICS_CONCURRENCY", default=8)

# The server (gunicorn.conf.py); here, so that contradictions are found before the first request
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
HOSTS = env.int("HOSTS", default=1)  # machines or containers that serve this one dashboard together
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", default=2)  # processes
WORKER_THREADS = env.int("WORKER_THREADS", default=128)  # per process
WORKER_TIMEOUT = env.int("WORKER_TIMEOUT", default=60)  # seconds for a request to end when its worker is stopped

# Who may read /metrics and the details of /readyz/ (dashboard/scraping.py); by default nobody
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_ADDRESSES = env.list("METRICS_ADDRESSES", default=[])
# Where traces go, without a path; empty for nowhere (queues_app/telemetry/traces.py)
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="").rstrip("/")

# Signing in by what is kept here: passwords, passkeys, invitations
LOCAL_SIGN_IN = env.bool("LOCAL_SIGN_IN", default=True)
# Whether new passwords are looked for among those of breaches, and where (identity/breaches.py)
BREACHED_PASSWORDS = env.bool("BREACHED_PASSWORDS", default=True)
BREACHED_PASSWORDS_URL = env.str("BREACHED_PASSWORDS_URL", default="https://api.pwnedpasswords.com/range").rstrip("/")
# Signing in by a provider of OpenID Connect (identity/oidc.py)
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="your organisation")
OIDC_SCOPES = env.list("OIDC_SCOPES", default=["openid", "profile", "email"])
OIDC_USERNAME_CLAIM = env.str("OIDC_USERNAME_CLAIM", default="preferred_username")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
OIDC_ROLES = env.mapping("OIDC_ROLES")
# Behind Cloudflare Access (identity/cloudflare_access.py)
ACCESS_TEAM_DOMAIN = env.str("ACCESS_TEAM_DOMAIN", default="").rstrip("/")
ACCESS_AUDIENCE = env.str("ACCESS_AUDIENCE", default="")
ACCESS_GROUPS_CLAIM = env.str("ACCESS_GROUPS_CLAIM", default="groups")
ACCESS_ROLES = env.mapping("ACCESS_ROLES")
ACCESS_DEFAULT_ROLE = env.str("ACCESS_DEFAULT_ROLE", default="")

# Mail: the weekly digest of the audit, and what watches tell (queues_app/mail.py); off without both
HAS_MAIL_SERVER = bool(env.str("EMAIL_URL", default=""))
if HAS_MAIL_SERVER:
    MAILERS = env.mailers("EMAIL_URL")
EMAIL_FROM = env.str("EMAIL_FROM", default="")

# How long things are kept, and how often pages may ask
BATCH_RETENTION = timedelta(hours=min(env.float("BATCH_RETENTION_HOURS", default=24.0), 24 * 3653))  # ten years
# How old an audit entry becomes before prune_audit deletes it; None for ever
AUDIT_RETENTION_DAYS: int | None = env.int("AUDIT_RETENTION_DAYS", default=None)
# How long a request waits for a second person, and after that an approval to be used
APPROVAL_EXPIRES = timedelta(minutes=env.int("APPROVAL_EXPIRES_MINUTES", default=60))
REFRESH_FLOOR = env.int("REFRESH_FLOOR", default=5)  # seconds; no page refreshes itself more often
PEEK_BATCH_SIZE = env.int("PEEK_BATCH_SIZE", default=50)
PULL_BATCH_SIZE = env.int("PULL_BATCH_SIZE", default=10)

# Django

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "queues_app",
]

MIDDLEWARE = [
    # First: the headers of a request are read once and then remembered.
    "dashboard.middleware.PageBeforeMiddleware",
    "dashboard.proxies.TrustedProxiesMiddleware",
    "dashboard.middleware.RequestIdMiddleware",
    "queues_app.telemetry.requests.TelemetryMiddleware",
    "dashboard.middleware.SecurityHeadersMiddleware",
    # A list of previews shrinks to a quarter. Django pads each answer by chance, against guessing at secrets by length.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Before what asks whether somebody is signed in: here somebody may become so.
    "queues_app.identity.cloudflare_access.CloudflareAccessMiddleware",
    "dashboard.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.middleware.ExpectedFailuresMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "queues_app.rows.shell.context_processor",
            ],
            "builtins": ["queues_app.templatetags.queuescope", "django.templatetags.static"],
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", default=f"sqlite:///{quote(str(BASE_DIR / 'db.sqlite3'))}")}
# Connections of one process to PostgreSQL. Few serve many threads: none is held while a thread waits for Cloudflare.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=10)
prepare_database(DATABASES["default"], pool_size=DATABASE_POOL_SIZE)

CACHES = {"default": env.cache_place("CACHE_URL", default="locmemcache://queuescope")}
prepare_cache(CACHES["default"], secret_key=SECRET_KEY, threads=max(1, WORKER_THREADS + 2 * METRICS_CONCURRENCY))
# Not cached_db: with a cache per process, a session that was ended in one worker would live on in the other.
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTH_USER_MODEL = "queues_app.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# The first one makes new hashes; with the second, those that older versions made are read, and made anew at sign-in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
AUTH_PASSWORD_VALIDATORS.append({"NAME": "queues_app.identity.breaches.BreachedPasswordValidator"})
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "queues_app.signin.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
SOCIALACCOUNT_ADAPTER = "queues_app.identity.oidc.Hooks"
SOCIALACCOUNT_STORE_TOKENS = False
MFA_ADAPTER = "queues_app.factors.Adapter"
MFA_FORMS = {
    "authenticate": "queues_app.factors.CodeForm",
    "authenticate_webauthn": "queues_app.factors.PasskeyForm",
    "login_webauthn": "queues_app.factors.PasskeySignInForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Queuescope"
# For a developer on plain HTTP; browsers hand out passkeys there on localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS_ONLY

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "dashboard.static_files.FilesAsWritten" if DEBUG else "dashboard.static_files.CollectedFiles"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# What browsers are told

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS_ONLY
# Probes and collectors ask the process itself, beside the proxy.
SECURE_REDIRECT_EXEMPT = [
    rf"^{re.escape(BASE_PATH.lstrip('/'))}/?{probe}$" for probe in ("healthz/", "readyz/", "metrics")
]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# A form can hold the messages of one call and a batch's ids.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A file of messages stays in memory: on the disk it would lie unsealed. What is larger is not taken at all.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 10_100_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

DEFAULT_EXCEPTION_REPORTER_FILTER = "dashboard.reports.NoValues"
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR")  # the first is the default
LOG_FORMAT = env.choice("LOG_FORMAT", *(("LINE", "JSON") if DEBUG else ("JSON", "LINE")))
logs.configure()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "chosen": {"()": "dashboard.logs.formatter", "style": LOG_FORMAT},
    },
    "filters": {"request_id": {"()": "dashboard.request_id.RequestIdFilter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "chosen", "filters": ["request_id"]},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # httpx writes whole addresses at INFO, and with them account ids.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        # The same of what requests stands on, with the beginning of a password's hash.
        "urllib3": {"level": "WARNING"},
    },
}
