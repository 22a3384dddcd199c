"""A start with bad destinations is refused in a sentence."""

import base64

from django.core.checks import run_checks
from pytest_django import Settings

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def told(settings: Settings) -> list[tuple[str, str]]:
    found = run_checks(tags=["queuescope"])
    return [(str(each.id), each.msg) for each in found if "AUDIT_FORWARD" in each.msg]


def test_a_start_with_good_destinations_is_let_go(settings: Settings) -> None:
    settings.HTTPS_ONLY = True
    settings.AUDIT_FORWARD = ["log:", "https://siem.example.com/a#a", "https://siem.example.com/b#b"]
    settings.AUDIT_FORWARD_SECRET = [SECRET]

    assert told(settings) == []


def test_bad_ones_are_named_by_their_place_and_without_their_value(settings: Settings) -> None:
    settings.HTTPS_ONLY = True
    settings.AUDIT_FORWARD = [
        "http://me:pw@siem.example.com",
        "https://siem.example.com/a",
        "https://siem.example.com/b",
    ]
    settings.AUDIT_FORWARD_SECRET = [
        SECRET,
        "hunter2",
        SECRET.removeprefix("whsec_"),
        "whsec_" + base64.b64encode(bytes(32)).decode(),
        "whsec_" + base64.b64encode(bytes(range(16))).decode(),
    ]

    found = told(settings)

    assert [number.removeprefix("queuescope.") for number, _ in found] == ["E100", "E101", *["E102"] * 4]
    assert found[0][1].startswith("Entry 1 of AUDIT_FORWARD is not https")
    assert found[1][1].startswith("Entry 3 of AUDIT_FORWARD has the name of another")
    assert [message.partition(" of ")[0] for _, message in found[2:]] == ["Entry 2", "Entry 3", "Entry 4", "Entry 5"]
    assert not any(secret in message for secret in ("me:", "pw", "hunter2", SECRET) for _, message in found)


def test_where_nothing_is_encrypted_http_is_let_go_too(settings: Settings) -> None:
    settings.HTTPS_ONLY = False
    settings.AUDIT_FORWARD = ["http://vector:9880"]

    assert told(settings) == []
