"""What the settings can name, and what of it is told."""

import base64

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from queues_app import forwarding

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("log:", "log", "standard output"),
        ("log:#stdout", "stdout", "standard output"),
        ("syslog+udp://logs.example.com", "syslog+udp://logs.example.com", "syslog+udp://logs.example.com"),
        ("syslog+tcp://10.0.0.7:1601", "syslog+tcp://10.0.0.7:1601", "syslog+tcp://10.0.0.7:1601"),
        ("syslog+tls://[fd00::7]", "syslog+tls://[fd00::7]", "syslog+tls://[fd00::7]"),
        ("https://SIEM.example.com", "https://siem.example.com", "https://siem.example.com"),
        (
            "https://me:pw@siem.example.com/t0ken?k=s3cret",
            "https://siem.example.com",
            "https://siem.example.com/…",
        ),
        ("https://siem.example.com/t0ken#siem", "siem", "https://siem.example.com/…"),
        ("http://localhost:9880/x", "http://localhost:9880", "http://localhost:9880/…"),
    ],
)
def test_a_destination_has_a_name_and_a_place_without_secrets(text: str, name: str, place: str) -> None:
    found = forwarding.read(text)

    assert (found.name, found.place) == (name, place)
    for secret in ("me", "pw", "t0ken", "s3cret"):
        assert secret not in repr(found).replace("name", "")


@pytest.mark.parametrize(
    ("text", "must"),
    [
        ("ftp://logs.example.com", "begins with none of"),
        ("logs.example.com:514", "begins with none of"),
        ("log://host", "which is standard output"),
        ("https://siem.example.com:99999", "is no address"),
        ("https://siem.example.com:0", "no port"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("https://host\nexample.com", "holds a blank"),
        ("https://host /", "holds a blank"),
        ("https://b\u00fccher.example", "not plain ASCII"),
        ("https://[nonsense", "is no address"),
        ("http://siem.example.com", "is not https"),
        ("syslog+tls://me@logs.example.com", "more than a host"),
        ("syslog+udp://logs.example.com/facility", "more than a host"),
        ("syslog+udp://logs.example.com?x=1", "more than a host"),
        ("https://siem.example.com#a b", "holds a blank"),
        ("https://siem.example.com#{name}", "has a name behind #"),
    ],
)
def test_what_is_none_is_refused_in_a_few_words(text: str, must: str) -> None:
    with pytest.raises(forwarding.UnreadableDestinationError, match=must) as refused:
        forwarding.read(text)

    assert "example" not in refused.value.must


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
