"""Which addresses are everybody's."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from queues_app.delivery import PrivateAddressError, SlowNameError, UnreachableError, addresses, is_inner, public


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("93.184.216.34", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::1", False),
        ("::10.0.0.1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("192.88.99.1", False),
        ("::ffff:192.88.99.1", False),
    ],
)
def test_which_addresses_are_everybodys(address: str, is_open: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of the internet can say any of them."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    if is_open:
        assert public("hooks.example.com", 443) == [address]
    else:
        with pytest.raises(PrivateAddressError):
            public("hooks.example.com", 443)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("93.184.216.34", False),
        ("10.1.2.3", True),
        ("10.1", True),
        ("2130706433", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("hooks.localhost", True),
        ("printer.local", True),
        ("metadata.google.internal", True),
        ("router.home.arpa", True),
        ("redis", True),
        ("hooks.example.com", False),
        ("localhost.example.com", False),
        ("inner.example.com", False),
    ],
)
def test_an_inner_host_is_known_by_its_looks_and_nobody_is_asked(
    host: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = socket.getaddrinfo

    def numbers_only(*args: Any, **kwargs: Any) -> Any:
        assert kwargs["flags"] & socket.AI_NUMERICHOST
        return original(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)

    assert is_inner(host) == expected


def test_where_inner_networks_are_allowed_an_inner_name_may_be_at_one_of_them() -> None:
    allowed = [ipaddress.ip_network("10.0.0.0/8")]

    assert not is_inner("10.1.2.3", allowed=allowed)
    assert not is_inner("hooks", allowed=allowed)
    assert is_inner("192.168.1.1", allowed=allowed)


@pytest.fixture
def silent_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No server for names answers."""
    ended = threading.Event()

    def silent(*_: Any, **__: Any) -> Any:
        ended.wait()
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(addresses, "NAME_S", 0.02)
    monkeypatch.setattr(addresses, "_places", threading.BoundedSemaphore(2))
    yield
    ended.set()


@pytest.mark.usefixtures("silent_names")
def test_nobody_waits_for_a_name_longer_than_the_limit() -> None:
    """Nor are there ever more who wait than places."""
    before = threading.active_count()
    for _ in range(5):
        with pytest.raises(SlowNameError) as caught:
            public("hooks.example.com", 443)

    assert (caught.value.reason, caught.value.sentence) == (
        "name-timeout",
        "Nobody could say in time at which address it is.",
    )
    assert threading.active_count() <= before + 2


def test_a_place_is_free_again_when_a_name_was_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(addresses, "_places", threading.BoundedSemaphore(1))
    for _ in range(3):
        with pytest.raises(UnreachableError):
            public("hooks.example.com", 443)
