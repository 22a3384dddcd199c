"""Which names can only mean this machine."""

import pytest

from queues_app.loopback import is_loopback


@pytest.mark.parametrize("host", ["localhost", "queues.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_these_never_leave_the_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "*", "api.cloudflare.com", "localhost.example.com", "10.0.0.1", "127.1"])
def test_these_may(host: str) -> None:
    assert not is_loopback(host)
