"""What a file is called that is taken out: no file system and no shell takes the name for anything else."""

import re
from datetime import UTC, datetime
from typing import Final

from queues_app.models import Batch
from queues_app.operations.export import Taken
from queues_app.operations.export_formats import Format

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def of_body(queue_name: str, taken: Taken) -> str:
    """Queue, beginning of the message id, ending."""
    ending = {"json": "json", "text": "txt"}.get(taken.kind, "bin")
    return f"{_queue(queue_name)}-{_UNSAFE.sub('-', taken.message_id)[:12]}.{ending}"


def of_export(batch: Batch, form: Format) -> str:
    """Queue, moment of the look, ending."""
    return f"{_queue(batch.queue_name)}-{batch.fetched_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.{form.value}"


def of_audit(at: datetime, form: Format) -> str:
    """What it is, moment of the export, ending."""
    return f"audit-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.{form.value}"


def _queue(name: str) -> str:
    return _UNSAFE.sub("-", name)[:60].strip("-.") or "queue"
