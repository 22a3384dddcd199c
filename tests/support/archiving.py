"""The audit with archives of it: entries, what the commands say, and how lines of a file are changed."""

import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import zstandard
from django.core.management import CommandError, call_command
from django.utils import timezone

from queues_app import audit
from queues_app.models import Action, AuditEntry
from queues_app.operations import binding
from tests.support.people import Cast
from tests.support.stack import calling

type Line = dict[str, Any]

LONG_AGO: Final = -timedelta(days=100)


def write(cast: Cast, number: int, *, queue: str = "orders", bound: bool = True) -> list[AuditEntry]:
    """Complete entries by the owner, at this queue."""
    written = []
    for _ in range(number):
        with audit.record(
            caller=calling(cast.owner),
            action=Action.PULL,
            subject=audit.Subject(queue_id="a" * 32, queue_name=queue),
            parameters={"batch_size": 10, "share": 2.0, "said": "é\ud83d\ude00"},
            intent=uuid.uuid4(),
        ) as record:
            record.ok(message_ids=["0123456789abcdef"], backlog_count=7, backlog_read_at=timezone.now())
        written.append(record.entry)
    if bound:
        bind()
    return written


def bind(*, later: timedelta = timedelta()) -> None:
    while binding.bind(now=timezone.now() + later):
        pass


def said(*command: object) -> str:
    """What a command says that ends well."""
    out = io.StringIO()
    call_command(*map(str, command), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def found(*command: object) -> str:
    """What a command says that ends with 1."""
    out = io.StringIO()
    with pytest.raises(CommandError) as ended:
        call_command(*map(str, command), stdout=out, stderr=io.StringIO())
    assert ended.value.returncode == 1
    return f"{out.getvalue()}{ended.value}"


def archive(directory: Path) -> Path:
    """The file with all that was not archived yet."""
    said("archive_audit", directory)
    return max(directory.glob("*.zst"))


def lines_of(path: Path) -> list[Line]:
    with zstandard.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def rewrite(path: Path, change: Callable[[list[Line]], None]) -> None:
    """The same file with other lines, packed as it was."""
    lines = lines_of(path)
    change(lines)
    with zstandard.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def prune(*options: object) -> str:
    """What pruning says that ends well."""
    return said("prune_audit", *options)


def left() -> set[int]:
    """The pulls that are there."""
    return set(AuditEntry.objects.filter(action=Action.PULL).values_list("pk", flat=True))
