"""The id of the request that this thread is serving, for log records and for the audit log."""

import logging
from contextvars import ContextVar

# Outside a request, as in a management command, it is empty.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class RequestIdFilter(logging.Filter):
    """Gives each record a `request_id`; "-" outside a request. It lets every record pass.

    What Django says of an answer it says when the middleware is done, but with the request in the record.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.request_id = current_request_id.get() or getattr(request, "request_id", "-")
        return True
