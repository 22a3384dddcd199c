"""Fills the database of a deployment: tables, a person who may do everything but manage, and their account.

Runs as a process with the deployment's own settings: `python -m bench.support.prepare NAME PASSWORD SECRET ACCOUNT_ID`.
"""

import sys

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402 - the applications have to be there first
from django.core.management import call_command  # noqa: E402

from queues_app import vault  # noqa: E402
from queues_app.models import Account, Credential, CredentialStatus, User  # noqa: E402


def main(name: str, password: str, secret: str, account_id: str) -> None:
    """Prints the number of the account."""
    call_command("migrate", interactive=False, verbosity=0)
    # Does nothing but where the cache is in the database.
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = User.objects.create_user(name, password=password)
    user.groups.set([Group.objects.get(name="Operator")])
    credential = Credential.objects.create(
        owner=user,
        label="main",
        sealed_secret=vault.seal(secret.encode()),
        last_four=secret[-4:],
        status=CredentialStatus.ACTIVE,
        is_default=True,
    )
    account = Account.objects.create(credential=credential, account_id=account_id, name="acme-logistics")
    sys.stdout.write(f"{account.pk}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
