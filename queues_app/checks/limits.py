"""System checks of numbers and other values: they can be read, make sense, and do not contradict each other."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004 - Django's own name for it

from queues_app.checks.telling import setting_error

PORTS: Final = range(1, 65536)
LEAST_AUDIT_DAYS: Final = 30
BATCH_SIZES: Final = range(1, 101)  # what Cloudflare takes for one peek or pull
CONNECTIONS: Final = 128  # what the pool of one process holds (cloudflare/network.py)

_AT_LEAST_ONE: Final = (
    "DATABASE_POOL_SIZE",
    "HOSTS",
    "METRICS_CONCURRENCY",
    "REFRESH_FLOOR",
    "UPSTREAM_MAX_ANSWER_BYTES",
    "UPSTREAM_SLOTS",
    "WEB_CONCURRENCY",
    "WORKER_THREADS",
    "WORKER_TIMEOUT",
)


@register("queuescope")
def check_values_can_be_read(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E001: a setting that could not be read, and so has its default."""
    return [
        setting_error(1, f"{problem.name} {problem.must}.", "Correct it, or leave it out to have its default.")
        for problem in settings.ENVIRONMENT.problems
    ]


@register("queuescope")
def check_audit_retention(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E075: how long the audit is kept."""
    days = settings.AUDIT_RETENTION_DAYS
    if days is None or days >= LEAST_AUDIT_DAYS:
        return []
    return [
        setting_error(
            75,
            f"AUDIT_RETENTION_DAYS is below {LEAST_AUDIT_DAYS}: entries would go before anybody asks for them.",
            f"Give it a number of days from {LEAST_AUDIT_DAYS}, or leave it empty to keep the audit for ever.",
        )
    ]


@register("queuescope")
def check_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E030 to E036, W037, E038, E039: numbers that contradict each other or make no sense."""
    return [*_out_of_range(), *_contradictions()]


def _out_of_range() -> Iterator[CheckMessage]:
    for name in _AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            yield setting_error(30, f"{name} is less than 1.", f"Give {name} a whole number from 1.")
    for name in ("UPSTREAM_CONNECT_TIMEOUT", "UPSTREAM_TIMEOUT"):
        if getattr(settings, name) <= 0:
            yield setting_error(31, f"{name} is not above 0.", f"Give {name} a number of seconds above 0.")
    if settings.BATCH_RETENTION.total_seconds() <= 0:
        yield setting_error(
            34,
            "BATCH_RETENTION_HOURS is not above 0: a pulled batch would be gone before it is read.",
            "Give it a number of hours above 0; 24 is the default.",
        )
    if settings.APPROVAL_EXPIRES.total_seconds() <= 0:
        yield setting_error(
            39,
            "APPROVAL_EXPIRES_MINUTES is not above 0: every request would be over before somebody can approve it.",
            "Give it a number of minutes above 0; 60 is the default.",
        )
    if settings.PORT not in PORTS:
        yield setting_error(36, "PORT is not from 1 to 65535.", "8000 is the default.")
    for name in ("PEEK_BATCH_SIZE", "PULL_BATCH_SIZE"):
        if getattr(settings, name) not in BATCH_SIZES:
            yield setting_error(35, f"{name} is not from 1 to 100.", "Cloudflare gives 1 to 100 at once.")


def _contradictions() -> Iterator[CheckMessage]:
    # Twice, because a pull first reads its queue.
    if 2 * (settings.UPSTREAM_CONNECT_TIMEOUT + settings.UPSTREAM_TIMEOUT) >= settings.WORKER_TIMEOUT:
        yield setting_error(
            32,
            "UPSTREAM_CONNECT_TIMEOUT and UPSTREAM_TIMEOUT together reach half of WORKER_TIMEOUT: "
            "the server would end a pull before it knows what became of it.",
            "Lower the first two or raise WORKER_TIMEOUT.",
        )
    if settings.UPSTREAM_SLOTS >= settings.WORKER_THREADS:
        yield setting_error(
            33,
            "UPSTREAM_SLOTS is not below WORKER_THREADS: a slow Cloudflare would stop every other page.",
            "Keep about a quarter of the threads free: 48 of 64.",
        )
    if settings.METRICS_CONCURRENCY >= settings.UPSTREAM_SLOTS > 0:
        yield Warning(
            "METRICS_CONCURRENCY is not below UPSTREAM_SLOTS: the counts of one list could take every place.",
            hint="Lower it, so that a peek or a pull finds a place beside them: 8 of 48.",
            id="queuescope.W037",
        )
    if settings.UPSTREAM_SLOTS > CONNECTIONS:
        yield setting_error(
            38,
            f"UPSTREAM_SLOTS is above {CONNECTIONS}, the connections of one process: the surplus would wait unseen.",
            f"Give it at most {CONNECTIONS}; WEB_CONCURRENCY gives more processes.",
        )
