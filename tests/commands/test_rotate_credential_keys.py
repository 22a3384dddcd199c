"""`manage.py rotate_credential_keys` seals everything again under the newest key, and loses nothing."""

from datetime import timedelta
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from queues_app import vault
from queues_app.management.commands.rotate_credential_keys import sealed_columns
from queues_app.models import Batch, Credential, Lease, Mode
from tests.support.people import Cast, make_account

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def credential(cast: Cast, settings: Settings) -> Credential:
    """A credential and a kept batch, sealed under the old key."""
    settings.CREDENTIAL_KEYS = [OLD]
    account = make_account(cast.owner, secret="made-up-secret-of-the-owner", account_id="1" * 32)
    now = timezone.now()
    Batch.objects.create(
        owner=cast.owner,
        account=account,
        entry_id=1,
        queue_id="2" * 32,
        queue_name="orders",
        mode=Mode.PEEK,
        fetched_at=now,
        expires_at=now + timedelta(days=1),
        asked_for=10,
        message_count=0,
        sealed_messages=vault.seal(b"bodies"),
    )
    return account.credential


def rotate() -> str:
    out = StringIO()
    call_command("rotate_credential_keys", stdout=out)
    return out.getvalue()


def test_everything_is_sealed_under_the_newest_key(credential: Credential, settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [NEW, OLD]

    assert rotate() == "2 sealed again under the newest key.\n"

    settings.CREDENTIAL_KEYS = [NEW]
    credential.refresh_from_db()
    assert vault.unseal(credential.sealed_secret) == b"made-up-secret-of-the-owner"
    assert vault.unseal(Batch.objects.get().sealed_messages) == b"bodies"


def test_no_kind_of_sealed_thing_is_forgotten() -> None:
    assert {(model.__name__, column) for model, column in sealed_columns()} == {
        ("Batch", "sealed_messages"),
        ("Credential", "sealed_secret"),
        ("Lease", "sealed_lease_id"),
        ("Sending", "sealed_messages"),
        ("Watch", "sealed_secret"),
        ("Watch", "sealed_url"),
        ("WatchNotice", "sealed_secret"),
        ("WatchNotice", "sealed_url"),
    }


def test_nothing_else_of_a_row_changes(credential: Credential, settings: Settings) -> None:
    before = dict(Credential.objects.values().get())
    settings.CREDENTIAL_KEYS = [NEW, OLD]

    rotate()

    after = dict(Credential.objects.values().get())
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"sealed_secret"}


def test_it_can_be_run_again(credential: Credential, settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [NEW, OLD]

    assert rotate() == rotate()


def test_what_cannot_be_opened_stays_and_is_named(credential: Credential, settings: Settings) -> None:
    Credential.objects.filter(pk=credential.pk).update(sealed_secret=Fernet(Fernet.generate_key()).encrypt(b"lost"))
    before = bytes(Credential.objects.get().sealed_secret)
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    out = StringIO()

    with pytest.raises(CommandError, match=rf"1 could not be opened.*credential {credential.pk}\. Do not drop"):
        call_command("rotate_credential_keys", stdout=out)

    assert bytes(Credential.objects.get().sealed_secret) == before
    assert out.getvalue() == "1 sealed again under the newest key.\n"


def test_without_usable_keys_it_says_so_and_touches_nothing(credential: Credential, settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = []

    with pytest.raises(CommandError, match="CREDENTIAL_KEYS"):
        rotate()

    settings.CREDENTIAL_KEYS = [OLD]
    credential.refresh_from_db()
    assert vault.unseal(credential.sealed_secret) == b"made-up-secret-of-the-owner"


@pytest.mark.django_db
def test_an_empty_server_has_nothing_to_seal(settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [NEW]

    assert rotate() == "0 sealed again under the newest key.\n"


def test_no_secret_and_no_key_is_printed(credential: Credential, settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [NEW]
    out, errors = StringIO(), StringIO()

    with pytest.raises(CommandError) as caught:
        call_command("rotate_credential_keys", stdout=out, stderr=errors)

    said = out.getvalue() + errors.getvalue() + str(caught.value)
    assert "made-up-secret" not in said
    assert NEW not in said
    assert OLD not in said


def test_what_is_held_can_be_settled_after_a_rotation(credential: Credential, settings: Settings) -> None:
    now = timezone.now()
    held = Lease(
        holder=credential.owner,
        account=credential.accounts.get(),
        queue_id="2" * 32,
        queue_name="orders",
        position=0,
        entry_id=1,
        message_id="m-1",
        sealed_lease_id=vault.seal(b"lease"),
        pulled_at=now,
        expires_at=now + timedelta(minutes=1),
        visibility_timeout_ms=60_000,
    )
    held.save()
    held.pk, held.sealed_lease_id = None, b""  # one that was lost before
    held.save()
    settings.CREDENTIAL_KEYS = [NEW, OLD]

    assert rotate() == "3 sealed again under the newest key.\n"

    settings.CREDENTIAL_KEYS = [NEW]
    kept, lost = Lease.objects.all()
    assert vault.unseal(kept.sealed_lease_id) == b"lease"
    assert bytes(lost.sealed_lease_id) == b""
