"""`manage.py prune_audit`: delete archived audit entries that are older than AUDIT_RETENTION_DAYS.

The one way in which the database lets an entry go. `manage.py prune` is about everything else that is kept for a time.
"""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queues_app.expected import ExpectedError
from queues_app.operations import pruning
from queues_app.operations.pruning import NothingToPruneError

_EVERY_S: Final = 2.0


class Command(BaseCommand):
    help = (
        "Delete the audit entries that are older than AUDIT_RETENTION_DAYS, in an archive, and under no legal hold. "
        "Archive them before, with manage.py archive_audit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--archives",
            type=Path,
            metavar="DIRECTORY",
            help="where the archives are: nothing is deleted unless all that it takes are there and sound",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument(
            "--past-findings",
            action="store_true",
            help="delete over what is not as Queuescope wrote it, after it was looked into",
        )

    def handle(self, *, archives: Path | None, dry_run: bool, past_findings: bool, **_: Any) -> None:
        days = settings.AUDIT_RETENTION_DAYS
        if days is None:
            raise CommandError("AUDIT_RETENTION_DAYS is empty: audit entries are kept for ever, and none was deleted.")
        self._told_at = time.monotonic()
        try:
            pruned = pruning.prune(
                days=days,
                now=timezone.now(),
                dry_run=dry_run,
                past_findings=past_findings,
                directory=archives,
                progress=self._progress,
            )
        except NothingToPruneError as nothing:
            self.stdout.write(nothing.sentence)
            return
        except ExpectedError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(f"A dry run, nothing was deleted. It would say: {pruned}" if dry_run else str(pruned))

    def _progress(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at >= _EVERY_S:
            self._told_at = time.monotonic()
            self.stderr.write(f"pruned up to link {done:,} of {total:,}")
