"""`manage.py prune`: delete what is kept for a time and whose time is over. Keeping a new batch does it on its way."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from queues_app.operations import batches


class Command(BaseCommand):
    help = "Delete kept batches, ended leases, sent messages and invitations whose time is over. Audit entries stay."

    def handle(self, *args: Any, **options: Any) -> None:
        number = batches.prune(now=timezone.now())
        self.stdout.write(f"{number} expired batch{'' if number == 1 else 'es'} deleted.")
