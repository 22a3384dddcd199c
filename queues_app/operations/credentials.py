"""A person's own credentials: add, rename, replace the secret, check again, choose the default, delete.

The secret is sealed before it is written and is never read back but into a request header.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from queues_app import audit, upstream, vault
from queues_app.audit import Caller, Subject
from queues_app.models import (
    Account,
    Action,
    Batch,
    Credential,
    CredentialStatus,
    Lease,
    LeaseState,
    User,
)
from queues_app.operations import allowed, checkup
from queues_app.operations.checkup import Examination, NotAcceptedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependents:
    """What goes when a credential goes. Audit entries stay."""

    accounts: int
    batches: int
    held_leases: int


def add(
    *,
    caller: Caller,
    label: str,
    kind: str,
    secret: str,
    environment: str,
    email: str = "",
    typed_account_id: str = "",
) -> Credential:
    """Verify a secret, discover its accounts, seal and keep it, and run its check-up.

    Nothing is kept when the upstream does not accept it or cannot be asked.

    Raises checkup.NotAcceptedError, checkup.AccountNeededError, VaultError, UpstreamBusyError, CloudflareError,
    cloudflare.InvalidSecret.
    """
    owner = allowed.signed_in(caller)
    auth = upstream.auth(kind=kind, secret=secret, email=email)
    credential = Credential(
        owner=owner, label=label, kind=kind, email=email, environment=environment, last_four=secret[-4:]
    )
    with audit.record(caller=caller, action=Action.CREDENTIAL_ADD, subject=Subject(credential=credential)) as record:
        found = checkup.examine(auth=auth, kind=kind, typed_account_id=typed_account_id)
        credential.sealed_secret = vault.seal(secret.encode())
        with transaction.atomic():
            credential.is_default = not owner.credentials.exists()
            _note(credential, found)
            credential.save()
            _note_accounts(credential, found)
            record.entry.credential_id = credential.pk
            record.ok(remark=f"{len(found.accounts)} account(s) found")
    _check_up(caller, credential)
    return credential


def replace_secret(*, caller: Caller, credential: Credential, secret: str) -> None:
    """Put a new secret in the place of the old one, verified as in `add`. The old one is gone for good.

    Raises as `add`.
    """
    auth = upstream.auth(kind=credential.kind, secret=secret, email=credential.email)
    typed = list(credential.accounts.values_list("account_id", flat=True))
    with _on_the_record(caller, Action.CREDENTIAL_REPLACE, credential) as record:
        found = checkup.examine(auth=auth, kind=credential.kind, typed_account_id=typed[0] if typed else "")
        credential.sealed_secret = vault.seal(secret.encode())
        credential.last_four = secret[-4:]
        with transaction.atomic():
            _note(credential, found)
            credential.save()
            _note_accounts(credential, found)
            record.ok(remark=f"now ends {credential.last_four}")
    _check_up(caller, credential)


def verify(*, caller: Caller, credential: Credential) -> None:
    """Ask the upstream again who this credential is, and run its check-up. A refusal is noted as its status.

    Raises VaultError, UpstreamBusyError, and CloudflareError when nobody can be asked.
    """
    auth = upstream.auth_of(credential)
    typed = list(credential.accounts.values_list("account_id", flat=True))
    with _on_the_record(caller, Action.CREDENTIAL_VERIFY, credential) as record:
        try:
            found = checkup.examine(auth=auth, kind=credential.kind, typed_account_id=typed[0] if typed else "")
        except NotAcceptedError as error:
            credential.status = CredentialStatus.INVALID
            credential.checked_at = timezone.now()
            credential.findings = []
            credential.save(update_fields=["status", "checked_at", "findings"])
            record.stopped(error)
            return
        with transaction.atomic():
            _note(credential, found)
            credential.save()
            _note_accounts(credential, found)
            record.ok(remark=f"{credential.get_status_display()}, {len(found.accounts)} account(s)")
    _check_up(caller, credential)


def rename(*, caller: Caller, credential: Credential, label: str, environment: str) -> None:
    """Change the label and the environment badge. Entries written before keep the old label."""
    parameters = {"from": credential.label, "to": label, "environment": environment}
    with _on_the_record(caller, Action.CREDENTIAL_RENAME, credential, parameters) as record:
        credential.label = label
        credential.environment = environment
        credential.save(update_fields=["label", "environment"])
        record.ok()


def make_default(*, caller: Caller, credential: Credential) -> None:
    """Make this the credential that the first page opens with."""
    with (
        _on_the_record(caller, Action.CREDENTIAL_DEFAULT, credential) as record,
        transaction.atomic(),
    ):
        credential.owner.credentials.filter(is_default=True).update(is_default=False)
        credential.is_default = True
        credential.save(update_fields=["is_default"])
        record.ok()


def delete(*, caller: Caller, credential: Credential) -> None:
    """Delete a credential with its accounts and kept batches. The next one becomes the default."""
    owner = allowed.signed_in(caller)
    gone = dependents(credential)
    with (
        _on_the_record(caller, Action.CREDENTIAL_DELETE, credential) as record,
        transaction.atomic(),
    ):
        was_default = credential.is_default
        credential.delete()
        if was_default and (following := owner.credentials.first()):
            following.is_default = True
            following.save(update_fields=["is_default"])
        record.ok(remark=f"with {gone.accounts} account(s) and {gone.batches} kept batch(es)")


def dependents(credential: Credential) -> Dependents:
    """What would go with the credential."""
    return Dependents(
        accounts=credential.accounts.count(),
        batches=Batch.objects.filter(account__credential=credential).count(),
        held_leases=Lease.objects.filter(
            batch__account__credential=credential,
            state=LeaseState.HELD,
            expires_at__gt=timezone.now(),
        ).count(),
    )


def default_account(owner: User) -> Account | None:
    """The account that the first page shows: the first one of the default credential."""
    return (
        Account.objects.filter(credential__owner=owner)
        .select_related("credential")
        .order_by("-credential__is_default", "credential__label", "name", "id")
        .first()
    )


def _on_the_record(
    caller: Caller, action: Action, credential: Credential, parameters: dict[str, Any] | None = None
) -> Any:
    return audit.record(
        caller=caller,
        action=action,
        subject=Subject(credential=credential),
        parameters=parameters,
    )


def _note(credential: Credential, found: Examination) -> None:
    credential.status = found.status
    credential.owned_by_account = found.owned_by_account
    credential.expires_at = found.expires_at
    credential.checked_at = found.at


def _note_accounts(credential: Credential, found: Examination) -> None:
    for account in found.accounts:
        Account.objects.update_or_create(
            credential=credential,
            account_id=account.account_id,
            defaults={"name": account.name[:200]},
        )


def _check_up(caller: Caller, credential: Credential) -> None:
    account = credential.accounts.first()
    if account is None:
        return
    credential.findings = checkup.check_up(caller=caller, credential=credential, account=account)
    credential.save(update_fields=["findings"])
