"""Authenticator apps and recovery codes: added, asked at sign-in, sealed, removed; all on the record."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller, travel

from queues_app import vault
from queues_app.models import Action, AuditEntry, Outcome
from tests.support.people import Cast, signed_in
from tests.views.people.signing import code_of, confirm, is_signed_in, sign_in, with_app

NOON = datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC)
SECOND_STEP = "/sign-in/second-step/"


@pytest.fixture
def clock() -> Any:
    with travel(NOON, tick=False) as traveller:
        yield traveller


def wait(clock: Traveller, seconds: int) -> None:
    clock.shift(timedelta(seconds=seconds))


def to_second_step() -> Client:
    browser = Client()
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (302, SECOND_STEP)
    return browser


def outcomes(action: Action) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk").values_list("outcome", "reason"))


def test_nothing_of_the_sign_in_changes_before_it_is_confirmed_who_sits_there(cast: Cast, clock: Traveller) -> None:
    browser = Client()
    sign_in(browser)
    assert browser.get("/you/app/").headers["Location"].startswith("/you/confirm/?next=")
    assert confirm(browser, password="a wrong one").status_code == 200
    assert browser.get("/you/app/").status_code == 302
    assert confirm(browser).status_code == 302
    assert browser.get("/you/app/").status_code == 200
    assert outcomes(Action.CONFIRM) == [(Outcome.FAILED, "wrong-password"), (Outcome.OK, "")]
    wait(clock, 301)
    assert browser.get("/you/app/").status_code == 302


def test_an_app_is_added_once_it_counts_the_same_and_the_codes_are_shown_once(cast: Cast, clock: Traveller) -> None:
    browser = Client()
    sign_in(browser)
    confirm(browser)
    page = browser.get("/you/app/")
    assert browser.post("/you/app/", {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()
    answer = browser.post("/you/app/", {"code": code_of(page.context["secret"])})
    assert answer.headers["Location"] == "/you/recovery-codes/"
    codes = browser.get("/you/recovery-codes/").context["unused_codes"]
    assert len(set(codes)) == 10
    again = browser.get("/you/recovery-codes/").text
    assert not any(code in again for code in codes)
    assert outcomes(Action.FACTOR_ADD) == [(Outcome.OK, "")]


def test_the_second_step_is_asked_and_only_then_is_somebody_signed_in(cast: Cast, clock: Traveller) -> None:
    secret = with_app(signed_in(cast.owner))
    wait(clock, 60)
    browser = to_second_step()
    assert not is_signed_in(browser)
    assert outcomes(Action.SIGN_IN) == []
    browser = to_second_step()
    assert browser.post(SECOND_STEP, {"code": code_of(secret)}).status_code == 302
    assert is_signed_in(browser)
    entry = AuditEntry.objects.get(action=Action.SIGN_IN)
    assert (entry.outcome, entry.parameters) == (Outcome.OK, {"by": "password, code"})


@pytest.mark.parametrize("later", [-1, 1, 20])
def test_a_code_of_another_time_opens_nothing_and_is_on_the_record(cast: Cast, clock: Traveller, later: int) -> None:
    secret = with_app(signed_in(cast.owner))
    wait(clock, 60)
    browser = to_second_step()
    browser.post(SECOND_STEP, {"code": code_of(secret, later=later)})
    assert not is_signed_in(browser)
    assert outcomes(Action.SIGN_IN) == [(Outcome.FAILED, "wrong-code")]


def test_a_code_that_was_used_opens_nothing_a_second_time(cast: Cast, clock: Traveller) -> None:
    secret = with_app(signed_in(cast.owner))
    wait(clock, 60)
    code = code_of(secret)
    first, second = to_second_step(), to_second_step()
    first.post(SECOND_STEP, {"code": code})
    second.post(SECOND_STEP, {"code": code})
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_codes_are_not_guessed_without_end(cast: Cast, clock: Traveller) -> None:
    secret = with_app(signed_in(cast.owner))
    wait(clock, 60)
    browser = to_second_step()
    for number in range(6):
        browser.post(SECOND_STEP, {"code": f"00000{number}"})
    browser.post(SECOND_STEP, {"code": code_of(secret)})
    assert not is_signed_in(browser)


def test_a_recovery_code_opens_the_second_step_once(cast: Cast, clock: Traveller) -> None:
    owner = signed_in(cast.owner)
    with_app(owner)
    code = owner.get("/you/recovery-codes/").context["unused_codes"][3]
    first, second = to_second_step(), to_second_step()
    first.post(SECOND_STEP, {"code": code})
    second.post(SECOND_STEP, {"code": code})
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)
    assert AuditEntry.objects.get(outcome=Outcome.OK, action=Action.SIGN_IN).parameters["by"] == (
        "password, recovery code"
    )
    assert owner.get("/you/").context["factors"].codes_left == 9


def test_new_recovery_codes_end_the_old_ones(cast: Cast, clock: Traveller) -> None:
    owner = signed_in(cast.owner)
    with_app(owner)
    old = owner.get("/you/recovery-codes/").context["unused_codes"]
    assert owner.post("/you/recovery-codes/new/").status_code == 302
    assert not set(old) & set(owner.get("/you/recovery-codes/").context["unused_codes"])
    browser = to_second_step()
    browser.post(SECOND_STEP, {"code": old[0]})
    assert not is_signed_in(browser)
    assert outcomes(Action.RECOVERY_CODES) == [(Outcome.OK, "")]


def test_without_the_app_the_password_is_enough_again_and_the_codes_are_gone(cast: Cast, clock: Traveller) -> None:
    owner = signed_in(cast.owner)
    with_app(owner)
    assert owner.post("/you/app/remove/").status_code == 302
    assert not Authenticator.objects.exists()
    assert sign_in(Client()).headers["Location"] == "/"
    assert outcomes(Action.FACTOR_REMOVE) == [(Outcome.OK, "")]


def test_secrets_are_sealed_wherever_they_are_kept(cast: Cast, clock: Traveller) -> None:
    owner = signed_in(cast.owner)
    confirm(owner)
    pending = owner.get("/you/app/").context["secret"].replace(" ", "")
    kept = [json.dumps(session.get_decoded()) for session in Session.objects.all()]
    assert not any(pending in text for text in kept)
    secret = with_app(owner).replace(" ", "")
    app = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    assert vault.unseal(app.encode()).decode() == secret


def test_changing_the_keys_seals_second_factors_again(cast: Cast, clock: Traveller, settings: Settings) -> None:
    secret = with_app(signed_in(cast.owner))
    new = Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [new, *settings.CREDENTIAL_KEYS]
    out = StringIO()
    call_command("rotate_credential_keys", stdout=out)
    assert out.getvalue() == "2 sealed again under the newest key.\n"
    settings.CREDENTIAL_KEYS = [new]
    wait(clock, 60)
    browser = to_second_step()
    browser.post(SECOND_STEP, {"code": code_of(secret)})
    assert is_signed_in(browser)


def test_a_lost_key_says_so_and_lets_nobody_in(cast: Cast, clock: Traveller, settings: Settings) -> None:
    secret = with_app(signed_in(cast.owner))
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    wait(clock, 60)
    browser = to_second_step()
    answer = browser.post(SECOND_STEP, {"code": code_of(secret)})
    assert answer.status_code == 409
    assert "The key that sealed this is no longer on this server" in answer.text
    assert not is_signed_in(browser)


def test_too_many_codes_are_told_so_on_the_record(cast: Cast, clock: Traveller) -> None:
    with_app(signed_in(cast.owner))
    browser = to_second_step()
    for number in range(6):
        browser.post(SECOND_STEP, {"code": f"00000{number}"})
    assert outcomes(Action.SIGN_IN)[-1] == (Outcome.REFUSED, "too-many-attempts")


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "x",
        "null",
        "[]",
        "{}",
        '"text"',
        '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {}}',
        '{"id": 1, "rawId": [], "type": null, "response": {"userHandle": {}}}',
        '{"response": {"userHandle": "_w"}}',
        '{"response": []}',
    ],
)
def test_what_is_no_passkey_opens_nothing_and_breaks_nothing(cast: Cast, credential: str) -> None:
    browser = Client()
    asked = browser.get("/sign-in/passkey/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert asked.json()["request_options"]["publicKey"]["userVerification"] == "required"
    assert browser.post("/sign-in/passkey/", {"credential": credential}).headers["Location"] == "/sign-in/"
    assert not is_signed_in(browser)
    assert {outcome for outcome, _ in outcomes(Action.SIGN_IN)} <= {Outcome.FAILED}
