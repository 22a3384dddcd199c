"""Lines to standard output, in the form of the log's other lines. Whatever LOG_LEVEL and LOG_FORMAT say of those."""

import sys
from collections.abc import Sequence

from queues_app.delivery.errors import BrokenError
from queues_app.forwarding.lines import Line, stamp


def send(lines: Sequence[Line]) -> None:
    """Raises DeliveryError."""
    try:
        for line in lines:
            sys.stdout.write(f"{_text(line)}\n")
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        raise BrokenError("Standard output takes nothing more.") from error


def _text(line: Line) -> str:
    level = "info" if line.is_good else "warning"
    before = {"time": stamp(line.at), "level": level, "logger": "queuescope.audit", "request_id": "-", "event": "audit"}
    return line.text(before=before)
