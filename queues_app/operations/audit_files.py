"""Audit entries as a file: JSONL or CSV, written piece by piece. Pure: entries in, bytes out.

The last line says that the file is whole and how many entries stand in it; a file without one was cut off. In JSONL it
is `{"end": true, "entries": 12}`, in CSV a row whose first cell is `end`, whose second is the number, and whose other
cells are empty.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from queues_app import chain
from queues_app.models import AuditEntry
from queues_app.operations import spreadsheets
from queues_app.operations.export_formats import Format, dumped

# What an entry says, by the names of the record itself: the signature can be verified from them.
COLUMNS: Final = ("receipt", *chain.COLUMNS[chain.VERSION], "signature")
END: Final = "end"
FORMATS: Final = (Format.JSONL, Format.CSV)


def head(form: Format) -> bytes:
    """What stands before the first entry."""
    return spreadsheets.plain_row(COLUMNS) if form is Format.CSV else b""


def lines(entries: Sequence[AuditEntry], form: Format) -> bytes:
    """One line for each entry; in CSV a cell may have line ends of its own."""
    if form is Format.CSV:
        return spreadsheets.rows([_cell(value) for value in _values(entry).values()] for entry in entries)
    return "".join(f"{dumped(_values(entry))}\n" for entry in entries).encode()


def end(count: int, form: Format) -> bytes:
    """What stands after the last entry."""
    if form is Format.CSV:
        return spreadsheets.plain_row([END, count, *[""] * (len(COLUMNS) - 2)])
    return f"{dumped({END: True, 'entries': count})}\n".encode()


def _values(entry: AuditEntry) -> dict[str, Any]:
    return {name: _plain(getattr(entry, name)) for name in COLUMNS}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
