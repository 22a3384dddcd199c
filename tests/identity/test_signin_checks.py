"""System checks of the ways to sign in: what is half set, not encrypted or names no role is told before the start."""

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

SECRET = "the-clients-own-secret"
OIDC = {
    "OIDC_ISSUER": "https://login.example.com/realms/staff",
    "OIDC_CLIENT_ID": "queuescope",
    "OIDC_CLIENT_SECRET": SECRET,
    "OIDC_ROLES": {"queue-admins": "Admin"},
}
ACCESS = {
    "ACCESS_TEAM_DOMAIN": "example.cloudflareaccess.com",
    "ACCESS_AUDIENCE": "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2",
    "ACCESS_DEFAULT_ROLE": "Viewer",
}


@pytest.fixture(autouse=True)
def encrypted(settings: Settings) -> None:
    settings.HTTPS_ONLY = True


def found() -> list[CheckMessage]:
    """What the checks of these ways say; those of the rest have tests of their own."""
    numbered = ((str(message.id).removeprefix("queuescope.E"), message) for message in run_checks(tags=["queuescope"]))
    return [message for number, message in numbered if number.isdigit() and 80 <= int(number) <= 88]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        (OIDC, []),
        (ACCESS, []),
        ({**OIDC, **ACCESS, "LOCAL_SIGN_IN": False}, []),
        ({**OIDC, "OIDC_ISSUER": ""}, ["E080"]),
        ({**OIDC, "OIDC_CLIENT_ID": ""}, ["E080"]),
        ({**OIDC, "OIDC_CLIENT_SECRET": ""}, ["E080"]),
        ({**OIDC, "OIDC_ROLES": {}}, ["E080"]),
        ({"OIDC_CLIENT_SECRET": SECRET}, ["E080"] * 3),
        ({**OIDC, "OIDC_ISSUER": "login.example.com"}, ["E081"]),
        ({**OIDC, "OIDC_ISSUER": "http://login.example.com"}, ["E081"]),
        ({**OIDC, "OIDC_ISSUER": "http://login.example.com", "HTTPS_ONLY": False}, []),
        ({**OIDC, "OIDC_ISSUER": "http://127.0.0.1:8080"}, []),
        ({**OIDC, "OIDC_ISSUER": f"https://ana:{SECRET}@login.example.com"}, ["E081"]),
        ({**OIDC, "OIDC_ISSUER": "https://login.example.com/?realm=staff"}, ["E081"]),
        ({**OIDC, "OIDC_ISSUER": "https://login.example.com:port"}, ["E081"]),
        ({**OIDC, "OIDC_ROLES": {"queue-admins": "Admin", "others": "Guest"}}, ["E082"]),
        ({**OIDC, "OIDC_ROLES": {"queue-admins": "admin"}}, ["E082"]),
        ({**OIDC, "OIDC_SCOPES": ["profile", "email"]}, ["E083"]),
        ({**ACCESS, "ACCESS_AUDIENCE": ""}, ["E084"]),
        ({**ACCESS, "ACCESS_TEAM_DOMAIN": ""}, ["E084"]),
        ({"ACCESS_ROLES": {"queue-admins": "Admin"}}, ["E084"] * 2),
        ({**ACCESS, "ACCESS_DEFAULT_ROLE": ""}, ["E084"]),
        ({**ACCESS, "ACCESS_DEFAULT_ROLE": "", "ACCESS_ROLES": {"queue-admins": "Admin"}}, []),
        ({**ACCESS, "ACCESS_TEAM_DOMAIN": "example.cloudflareaccess.com/login"}, ["E085"]),
        ({**ACCESS, "ACCESS_TEAM_DOMAIN": "http://example.cloudflareaccess.com"}, ["E085"]),
        ({**ACCESS, "ACCESS_TEAM_DOMAIN": "https://example.cloudflareaccess.com"}, []),
        ({**ACCESS, "ACCESS_ROLES": {"queue-admins": "Root", "boss@example.com": "Boss"}}, ["E086"] * 2),
        ({**ACCESS, "ACCESS_DEFAULT_ROLE": "Everybody"}, ["E086"]),
        ({"LOCAL_SIGN_IN": False}, ["E087"]),
        # Half a way is none.
        ({**OIDC, "OIDC_CLIENT_ID": "", "LOCAL_SIGN_IN": False}, ["E080", "E087"]),
        ({"BREACHED_PASSWORDS": True}, []),
        ({"BREACHED_PASSWORDS": True, "BREACHED_PASSWORDS_URL": "http://ranges.example.com"}, ["E088"]),
        ({"BREACHED_PASSWORDS": True, "BREACHED_PASSWORDS_URL": f"https://ana:{SECRET}@example.com"}, ["E088"]),
        ({"BREACHED_PASSWORDS": False, "BREACHED_PASSWORDS_URL": "nowhere"}, []),
    ],
)
def test_each_fault_has_its_id_a_hint_and_no_secret(
    settings: Settings, changes: dict[str, Any], expected: list[str]
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    messages = found()

    # Django asks the checks in no certain order.
    assert sorted(str(message.id).removeprefix("queuescope.") for message in messages) == expected
    assert all(message.hint for message in messages)
    assert not [message for message in messages if SECRET in f"{message.msg} {message.hint}"]


def test_an_entry_is_told_by_its_place_and_the_group_is_not_shown(settings: Settings) -> None:
    settings.ACCESS_ROLES = {"boss@example.com": "Admin", "ana@example.com": "Boss"}
    (message,) = [each for each in found() if each.id == "queuescope.E086"]

    assert message.msg == "Entry 2 of ACCESS_ROLES names a role that there is not."
