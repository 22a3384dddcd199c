"""A person's own credentials: add, rename, replace the secret, check again, choose the default, delete.

The secret is sealed before it is written and is never read back but into a request header.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from queues_app import audit, upstream, vault
from queues_app.audit import Caller, Record, Subject
from queues_app.cloudflare import CloudflareError
from queues_app.expected import ExpectedError
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
from queues_app.operations import allowed, checkup, environments
from queues_app.operations.checkup import (
    AccountNeededError,
    Examination,
    NotAcceptedError,
    SecretRefusedError,
)


class LabelTakenError(SecretRefusedError):
    """Two forms of the same person chose the same label at the same time."""

    sentence = "Another credential of yours has this label. Labels tell them apart in the audit log."
    reason = "label-taken"
    about = "label"
    is_refusal = True


class CredentialChangedError(ExpectedError):
    """It was deleted, or its secret replaced, while Cloudflare was being asked about the old one."""

    sentence = "This credential was changed or deleted meanwhile, so the answer was thrown away. Look again."
    reason = "credential-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependents:
    """What goes when a credential goes. Audit entries stay."""

    accounts: int
    batches: int
    held_leases: int


@sensitive_variables("secret")
def add(
    *,
    caller: Caller,
    label: str,
    kind: str,
    secret: str,
    environment: str,
    email: str = "",
    account_id: str = "",
    intent: uuid.UUID | None = None,
) -> Credential:
    """Verify a secret, discover its accounts, seal and keep it, and run its check-up.

    `environment` marks the accounts that nobody marked yet; the others keep what they have.

    Nothing is kept when the upstream does not accept it or cannot be asked.

    Raises SecretRefusedError (each of its kinds), VaultError, AlreadySubmittedError, AuditUnavailableError,
    UpstreamBusyError, CloudflareError, cloudflare.InvalidSecret.
    """
    owner = allowed.signed_in(caller)
    auth = upstream.auth(kind=kind, secret=secret, email=email)
    credential = Credential(owner=owner, label=label, kind=kind, email=email, last_four=secret[-4:])
    with _on_the_record(caller, Action.CREDENTIAL_ADD, credential, intent=intent) as record:
        # First of all, so that a server without keys asks nothing.
        credential.sealed_secret = vault.seal(secret.encode())
        found = checkup.examine(auth=auth, kind=kind, typed_account_id=account_id)
        with _exclusive(owner):
            if owner.credentials.filter(label=label).exists():
                raise LabelTakenError
            credential.is_default = not owner.credentials.exists()
            for name, value in _facts(found).items():
                setattr(credential, name, value)
            credential.save()
            _note_accounts(credential, found)
            marked = environments.begin(credential, environment=environment, chosen_by=caller.user_name)
            record.entry.credential_id = credential.pk
            mark = f", marked {environment}: {marked}" if marked else ""
            record.ok(remark=f"accounts found: {len(found.accounts)}{mark}")
    _check_up(caller, credential)
    return credential


@sensitive_variables("secret")
def replace_secret(
    *,
    caller: Caller,
    credential: Credential,
    secret: str,
    account_id: str = "",
    intent: uuid.UUID | None = None,
) -> None:
    """Put a new secret in the place of the old one, verified as in `add`. The old one is gone for good.

    Raises as `add`, and CredentialChangedError.
    """
    auth = upstream.auth(kind=credential.kind, secret=secret, email=credential.email)
    with _on_the_record(caller, Action.CREDENTIAL_REPLACE, credential, intent=intent) as record:
        sealed = vault.seal(secret.encode())
        found = checkup.examine(
            auth=auth, kind=credential.kind, typed_account_id=account_id, known=_account_ids(credential)
        )
        if not found.accounts:
            raise AccountNeededError
        with _exclusive(credential.owner):
            _write(credential, {"sealed_secret": sealed, "last_four": secret[-4:], "findings": [], **_facts(found)})
            _note_accounts(credential, found)
            record.ok(remark=f"now ends {secret[-4:]}")
    _check_up(caller, credential)


def verify(*, caller: Caller, credential: Credential) -> None:
    """Ask the upstream again who this credential is, and run its check-up. A refusal is noted as its status.

    Raises VaultError, AuditUnavailableError, CredentialChangedError, UpstreamBusyError, and CloudflareError when
    nobody can be asked.
    """
    with _on_the_record(caller, Action.CREDENTIAL_VERIFY, credential) as record:
        auth = upstream.auth_of(credential)
        try:
            found = checkup.examine(auth=auth, kind=credential.kind, known=_account_ids(credential))
        except SecretRefusedError as error:
            status = error.status if isinstance(error, NotAcceptedError) else CredentialStatus.INVALID
            _write(credential, {"status": status, "checked_at": timezone.now(), "findings": []})
            _note_answer(record, error)
            record.stopped(error)
            return
        with _exclusive(credential.owner):
            _write(credential, _facts(found))
            _note_accounts(credential, found)
            record.ok(remark=f"{credential.get_status_display()}, accounts found: {len(found.accounts)}")
    _check_up(caller, credential)


def rename(*, caller: Caller, credential: Credential, label: str) -> None:
    """Change the label. Entries written before keep the old label.

    Raises LabelTakenError, CredentialChangedError, AuditUnavailableError.
    """
    parameters = {"from": credential.label, "to": label}
    with (
        _on_the_record(caller, Action.CREDENTIAL_RENAME, credential, parameters=parameters) as record,
        _exclusive(credential.owner),
    ):
        if credential.owner.credentials.exclude(pk=credential.pk).filter(label=label).exists():
            raise LabelTakenError
        _write(credential, {"label": label})
        record.ok()


def make_default(*, caller: Caller, credential: Credential) -> None:
    """Make this the credential that the first page opens with.

    Raises CredentialChangedError, AuditUnavailableError.
    """
    with (
        _on_the_record(caller, Action.CREDENTIAL_DEFAULT, credential) as record,
        _exclusive(credential.owner),
    ):
        credential.owner.credentials.filter(is_default=True).update(is_default=False)
        _write(credential, {"is_default": True})
        record.ok()


def delete(*, caller: Caller, credential: Credential) -> None:
    """Delete a credential with its accounts and kept batches. The next one becomes the default.

    Raises CredentialChangedError, AuditUnavailableError.
    """
    owner = credential.owner
    with _on_the_record(caller, Action.CREDENTIAL_DELETE, credential) as record, _exclusive(owner):
        gone = dependents(credential)
        deleted, _ = owner.credentials.filter(pk=credential.pk).delete()
        if not deleted:
            raise CredentialChangedError
        following = owner.credentials.first()
        if following and not owner.credentials.filter(is_default=True).exists():
            _write(following, {"is_default": True})
        record.ok(remark=f"accounts: {gone.accounts}, kept batches: {gone.batches}, held leases: {gone.held_leases}")


def dependents(credential: Credential) -> Dependents:
    """What would go with the credential."""
    return Dependents(
        accounts=credential.accounts.count(),
        batches=Batch.objects.filter(account__credential=credential).count(),
        held_leases=Lease.objects.filter(
            account__credential=credential,
            state=LeaseState.HELD,
            expires_at__gt=timezone.now(),
        ).count(),
    )


@contextmanager
def _on_the_record(
    caller: Caller,
    action: Action,
    credential: Credential,
    *,
    parameters: dict[str, Any] | None = None,
    intent: uuid.UUID | None = None,
) -> Iterator[Record]:
    with audit.record(
        caller=caller,
        action=action,
        subject=Subject(credential=credential),
        parameters=parameters,
        intent=intent,
    ) as record:
        try:
            yield record
        except SecretRefusedError as error:
            _note_answer(record, error)
            raise


def _note_answer(record: Record, error: SecretRefusedError) -> None:
    """What the upstream said when it refused the secret, for the entry."""
    cause = error.__cause__
    if isinstance(cause, CloudflareError):
        record.entry.asked = cause.asked
        record.entry.status = cause.status
        record.entry.code = cause.errors[0].code if cause.errors else None
        record.entry.cf_ray = (cause.cf_ray or "")[:64]
        record.entry.duration_ms = cause.duration_ms


@contextmanager
def _exclusive(owner: User) -> Iterator[None]:
    """A transaction in which nobody else changes this person's credentials: labels and the default stay unique."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)
        yield


