"""`manage.py archive_audit DIRECTORY`: write what is bound and not archived yet into a compressed, signed file."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queues_app.expected import ExpectedError
from queues_app.operations import archiving, binding
from queues_app.operations.archiving import NothingToArchiveError


class Command(BaseCommand):
    help = (
        "Write the audit entries that are in no archive yet into a compressed, signed file. Nothing is deleted. "
        "verify_audit --archive verifies it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="where to put the file")
        parser.add_argument("--until", help="only what was bound before this day or moment (UTC), as 2026-11-26")

        parser.add_argument(
            "--again",
            action="store_true",
            help="write those archives anew that are not in the directory, where the database has all they hold",
        )

    def handle(self, *, directory: Path, until: str | None, again: bool, **_: Any) -> None:
        now = timezone.now()
        try:
            if again:
                for note in archiving.again(directory=directory):
                    self.stdout.write(f"{directory / note.name} written again.")
                return
            while binding.bind(now=now):
                pass
            note, verdict = archiving.archive(directory=directory, until=_moment(until), now=now)
        except NothingToArchiveError as nothing:
            self.stdout.write(nothing.sentence)
            return
        except ExpectedError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(f"Links {note.first:,} to {note.last:,} archived in {directory / note.name}.")
        if verdict.found:
            self.stdout.write(
                f"{verdict.found:,} of what it holds is not as Queuescope wrote it; verify_audit names it."
            )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is no day or moment such as 2026-11-26 or 2026-11-26T14:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
