"""`manage.py audit_checkpoint`: print how far the audit is bound, as one signed line to keep elsewhere."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from queues_app import vault
from queues_app.operations import binding
from queues_app.operations.checkpoints import Checkpoint, NothingBoundError


class Command(BaseCommand):
    help = (
        "Print a checkpoint of the audit. Keep it elsewhere: verify_audit --against it finds a tail that was cut off."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            while binding.bind(now=timezone.now()):
                pass
            self.stdout.write(str(Checkpoint.of_now(timezone.now())))
        except (binding.HeadGoneError, NothingBoundError, vault.KeysUnusableError) as error:
            raise CommandError(error.sentence) from error
