"""System checks of where the audit is forwarded to. No message holds an address: addresses hold secrets."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from queues_app import delivery
from queues_app.checks.telling import setting_error

_MAKE_IT: Final = (
    "Make one: .venv/bin/python -c "
    "\"import base64, secrets; print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
)


@register("queuescope")
def check_forwarding(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E100 to E102: destinations that can be read and told apart, and secrets that sign."""
    return [*_destinations(), *_secrets()]


def _destinations() -> Iterator[CheckMessage]:
    names: set[str] = set()
    for place, text in enumerate(settings.AUDIT_FORWARD, start=1):
        try:
            name = delivery.read(text, is_plain_allowed=not settings.HTTPS_ONLY).name
        except delivery.UnreadableDestinationError as error:
            hint = (
                "With commas between: AUDIT_FORWARD=log:,syslog+tls://logs.example.com:6514,https://siem.example.com/in"
            )
            yield setting_error(100, f"Entry {place} of AUDIT_FORWARD {error.must}.", hint)
            continue
        if name in names:
            yield setting_error(
                101,
                f"Entry {place} of AUDIT_FORWARD has the name of another: paths and users are no part of it.",
                "Give each a name of its own behind a #: https://siem.example.com/first#first",
            )
        names.add(name)


def _secrets() -> Iterator[CheckMessage]:
    for place, text in enumerate(settings.AUDIT_FORWARD_SECRET, start=1):
        try:
            delivery.SigningKey.read(text)
        except delivery.BadSecretError:
            yield setting_error(
                102,
                f"Entry {place} of AUDIT_FORWARD_SECRET is not whsec_ and 24 to 64 random bytes in base64.",
                _MAKE_IT,
            )
