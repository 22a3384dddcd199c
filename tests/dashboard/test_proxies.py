"""What a proxy says is believed when it is one of ours, and is nobody's word else."""

import ipaddress
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_script_prefix, reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from dashboard.proxies import TrustedProxiesMiddleware, address_in, client_of, networks_in
from queues_app.callers import address_of
from queues_app.models import AuditEntry

OURS = ["10.0.0.0/8", "2001:db8:1::/48", "192.0.2.1"]
ADDRESSES = st.ip_addresses().map(str)
JUNK = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
CHAINS = st.lists(ADDRESSES | st.sampled_from(["10.1.2.3", "192.0.2.1", "2001:db8:1::7"]) | JUNK, max_size=6)


@pytest.fixture(autouse=True)
def trusted(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = OURS
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def passed(peer: str, path: str = "/audit/", **headers: str) -> HttpRequest:
    """The request as the views get it."""
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        response = HttpResponse(f"{get_script_prefix()} {reverse('audit')}")
        response.set_cookie("sessionid", "x")
        request.answer = response  # type: ignore[attr-defined]  # for the test
        return response

    request = RequestFactory().get(path, REMOTE_ADDR=peer, headers={k.replace("_", "-"): v for k, v in headers.items()})
    TrustedProxiesMiddleware(view)(request)
    return seen[0]


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("198.51.100.9", "203.0.113.66", "198.51.100.9"),  # a stranger's word
        ("10.0.0.7", "203.0.113.66", "203.0.113.66"),
        ("10.0.0.7", "203.0.113.66, 198.51.100.9", "198.51.100.9"),  # what the client wrote itself stands left
        ("10.0.0.7", "198.51.100.9, 192.0.2.1, 10.3.0.4", "198.51.100.9"),
        ("10.0.0.7", "198.51.100.9, 10.3.0.4, 203.0.113.66, 10.3.0.5", "203.0.113.66"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "10.3.0.4, 10.3.0.5", "10.3.0.4"),
        ("10.0.0.7", "198.51.100.9, unknown", "10.0.0.7"),
        ("10.0.0.7", "198.51.100.9, <script>, 10.3.0.5", "10.3.0.5"),
        ("2001:db8:1::1", "2001:db8:2::9", "2001:db8:2::9"),
        ("2001:db8:2::1", "2001:db8:2::9", "2001:db8:2::1"),
        ("::ffff:10.0.0.7", "::ffff:198.51.100.9", "198.51.100.9"),
        ("10.0.0.7", "198.51.100.9:4711", "198.51.100.9"),
        ("10.0.0.7", "[2001:db8:2::9]:4711", "2001:db8:2::9"),
        ("10.0.0.7", "fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_none_of_our_proxies(peer: str, chain: str, client: str) -> None:
    assert address_of(passed(peer, X_Forwarded_For=chain)) == client


def test_what_a_stranger_claims_is_taken_off_before_anything_reads_it() -> None:
    claims = {
        "X_Forwarded_For": "203.0.113.66",
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Prefix": "/evil",
        "X_Forwarded_Host": "evil.example",
        "X_Forwarded_Port": "444",
        "X_Real_IP": "203.0.113.66",
        "Forwarded": "for=203.0.113.66;proto=https",
    }
    request = passed("198.51.100.9", **claims)
    assert not [name for name in request.META if "FORWARDED" in name or "REAL_IP" in name]
    assert not [name for name in request.headers if "Forwarded" in name]
    assert not request.is_secure()
    assert request.path == "/audit/"
    assert request.get_host() == "testserver"


@pytest.mark.parametrize(
    ("told", "is_https"),
    [("https", True), ("HTTPS", True), ("https, https", True), ("https, http", False), ("http", False), ("", False)],
)
def test_a_connection_is_as_safe_as_its_least_safe_part(told: str, is_https: bool) -> None:
    assert passed("10.0.0.7", X_Forwarded_Proto=told).is_secure() is is_https


@pytest.mark.parametrize("path", ["/audit/", "/team/audit/"])
def test_a_prefix_that_a_trusted_proxy_tells_is_in_addresses_and_cookies(path: str) -> None:
    request = passed("10.0.0.7", path, X_Forwarded_Prefix="/team/")
    assert (request.path, request.path_info) == ("/team/audit/", "/audit/")
    answer: Any = request.answer  # type: ignore[attr-defined]  # see `passed`
    assert answer.content == b"/team/ /team/audit/"
    assert answer.cookies["sessionid"]["path"] == "/team/"
    assert get_script_prefix() == "/"


@pytest.mark.parametrize("told", ["//evil.example", "/a/../..", "evil", "/a?b", "/a b", "/é", "/a,/b", "/" + "a" * 65])
def test_a_prefix_that_is_no_path_is_not_taken(told: str) -> None:
    assert passed("10.0.0.7", X_Forwarded_Prefix=told).path == "/audit/"


def test_the_prefix_of_the_settings_holds_where_no_proxy_tells_another(settings: Settings) -> None:
    settings.BASE_PATH = "/queues"
    assert passed("198.51.100.9", "/queues").path == "/queues/"
    assert passed("198.51.100.9", "/healthz/").path == "/queues/healthz/"
    assert passed("198.51.100.9", "/queuesque/").path_info == "/queuesque/"
    assert passed("10.0.0.7", "/audit/", X_Forwarded_Prefix="/team").path == "/team/audit/"


@given(peer=ADDRESSES, chain=CHAINS)
def test_no_header_of_a_stranger_changes_who_they_are(peer: str, chain: list[str]) -> None:
    networks = networks_in(OURS)
    address = address_in(peer)
    assert address is not None
    found = client_of(address, ",".join(chain), networks)
    if not any(address in network for network in networks):
        assert found == address
    else:
        # Whoever it is stands in the chain or is the proxy; and is a stranger, unless all that follows is ours.
        assert found == address or found in [address_in(item) for item in chain]


@given(left=CHAINS, client=ADDRESSES)
def test_what_stands_left_of_the_client_never_counts(left: list[str], client: str) -> None:
    networks = networks_in(OURS)
    told = address_in(client)
    assert told is not None
    proxy = ipaddress.ip_address("10.0.0.7")
    if not any(told in network for network in networks):
        assert client_of(proxy, ",".join([*left, client]), networks) == told


@given(st.text(max_size=40))
def test_an_item_is_an_address_or_nothing(text: str) -> None:
    address = address_in(text)
    assert address is None or ipaddress.ip_address(str(address)) == address


@pytest.mark.django_db
def test_the_record_and_the_rate_limit_go_by_the_real_client() -> None:
    def attempt(number: int, client: str) -> AuditEntry:
        headers = {"X-Forwarded-For": f"203.0.113.{number}, {client}"}
        data = {"login": f"nobody-{number}", "password": "wrong"}
        Client(REMOTE_ADDR="10.0.0.7").post("/sign-in/", data, headers=headers)
        return AuditEntry.objects.latest("id")

    entries = [attempt(number, "198.51.100.9") for number in range(11)]
    assert {entry.client_address for entry in entries} == {"198.51.100.9"}
    assert (entries[9].reason, entries[10].reason) == ("wrong-password", "too-many-attempts")
    assert attempt(11, "198.51.100.10").reason == "wrong-password"
