"""`manage.py export_audit > FILE`: the audit log as one file, of any filter that its page offers.

Ends with 1 when the file is not whole; then its last line is missing too (operations/audit_files.py).
"""

import sys
import time
from argparse import ArgumentParser
from contextlib import closing
from datetime import UTC
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from queues_app import formats
from queues_app.expected import ExpectedError
from queues_app.forms.audit import KINDS, AuditFilterForm
from queues_app.models import Action
from queues_app.models.audit import WORDS
from queues_app.operations import audit_export
from queues_app.operations.audit_export import Export
from queues_app.operations.audit_files import FORMATS
from queues_app.operations.export_formats import Format
from queues_app.operations.people import CONSOLE

_EVERY_S: Final = 2.0
# What the console calls a part of the filter, and what the page's address does.
_FILTERS: Final = {
    "since": "the first day, as 2026-11-01 (UTC)",
    "until": "the last day",
    "who": "a user name",
    "queue": "a queue's id",
    "credential": "a credential's number",
    "action": f"one of {', '.join(Action.values)}",
    "kind": f"one of {', '.join(kind for kind in KINDS if kind != 'lent')}",
    "outcome": f"one of {', '.join(WORDS)}",
    "message": "a message id, a receipt, a request id or a cf-ray",
}


class Command(BaseCommand):
    help = "Write the audit log to the standard output, newest first. The export is an entry of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=[form.value for form in FORMATS], default=Format.JSONL.value)
        for name, about in _FILTERS.items():
            parser.add_argument(f"--{name}", default="", help=about)

    def handle(self, *args: Any, **options: Any) -> None:
        form = AuditFilterForm({"q" if name == "message" else name: options[name] for name in _FILTERS})
        if not form.is_valid() or form.cleaned_data["kind"] == "lent":
            problems = [f"--{'message' if name == 'q' else name}: {words[0]}" for name, words in form.errors.items()]
            raise CommandError(" ".join(problems) or "--kind: at the console nobody lends anything.")
        try:
            export = audit_export.begin(
                caller=CONSOLE, chosen=form.chosen(UTC), asked=form.asked(), form=Format(options["format"])
            )
            # Whatever ends it early is on the record too.
            with closing(export.pieces):
                self._write(export)
        except ExpectedError as error:
            raise CommandError(error.sentence) from error
        except BrokenPipeError as error:
            message = "Nobody reads the output any more. The file is not whole."
            raise CommandError(message) from error

    def _write(self, export: Export) -> None:
        told_at = time.monotonic()
        for piece in export.pieces:
            sys.stdout.buffer.write(piece)
            if time.monotonic() - told_at >= _EVERY_S:
                told_at = time.monotonic()
                self.stderr.write(f"{export.progress}, {export.progress.size:,} bytes")
        sys.stdout.buffer.flush()
        count = formats.plural(export.progress.entries, "entry", "entries")
        self.stderr.write(f"{count}, {export.progress.size:,} bytes. The file is whole.")
