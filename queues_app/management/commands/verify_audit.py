"""`manage.py verify_audit`: find what was changed, removed, put in or reordered behind the application's back.

Ends with 1 when something was found. What it proves and what not: docs/operations.md.
"""

import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from queues_app import vault
from queues_app.operations import verifying
from queues_app.operations.checkpoints import Checkpoint, NoCheckpointError
from queues_app.operations.verifying import NoSuchPlaceError, Verdict

_EVERY_S: Final = 2.0


class Command(BaseCommand):
    help = "Verify that nobody changed the audit behind Queuescope's back. Names the first bad entry, and ends with 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        place = (
            "a position in the chain, or a moment such as 2026-11-26 or 2026-11-26T14:00 (UTC), by when it was bound"
        )
        parser.add_argument("--from", dest="first", help=f"where to begin: {place}")
        parser.add_argument("--to", dest="last", help="where to end, which is verified too where it is a position")
        parser.add_argument("--against", help="a checkpoint, or a file with checkpoints of which the last one counts")

    def handle(self, *args: Any, **options: Any) -> None:
        self._told_at = time.monotonic()
        try:
            verdict = verifying.verify(
                first=_position(options["first"]),
                last=_position(options["last"], before=True),
                against=_checkpoint(options["against"]),
                progress=self._progress,
            )
        except (NoCheckpointError, NoSuchPlaceError, vault.VaultError) as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(_summary(verdict))
        if verdict.found:
            first = verdict.findings[0]
            for finding in verdict.findings:
                self.stdout.write(f"{finding.receipt or 'the audit'}: {finding.sentence}")
            if verdict.found > len(verdict.findings):
                self.stdout.write(f"and {verdict.found - len(verdict.findings):,} more")
            where = f"first at {first.receipt}" if first.receipt else "in the chain itself"
            raise CommandError(f"The audit is not as Queuescope wrote it: {verdict.found:,} found, {where}.")

    def _progress(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at >= _EVERY_S:
            self._told_at = time.monotonic()
            self.stderr.write(f"{done:,} of {total:,} links read")


def _summary(verdict: Verdict) -> str:
    parts = [f"{verdict.links:,} links read, {verdict.first:,} to {verdict.last:,}."]
    if verdict.unsigned:
        parts.append(
            f"{verdict.unsigned:,} of their entries are from before entries were signed: bound as they were then."
        )
    if verdict.pending_since is not None:
        since = verdict.pending_since.astimezone(UTC)
        parts.append(
            f"{verdict.pending:,} complete and signed, not bound yet, the oldest since {since:%Y-%m-%d %H:%M:%S} UTC."
        )
    if verdict.open:
        parts.append(f"{verdict.open:,} under way or left open.")
    return " ".join(parts)


def _position(text: str | None, *, before: bool = False) -> int | None:
    """The position that an option names; with `before`, the last one before a moment."""
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is neither a position nor a moment such as 2026-11-26T14:00.") from error
    found = verifying.position_at(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return found - 1 if before else found


def _checkpoint(text: str | None) -> Checkpoint | None:
    if text is None:
        return None
    if text.startswith("queuescope-audit "):
        return Checkpoint.read(text)
    try:
        return Checkpoint.read(Path(text).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{text} cannot be read: {error}") from error
