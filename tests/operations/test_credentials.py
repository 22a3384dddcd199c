"""Adding a credential and what becomes of it, against the sandbox over real HTTP."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from queues_app import cloudflare, upstream, vault
from queues_app.models import Action, Credential, CredentialStatus, Environment, Kind, Outcome
from queues_app.operations import checkup, credentials
from queues_app.operations.checkup import (
    AccountNeededError,
    AccountNotReachedError,
    NotAcceptedError,
    SecretRefusedError,
)
from queues_app.operations.credentials import CredentialChangedError, LabelTakenError
from queues_app.sandbox import Sandbox
from tests.support.credentials import dump, entries, keep, traces
from tests.support.people import Cast
from tests.support.stack import calling

pytestmark = pytest.mark.usefixtures("upstream_url")


def names(credential: Credential) -> list[str]:
    return [account.name for account in credential.accounts.all()]


def test_a_good_token_is_kept_sealed_with_its_accounts(cast: Cast, sandbox: Sandbox) -> None:
    kept = keep(cast.owner, sandbox.tokens["full"])

    assert (kept.status, kept.owned_by_account, kept.is_default) == (CredentialStatus.ACTIVE, False, True)
    assert kept.display == "main (ends 0000)"
    assert names(kept) == ["acme-logistics", "acme-labs"]
    assert vault.unseal(kept.sealed_secret).decode() == sandbox.tokens["full"]
    assert not traces(sandbox.tokens["full"], [dump()])


def test_accounts_come_from_all_pages(cast: Cast, sandbox: Sandbox) -> None:
    for number in range(60):
        sandbox.store.add_account(f"account-{number:02}", f"{number:032x}", sandbox.clock.now_ms())

    kept = keep(cast.owner, sandbox.tokens["full"])

    assert kept.accounts.count() == 62


def test_the_day_a_token_expires_is_kept(cast: Cast, sandbox: Sandbox) -> None:
    kept = keep(cast.owner, sandbox.tokens["read_only"])

    assert kept.expires_at is not None
    assert kept.expires_at.date().isoformat() == "2027-02-21"


def test_a_token_of_an_account_needs_the_account_and_is_known_as_one(cast: Cast, sandbox: Sandbox) -> None:
    with pytest.raises(AccountNeededError):
        keep(cast.owner, sandbox.tokens["account_owned"])
    assert not Credential.objects.exists()

    kept = keep(cast.owner, sandbox.tokens["account_owned"], account_id=sandbox.accounts["acme-logistics"])

    assert (kept.status, kept.owned_by_account) == (CredentialStatus.ACTIVE, True)
    assert names(kept) == ["account 7d1f0c3a…"]


def test_an_account_known_by_name_keeps_it_with_a_token_that_cannot_name_it(cast: Cast, sandbox: Sandbox) -> None:
    keep(cast.owner, sandbox.tokens["full"])

    kept = keep(
        cast.owner,
        sandbox.tokens["account_owned"],
        label="narrow",
        account_id=sandbox.accounts["acme-logistics"],
    )

    assert names(kept) == ["acme-logistics"]


@pytest.mark.parametrize("token", ["account_owned", "wrong_account"])
def test_a_token_is_not_kept_with_an_account_it_does_not_reach(token: str, cast: Cast, sandbox: Sandbox) -> None:
    elsewhere = {"account_owned": "acme-labs", "wrong_account": "acme-logistics"}[token]

    with pytest.raises(AccountNotReachedError) as caught:
        keep(cast.owner, sandbox.tokens[token], account_id=sandbox.accounts[elsewhere])

    assert caught.value.about == "account_id"
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("expired", "knows this token, but it is expired"),
        ("disabled", "knows this token, but it is disabled"),
        ("nobodys-" + "x" * 40, "does not know this as a person's token"),
        ("not.well.formed" + "x" * 40, "does not accept this token: Cloudflare cannot read this credential"),
    ],
)
def test_what_cloudflare_does_not_accept_is_not_kept(secret: str, why: str, cast: Cast, sandbox: Sandbox) -> None:
    with pytest.raises(NotAcceptedError, match=why):
        keep(cast.owner, sandbox.tokens.get(secret, secret))

    assert not Credential.objects.exists()
    (entry,) = entries()
    assert (entry.action, entry.outcome, entry.reason) == (
        Action.CREDENTIAL_ADD,
        Outcome.FAILED,
        "credential-not-accepted",
    )
    assert entry.credential_label.startswith("main (ends ")


def test_the_entry_of_a_refusal_holds_what_cloudflare_said(cast: Cast) -> None:
    with pytest.raises(NotAcceptedError):
        keep(cast.owner, "nobodys-" + "x" * 40)

    (entry,) = entries()
    assert (entry.asked, entry.status, entry.code) == ("GET /user/tokens/verify", 401, 1000)
    assert entry.cf_ray.endswith("-AMS")


def test_a_global_key_is_kept_with_its_email(cast: Cast, sandbox: Sandbox) -> None:
    email, key = sandbox.global_key

    kept = credentials.add(
        caller=calling(cast.owner),
        label="old",
        kind=Kind.GLOBAL_KEY,
        secret=key,
        email=email,
        environment=Environment.PRODUCTION,
    )

    assert (kept.status, kept.email) == (CredentialStatus.ACTIVE, email)
    assert names(kept) == ["acme-logistics", "acme-labs"]
    assert sandbox.count("verify_user") == 0


def test_a_global_key_of_somebody_else_is_not_kept(cast: Cast, sandbox: Sandbox) -> None:
    with pytest.raises(NotAcceptedError, match="this e-mail address and key"):
        credentials.add(
            caller=calling(cast.owner),
            label="old",
            kind=Kind.GLOBAL_KEY,
            secret=sandbox.global_key[1],
            email="somebody@else.example",
            environment=Environment.PRODUCTION,
        )
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("server_error", cloudflare.ServerFault),
        ("html", cloudflare.CloudflareError),
        ("truncated", cloudflare.Unreadable),
        ("reset", cloudflare.AnswerLost),
        ("redirect", cloudflare.Redirected),
        ("wrong_shape", cloudflare.Unreadable),
    ],
)
@pytest.mark.parametrize("route", ["accounts", "verify_user"])
def test_nothing_is_kept_when_nobody_can_be_asked(
    route: str, fault: str, error: type[Exception], cast: Cast, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queues_app.cloudflare.caller.Caller._pause", lambda *_: None)
    sandbox.fault(fault, route=route)

    with pytest.raises(error):
        keep(cast.owner, sandbox.tokens["full"])

    assert not Credential.objects.exists()
    (entry,) = entries()
    assert (entry.action, entry.outcome) == (Action.CREDENTIAL_ADD, Outcome.FAILED)


def test_a_server_without_keys_asks_nothing_and_keeps_nothing(cast: Cast, sandbox: Sandbox, settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = []

    with pytest.raises(vault.KeysUnusableError):
        keep(cast.owner, sandbox.tokens["full"])

    assert sandbox.calls == []
    (entry,) = entries()
    assert (entry.outcome, entry.reason) == (Outcome.REFUSED, "vault-keys-unusable")


def test_only_the_first_credential_becomes_the_default_by_itself(cast: Cast, sandbox: Sandbox) -> None:
    first = keep(cast.owner, sandbox.tokens["full"])
    second = keep(cast.owner, sandbox.tokens["read_only"], label="reader")
    of_another = keep(cast.teammate, sandbox.tokens["full"])

    assert (first.is_default, second.is_default, of_another.is_default) == (True, False, True)

    credentials.make_default(caller=calling(cast.owner), credential=second)

    defaults = Credential.objects.filter(is_default=True)
    assert {credential.pk for credential in defaults} == {second.pk, of_another.pk}


def test_a_label_is_unique_for_its_owner_alone(cast: Cast, sandbox: Sandbox) -> None:
    keep(cast.owner, sandbox.tokens["full"])
    other = keep(cast.owner, sandbox.tokens["full"], label="other")
    keep(cast.teammate, sandbox.tokens["full"])

    with pytest.raises(LabelTakenError):
        keep(cast.owner, sandbox.tokens["read_only"])
    with pytest.raises(LabelTakenError):
        credentials.rename(caller=calling(cast.owner), credential=other, label="main")

    other.refresh_from_db()
    assert other.label == "other"
    assert [entry.outcome for entry in entries()][-2:] == [Outcome.REFUSED, Outcome.REFUSED]


def test_renaming_is_on_the_record_with_both_names(cast: Cast, sandbox: Sandbox) -> None:
    kept = keep(cast.owner, sandbox.tokens["full"])

    credentials.rename(caller=calling(cast.owner), credential=kept, label="ana")

    kept.refresh_from_db()
    assert kept.label == "ana"
    entry = entries()[-1]
    assert entry.parameters == {"from": "main", "to": "ana"}
    assert (entry.credential_label, entry.outcome) == ("main (ends 0000)", Outcome.OK)


@pytest.mark.parametrize("kind", [Kind.TOKEN, Kind.GLOBAL_KEY])
def test_what_cannot_be_a_header_never_leaves(kind: str, cast: Cast, sandbox: Sandbox) -> None:
    with pytest.raises(cloudflare.InvalidSecret) as caught:
        credentials.add(
            caller=calling(cast.owner),
            label="main",
            kind=kind,
            secret="two\r\nlines",
            email="a@b.example",
            environment=Environment.SANDBOX,
        )
    assert "two" not in str(caught.value)
    assert sandbox.calls == []


def test_an_operation_on_a_lost_key_says_which_credential_to_mend(
    cast: Cast, sandbox: Sandbox, settings: Settings
) -> None:
    kept = keep(cast.owner, sandbox.tokens["full"])
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(upstream.SecretLostError, match=r"main \(ends 0000\).*Replace the secret") as caught:
        credentials.verify(caller=calling(cast.owner), credential=kept)

    assert caught.value.credential_to_mend == kept.pk
    entry = entries()[-1]
    assert (entry.action, entry.outcome, entry.reason) == (
        Action.CREDENTIAL_VERIFY,
        Outcome.REFUSED,
        "vault-key-gone",
    )


def test_a_credential_deleted_meanwhile_does_not_come_back(
    cast: Cast, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keep(cast.owner, sandbox.tokens["full"])
    examine = checkup.examine

    def slow(**arguments: Any) -> object:
        found = examine(**arguments)
        Credential.objects.filter(pk=kept.pk).delete()
        return found

    monkeypatch.setattr(checkup, "examine", slow)

    with pytest.raises(CredentialChangedError):
        credentials.verify(caller=calling(cast.owner), credential=kept)
    assert not Credential.objects.exists()


def test_a_refusal_says_what_can_be_mended() -> None:
    kinds = {kind.about for kind in (NotAcceptedError, AccountNeededError, AccountNotReachedError, LabelTakenError)}

    assert kinds == {"secret", "account_id", "label"}
    assert all(issubclass(kind, SecretRefusedError) for kind in (NotAcceptedError, LabelTakenError))
