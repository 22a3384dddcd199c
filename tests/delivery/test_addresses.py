"""Which addresses are everybody's."""

import socket

import pytest

from queues_app.delivery import PrivateAddressError, public


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
