"""The vault seals under the newest key, opens with any, and never passes on what it cannot open."""

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from queues_app import vault

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.binary())
def test_what_was_sealed_comes_back(plain: bytes) -> None:
    sealed = vault.seal(plain)
    assert vault.unseal(sealed) == plain
    assert vault.unseal(memoryview(sealed)) == plain
    assert vault.problem_of(sealed) is None


def test_the_same_value_is_never_sealed_alike() -> None:
    assert vault.seal(b"once") != vault.seal(b"once")


def test_the_newest_key_seals_and_each_key_opens(settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    earlier = vault.seal(b"earlier")
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    later = vault.seal(b"later")

    assert vault.unseal(earlier) == b"earlier"
    assert Fernet(NEW).decrypt(later) == b"later"


def test_sealing_again_lets_the_old_key_go(settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    sealed = vault.seal(b"kept")
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    again = vault.reseal(sealed)
    settings.CREDENTIAL_KEYS = [NEW]

    assert vault.unseal(again) == b"kept"
    with pytest.raises(vault.CannotUnsealError):
        vault.unseal(sealed)


def test_sealing_again_keeps_the_first_time(settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    sealed = Fernet(OLD).encrypt_at_time(b"kept", 1_000_000)
    settings.CREDENTIAL_KEYS = [NEW, OLD]

    assert Fernet(NEW).extract_timestamp(vault.reseal(sealed)) == 1_000_000


@pytest.mark.parametrize("call", [vault.unseal, vault.reseal])
@pytest.mark.parametrize("damage", ["key gone", "changed", "cut", "never sealed", "empty"])
def test_what_no_key_opens_is_an_error_and_never_handed_on(
    call: Callable[[bytes], bytes], damage: str, settings: Settings
) -> None:
    sealed = vault.seal(b"a-secret")
    if damage == "key gone":
        settings.CREDENTIAL_KEYS = [NEW]
    values = {
        # To another byte: one in 64 has this one already.
        "changed": sealed[:-9] + (b"B" if sealed[-9:-8] == b"A" else b"A") + sealed[-8:],
        "cut": sealed[:30],
        "never sealed": b"a-secret",
        "empty": b"",
    }

    with pytest.raises(vault.CannotUnsealError) as caught:
        call(values.get(damage, sealed))
    assert "no longer on this server" in caught.value.sentence
    assert caught.value.is_refusal


@pytest.mark.parametrize("keys", [[], ["not-a-key"], [NEW, "x"]])
def test_a_server_without_usable_keys_says_who_must_act(keys: list[str], settings: Settings) -> None:
    sealed = vault.seal(b"a-secret")
    settings.CREDENTIAL_KEYS = keys

    with pytest.raises(vault.KeysUnusableError, match="CREDENTIAL_KEYS"):
        vault.seal(b"another")
    assert isinstance(vault.problem_of(sealed), vault.KeysUnusableError)


def test_no_error_of_the_vault_holds_a_key_or_the_value(settings: Settings) -> None:
    sealed = vault.seal(b"a-secret")
    settings.CREDENTIAL_KEYS = [NEW]

    problem = vault.problem_of(sealed)

    assert problem is not None
    told = f"{problem!r} {problem} {problem.__cause__!r} {problem.__context__!r}"
    assert NEW not in told
    assert "a-secret" not in told
    assert sealed.decode() not in told
