"""The id of the request that this thread is serving, for log records and for the audit log."""

import logging
from contextvars import ContextVar

# Outside a request, as in a management command, it is empty.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class RequestIdFilter(logging.Filter):
    """Gives each record a `request_id`; "-" outside a request. It lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get() or "-"
        return True
