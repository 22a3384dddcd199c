"""`manage.py prune`: delete kept batches whose time is over. Keeping a new batch does the same on its way."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from queues_app.operations import batches


class Command(BaseCommand):
    help = "Delete the kept batches whose time is over. Audit entries stay."

    def handle(self, *args: Any, **options: Any) -> None:
        number = batches.prune(now=timezone.now())
        self.stdout.write(f"{number} expired batch{'' if number == 1 else 'es'} deleted.")
