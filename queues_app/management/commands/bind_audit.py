"""`manage.py bind_audit`: bind what is complete and not bound yet. Requests do it on their way."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queues_app import vault
from queues_app.operations import binding


class Command(BaseCommand):
    help = "Bind the audit entries that are complete and not bound yet, as after an upgrade or in a quiet night."

    def handle(self, *args: Any, **options: Any) -> None:
        number = 0
        try:
            while bound := binding.bind(now=timezone.now()):
                number += bound
        except (binding.HeadGoneError, vault.KeysUnusableError) as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(f"{number:,} {'entry' if number == 1 else 'entries'} bound.")