def _write(credential: Credential, values: dict[str, Any]) -> None:
    """Write these columns and no others: while the upstream was asked, the rest may have changed.

    Raises CredentialChangedError when the credential is gone or has another secret by now.
    """
    same = Credential.objects.filter(pk=credential.pk, last_four=credential.last_four)
    if not same.update(**values):
        raise CredentialChangedError
    for name, value in values.items():
        setattr(credential, name, value)


def _facts(found: Examination) -> dict[str, Any]:
    return {
        "status": found.status,
        "owned_by_account": found.owned_by_account,
        "expires_at": found.expires_at,
        "checked_at": found.at,
    }


def _account_ids(credential: Credential) -> list[str]:
    return list(credential.accounts.values_list("account_id", flat=True))


def _note_accounts(credential: Credential, found: Examination) -> None:
    """Keep what was found. An account that is not reached any more goes, unless copies from it are still kept."""
    if not found.accounts:
        return
    for account in found.accounts:
        kept, is_new = Account.objects.get_or_create(
            credential=credential,
            account_id=account.account_id,
            defaults={"name": account.name[:200] or _name_of(credential.owner, account.account_id)},
        )
        if account.name and not is_new and kept.name != account.name[:200]:
            kept.name = account.name[:200]
            kept.save(update_fields=["name"])
    reached = [account.account_id for account in found.accounts]
    credential.accounts.exclude(account_id__in=reached).filter(batches__isnull=True).delete()


def _name_of(owner: User, account_id: str) -> str:
    """The name under which another credential of the same person lists the account; else the beginning of its id."""
    twin = Account.objects.filter(credential__owner=owner, account_id=account_id).first()
    return twin.name if twin else f"account {account_id[:8]}…"


def _check_up(caller: Caller, credential: Credential) -> None:
    account = credential.accounts.first()
    if account is not None:
        findings = checkup.check_up(caller=caller, credential=credential, account=account)
        _write(credential, {"findings": findings})
