"""The question before the audit log is taken out, and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.urls import reverse

from queues_app.models import Action, AuditEntry, Outcome
from queues_app.operations import audit_files
from queues_app.operations.export_formats import Format
from queues_app.rows.export import Choice

_CHOICES: Final = (
    (
        Format.JSONL,
        "JSONL, an entry in each line",
        'The last line is {"end": true, "entries": …}: it says that the file is whole.',
    ),
    (
        Format.CSV,
        "CSV, for a spreadsheet",
        f"The last row begins with “{audit_files.END}” and the number of entries: it says that the file is whole. "
        "A cell that begins like a formula gets an apostrophe in front.",
    ),
)
# What each part of the filter is called, in the order of the page.
_LABELS: Final = {
    "q": "Search",
    "kind": "Kind",
    "who": "Who",
    "action": "What",
    "queue": "Queue",
    "credential": "Credential",
    "outcome": "Outcome",
    "since": "From",
    "until": "To",
}
_EVERY_S: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportQuestion:
    """Asked before the entries leave; `asked` are the hidden fields of the filter."""

    whose: str
    told: tuple[tuple[str, str], ...]
    asked: tuple[tuple[str, str], ...]
    choices: tuple[Choice, ...]
    problems: tuple[str, ...]
    intent: UUID
    progress_url: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an export is. `every_s` is 0 when it is over."""

    url: str
    tone: str
    word: str
    icon: str
    sentence: str
    receipt: str
    receipt_url: str
    # The same filter, to be exported once more.
    again_url: str
    every_s: int


def address(name: str, asked: Mapping[str, str]) -> str:
    """The address of a page that takes the filter of the audit page, with this one."""
    return f"{reverse(name)}?{urlencode(asked)}" if asked else reverse(name)


def question(
    asked: Mapping[str, str],
    *,
    queues: Sequence[tuple[str, str]],
    sees_all: bool,
    chosen: str = "",
    problems: Sequence[str] = (),
) -> ExportQuestion:
    """What is going to leave, and as what; `chosen` is the kind of file that was chosen before, `queues` have names."""
    intent = uuid4()
    return ExportQuestion(
        whose="everybody’s entries" if sees_all else "your own entries",
        told=tuple((_LABELS[name], _told(name, value, dict(queues))) for name, value in asked.items()),
        asked=tuple(asked.items()),
        choices=tuple(
            Choice(value=form.value, name=name, help=about, chosen=form.value == (chosen or Format.JSONL))
            for form, name, about in _CHOICES
        ),
        problems=tuple(problems),
        intent=intent,
        progress_url=reverse("audit_export_progress", args=[intent]),
        back_url=address("audit", asked),
    )


def progress(intent: UUID, entry: AuditEntry | None) -> Progress:
    """By the entry that stands for the export; None as long as it was not asked for."""
    tone, word, icon, sentence = _how_far(entry)
    is_over = entry is not None and entry.is_complete
    return Progress(
        url=reverse("audit_export_progress", args=[intent]),
        tone=tone,
        word=word,
        icon=icon,
        sentence=sentence,
        receipt=entry.receipt if entry is not None else "",
        receipt_url=reverse("audit_entry", args=[entry.pk]) if entry is not None else "",
        again_url=address("audit_export", entry.parameters.get("filter", {})) if entry is not None else "",
        every_s=0 if is_over else _EVERY_S,
    )


def _how_far(entry: AuditEntry | None) -> tuple[str, str, str, str]:
    if entry is None:
        return "plain", "not begun", "clock", "This export was not asked for yet."
    if not entry.is_complete:
        return "plain", "under way", "clock", f"{entry.remark or 'The first entries are being written'}."
    if entry.outcome == Outcome.OK:
        return "ok", "whole", "", f"{entry.remark}."
    return "failed", "not whole", "", entry.remark


def _told(name: str, value: str, queues: Mapping[str, str]) -> str:
    if name == "queue" and value in queues:
        # A name is not unique over time: the id says which.
        return f"{queues[value]} ({value})"
    if name == "action":
        return Action(value).label
    return value.replace("-", " ") if name == "kind" else value
