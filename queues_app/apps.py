"""The application: everything Queuescope is, apart from how it is deployed."""

from django.apps import AppConfig


class QueuesAppConfig(AppConfig):
    name = "queues_app"
    verbose_name = "Queuescope"

    def ready(self) -> None:
        from queues_app import checks, signin  # noqa: F401 - both register themselves on import
        from queues_app.operations import binding  # noqa: F401 - the same
