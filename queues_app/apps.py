"""The application: everything Queuescope is, apart from how it is deployed."""

from django.apps import AppConfig


class QueuesAppConfig(AppConfig):
    name = "queues_app"
    verbose_name = "Queuescope"

    def ready(self) -> None:
        from queues_app import (  # noqa: F401 - all register themselves on import
            checks,
            forwarding_checks,
            signin,
            signin_checks,
            team_checks,
            watch_checks,
        )
        from queues_app.operations import binding  # noqa: F401 - the same
