"""The question before messages are taken out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from queues_app import formats
from queues_app.models import Batch
from queues_app.operations.export_formats import Format
from queues_app.rows.queue_words import plain

MEDIA_TYPES: Final = {
    Format.JSONL: "application/x-ndjson",
    Format.CSV: "text/csv; charset=utf-8",
    Format.ZIP: "application/zip",
}
_CHOICES: Final = (
    (
        Format.JSONL,
        "JSONL, a message in each line",
        "JSON bodies stand in it with every digit, bytes as base64. The send page can take the file again.",
    ),
    (
        Format.CSV,
        "CSV, for a spreadsheet",
        "A cell that begins with =, +, -, @, a tab or a line end gets an apostrophe in front: it is no formula then.",
    ),
    (
        Format.ZIP,
        "ZIP, a file for each body",
        "The raw bytes, after base64 where the content type says so, and manifest.jsonl with ids, types and sizes.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One kind of file."""

    value: str
    name: str
    help: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportQuestion:
    """Asked before bodies leave. Without `positions` it is about all of the batch, and says so."""

    title: str
    act: str
    sentence: str
    queue: str
    account: str
    environment: str
    messages: str
    choices: tuple[Choice, ...]
    positions: tuple[int, ...]
    export_url: str
    batch_url: str
    problems: tuple[str, ...]


def export_question(
    batch: Batch, *, positions: Sequence[int], chosen: str = "", problems: Sequence[str] = ()
) -> ExportQuestion:
    """What is going to leave, and as what; `chosen` is the kind of file that was chosen before."""
    count = len(positions) or batch.message_count
    counted = formats.plural(count, "message")
    place = (batch.account_id, batch.queue_id, batch.pk)
    return ExportQuestion(
        title=f"Export {counted}?",
        act=f"Export {counted}",
        sentence=(
            f"{'Its body leaves' if count == 1 else 'Their bodies leave'} Queuescope as a file that is not sealed and "
            "does not expire. The audit log keeps who took which ids, and as what. Nothing changes in the queue."
        ),
        queue=plain(batch.queue_name),
        account=batch.account.name,
        environment=batch.account.environment,
        messages=_which(batch, positions),
        choices=tuple(
            Choice(value=form.value, name=name, help=about, chosen=form.value == (chosen or Format.JSONL))
            for form, name, about in _CHOICES
        ),
        positions=tuple(positions),
        export_url=reverse("export", args=place),
        batch_url=reverse("batch", args=place),
        problems=tuple(problems),
    )


def _which(batch: Batch, positions: Sequence[int]) -> str:
    """How many of what. Never "all of the queue": a batch is a sample."""
    if positions:
        return f"{len(positions):,} chosen of the {batch.message_count:,} in this batch"
    if batch.message_count == 1:
        return "the one of this batch"
    return f"all {batch.message_count:,} of this batch"
