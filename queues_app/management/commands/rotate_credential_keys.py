"""`manage.py rotate_credential_keys`: seal everything again under the newest of CREDENTIAL_KEYS.

Put the new key first, keep the old ones behind it, restart, run this, then drop the old keys.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from queues_app import vault
from queues_app.models import Batch, Credential, Lease


class Command(BaseCommand):
    help = "Seal every credential, kept batch and lease id again under the newest of CREDENTIAL_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = 0, []
        rows = [
            *((Credential, pk, "sealed_secret") for pk in Credential.objects.values_list("pk", flat=True)),
            *((Batch, pk, "sealed_messages") for pk in Batch.objects.values_list("pk", flat=True)),
            # An empty lease id is lost already.
            *(
                (Lease, pk, "sealed_lease_id")
                for pk in Lease.objects.exclude(sealed_lease_id=b"").values_list("pk", flat=True)
            ),
        ]
        for model, pk, column in rows:
            # A row at a time, locked, so that a secret replaced meanwhile is not overwritten by its old self.
            with transaction.atomic():
                row = model._default_manager.select_for_update().filter(pk=pk).first()
                if row is None:
                    continue
                try:
                    setattr(row, column, vault.reseal(getattr(row, column)))
                except vault.KeysUnusableError as error:
                    raise CommandError(error.sentence) from error
                except vault.CannotUnsealError:
                    lost.append(f"{model._meta.verbose_name} {pk}")
                    continue
                row.save(update_fields=[column])
                done += 1
        self.stdout.write(f"{done} sealed again under the newest key.")
        if lost:
            raise CommandError(
                f"{len(lost)} could not be opened with any key and stay as they are: {', '.join(lost)}. "
                "Do not drop the key that sealed them."
            )
