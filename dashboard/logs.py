"""How the log is written: a JSON object or a readable line for each record, whoever speaks: we, Django, gunicorn.

A record is its event and what `structlog` was given by name. What other libraries attach to theirs is not written: it
may be a whole request.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

_PLAIN: Final = re.compile(r"[\w./:+-]+", re.ASCII)
_FIRST: Final = ("time", "level", "logger", "request_id", "event")


def configure() -> None:
    """Let structlog hand its events to the standard library, where the handlers are."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def formatter(style: str) -> logging.Formatter:
    """What a handler needs: "JSON" or "LINE"."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _time_and_request,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _as_json if style == "JSON" else _as_line,
        ],
    )


def _time_and_request(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    event["request_id"] = getattr(record, "request_id", "-")
    return event


def _as_json(logger: WrappedLogger, name: str, event: EventDict) -> str:
    first = {key: event.pop(key) for key in _FIRST}
    return json.dumps({**first, **event}, default=_kind)


def _as_line(logger: WrappedLogger, name: str, event: EventDict) -> str:
    time, level, who, request_id, said = (event.pop(key) for key in _FIRST)
    after = [f"\n{event.pop(key)}" for key in ("exception", "stack_info") if event.get(key)]
    words = [f"{key}={_word(value)}" for key, value in event.items()]
    return " ".join([time, level.upper(), who, f"[{request_id}]", str(said), *words]) + "".join(after)


def _word(value: Any) -> str:
    """In quotes where it could be taken for something else, as a second line."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _kind(value: object) -> str:
    # Never its content: nobody has looked at that.
    return f"<{type(value).__name__}>"
