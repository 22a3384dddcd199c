"""`manage.py rotate_credential_keys`: seal everything again under the newest of CREDENTIAL_KEYS.

Put the new key first, keep the old ones behind it, restart, run this, then drop the old keys.
"""

from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import BinaryField, Model

from queues_app import vault


def sealed_columns() -> list[tuple[type[Model], str]]:
    """Every column that holds something sealed: bytes are kept in no other way."""
    return [
        (model, field.name)
        for model in apps.get_app_config("queues_app").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField)
    ]


# Where allauth keeps what our adapter sealed: the secret of an app, the seed of recovery codes.
FACTOR_SECRETS: Final = ("secret", "seed")


def _reseal_factors() -> tuple[int, list[str]]:
    """How many second factors are sealed again, and those that no key opens."""
    done, lost = 0, []
    for pk in Authenticator.objects.values_list("pk", flat=True):
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            names = [name for name in FACTOR_SECRETS if factor is not None and name in factor.data]
            if factor is None or not names:
                continue
            try:
                for name in names:
                    factor.data[name] = vault.reseal(factor.data[name].encode()).decode()
            except vault.CannotUnsealError:
                lost.append(f"second factor {pk}")
                continue
            factor.save(update_fields=["data"])
            done += 1
    return done, lost


class Command(BaseCommand):
    help = "Seal every credential, lease id and kept message again under the newest of CREDENTIAL_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = 0, []
        # What is empty was never sealed, or is lost already.
        rows = [
            (model, pk, column)
            for model, column in sealed_columns()
            for pk in model._default_manager.exclude(**{column: b""}).values_list("pk", flat=True)
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
        resealed, lost_factors = _reseal_factors()
        done += resealed
        lost += lost_factors
        self.stdout.write(f"{done} sealed again under the newest key.")
        if lost:
            raise CommandError(
                f"{len(lost)} could not be opened with any key and stay as they are: {', '.join(lost)}. "
                "Do not drop the key that sealed them."
            )
