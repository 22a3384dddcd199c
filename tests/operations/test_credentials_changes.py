"""Replacing a secret, checking again and deleting, against the sandbox over real HTTP."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import DatabaseError
from django.utils import timezone
from pytest_django import Settings

from queues_app import cloudflare, vault
from queues_app.audit import AuditUnavailableError
from queues_app.models import Account, Action, AuditEntry, Batch, Credential, CredentialStatus, Lease, Outcome
from queues_app.operations import checkup, credentials, look
from queues_app.operations.checkup import NotAcceptedError, SecretRefusedError
from queues_app.operations.credentials import CredentialChangedError
from queues_app.sandbox import Sandbox
from tests.support.credentials import dump, entries, keep, traces
from tests.support.people import Cast
from tests.support.stack import calling

pytestmark = pytest.mark.usefixtures("upstream_url")


@pytest.fixture
def kept(cast: Cast, sandbox: Sandbox, upstream_url: str) -> Credential:
    return keep(cast.owner, sandbox.tokens["full"])


def pull_three(kept: Credential, sandbox: Sandbox) -> Batch:
    orders = sandbox.add_queue("orders")
    orders.push_many([1, 2, 3])
    return look.pull(
        caller=calling(kept.owner),
        account=kept.accounts.get(name="acme-logistics"),
        queue_id=orders.id,
        batch_size=3,
        visibility_timeout_ms=60_000,
        intent=uuid.uuid4(),
    )


def replace(kept: Credential, secret: str, account_id: str = "") -> None:
    credentials.replace_secret(caller=calling(kept.owner), credential=kept, secret=secret, account_id=account_id)


def test_a_new_secret_takes_the_place_of_the_old_one(kept: Credential, sandbox: Sandbox) -> None:
    replace(kept, sandbox.tokens["read_only"])

    kept.refresh_from_db()
    assert vault.unseal(kept.sealed_secret).decode() == sandbox.tokens["read_only"]
    assert kept.expires_at is not None
    # No queue to ask about; and this one may not read analytics.
    assert {line["finding"] for line in kept.findings} == {"asked", "unknown", "no"}
    entry = entries()[-1]
    assert (entry.action, entry.outcome, entry.remark) == (Action.CREDENTIAL_REPLACE, Outcome.OK, "now ends 0000")
    assert not traces(sandbox.tokens["read_only"], [dump()])


@pytest.mark.parametrize("token", ["expired", "disabled"])
def test_a_bad_new_secret_leaves_the_old_one(token: str, kept: Credential, sandbox: Sandbox) -> None:
    with pytest.raises(NotAcceptedError):
        replace(kept, sandbox.tokens[token])

    kept.refresh_from_db()
    assert vault.unseal(kept.sealed_secret).decode() == sandbox.tokens["full"]
    assert kept.status == CredentialStatus.ACTIVE
    assert entries()[-1].outcome == Outcome.FAILED


def test_a_new_secret_may_reach_fewer_accounts(kept: Credential, sandbox: Sandbox) -> None:
    replace(kept, sandbox.tokens["wrong_account"])

    assert [account.name for account in kept.accounts.all()] == ["acme-labs"]


def test_an_account_with_kept_copies_stays_when_it_is_reached_no_more(kept: Credential, sandbox: Sandbox) -> None:
    batch = pull_three(kept, sandbox)

    replace(kept, sandbox.tokens["wrong_account"])

    assert [account.name for account in kept.accounts.all()] == ["acme-logistics", "acme-labs"]
    assert Batch.objects.filter(pk=batch.pk).exists()


def test_a_token_of_an_account_finds_its_account_among_the_known_ones(kept: Credential, sandbox: Sandbox) -> None:
    replace(kept, sandbox.tokens["account_owned"])

    kept.refresh_from_db()
    assert kept.owned_by_account
    assert [account.name for account in kept.accounts.all()] == ["acme-logistics"]


def test_a_new_secret_that_reaches_nothing_known_asks_for_an_account(kept: Credential, sandbox: Sandbox) -> None:
    kept.accounts.filter(name="acme-logistics").delete()

    with pytest.raises(SecretRefusedError):
        replace(kept, sandbox.tokens["account_owned"])
    replace(kept, sandbox.tokens["account_owned"], sandbox.accounts["acme-logistics"])

    assert [account.account_id for account in kept.accounts.all()] == [sandbox.accounts["acme-logistics"]]


def test_replacing_is_the_way_out_when_the_key_is_gone(kept: Credential, sandbox: Sandbox, settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]

    replace(kept, sandbox.tokens["full"])

    kept.refresh_from_db()
    assert vault.unseal(kept.sealed_secret).decode() == sandbox.tokens["full"]


def test_a_check_says_what_has_become_of_the_token(kept: Credential, sandbox: Sandbox) -> None:
    kept.sealed_secret = vault.seal(sandbox.tokens["disabled"].encode())
    kept.save()

    credentials.verify(caller=calling(kept.owner), credential=kept)

    kept.refresh_from_db()
    assert (kept.status, kept.findings) == (CredentialStatus.DISABLED, [])
    entry = entries()[-1]
    assert (entry.action, entry.outcome, entry.remark) == (
        Action.CREDENTIAL_VERIFY,
        Outcome.FAILED,
        "Cloudflare knows this token, but it is disabled.",
    )


def test_a_token_that_was_rolled_is_not_accepted_any_more(kept: Credential) -> None:
    kept.sealed_secret = vault.seal(b"rolled-" + b"x" * 40)
    kept.save()

    credentials.verify(caller=calling(kept.owner), credential=kept)

    kept.refresh_from_db()
    assert kept.status == CredentialStatus.INVALID
    assert kept.accounts.count() == 2


def test_trouble_on_the_way_changes_nothing_that_is_known(
    kept: Credential, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.cloudflare.caller.Caller._pause", lambda *_: None)
    sandbox.fault("server_error", route="verify_user")
    before = (kept.status, kept.checked_at, kept.findings)

    with pytest.raises(cloudflare.ServerFault):
        credentials.verify(caller=calling(kept.owner), credential=kept)

    kept.refresh_from_db()
    assert (kept.status, kept.checked_at, kept.findings) == before
    assert entries()[-1].outcome == Outcome.FAILED


def test_a_check_does_not_undo_a_replacement_made_meanwhile(
    kept: Credential, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = checkup.examine
    newer = vault.seal(b"a newer secret")

    def slow(**arguments: Any) -> object:
        found = examine(**arguments)
        Credential.objects.filter(pk=kept.pk).update(sealed_secret=newer, last_four="cret")
        return found

    monkeypatch.setattr(checkup, "examine", slow)

    with pytest.raises(CredentialChangedError):
        credentials.verify(caller=calling(kept.owner), credential=kept)

    kept.refresh_from_db()
    assert (bytes(kept.sealed_secret), kept.last_four) == (newer, "cret")


def test_a_check_does_not_undo_a_new_name_given_meanwhile(kept: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    examine = checkup.examine

    def slow(**arguments: Any) -> object:
        Credential.objects.filter(pk=kept.pk).update(label="renamed")
        return examine(**arguments)

    monkeypatch.setattr(checkup, "examine", slow)

    credentials.verify(caller=calling(kept.owner), credential=kept)

    kept.refresh_from_db()
    assert kept.label == "renamed"


def test_accounts_are_renamed_by_a_check(kept: Credential, sandbox: Sandbox) -> None:
    account = kept.accounts.get(name="acme-logistics")
    sandbox.store.accounts[account.account_id].name = "acme-global"

    credentials.verify(caller=calling(kept.owner), credential=kept)

    account.refresh_from_db()
    assert account.name == "acme-global"


def test_what_depends_on_a_credential_is_counted(kept: Credential, sandbox: Sandbox) -> None:
    batch = pull_three(kept, sandbox)
    Lease.objects.filter(batch=batch, position=0).update(expires_at=timezone.now() - timedelta(seconds=1))

    found = credentials.dependents(kept)

    assert (found.accounts, found.batches, found.held_leases) == (2, 1, 2)


def test_deleting_takes_accounts_and_copies_and_leaves_the_audit_log(kept: Credential, sandbox: Sandbox) -> None:
    pull_three(kept, sandbox)
    before = AuditEntry.objects.count()

    credentials.delete(caller=calling(kept.owner), credential=kept)

    assert not Credential.objects.exists()
    assert not Account.objects.exists()
    assert not Batch.objects.exists()
    assert AuditEntry.objects.count() == before + 1
    entry = entries()[-1]
    assert (entry.action, entry.outcome) == (Action.CREDENTIAL_DELETE, Outcome.OK)
    assert entry.credential_label == "main (ends 0000)"
    assert entry.remark == "accounts: 2, kept batches: 1, held leases: 3"


def test_the_default_passes_to_the_next_when_it_is_deleted(kept: Credential, sandbox: Sandbox) -> None:
    other = keep(kept.owner, sandbox.tokens["read_only"], label="reader")

    credentials.delete(caller=calling(kept.owner), credential=kept)

    other.refresh_from_db()
    assert other.is_default


def test_a_second_delete_finds_nothing_to_delete(kept: Credential) -> None:
    same = Credential.objects.get(pk=kept.pk)
    credentials.delete(caller=calling(kept.owner), credential=kept)

    with pytest.raises(CredentialChangedError):
        credentials.delete(caller=calling(kept.owner), credential=same)
    assert entries()[-1].outcome == Outcome.FAILED


def test_every_change_is_refused_while_the_audit_log_cannot_be_written(
    kept: Credential, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(AuditEntry, "save", broken)
    sandbox.forget_calls()
    caller = calling(kept.owner)

    with pytest.raises(AuditUnavailableError):
        keep(kept.owner, sandbox.tokens["full"], label="second")
    with pytest.raises(AuditUnavailableError):
        credentials.verify(caller=caller, credential=kept)
    with pytest.raises(AuditUnavailableError):
        replace(kept, sandbox.tokens["full"])
    with pytest.raises(AuditUnavailableError):
        credentials.delete(caller=caller, credential=kept)

    assert sandbox.calls == []
    assert Credential.objects.count() == 1
