"""What an address can name, and what of it is told."""

import pytest

from queues_app import delivery


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
    found = delivery.read(text)

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
    with pytest.raises(delivery.UnreadableDestinationError, match=must) as refused:
        delivery.read(text)

    assert "example" not in refused.value.must
