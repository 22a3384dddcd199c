"""`manage.py audit_digest`: what happened in a week, printed, and with --mail sent to those who asked for it."""

import time
from argparse import ArgumentParser
from datetime import UTC
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queues_app.expected import ExpectedError
from queues_app.operations import digest, digest_mail
from queues_app.operations.digest import Week
from queues_app.rows import digest as rows

_EVERY_S: Final = 2.0


class Command(BaseCommand):
    help = "Print what happened in a week, by queue and by person, and what is to be explained. Weeks begin in UTC."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--week", help="as 2026-W47; the last one that is over where none is named")
        parser.add_argument(
            "--verify", action="store_true", help="first verify what was bound since the last time, on the record"
        )
        parser.add_argument("--mail", action="store_true", help="send it to those who asked for it, too")

    def handle(self, *, week: str | None, verify: bool, mail: bool, **_: Any) -> None:
        self._told_at = time.monotonic()
        now = timezone.now()
        doubt = ""
        try:
            asked = Week.read(week) if week else Week.before(now.astimezone(UTC).date())
            if verify:
                doubt = self._verify()
            shown = rows.page(digest.of_week(asked, user=None), now=now, zone=UTC)
            text = rows.text(shown) + (f"\n{doubt}\n" if doubt else "")
            self.stdout.write(text, ending="")
            if mail:
                subject = f"Queuescope audit {asked}{': NOT AS IT WAS WRITTEN' if doubt else ''}"
                sent = digest_mail.send(week=str(asked), subject=subject, text=text)
                self.stderr.write(f"Sent to {sent} who asked for it.")
        except ExpectedError as error:
            raise CommandError(error.sentence) from error
        if doubt:
            raise CommandError(doubt)

    def _verify(self) -> str:
        """What is wrong; empty where nothing is. The digest is told all the same."""
        try:
            digest.verify(progress=self._progress)
        except digest.NotAsWrittenError as error:
            return error.sentence
        return ""

    def _progress(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at >= _EVERY_S:
            self._told_at = time.monotonic()
            self.stderr.write(f"{done:,} of {total:,} links read")
