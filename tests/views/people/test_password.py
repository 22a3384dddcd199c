"""Changing one's password, and how passwords are kept."""

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from pytest_django import Settings

from dashboard import settings as deployed
from queues_app.models import Action, AuditEntry, Outcome, User
from tests.support.people import PASSWORD, Cast
from tests.views.people.signing import is_signed_in, sign_in

NEW = "seven green kettles sing"


def change(browser: Client, present: str = PASSWORD, new: str = NEW) -> int:
    return browser.post("/you/password/", {"present": present, "new": new}).status_code


def test_a_password_is_changed_and_every_other_browser_is_signed_out(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)
    assert change(here) == 303
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    entry = AuditEntry.objects.get(action=Action.PASSWORD)
    assert (entry.outcome, entry.user_name, entry.remark) == (Outcome.OK, "owner", "other sessions ended: 1")
    again = Client()
    assert sign_in(again, password=PASSWORD).status_code != 302
    assert sign_in(again, password=NEW).status_code == 302


def test_without_the_present_password_nothing_changes_and_the_attempt_is_on_the_record(cast: Cast) -> None:
    browser = Client()
    sign_in(browser)
    assert change(browser, present="not the present one") == 422
    entry = AuditEntry.objects.get(action=Action.PASSWORD)
    assert (entry.outcome, entry.reason) == (Outcome.FAILED, "wrong-password")
    assert User.objects.get(pk=cast.owner.pk).check_password(PASSWORD)


@pytest.mark.parametrize("new", ["", "eleven sign", "password1234", "123456789012345", "owner-owner-1"])
def test_short_common_and_obvious_passwords_are_refused(cast: Cast, new: str) -> None:
    User.objects.filter(pk=cast.owner.pk).update(username="owner-owner")
    browser = Client()
    sign_in(browser, name="owner-owner")
    assert change(browser, new=new) == 422
    assert User.objects.get(pk=cast.owner.pk).check_password(PASSWORD)


def test_the_present_password_is_not_guessed_without_end(cast: Cast) -> None:
    browser = Client()
    sign_in(browser)
    answers = [change(browser, present=f"guess {number} of many") for number in range(6)]
    assert answers == [422] * 5 + [429]
    assert change(browser) == 429


def test_no_password_comes_back_in_a_page(cast: Cast) -> None:
    browser = Client()
    sign_in(browser)
    answer = browser.post("/you/password/", {"present": "a wrong present one", "new": NEW})
    assert "a wrong present one" not in answer.text
    assert NEW not in answer.text


def test_passwords_are_kept_as_argon2id_and_older_ones_become_so_at_sign_in(cast: Cast, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = deployed.PASSWORD_HASHERS
    User.objects.filter(pk=cast.owner.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert sign_in(Client()).status_code == 302
    assert User.objects.get(pk=cast.owner.pk).password.startswith("argon2$argon2id$")
