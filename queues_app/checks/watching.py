"""System checks of what watches may reach."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from dashboard.proxies import networks_in
from queues_app.checks.telling import setting_error


@register("queuescope")
def check_watching(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E110: networks that can be read."""
    hint = "With commas between, without bits beside the network: WATCH_PRIVATE_ADDRESSES=10.1.0.0/16,127.0.0.1"
    return [
        setting_error(110, f"Entry {place} of WATCH_PRIVATE_ADDRESSES is no address and no network.", hint)
        for place, text in enumerate(settings.WATCH_PRIVATE_ADDRESSES, start=1)
        if not networks_in([text])
    ]
