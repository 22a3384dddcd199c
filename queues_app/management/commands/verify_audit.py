"""`manage.py verify_audit`: find what was changed, removed, put in or reordered behind the application's back.

Ends with 1 when something was found. What it proves and what not: docs/operations.md.
"""

import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from queues_app.expected import ExpectedError
from queues_app.operations import archives, joining, verifying
from queues_app.operations.checkpoints import Checkpoint
from queues_app.operations.verdicts import Verdict

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
        parser.add_argument(
            "--archive",
            nargs="+",
            type=Path,
            metavar="PLACE",
            help="verify these archives, or those of a directory, in place of the database: each by itself, and that "
            "they join each other and the chain of the database",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._told_at = time.monotonic()
        try:
            against = _checkpoint(options["against"])
            if options["archive"]:
                self._verify_archives(joining.files_of(options["archive"]), against)
                return
            verdict = verifying.verify(
                first=_position(options["first"]),
                last=_position(options["last"], before=True),
                against=against,
                progress=self._progress,
            )
        except ExpectedError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(_summary(verdict))
        self._tell([("", verdict)])

    def _verify_archives(self, files: list[Path], against: Checkpoint | None) -> None:
        try:
            joint = joining.join([archives.read(file, against=against) for file in files], against=against)
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}") from error
        for reading in joint.readings:
            self.stdout.write(f"{reading.name}: {_summary(reading.verdict)}")
        if joint.said:
            self.stdout.write(joint.said)
        self._tell([*((reading.name, reading.verdict) for reading in joint.readings), ("the archives", joint.verdict)])

    def _tell(self, verdicts: list[tuple[str, Verdict]]) -> None:
        """What was found, in the database or in the files that are named; ends with 1 where there is something."""
        first = ""
        for name, verdict in verdicts:
            for finding in verdict.findings:
                place = " in ".join(part for part in (finding.receipt, name) if part)
                first = first or (f"first at {place}" if place else "in the chain itself")
                self.stdout.write(f"{place or 'the audit'}: {finding.sentence}")
            if verdict.found > len(verdict.findings):
                self.stdout.write(f"and {verdict.found - len(verdict.findings):,} more")
        if first:
            found = sum(verdict.found for _, verdict in verdicts)
            raise CommandError(f"The audit is not as Queuescope wrote it: {found:,} found, {first}.")

    def _progress(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at >= _EVERY_S:
            self._told_at = time.monotonic()
            self.stderr.write(f"{done:,} of {total:,} links read")


def _summary(verdict: Verdict) -> str:
    parts = [f"{verdict.links:,} links read, {verdict.first:,} to {verdict.last:,}."]
    if verdict.pruned_to:
        parts.append(f"Those up to {verdict.pruned_to:,} were archived and pruned.")
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
